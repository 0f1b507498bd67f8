"""Waiting: until what a call began has come to its end, and until a call is due.

A call that AWS accepted is not done: the table is CREATING, the index is being filled.  And a call
that was planned may have to wait, because AWS takes one change of a table at a time, or may not be
needed any more.  A ``Wait`` says what to read; the kind says from the answer how far it is.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto

from dynaprov.model.kind import Kind, Progress, Standing
from dynaprov.model.operation import Wait
from dynaprov.model.ports import Answer, Clock, ErrorCategory, Reader, ServiceError
from dynaprov.model.timeouts import written

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0
SHORTEST_DELAY_SECONDS = 0.01
#: What goes on for minutes goes on for hours, and is asked less often.
LONG_AFTER_SECONDS = 300.0
LONGEST_LATER_SECONDS = 30.0
#: For how long a table at rest may not show what was changed, before its end is taken as reached;
#: the comparison after the run then finds what is missing (a switch of billing mode that AWS took
#: and dropped: measured).
REST_SECONDS = 10.0
#: So many answers in a row that a kind cannot make sense of end a wait: a proxy or an emulator may
#: send one, and the next may be well again.
MOST_ODD = 3
#: How often it is asked how much of something is done; metrics have one value a minute.
GAUGE_SECONDS = 60.0

#: Errors that the next poll will meet again.  Others may pass while the thing comes to rest.
HOPELESS = frozenset(
    {
        ErrorCategory.DENIED,
        ErrorCategory.CREDENTIALS,
        ErrorCategory.INVALID,
        ErrorCategory.UNSUPPORTED,
        ErrorCategory.UNREACHABLE,
        ErrorCategory.UNKNOWN,
    }
)

Stopped = Callable[[], bool]
#: Told what is under way, after each poll that shows it still at work.
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait ended.

    ``problem`` says why it did not settle, empty when it did; ``later`` that AWS is still at work,
    so that a later run finds the end; ``unclear`` that the answers made no sense, so that only the
    comparison after the run can tell; ``interrupted`` that a person stopped it.
    """

    problem: str = ""
    error: ServiceError | None = None
    later: bool = False
    unclear: bool = False
    interrupted: bool = False


class Due(Enum):
    """What a look before a call came to."""

    NOW = auto()
    ALREADY = auto()  # not needed: it has been made; its end is still waited for
    NEEDLESS = auto()  # not needed, and nothing to wait for
    LATER = auto()  # something else is under way
    NEVER = auto()
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class Looked:
    """Whether a call is due; ``detail`` says why not, and ``waited`` that time went by."""

    due: Due
    detail: str = ""
    waited: bool = False


class _How(Enum):
    SHOWN = auto()
    TIMED_OUT = auto()
    STOPPED = auto()
    IMPATIENT = auto()
    HOPELESS = auto()
    ODD = auto()


@dataclass(frozen=True, slots=True)
class _End:
    how: _How
    standing: Standing
    detail: str
    error: ServiceError | None
    polls: int


def wait_for(
    wait: Wait,
    kind: Kind,
    reader: Reader,
    clock: Clock,
    *,
    stopped: Stopped,
    tell: Tell,
    patient: bool = True,
) -> Waited:
    """Poll until the kind says that it is there.

    Args:
        wait: what to read, and until what.
        kind: judges the answers.
        reader: reads.
        clock: time between polls.
        stopped: whether the run was interrupted; then the wait ends.
        tell: told after each poll that shows it still at work.
        patient: whether to poll more than once.
    """
    end = _poll(wait, kind, reader, clock, stopped, tell, patient=patient)
    if end.how is _How.HOPELESS:
        return Waited(f"accepted, but waiting until {wait.until} failed", end.error)
    if end.how is _How.ODD:
        problem = f"accepted, but what AWS says about it was not understood ({end.detail})"
        return Waited(problem, unclear=True)
    if end.how is _How.STOPPED:
        problem = f"accepted, but the run was interrupted while waiting until {wait.until}"
        return Waited(problem, interrupted=True)
    if end.how is _How.TIMED_OUT:
        problem = f"accepted, but not {wait.until} within {written(wait.timeout_seconds)}"
        return Waited(_with(problem, end.detail), end.error, later=end.error is None)
    if end.how is _How.IMPATIENT:
        return Waited(_with("accepted, and not waited for", end.detail), later=True)
    if end.standing is Standing.NEVER:
        return Waited(_with(f"accepted, but it will not be {wait.until}", end.detail))
    return Waited()


