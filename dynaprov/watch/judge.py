"""From a plan to findings: what each difference is, and how bad.  Pure.

Every change, unmanaged thing, unread thing and thing under way of a plan is in exactly one finding
or, setting by setting, in several.  Left out is only what follows from another finding: aspects of
a table or index that is missing, and what the replacement of an index will cost.  Exceptions and
earlier checks are considered afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, Tolerated, Unmanaged
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.finding import Finding, Verdict
from dynaprov.model.plan import InProgress, NotCompared, Plan
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.setting import Severity

_VERDICTS = {
    Cause.NEW: Verdict.MISSING,
    Cause.DRIFT: Verdict.DRIFT,
    Cause.PENDING: Verdict.PENDING,
    Cause.CONFLICT: Verdict.CONFLICT,
    Cause.UNKNOWN: Verdict.UNKNOWN,
}


def judge(
    plan: Plan, *, present_before: Set[str] = frozenset(), strict: bool = False
) -> tuple[Finding, ...]:
    """The findings of a plan, worst first, then by address and path.

    Args:
        plan: what ``reconciler.diff`` found.
        present_before: addresses that an earlier check saw live.  What is missing now and was
            there then has been deleted: that is drift, not something never applied.
        strict: also tell what others own and have set as they may.
    """
    replaced = {each.address for each in plan.changes if each.action is Action.REPLACE}
    created = {each.address for each in plan.changes if each.action is Action.CREATE}
    live = [
        each
        for each in plan.changes
        if not _is_foretold(each, replaced) and not _goes_with_its_table(each, created)
    ]
    found = [
        *(each for change in live for each in _of_change(change, present_before)),
        *(_of_key(each) for each in plan.diagnostics if each.level is Level.ERROR),
        *(_of_unmanaged(each) for each in plan.unmanaged),
        *(_of_unread(each) for each in plan.not_compared),
        *(_of_work(each) for each in plan.in_progress),
        *(_of_owned(each) for each in plan.tolerated if strict),
    ]
    return tuple(sorted(found, key=_worst_first))


def present(plan: Plan) -> frozenset[str]:
    """The addresses that the comparison saw live."""
    absent = {str(each.address) for each in plan.changes if each.action is Action.CREATE}
    unread = {str(each.address) for each in plan.not_compared if not each.path}
    parts = {str(each.address) for each in plan.changes if each.action is not Action.CREATE}
    return (frozenset(address for address, _ in plan.resources) | parts) - absent - unread


def _is_foretold(change: Change, replaced: Set[Address]) -> bool:
    """Whether it is what a replacement will cost: the insights of an index that is made anew.

    A plan shows it beforehand; live it is as declared still.
    """
    index = Address(change.address.table, "index", change.address.name)
    return change.action is Action.CREATE and index in replaced and change.address != index


def _goes_with_its_table(change: Change, created: Set[Address]) -> bool:
    """Whether it is an aspect (time to live, insights) of a table or index that is missing, too."""
    kind = KIND_BY_NAME.get(change.kind)
    aspect = kind is not None and kind.fresh is not None
    table, name = change.address.table, change.address.name
    gone = Address(table) in created or Address(table, "index", name) in created
    return aspect and change.action is Action.CREATE and gone


def _worst_first(finding: Finding) -> tuple[int, str, str]:
    return (-finding.severity.rank, str(finding.address), finding.path)


def _of_change(change: Change, present_before: Set[str]) -> Iterator[Finding]:
    if change.action is Action.CREATE or not change.settings:
        yield _of_whole(change, present_before)
        return
    for setting in change.settings:
        cause = change.cause if setting.cause is Cause.UNKNOWN else setting.cause
        yield Finding(
            address=change.address,
            kind=change.kind,
            verdict=_VERDICTS[cause],
            severity=setting.severity,
            path=setting.path,
            resource=change.resource,
            action=change.action,
            live=setting.before,
            declared=setting.after,
            owner=setting.owner,
            detail="; ".join(filter(None, [setting.reason, *change.notes])),
            origin=setting.origin or change.origin,
            secret=setting.secret,
        )


def _of_whole(change: Change, present_before: Set[str]) -> Finding:
    """A thing that is not there (or is to go) is one finding, not one per setting of it."""
    verdict, severity, notes = _VERDICTS[change.cause], change.severity, list(change.notes)
    if verdict is Verdict.MISSING and str(change.address) in present_before:
        verdict, severity = Verdict.DRIFT, _gone(change)
        notes.insert(0, "it was there at the check before: somebody deleted it")
    elif change.action is Action.CREATE:
        notes.insert(0, "it does not exist")
    return Finding(
        address=change.address,
        kind=change.kind,
        verdict=verdict,
        severity=severity,
        resource=change.resource,
        action=change.action,
        detail="; ".join(notes),
        origin=change.origin,
        secret=any(each.secret for each in change.settings),
    )


def _gone(change: Change) -> Severity:
    """How bad it is that the thing is not there any more."""
    kind = KIND_BY_NAME.get(change.kind)
    return max(change.severity, kind.missing if kind else change.severity, key=lambda s: s.rank)


def _of_key(diagnostic: Diagnostic) -> Finding:
    """What stops a live table altogether (a key that cannot be used), whatever the spec says."""
    return Finding(
        address=Address.parse(diagnostic.address or "kms-key"),
        kind="kms-key",
        verdict=Verdict.DRIFT,
        severity=Severity.CRITICAL,
        path=f"({diagnostic.summary})",
        detail=diagnostic.detail,
    )


def _of_unmanaged(unmanaged: Unmanaged) -> Finding:
    return Finding(
        address=unmanaged.address,
        kind=unmanaged.kind,
        verdict=Verdict.UNMANAGED,
        severity=Severity.MEDIUM if unmanaged.part_of else Severity.LOW,
        resource=unmanaged.resource,
        detail=unmanaged.detail,
        listed_only=unmanaged.part_of is None,
    )


def _of_unread(unread: NotCompared) -> Finding:
    denied = unread.error.category is ErrorCategory.DENIED
    return Finding(
        address=unread.address,
        kind="",
        verdict=Verdict.NOT_COMPARED,
        severity=Severity.MEDIUM,
        path=unread.path,
        detail=unread.error.reason,
        permission=unread.error.action if denied else "",
    )


def _of_work(work: InProgress) -> Finding:
    return Finding(
        address=work.address,
        kind="",
        verdict=Verdict.IN_PROGRESS,
        severity=Severity.LOW,
        detail=work.detail,
    )


def _of_owned(tolerated: Tolerated) -> Finding:
    return Finding(
        address=tolerated.address,
        kind="",
        verdict=Verdict.TOLERATED,
        severity=Severity.LOW,
        path=tolerated.path,
        live=tolerated.live,
        declared=tolerated.declared,
        owner=tolerated.owner,
        detail=tolerated.reason,
        listed_only=True,
    )
