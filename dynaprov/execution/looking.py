"""Looking whether a call had its effect, when nobody said so.

A call that is not idempotent (CreateKey, CreateBackup) must not be sent again on the suspicion that
it failed, and giving up would leave what it made to the next run.  So its kind is asked: which
reads show the effect, and do their answers?

AWS shows some things late.  A look that finds nothing is repeated for ``LOOK_SECONDS`` before
nothing is believed.
"""

from __future__ import annotations

from collections.abc import Callable

from dynaprov.model.kind import Kind, Sighting
from dynaprov.model.operation import Operation
from dynaprov.model.ports import Call, Clock, Reader

#: For how long something may stay invisible: KMS and IAM say "usually seconds" (guides, "eventual
#: consistency").
LOOK_SECONDS = 30.0
FIRST_DELAY_SECONDS = 1.0


def look(kind: Kind, operation: Operation, call: Call, reader: Reader, clock: Clock) -> Sighting:
    """Look once."""
    looking = kind.look(operation, call, clock.now())
    try:
        reads = next(looking)
        while True:
            answers = [future.result() for future in [reader.submit(read) for read in reads]]
            reads = looking.send(answers)
    except StopIteration as end:
        seen: Sighting = end.value
        return seen


def look_patiently(
    kind: Kind,
    operation: Operation,
    call: Call,
    reader: Reader,
    clock: Clock,
    *,
    stopped: Callable[[], bool],
) -> Sighting:
    """Look until something is found, nothing is believed, or the run is stopped."""
    started = clock.monotonic()
    delay = FIRST_DELAY_SECONDS
    while True:
        seen = look(kind, operation, call, reader, clock)
        left = LOOK_SECONDS - (clock.monotonic() - started)
        if seen.found or seen.problem or left <= 0 or stopped():
            return seen
        clock.sleep(min(delay, left))
        delay *= 2