def look_before(
    look: Wait,
    kind: Kind,
    reader: Reader,
    clock: Clock,
    *,
    stopped: Stopped,
    tell: Tell,
    patient: bool = True,
) -> Looked:
    """Poll until the kind says that a call is due, or that it is not needed.

    The arguments are those of ``wait_for``.  A look that cannot be read holds nothing up: the call
    itself then meets what is wrong.
    """
    end = _poll(look, kind, reader, clock, stopped, tell, patient=patient)
    waited = end.polls > 1
    if end.how in (_How.HOPELESS, _How.ODD):
        return Looked(Due.NOW, waited=waited)
    if end.how is _How.STOPPED:
        return Looked(Due.STOPPED, "the run was interrupted before it was sent", waited)
    if end.how is _How.TIMED_OUT:
        problem = f"not sent: not {look.until} within {written(look.timeout_seconds)}"
        return Looked(Due.LATER, _with(problem, end.detail), waited)
    if end.how is _How.IMPATIENT:
        return Looked(Due.LATER, _with("not sent yet", end.detail), waited)
    due = {
        Standing.NEVER: Due.NEVER,
        Standing.ALREADY: Due.ALREADY,
        Standing.NEEDLESS: Due.NEEDLESS,
    }.get(end.standing, Due.NOW)
    return Looked(due, end.detail, waited)


def _with(problem: str, detail: str) -> str:
    return f"{problem}: {detail}" if detail else problem


def _poll(
    wait: Wait,
    kind: Kind,
    reader: Reader,
    clock: Clock,
    stopped: Stopped,
    tell: Tell,
    *,
    patient: bool,
) -> _End:
    """Read again and again until there is an end of one sort or another."""
    started = clock.monotonic()
    gauge = Gauge(wait, kind, reader, clock)
    rested: float | None = None
    polls = odd = 0
    while True:
        answer = reader.submit(wait.read).result()
        polls += 1
        standing, detail, error = Standing.AT_WORK, "", answer.error
        # Absence can be what is waited for, and a kind judges it like any other answer.
        if error is None or answer.absent:
            progress = _progress(kind, wait, answer)
            odd = odd + 1 if isinstance(progress, Exception) else 0
            if isinstance(progress, Exception):
                detail = f"{type(progress).__name__}: {progress}"
                if odd == MOST_ODD:
                    return _End(_How.ODD, standing, detail, None, polls)
            else:
                standing, detail = progress.standing, progress.detail
        elif error.category in HOPELESS:
            return _End(_How.HOPELESS, standing, "", error, polls)
        now = clock.monotonic()
        rested = (now if rested is None else rested) if standing is Standing.AT_REST else None
        enough = rested is not None and now - rested >= REST_SECONDS
        if standing not in (Standing.AT_WORK, Standing.AT_REST) or enough:
            return _End(_How.SHOWN, standing, detail, error, polls)
        if stopped():
            return _End(_How.STOPPED, standing, detail, error, polls)
        if not patient:
            return _End(_How.IMPATIENT, standing, detail, error, polls)
        elapsed = now - started
        if elapsed >= wait.timeout_seconds:
            return _End(_How.TIMED_OUT, standing, detail, error, polls)
        tell(gauge.added(detail, answer))
        clock.sleep(delay(polls, elapsed, wait.timeout_seconds))


def _progress(kind: Kind, wait: Wait, answer: Answer) -> Progress | Exception:
    """How far it has come, or why the answer tells nothing about it."""
    try:
        return kind.progress(wait, answer)
    # What AWS, an emulator or a proxy in between sends is not ours to trust.
    except Exception as oddity:  # noqa: BLE001
        return oddity


def delay(polls: int, elapsed: float, most: float) -> float:
    """How long to wait after so many polls: it doubles, up to a bound that grows once.

    It does not go past ``most`` seconds in all, and is never so short that no time goes by.
    """
    longest = LONGEST_DELAY_SECONDS if elapsed < LONG_AFTER_SECONDS else LONGEST_LATER_SECONDS
    doubled = FIRST_DELAY_SECONDS * 2.0 ** min(polls - 1, 20)
    return float(max(min(longest, doubled, most - elapsed), SHORTEST_DELAY_SECONDS))


class Gauge:
    """How much of something is done, where AWS publishes it.

    Asked at most once a minute and never waited for; the first problem ends the asking.
    """

    def __init__(self, wait: Wait, kind: Kind, reader: Reader, clock: Clock) -> None:
        self._wait = wait
        self._kind = kind
        self._reader = reader
        self._clock = clock
        self._asked: Future[Answer] | None = None
        self._asked_at: float | None = None
        self._failed = False
        self._text = ""

    def added(self, detail: str, answer: Answer) -> str:
        """The detail, with how much is done."""
        if self._asked is not None and self._asked.done():
            found = self._asked.result()
            self._asked = None
            self._failed = found.error is not None
            self._text = "" if self._failed else self._kind.gauged(found) or self._text
        now = self._clock.monotonic()
        due = self._asked_at is None or now - self._asked_at >= GAUGE_SECONDS
        if self._asked is None and due and not self._failed:
            read = self._kind.gauge(self._wait, answer, self._clock.now())
            if read is not None:
                self._asked_at = now
                self._asked = self._reader.submit(read)
        return ", ".join(filter(None, [detail, self._text]))
