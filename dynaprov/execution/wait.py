"""Waiting until what a call began has come to its end.

A call that AWS accepted is not done: the table is CREATING, the index is being filled.  A ``Wait``
says what to read and the kind says from the answer whether it has settled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dynaprov.model.kind import Kind
from dynaprov.model.operation import Wait
from dynaprov.model.ports import Clock, ErrorCategory, Reader, ServiceError

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0

#: Errors that the next poll will meet again.  Others may pass while the thing comes to rest.
_HOPELESS = frozenset(
    {
        ErrorCategory.DENIED,
        ErrorCategory.CREDENTIALS,
        ErrorCategory.INVALID,
        ErrorCategory.UNSUPPORTED,
        ErrorCategory.UNREACHABLE,
        ErrorCategory.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait ended.

    ``problem`` says why it did not settle, empty when it did; ``interrupted`` that nobody looked
    any longer, so that the end is not known.
    """

    problem: str = ""
    error: ServiceError | None = None
    interrupted: bool = False


def wait_for(
    wait: Wait,
    kind: Kind,
    reader: Reader,
    clock: Clock,
    *,
    stopped: Callable[[], bool],
    tell: Callable[[], None],
) -> Waited:
    """Poll until the kind says that it has settled.

    Args:
        wait: what to read, and until what.
        kind: judges the answers.
        reader: reads.
        clock: time between polls.
        stopped: whether the run was interrupted; then the wait ends.
        tell: called after each poll that shows it still at work.
    """
    started = clock.monotonic()
    delay = FIRST_DELAY_SECONDS
    while True:
        answer = reader.submit(wait.read).result()
        # Absence can be what is waited for, and a kind judges it like any other answer.
        if (answer.error is None or answer.absent) and kind.settled(wait.until, answer):
            return Waited()
        if answer.error and answer.error.category in _HOPELESS:
            return Waited(f"accepted, but waiting until {wait.until} failed", answer.error)
        if stopped():
            problem = f"accepted, but the run was interrupted while waiting until {wait.until}"
            return Waited(problem, interrupted=True)
        left = wait.timeout_seconds - (clock.monotonic() - started)
        if left <= 0:
            limit = f"{wait.timeout_seconds:.0f} s"
            return Waited(f"accepted, but not {wait.until} within {limit}", answer.error)
        tell()
        clock.sleep(min(delay, left))
        delay = min(LONGEST_DELAY_SECONDS, delay * 2)
