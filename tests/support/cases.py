"""Case directories: a spec, what AWS answers, and the plan that must come out.

A case is a directory ``tests/cases/<kind>/<case>/`` whose name says what is true:

``spec.yaml``
    file name -> document of the specs directory; a text is written as it stands (with its errors),
    a mapping as YAML.
``observed.yaml``
    the answers of AWS: ``{service, method, params, answer | error: {code, message, category}}``;
    ``params`` names only what must match.  A read that nothing matches finds nothing: a listing is
    empty, anything else does not exist.  The account is 111122223333.
``choices.yaml``
    optional: ``environment``, ``sets``, ``targets``, ``prune``, ``allowed``; ``destroy`` and
    ``keep_data`` for the plan of `destroy`; ``now``, the time of day (2026-01-01T00:00:00Z).
``plan.json``
    the plan, but for texts and estimates, which the goldens of the reports show; or
``problems.txt``
    what is wrong with the spec.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dynaprov import reconciler
from dynaprov.kinds import TAGS
from dynaprov.kinds.identity import tags_by_arn
from dynaprov.kinds.tags import shaped
from dynaprov.model.change import Change
from dynaprov.model.errors import SpecInvalid
from dynaprov.model.operation import Budget, Operation
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Answer, ErrorCategory, Read, ServiceError
from dynaprov.model.setting import Effect, Owner
from dynaprov.planning.planner import Choices
from dynaprov.report.values import encoded
from dynaprov.spec.resolve import load_specs
from support.clock import START, VirtualClock

ACCOUNT = "111122223333"
IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/tester", "UserId": "AIDA"}

Row = Mapping[str, Any]


@dataclass
class WrittenReader:
    """Implements ``Reader`` with the answers of a case; ``reads`` holds what was asked."""

    rows: Sequence[Row]
    reads: list[Read] = field(default_factory=list)

    def submit(self, read: Read) -> Future[Answer]:
        self.reads.append(read)
        future: Future[Answer] = Future()
        future.set_result(self._answer(read))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """Nothing to prepare."""

    def endpoint(self, service: str) -> str:
        """As if it were AWS's own."""
        return ""

    def _answer(self, read: Read) -> Answer:
        for row in self.rows:
            asked = (row["service"], row["method"]) == (read.service, read.method)
            if asked and contains(read.params, row.get("params", {})):
                return _answer(row, read)
        if read.pages:
            return Answer({read.pages: self._tags(read)})
        if read.service == "sts":
            return Answer(IDENTITY)
        return Answer(
            error=_error({"category": "absent", "code": "ResourceNotFoundException"}, read)
        )

    def _tags(self, read: Read) -> list[Any]:
        """What the service of a resource says of its tags: the same as the listing over all."""
        for row in self.rows:
            if row["method"] != "get_resources" or "answer" not in row:
                continue
            for tagging in TAGS.taggings.values():
                if (tagging.service, tagging.listing) != (read.service, read.method):
                    continue
                asked = str(read.params.get(tagging.lists or tagging.resource))
                for arn, tags in tags_by_arn(row["answer"]).items():
                    if arn.endswith(asked):
                        return list(shaped(tagging, tags))
        return []


