"""Waiting for several things at once that this run did not begin.

All are read together, again and again; what has come to its end is not read any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dynaprov.execution.wait import HOPELESS, Gauge, delay
from dynaprov.model.address import Address
from dynaprov.model.events import Listener, ThingReady, ThingWaiting
from dynaprov.model.kind import Kind, Progress, Standing
from dynaprov.model.operation import Wait
from dynaprov.model.ports import Answer, Clock, Reader

Judge = Callable[[Answer], Progress]


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to wait for.

    ``judge`` says from an answer how far it is, in place of the kind.  That it will never be there
    is only believed after ``doubt_seconds``: what is new may not show at once.
    """

    address: Address
    wait: Wait
    judge: Judge | None = None
    doubt_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How waiting for one thing ended; at work still, when the time was up."""

    address: Address
    progress: Progress
    answer: Answer
    seconds: float


def wait_for_all(
    things: Sequence[Thing],
    kind: Kind,
    reader: Reader,
    clock: Clock,
    *,
    listener: Listener | None = None,
    stopped: Callable[[], bool] | None = None,
    together: bool = False,
) -> tuple[Ended, ...]:
    """Wait until each of them has come to an end, or its time is up.

    Args:
        things: what to wait for.
        kind: judges the answers, and knows what says how much is done.
        reader: reads.
        clock: time between polls.
        listener: told what is still at work.
        stopped: whether a person stopped it.
        together: whether one that will never be there ends the waiting for the others.
    """
    started = clock.monotonic()
    gauges = {each.address: Gauge(each.wait, kind, reader, clock) for each in things}
    found: dict[Address, Ended] = {}
    open_ = list(things)
    polls = 0
    while open_:
        asked = [(each, reader.submit(each.wait.read)) for each in open_]
        polls += 1
        left = []
        for each, future in asked:
            answer = future.result()
            elapsed = clock.monotonic() - started
            progress = _judged(each, answer, kind)
            found[each.address] = Ended(each.address, progress, answer, elapsed)
            hasty = progress.standing is Standing.NEVER and elapsed < each.doubt_seconds
            if not hasty and progress.standing not in (Standing.AT_WORK, Standing.AT_REST):
                if polls > 1 and listener:
                    listener(ThingReady(each.address, elapsed))
            elif elapsed < each.wait.timeout_seconds:
                left.append(each)
                detail = gauges[each.address].added(progress.detail, answer)
                found[each.address] = replace(
                    found[each.address], progress=replace(progress, detail=detail)
                )
                if listener:
                    listener(ThingWaiting(each.address, each.wait.until, elapsed, detail))
        open_ = left
        if together and any(_is_lost(found[each.address], each) for each in things):
            break
        if not open_ or (stopped is not None and stopped()):
            break
        most = min(each.wait.timeout_seconds for each in open_)
        clock.sleep(delay(polls, clock.monotonic() - started, most))
    return tuple(found[each.address] for each in things)


def _is_lost(ended: Ended, thing: Thing) -> bool:
    never = ended.progress.standing is Standing.NEVER
    return never and ended.seconds >= thing.doubt_seconds


def _judged(each: Thing, answer: Answer, kind: Kind) -> Progress:
    if each.judge is not None:
        return each.judge(answer)
    if answer.error is not None and answer.error.category in HOPELESS:
        return Progress(Standing.NEVER, str(answer.error))
    return kind.progress(each.wait, answer)
