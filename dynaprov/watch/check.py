"""A drift check: a plan judged, parted by exceptions, and held against the check before.

Pure: the plan has been made, the memory been read.  Who made a change, what is told to whom, and
putting things right are built on the ``Check`` that comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from dynaprov.model.address import Address
from dynaprov.model.finding import Check, Coverage, ExceptionRule, Memory
from dynaprov.model.plan import Plan
from dynaprov.watch.exceptions import except_for
from dynaprov.watch.judge import judge, present
from dynaprov.watch.lifecycle import remember, resolved, track, untold


def checked(
    plan: Plan,
    now: datetime,
    *,
    rules: Sequence[ExceptionRule] = (),
    memory: Memory | None = None,
    coverage: Coverage | None = None,
    strict: bool = False,
) -> Check:
    """Judge a comparison.

    Args:
        plan: what ``reconciler.diff`` found.
        now: when it was made.
        rules: the reviewed exceptions.
        memory: what the check before handed on, if it is known.
        coverage: how much of what is live a spec names, where that was asked.
        strict: also tell what others own and have set as they may.
    """
    before = memory.present if memory else frozenset()
    found = judge(plan, present_before=before, strict=strict)
    today = now.astimezone(UTC).date()
    parted = except_for(track(found, memory, now), rules, plan.identity.environment, today)
    gone = resolved(found, memory)
    return Check(
        plan,
        now,
        findings=parted.counted,
        ignored=parted.ignored,
        resolved=gone,
        untold=untold(gone, found, memory),
        expired=parted.expired,
        unused=parted.unused,
        previous_at=memory.checked_at if memory else None,
        coverage=coverage,
    )


def handed_on(check: Check, memory: Memory | None) -> Memory:
    """What the next check needs to know of this one.

    Args:
        check: this one; what people were told of is marked in it.
        memory: what it was given itself.
    """
    seen = present(check.plan)
    tracked = (*check.findings, *check.ignored)
    return remember(tracked, check.untold, seen, memory, check.checked_at)


def seen_by(
    memory: Memory | None,
) -> Callable[[Address, str], tuple[datetime | None, datetime | None]]:
    """What the check before knows of a place: when it was fine still, and since when it is not."""

    def seen(address: Address, path: str) -> tuple[datetime | None, datetime | None]:
        if memory is None:
            return None, None
        known = memory.findings.get(f"{address}#{path}" if path else str(address))
        return (None, known.since) if known else (memory.checked_at, None)

    return seen