def contains(whole: Any, part: Any) -> bool:
    """Whether every entry of ``part`` is in ``whole``."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            key in whole and contains(whole[key], value) for key, value in part.items()
        )
    return bool(whole == part)


def _answer(row: Row, read: Read) -> Answer:
    if "error" in row:
        return Answer(error=_error(row["error"], read))
    return Answer(row["answer"])


def _error(said: Mapping[str, str], read: Read) -> ServiceError:
    return ServiceError(
        ErrorCategory(said["category"]),
        read.service,
        read.method,
        said.get("code", "Error"),
        said.get("message", ""),
    )


def outcome(case: Path, workplace: Path) -> tuple[str, str]:
    """What comes out of a case: the name of the expected file, and what must stand in it."""
    choices = _read(case / "choices.yaml") or {}
    specs = workplace / "specs"
    _write_specs(_read(case / "spec.yaml"), specs)
    try:
        spec = load_specs(specs, choices.get("environment"), choices.get("sets", ())).spec
    except SpecInvalid as invalid:
        return "problems.txt", problems(invalid, specs)
    reader = WrittenReader(_read(case / "observed.yaml") or ())
    chosen = Choices(
        targets=tuple(choices.get("targets", ())),
        prune=choices.get("prune", False),
        allowed=frozenset(choices.get("allowed", ())),
    )
    clock = VirtualClock(choices.get("now", START))
    if choices.get("destroy"):
        keep = choices.get("keep_data", False)
        plan = reconciler.plan_destroy(spec, reader, chosen, keep_data=keep, clock=clock)
    else:
        plan = reconciler.diff(spec, reader, chosen, clock=clock)
    text = json.dumps(document(plan), indent=2) + "\n"
    return "plan.json", text.replace(f"{specs}/", "")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None


def _write_specs(files: Mapping[str, Any], specs: Path) -> None:
    for name, content in files.items():
        path = specs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        path.write_text(text, encoding="utf-8")


def problems(invalid: SpecInvalid, specs: Path) -> str:
    """Every diagnostic: place and code, the line, what is wrong, what can be done."""
    lines = []
    for each in invalid.diagnostics:
        place = str(each.position).replace(f"{specs}/", "") if each.position else each.address
        lines.append(f"{place}: {each.code} {each.summary}")
        if each.text:
            lines.append(f"    | {each.text}")
        lines += [f"    {text}" for text in (each.detail, each.hint) if text]
    return "\n".join(lines) + "\n"


def document(plan: Plan) -> dict[str, Any]:
    """The parts of a plan that a case pins; empty ones are left out."""
    whole = {
        "changes": [_change(each) for each in plan.changes],
        "operations": [_operation(each) for each in plan.operations],
        "refusals": [
            {"code": each.code, "address": str(each.address), "lifted_by": each.allowed_by}
            | ({"instead": list(each.instead)} if each.instead else {})
            for each in plan.refusals
        ],
        "unmanaged": [
            {"address": str(each.address), "kind": each.kind, "resource": each.resource}
            | ({"part_of": str(each.part_of)} if each.part_of else {})
            for each in plan.unmanaged
        ],
        "not_compared": [
            {"address": str(each.address), "path": each.path, "needs": each.error.action}
            for each in plan.not_compared
        ],
        "in_progress": [
            {"address": str(each.address), "detail": each.detail} for each in plan.in_progress
        ],
        "notes": [f"{each.address}: {each.detail}" for each in plan.diagnostics],
    }
    return {"in_sync": plan.in_sync} | {name: part for name, part in whole.items() if part}


def _change(change: Change) -> dict[str, Any]:
    made: dict[str, Any] = {
        "address": str(change.address),
        "kind": change.kind,
        "action": change.action.value,
        "cause": change.cause.value,
        "severity": change.severity.value,
    }
    if change.notes:
        made["notes"] = list(change.notes)
    made["settings"] = []
    for each in change.settings:
        entry = {
            "path": each.path,
            "before": encoded(each.before),
            "after": encoded(each.after),
            "cause": each.cause.value,
        }
        if each.effect is not Effect.IN_PLACE:
            entry["effect"] = each.effect.value
        if each.owner is not Owner.SPEC:
            entry["owner"] = each.owner.value
        made["settings"].append(entry)
    return made


def _budget(budget: Budget) -> str:
    """A budget on one line: what it is of, what is used and left, when one is free."""
    known = {"used": budget.used, "left": budget.left, "free": budget.free_at}
    shown = [f"{word} {value}" for word, value in known.items() if value is not None]
    return f"{budget.of} {budget.name}: {', '.join(shown) or 'not visible'}"


def _operation(operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": operation.id,
        "call": f"{operation.call.service} {operation.call.method}",
        "params": encoded(operation.call.params),
    }
    for name in ("needs", "after", "lock"):
        if value := getattr(operation, name):
            made[name] = list(value) if isinstance(value, tuple) else value
    if operation.look:
        made["look"] = operation.look.until
    if operation.not_before:
        made["not_before"] = operation.not_before.isoformat()
    if operation.budgets:
        made["budgets"] = [_budget(each) for each in operation.budgets]
    if operation.stamp:
        made["stamp"] = {
            "kept": [code for code, _ in operation.stamp.kept],
            "earned": {code: list(ids) for code, _, ids in operation.stamp.earned},
        }
    return made
