"""The document: a plan or a run as JSON, the one form that every report is drawn from.

``plan_document`` and ``run_document`` write it, ``plan_from_document`` reads a plan back:
writing and reading is the identity, except that values marked secret are masked for good.  The
members are documented in docs/reference/document.md; ``FORMAT`` is raised when one of them is
removed or changes its meaning, not when one is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dynaprov.model.change import Change, SettingChange, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.masking import masked_line, masked_params, masked_url
from dynaprov.model.operation import Budget, Concession, Operation, StampWrite, Wait
from dynaprov.model.outcome import Outcome, Run, Status, without_deferred
from dynaprov.model.plan import InProgress, NotCompared, Plan, Refusal
from dynaprov.model.ports import Call, ErrorCategory, Read, ServiceError
from dynaprov.model.source import Origin, Position
from dynaprov.report.decoding import plan_from_document
from dynaprov.report.fingerprint import fingerprint
from dynaprov.report.readiness import readiness_document
from dynaprov.report.summary import summary
from dynaprov.report.values import MASK, encoded, masked, odd_paths, texts_in

__all__ = [
    "FORMAT",
    "fingerprint",
    "left_over",
    "plan_document",
    "plan_from_document",
    "run_document",
]

FORMAT = 1

#: Most characters of a spec file's line that a document repeats.
LONGEST_LINE = 1000

Document = dict[str, Any]


def plan_document(
    plan: Plan, *, command: str, known_fingerprint: str = "", **extra: Any
) -> Document:
    """The document of a plan.

    Args:
        plan: what was found.
        command: the command that it was made for (``diff``).
        known_fingerprint: its fingerprint, where that is known already.
        extra: further members, JSON values (``next``: the commands to type next).
    """
    hidden = _secrets(plan.changes)
    identity = plan.identity
    return {
        "format": FORMAT,
        "command": command,
        "project": identity.project,
        "environment": identity.environment,
        "account": identity.account,
        "region": identity.region,
        "caller": identity.caller,
        "endpoint": masked_url(identity.endpoint),
        "revision": identity.revision,
        "fingerprint": known_fingerprint or fingerprint(plan),
        "in_sync": plan.in_sync,
        "summary": summary(plan),
        "changes": [_change(change) for change in plan.changes],
        "operations": [_operation(operation, hidden) for operation in plan.operations],
        "refusals": [_refusal(refusal) for refusal in plan.refusals],
        "unmanaged": [_unmanaged(unmanaged) for unmanaged in plan.unmanaged],
        "not_compared": [_not_compared(each) for each in plan.not_compared],
        "missing_permissions": missing_permissions(each.error for each in plan.not_compared),
        "in_progress": [_in_progress(each) for each in plan.in_progress],
        "diagnostics": [diagnostic_document(each) for each in plan.diagnostics],
        "resources": [
            {"address": address, "resource": resource} for address, resource in plan.resources
        ],
        "held": list(plan.held),
        **readiness_document(plan.readiness),
        **extra,
    }


def run_document(
    run: Run, *, command: str = "apply", plan: Document | None = None, **extra: Any
) -> Document:
    """The document of a run: that of its plan, what happened, and what is left over.

    ``in_sync`` is what the verifying comparison found; ``residual`` are the changes it still
    found, without those that wait for a clock or a budget.

    Args:
        run: what happened.
        command: the command that did it.
        plan: the document of the run's plan, where it was made already (for the same command).
        extra: further members, JSON values.
    """
    residual = run.residual
    left = left_over(run)
    document = plan or plan_document(run.plan, command=command, known_fingerprint=run.fingerprint)
    hidden = _secrets(run.plan.changes)
    unread = residual.not_compared if residual else ()
    failed = any(o.status.value in FAILURES for o in _causes_apart(run))
    return {
        **document,
        "in_sync": residual is not None and residual.in_sync,
        "summary": {**document["summary"], "outcomes": _counted(run.outcomes)},
        "missing_permissions": missing_permissions(
            [each.error for each in (*run.plan.not_compared, *unread)]
            + [outcome.error for outcome in run.outcomes]
        ),
        "outcomes": [_outcome(outcome, hidden) for outcome in run.outcomes],
        "interrupted": run.interrupted,
        "verified": residual is not None,
        "residual": [_change(change) for change in left],
        "residual_not_compared": [_not_compared(each) for each in unread],
        "residual_in_progress": [
            _in_progress(each) for each in (residual.in_progress if residual else ())
        ],
        **readiness_document((residual or run.plan).readiness),
        "residual_diagnostics": [
            diagnostic_document(each) for each in (residual.diagnostics if residual else ())
        ],
        "residual_unmanaged_parts": len(residual.unmanaged_parts) if residual else 0,
        "converged": residual is not None and not failed and not left and not unread,
        "journal": run.journal,
        "stopped": diagnostic_document(run.stopped) if run.stopped else None,
        **extra,
    }


def missing_permissions(errors: Iterable[ServiceError | None]) -> list[str]:
    """The IAM actions that denials name, each once, in the order of the alphabet."""
    return sorted({e.action for e in errors if e and e.category is ErrorCategory.DENIED})


#: Ends that are nobody's wish, unless they merely follow from a deferred operation.
FAILURES = frozenset(
    {Status.FAILED.value, Status.SKIPPED.value, Status.CANCELLED.value, Status.UNKNOWN.value}
)


def left_over(run: Run) -> tuple[Change, ...]:
    """The changes that the verification still found and that no later run will do by itself."""
    if run.residual is None:
        return ()
    by_id = _by_id(run)
    waiting = [each.operation for each in run.outcomes if _is_deferred(each, by_id)]
    return without_deferred(run.residual.changes, waiting)


def _by_id(run: Run) -> dict[str, Outcome]:
    return {each.operation.id: each for each in run.outcomes}


def _is_deferred(outcome: Outcome, by_id: Mapping[str, Outcome]) -> bool:
    """Left to a later run, or skipped only because something that it needs was deferred."""
    seen: set[str] = set()
    while outcome.status is Status.SKIPPED and outcome.blocked_by not in seen:
        seen.add(outcome.blocked_by)
        blocker = by_id.get(outcome.blocked_by)
        if blocker is None:
            return False
        outcome = blocker
    return outcome.status.later


def _causes_apart(run: Run) -> Iterable[Outcome]:
    by_id = _by_id(run)
    return (outcome for outcome in run.outcomes if not _is_deferred(outcome, by_id))


def _counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    counts = {status.value: 0 for status in Status}
    for outcome in outcomes:
        counts[outcome.status.value] += 1
    return counts


def _secrets(changes: Iterable[Change]) -> frozenset[str]:
    return frozenset(
        text
        for change in changes
        for setting in change.settings
        if setting.secret
        for text in texts_in([setting.before, setting.after])
    )


def _change(change: Change) -> Document:
    return {
        "address": str(change.address),
        "kind": change.kind,
        "resource": change.resource,
        "action": change.action.value,
        "cause": change.cause.value,
        "severity": change.severity.value,
        "settings": [_setting(setting) for setting in change.settings],
        "source": source_document(change.origin),
        "notes": list(change.notes),
    }


def _setting(setting: SettingChange) -> Document:
    document = {
        "path": setting.path,
        "before": _shown(setting.before, secret=setting.secret),
        "after": _shown(setting.after, secret=setting.secret),
        "effect": setting.effect.value,
        "owner": setting.owner.value,
        "severity": setting.severity.value,
        "cause": setting.cause.value,
        "source": source_document(setting.origin),
        "reason": setting.reason,
        "secret": setting.secret,
    }
    if setting.secret or (setting.before is None and isinstance(setting.after, str)):
        return document
    pair = {"before": setting.before, "after": setting.after}
    if lists := odd_paths(pair, tuple):
        document["lists"] = lists
    return document


def _shown(value: Any, *, secret: bool) -> Any:
    return MASK if secret and value is not None else encoded(value)


def source_document(origin: Origin | None) -> Document | None:
    """Where something was written, with the layer that won."""
    if origin is None:
        return None
    return {**position_document(origin.position), "layer": origin.layer.value}


def position_document(position: Position) -> Document:
    """A place in a file."""
    return {"file": position.file, "line": position.line, "column": position.column}


def _operation(operation: Operation, secrets: frozenset[str]) -> Document:
    meaning = operation.meaning
    document = {
        "id": operation.id,
        "address": str(operation.address),
        "kind": operation.kind,
        "title": masked(operation.title, secrets),
        "service": operation.call.service,
        "method": operation.call.method,
        "params": masked_params(masked(encoded(operation.call.params), secrets)),
        "needs": list(operation.needs),
        "after": list(operation.after),
        "lock": operation.lock,
        "look": _wait(operation.look) if operation.look else None,
        "waits": [_wait(wait) for wait in operation.waits],
        "settled_by": [{"code": each.code, "text": each.text} for each in operation.settled_by],
        "covers": list(operation.covers),
        "outputs": dict(operation.outputs),
        "creates": operation.creates,
        "deletes": operation.deletes,
        "readies": operation.readies,
        "repeatable": operation.repeatable,
        "concession": _concession(operation.concession),
        "looks": operation.looks.value,
        "stamp": _stamp(operation.stamp),
        "risk": operation.risk.value,
        "meaning": {
            "impact": meaning.impact,
            "undo": meaning.undo,
            "takes": meaning.takes,
            "watch": meaning.watch,
        },
        "not_before": _time(operation.not_before),
        "budgets": [_budget(each) for each in operation.budgets],
    }
    if tuples := odd_paths(operation.call.params, list):
        document["tuples"] = tuples
    return document


def _budget(budget: Budget) -> Document:
    return {
        "name": budget.name,
        "of": budget.of,
        "what": budget.what,
        "rule": budget.rule,
        "limit": budget.limit,
        "window_seconds": budget.window_seconds,
        "seen": budget.seen.value,
        "used": budget.used,
        "left": budget.left,
        "free_at": _time(budget.free_at),
    }


def _wait(wait: Wait) -> Document:
    document = {
        "kind": wait.kind,
        "until": wait.until,
        "read": _read(wait.read),
        "timeout": wait.timeout,
        "timeout_seconds": wait.timeout_seconds,
        "facts": encoded(wait.facts),
    }
    if tuples := odd_paths(wait.facts, list):
        document["tuples"] = tuples
    return document


def _read(read: Read) -> Document:
    return {**_request(read), "pages": read.pages}


def _request(request: Read | Call) -> Document:
    document = {
        "service": request.service,
        "method": request.method,
        "params": encoded(request.params),
    }
    if tuples := odd_paths(request.params, list):
        document["tuples"] = tuples
    return document


def _concession(concession: Concession | None) -> Document | None:
    if concession is None:
        return None
    return {
        "what": concession.what,
        "ours": encoded(concession.ours),
        "winner": _read(concession.winner),
        "outputs": dict(concession.outputs),
        "identity": concession.identity,
        "withdraw": _request(concession.withdraw) if concession.withdraw else None,
        "unless": [_read(each) for each in concession.unless],
    }


def _stamp(stamp: StampWrite | None) -> Document | None:
    if stamp is None:
        return None
    return {
        "kept": [list(pair) for pair in stamp.kept],
        "earned": [[code, digest, list(ids)] for code, digest, ids in stamp.earned],
        "previous": [list(pair) for pair in stamp.previous],
    }


def _refusal(refusal: Refusal) -> Document:
    return {
        "code": refusal.code,
        "address": str(refusal.address),
        "detail": refusal.detail,
        "allowed_by": refusal.allowed_by,
        "instead": list(refusal.instead),
    }


def _in_progress(each: InProgress) -> Document:
    return {
        "address": str(each.address),
        "detail": each.detail,
        "wait": _wait(each.wait) if each.wait else None,
        "compared": each.compared,
    }


def _unmanaged(unmanaged: Unmanaged) -> Document:
    facts: Mapping[str, Any] = dict(unmanaged.facts)
    document = {
        "address": str(unmanaged.address),
        "kind": unmanaged.kind,
        "resource": unmanaged.resource,
        "detail": unmanaged.detail,
        "part_of": str(unmanaged.part_of) if unmanaged.part_of else None,
        "facts": encoded(facts),
    }
    if lists := odd_paths(facts, tuple):
        document["lists"] = lists
    return document


def _not_compared(each: NotCompared) -> Document:
    return {
        "address": str(each.address),
        "path": each.path,
        "action": each.error.action,
        "error": error_document(each.error),
    }


def _outcome(outcome: Outcome, secrets: frozenset[str]) -> Document:
    return {
        "operation": outcome.operation.id,
        "status": outcome.status.value,
        "attempts": outcome.attempts,
        "error": error_document(outcome.error),
        "blocked_by": outcome.blocked_by,
        "seconds": round(outcome.seconds, 3),
        "not_before": _time(outcome.not_before),
        "detail": masked(outcome.detail, secrets),
        "outputs": dict(outcome.outputs),
        "by_another": outcome.by_another,
    }


def error_document(error: ServiceError | None) -> Document | None:
    """An error of AWS: service, operation, code, message, request id."""
    if error is None:
        return None
    return {
        "category": error.category.value,
        "service": error.service,
        "method": error.method,
        "code": error.code,
        "message": error.message,
        "request_id": error.request_id,
        "not_before": _time(error.not_before),
        "missing": error.missing,
    }


def diagnostic_document(diagnostic: Diagnostic) -> Document:
    """One diagnostic, with the line of the file that it is about."""
    position = diagnostic.position
    return {
        "code": diagnostic.code,
        "level": diagnostic.level.value,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
        "hint": diagnostic.hint,
        "position": position_document(position) if position else None,
        "text": masked_line(diagnostic.text[:LONGEST_LINE]),
        "address": diagnostic.address,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
