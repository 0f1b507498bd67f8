"""Giving way: what becomes of a call with which somebody else was faster.

What stands there now is read and taken, and what this run made for it in vain is taken back, unless
something uses it by now.  Which reads and calls that takes is in the operation
(``Operation.concession``); nothing here knows of any service.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from dynaprov.execution.references import NotKnown, Outputs, outputs_at, resolved
from dynaprov.model.operation import Concession
from dynaprov.model.outcome import Status
from dynaprov.model.ports import Answer, Call, Clock, ErrorCategory, Read, Reader, ServiceError

#: What was made a moment ago may be invisible for as long (KMS: "usually seconds").
SEEN_AFTER_SECONDS = 20.0
ATTEMPTS = 4

_WORTH_REPEATING = frozenset(
    {
        ErrorCategory.THROTTLED,
        ErrorCategory.BUSY,
        ErrorCategory.CONFLICT,
        ErrorCategory.TRANSIENT,
        ErrorCategory.UNREACHABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Conceded:
    """How giving way ended.

    ``by_another`` says that what stands there is another's; ``outputs`` are then of that.
    """

    status: Status
    detail: str
    by_another: bool = False
    outputs: tuple[tuple[str, str], ...] = ()
    error: ServiceError | None = None


def concede(
    concession: Concession,
    known: Outputs,
    reader: Reader,
    send: Callable[[Call], Answer],
    clock: Clock,
) -> Conceded:
    """Give way to whoever was faster.

    Args:
        concession: what to read, to compare and to take back.
        known: outputs by printed address, for what the concession refers to.
        reader: reads.
        send: sends one call, once.
        clock: time between attempts.
    """
    try:
        ours = str(resolved(concession.ours, known))
        winner = resolved(concession.winner.params, known)
    except NotKnown as exc:
        return Conceded(Status.FAILED, str(exc))
    answer = _seen(replace(concession.winner, params=winner), reader, clock)
    outputs = outputs_at(concession.outputs, answer.value)
    theirs = dict(outputs).get(concession.identity, "")
    if answer.error or not theirs:
        detail = f"somebody else made {concession.what}, and what they made could not be read"
        return Conceded(Status.FAILED, detail, error=answer.error)
    if theirs == ours:
        return Conceded(Status.SETTLED, f"{concession.what} is already so", outputs=outputs)
    first = f"somebody else made {concession.what} at the same time, for {theirs}"
    if concession.withdraw is None:
        detail = f"{first} and not for {ours}; run it again to see which of them is in use"
        return Conceded(Status.FAILED, detail, by_another=True)
    if user := _user(concession, ours, known, reader):
        detail = f"{first}; {ours}, made by this run, is kept: {user}"
        return Conceded(Status.FAILED, detail)
    problem = _withdrawn(concession.withdraw, known, send, clock)
    end = f"could not be taken back: {problem}" if problem else "was taken back"
    detail = f"{first}, which is used from here on; {ours}, made by this run, {end}"
    return Conceded(Status.SETTLED, detail, by_another=True, outputs=outputs)


def _seen(read: Read, reader: Reader, clock: Clock) -> Answer:
    """The answer, once what was made a moment ago is visible."""
    started = clock.monotonic()
    while True:
        answer = reader.submit(read).result()
        if not answer.absent or clock.monotonic() - started >= SEEN_AFTER_SECONDS:
            return answer
        clock.sleep(1.0)


def _user(concession: Concession, ours: str, known: Outputs, reader: Reader) -> str:
    """Why what this run made must stay, empty when it need not."""
    asked = [replace(r, params=resolved(r.params, known)) for r in concession.unless]
    for read, future in [(read, reader.submit(read)) for read in asked]:
        answer = future.result()
        if answer.error and not answer.absent:
            return f"it cannot be told whether it is in use ({answer.error})"
        # Whatever names it uses it; where in the answer it stands is the service's affair.
        if ours in json.dumps(answer.value, default=str):
            subject = ", ".join(str(value) for value in read.params.values() if value != ours)
            return f"{read.action} names it ({subject})" if subject else f"{read.action} names it"
    return ""


def _withdrawn(
    call: Call, known: Outputs, send: Callable[[Call], Answer], clock: Clock
) -> ServiceError | None:
    """Take back what was made; the error that stood against it to the end."""
    ready = replace(call, params=resolved(call.params, known))
    for number in range(1, ATTEMPTS):
        answer = send(ready)
        if answer.error is None or answer.error.category not in _WORTH_REPEATING:
            return answer.error
        clock.sleep(float(number))
    return send(ready).error
