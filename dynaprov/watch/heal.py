"""What a check may put right by itself: safe classes only, and only upwards.  Pure.

A class is safe when putting it right takes nothing away from anybody: protection and recovery come
back, something that only watches is made again.  Capacity, keys, indexes, encryption and policies
are in no class.  Whoever wants a resource left alone tags it ``dynaprov:hold``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dynaprov.model.change import Action
from dynaprov.model.finding import Check, Finding, Tracked, Verdict
from dynaprov.model.spec import Healing


@dataclass(frozen=True, slots=True)
class Choice:
    """What is put right now, and what of the safe classes is not, with the reason."""

    chosen: tuple[Tracked, ...] = ()
    left: tuple[tuple[Tracked, str], ...] = ()

    @property
    def settings(self) -> frozenset[tuple[str, str]]:
        """The chosen settings: printed address and path."""
        return frozenset((str(e.finding.address), e.finding.path) for e in self.chosen)


def choose(check: Check, healing: Healing) -> Choice:
    """The findings of a check that are put right, worst first.

    Only drift is: what was never applied is for ``apply``.  Findings under exceptions are wanted as
    they are.
    """
    chosen: list[Tracked] = []
    left: list[tuple[Tracked, str]] = []
    for each in check.findings:
        if not any(CLASSES[name](each.finding) for name in sorted(healing.classes)):
            continue
        reason = _why_not(each, check, healing)
        if not reason and len(chosen) >= healing.most:
            reason = f"one check puts at most {healing.most} right; the next one goes on"
        if reason:
            left.append((each, reason))
        else:
            chosen.append(each)
    return Choice(tuple(chosen), tuple(left))


def _why_not(each: Tracked, check: Check, healing: Healing) -> str:
    finding = each.finding
    if finding.verdict is not Verdict.DRIFT:
        return f"it is {finding.verdict}, and only drift is put right"
    held = _held(finding, check.plan.held)
    if held:
        return f"{held} carries the tag dynaprov:hold"
    stood = check.checked_at - (each.since or check.checked_at)
    needed = timedelta(seconds=healing.after_seconds)
    if stood < needed:
        return f"it stands for {_minutes(stood)} of the {_minutes(needed)} that it has to"
    return ""


def _held(finding: Finding, held: Sequence[str]) -> str:
    """The resource that is held and holds what was found."""
    address = str(finding.address)
    return next((each for each in held if f"{address}/".startswith(f"{each}/")), "")


def _minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} min"


def _protection(finding: Finding) -> bool:
    return (
        finding.kind == "table"
        and not finding.address.part
        and finding.path == "deletion_protection"
        and finding.declared is True
        and finding.live is not True
    )


def _pitr(finding: Finding) -> bool:
    if finding.kind != "pitr":
        return False
    if finding.path == "enabled":
        return finding.declared is True and finding.live is not True
    live, declared = finding.live, finding.declared
    days = finding.path == "recovery_period_days"
    return days and isinstance(live, int) and isinstance(declared, int) and live < declared


def _ttl(finding: Finding) -> bool:
    on = finding.path == "attribute" and finding.live is None
    return finding.kind == "ttl" and on and isinstance(finding.declared, str)


def _tags(finding: Finding) -> bool:
    return finding.kind == "tags" and finding.path.startswith("tags.") and bool(finding.declared)


def _made_again(kind: str) -> Callable[[Finding], bool]:
    def gone(finding: Finding) -> bool:
        whole = not finding.path and finding.action is Action.CREATE
        return whole and finding.kind == kind

    return gone


def _topic(finding: Finding) -> bool:
    return _made_again("topic")(finding) and not finding.address.name


def _subscriptions(finding: Finding) -> bool:
    return _made_again("topic")(finding) and finding.address.name.startswith("subscription")


#: The safe classes by the name that they have in the spec.
CLASSES: Mapping[str, Callable[[Finding], bool]] = {
    "protection": _protection,
    "pitr": _pitr,
    "ttl": _ttl,
    "tags": _tags,
    "alarms": _made_again("alarm"),
    "topic": _topic,
    "subscriptions": _subscriptions,
}
