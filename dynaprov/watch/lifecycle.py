"""Findings over time: new, ongoing since, changed, resolved.  Pure; the memory is handed in.

A check knows nothing of earlier ones but what the ``Memory`` says that the last one handed on.
What was not compared now may still be as it was: it is not resolved, and keeps its memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dynaprov.model.finding import (
    UNSEEN,
    WHOLE,
    Finding,
    Memory,
    Phase,
    Remembered,
    Tracked,
    Verdict,
)


def track(found: Iterable[Finding], memory: Memory | None, now: datetime) -> tuple[Tracked, ...]:
    """Each finding with its phase and since when it stands."""
    before: Mapping[str, Remembered] = memory.findings if memory else {}
    return tuple(_tracked(each, before.get(each.id), now) for each in found)


def _tracked(finding: Finding, before: Remembered | None, now: datetime) -> Tracked:
    if before is None:
        return Tracked(finding, Phase.NEW, now)
    if before.digest == finding.digest:
        return Tracked(finding, Phase.ONGOING, before.since, before.told)
    return Tracked(finding, Phase.CHANGED, before.since)


def resolved(found: Sequence[Finding], memory: Memory | None) -> tuple[Remembered, ...]:
    """What an earlier check had found and this one looked for and did not find."""
    if memory is None:
        return ()
    here = {each.id for each in found}
    unseen = [each for each in found if each.verdict in UNSEEN]
    gone = (each for id, each in memory.findings.items() if id not in here)
    now_gone = (each for each in gone if not any(_hides(u, each) for u in unseen))
    return tuple(sorted(now_gone, key=lambda each: each.id))


def untold(
    gone: Iterable[Remembered], found: Sequence[Finding], memory: Memory | None
) -> tuple[Remembered, ...]:
    """What is resolved and people still believe to be there: they were told of it, and not of that.

    What came back in the meantime is not resolved after all.
    """
    here = {each.id for each in found}
    earlier = memory.resolved if memory else ()
    known = {each.id: each for each in (*earlier, *gone) if each.told is not None}
    return tuple(each for id, each in sorted(known.items()) if id not in here)


def _hides(unseen: Finding, earlier: Remembered) -> bool:
    """Whether what could not be looked at now is, or holds, what was found earlier."""
    if earlier.verdict in UNSEEN:
        return False
    if unseen.address == WHOLE:
        return True
    address, _, path = earlier.id.partition("#")
    above = str(unseen.address)
    if address == above:
        return not unseen.path or path == unseen.path or path.startswith(f"{unseen.path}.")
    return not unseen.path and address.startswith(f"{above}/")


def remember(
    tracked: Iterable[Tracked],
    gone: Iterable[Remembered],
    seen: frozenset[str],
    memory: Memory | None,
    now: datetime,
) -> Memory:
    """What this check hands on.

    Args:
        tracked: all its findings, those under exceptions too (they carry their rule).
        gone: what is resolved and nobody has been told of yet.
        seen: the addresses that it saw live.
        memory: what it was given; findings that could not be looked at now are kept from there.
        now: when it was made.
    """
    tracked = tuple(tracked)
    kept: dict[str, Remembered] = {}
    if memory is not None:
        unseen = [each.finding for each in tracked if each.finding.verdict in UNSEEN]
        kept = {
            id: each for id, each in memory.findings.items() if any(_hides(u, each) for u in unseen)
        }
    for each in tracked:
        kept[each.finding.id] = Remembered(
            each.finding.id,
            each.finding.digest,
            each.finding.verdict,
            each.finding.severity,
            each.since or now,
            each.told,
            ignored=each.rule is not None,
        )
    # What could not be looked at may be there still, and what was deleted stays deleted, and does
    # not become something that never was.
    lasting = {
        str(each.finding.address)
        for each in tracked
        if each.finding.verdict in (Verdict.NOT_COMPARED, Verdict.DRIFT) and not each.finding.path
    }
    before = frozenset(memory.present if memory else ())
    still = before if str(WHOLE) in lasting else before & lasting
    return Memory(now, kept, seen | still, tuple(gone))
