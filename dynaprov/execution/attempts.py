"""What a worker does with one operation: send its call, repeat it, and wait for its end.

Runs on worker threads, touches only ports, and reports through a function; it owns no state of the
run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from dynaprov.execution.concession import concede
from dynaprov.execution.journal import Journal
from dynaprov.execution.looking import look, look_patiently
from dynaprov.execution.references import Outputs, outputs_of, resolved
from dynaprov.execution.retry import Attempt, Decision, Verdict, decide
from dynaprov.execution.wait import Due, Looked, look_before, wait_for
from dynaprov.model.events import Event, OperationEnded, OperationRetried, OperationWaiting
from dynaprov.model.kind import Kind, Sighting
from dynaprov.model.operation import Concession, Looks, Operation, Wait
from dynaprov.model.outcome import Outcome, Status
from dynaprov.model.ports import (
    Answer,
    Call,
    Caller,
    Clock,
    ErrorCategory,
    Reader,
    ServiceError,
)

_LOG = logging.getLogger(__name__)
_NAP_SECONDS = 5.0
_STATUS: Mapping[Verdict, Status] = {
    Verdict.SETTLED: Status.SETTLED,
    Verdict.DEFERRED: Status.DEFERRED,
    Verdict.FAILED: Status.FAILED,
    Verdict.SKIPPED: Status.SKIPPED,
    Verdict.UNKNOWN: Status.UNKNOWN,
}


class _Patience:
    """How often, and for how long, one operation has met each category of errors.

    Each category has a patience of its own: an index that was busy for a quarter of an hour has not
    used up what a throttle is granted.
    """

    def __init__(self) -> None:
        self._met: dict[ErrorCategory, tuple[int, float]] = {}

    def met(self, category: ErrorCategory, now: float) -> tuple[int, float]:
        """Note one more; how many there were, and the seconds since the first."""
        times, since = self._met.get(category, (0, now))
        self._met[category] = (times + 1, since)
        return times + 1, now - since


@dataclass(frozen=True, slots=True)
class Worker:
    """What all workers of a run share; ``tell`` takes events from any thread.

    ``outputs`` is what is known of resources by printed address; workers only read it.  ``stopped``
    says in words why nothing more is to be sent, empty while the run goes on.  Not ``patient``:
    nothing is waited for that AWS is at work on.
    """

    caller: Caller
    reader: Reader
    outputs: Outputs
    clock: Clock
    journal: Journal | None
    kinds: Mapping[str, Kind]
    tell: Callable[[Event], None]
    stopped: Callable[[], str]
    jitter: Callable[[], float]
    patient: bool = True

    def perform(self, operation: Operation, call: Call, *, fresh: bool) -> None:
        """Carry the operation to its end and report the outcome; never raises.

        Args:
            operation: what to do.
            call: its call, as it is to be sent.
            fresh: whether something that it needs was made in this run.
        """
        started = self.clock.monotonic()
        try:
            outcome, awaited = self._done_before(operation, call, started), True
            if outcome is None:
                outcome, awaited = self._attempts(operation, call, started, fresh=fresh)
            if awaited:
                outcome = self._waits(outcome, started)
        # The boundary of a worker: a defect in one operation must not take the others with it, and
        # whatever it was, the coordinator waits for this report.
        except BaseException as exc:  # noqa: BLE001
            _LOG.exception("an operation ended in a defect")
            detail = f"a defect of dynaprov: {type(exc).__name__}: {exc}"
            outcome = Outcome(operation, Status.FAILED, attempts=1, detail=detail)
        self.tell(OperationEnded(outcome))

    def _done_before(self, operation: Operation, call: Call, started: float) -> Outcome | None:
        """The outcome where an interrupted run has made the call already."""
        if operation.looks is not Looks.FIRST:
            return None
        kind = self.kinds[operation.kind]
        seen = look(kind, operation, call, self.reader, self.clock)
        if not seen.found:
            return None
        seconds = self.clock.monotonic() - started
        detail = f"an earlier run has done it: {seen.detail}"
        return Outcome(
            operation, Status.SETTLED, seconds=seconds, detail=detail, outputs=seen.outputs
        )

    def _attempts(
        self, operation: Operation, call: Call, started: float, *, fresh: bool
    ) -> tuple[Outcome, bool]:
        """How the call ended, and whether what comes of it is to be waited for."""
        number, lost, patience = 1, False, _Patience()
        while True:
            looked = self._look(operation, started)
            if looked is not None and looked.due is not Due.NOW:
                return self._not_sent(operation, looked, number - 1, started, lost=lost)
            if looked is not None and looked.waited:
                patience = _Patience()  # what was waited for is not this call's fault
            answer = self._send(operation, call, number)
            now = self.clock.monotonic()
            done = partial(Outcome, operation, attempts=number, seconds=now - started)
            error = answer.error
            if error is None:
                outputs = outputs_of(operation, answer.value)
                return done(status=Status.SUCCEEDED, outputs=outputs), True
            times, elapsed = patience.met(error.category, now)
            transient = error.category is ErrorCategory.TRANSIENT
            seen = self._seen(operation, call, error, lost=lost)
            if seen.found:
                detail = f"its answer was lost, and it was found: {seen.detail}"
                return done(status=Status.SUCCEEDED, detail=detail, outputs=seen.outputs), True
            if operation.concession and error.category is ErrorCategory.EXISTS:
                conceded = self._conceded(operation, operation.concession, number, started)
                return conceded, conceded.status.good
            attempt = Attempt(error, times, elapsed, self.clock.now(), lost, fresh, seen)
            decision = self._decide(operation, attempt)
            if decision.verdict is not Verdict.REPEAT:
                outcome = done(
                    status=_STATUS[decision.verdict],
                    error=error,
                    not_before=decision.not_before,
                    detail=decision.detail,
                    by_another=decision.by_another,
                )
                return outcome, outcome.status.good
            lost = lost or transient
            if not self.stopped():
                self.tell(OperationRetried(operation, number, error, decision.delay_seconds))
                self._sleep(decision.delay_seconds)
            if why := self.stopped():
                return done(
                    # What was only refused has changed nothing.
                    status=Status.UNKNOWN if lost else Status.CANCELLED,
                    error=error,
                    detail=f"{why} between two attempts",
                ), False
            number += 1

    def _decide(self, operation: Operation, attempt: Attempt) -> Decision:
        decision = decide(operation, attempt, self.jitter)
        busy = attempt.error.category in (ErrorCategory.BUSY, ErrorCategory.ABSENT)
        if decision.verdict is Verdict.REPEAT and busy and not self.patient:
            return Decision(Verdict.DEFERRED, detail="AWS is still at work on it")
        return decision

    def _conceded(
        self, operation: Operation, concession: Concession, number: int, started: float
    ) -> Outcome:
        ended = concede(
            concession,
            self.outputs,
            self.reader,
            lambda call: self._send(operation, call, number),
            self.clock,
        )
        return Outcome(
            operation,
            ended.status,
            attempts=number,
            error=ended.error,
            seconds=self.clock.monotonic() - started,
            detail=ended.detail,
            outputs=ended.outputs,
            by_another=ended.by_another,
        )

    def _seen(
        self, operation: Operation, call: Call, error: ServiceError, *, lost: bool
    ) -> Sighting:
        """What can be seen of a call whose answer was lost: nothing, where nobody can tell."""
        met_itself = lost and error.category is ErrorCategory.EXISTS
        if operation.looks is Looks.NEVER or not (
            error.category is ErrorCategory.TRANSIENT or met_itself
        ):
            return Sighting()
        kind = self.kinds[operation.kind]
        if operation.repeatable and not met_itself:
            return look(kind, operation, call, self.reader, self.clock)
        return look_patiently(
            kind,
            operation,
            call,
            self.reader,
            self.clock,
            stopped=lambda: bool(self.stopped()),
        )

    def _sleep(self, seconds: float) -> None:
        """Sleep, and notice within seconds that the run was stopped."""
        left = seconds
        while left > 0 and not self.stopped():
            self.clock.sleep(min(left, _NAP_SECONDS))
            left -= _NAP_SECONDS

    def _look(self, operation: Operation, started: float) -> Looked | None:
        """What the look before the call came to; ``None`` when there is none."""
        look = operation.look
        if look is None:
            return None
        looked = look_before(
            look,
            self.kinds[look.kind],
            self.reader,
            self.clock,
            stopped=lambda: bool(self.stopped()),
            tell=partial(self._tell_waiting, operation, look, started, sent=False),
            patient=self.patient,
        )
        why = self.stopped()
        if why and (looked.due is Due.STOPPED or (looked.due is Due.NOW and looked.waited)):
            return Looked(Due.STOPPED, f"{why} before it was sent")
        return looked

    def _not_sent(
        self, operation: Operation, looked: Looked, attempts: int, started: float, *, lost: bool
    ) -> tuple[Outcome, bool]:
        status = {
            Due.ALREADY: Status.SETTLED,
            Due.NEEDLESS: Status.SETTLED,
            Due.LATER: Status.DEFERRED,
            Due.NEVER: Status.FAILED,
            Due.STOPPED: Status.UNKNOWN if lost else Status.CANCELLED,
        }[looked.due]
        seconds = self.clock.monotonic() - started
        outcome = Outcome(operation, status, attempts, seconds=seconds, detail=looked.detail)
        return outcome, looked.due is Due.ALREADY

    def _send(self, operation: Operation, call: Call, number: int) -> Answer:
        if self.journal:
            self.journal.sent(operation, call, number)
        began = self.clock.monotonic()
        answer = self.caller.call(call)
        if self.journal:
            self.journal.answered(operation, number, answer, self.clock.monotonic() - began)
        return answer

    def _waits(self, outcome: Outcome, started: float) -> Outcome:
        for wait in outcome.operation.waits:
            waited = wait_for(
                self._known(wait, outcome),
                self.kinds[wait.kind],
                self.reader,
                self.clock,
                stopped=lambda: bool(self.stopped()),
                tell=partial(self._tell_waiting, outcome.operation, wait, started),
                patient=self.patient,
            )
            if waited.problem:
                # AWS took the call; that nobody may look any longer makes nothing fail.
                expired = waited.error and waited.error.category is ErrorCategory.CREDENTIALS
                detail = waited.problem
                if waited.interrupted and (why := self.stopped()):
                    detail = f"accepted, but {why} while waiting until {wait.until}"
                status = Status.SUBMITTED if waited.later else Status.FAILED
                unseen = waited.interrupted or waited.unclear or expired
                return replace(
                    outcome,
                    status=Status.UNKNOWN if unseen else status,
                    error=waited.error,
                    seconds=self.clock.monotonic() - started,
                    detail=detail,
                )
        return replace(outcome, seconds=self.clock.monotonic() - started)

    def _known(self, wait: Wait, outcome: Outcome) -> Wait:
        """The wait with what the operation itself, or an earlier one, has made known."""
        address = str(outcome.operation.address)
        own = {**self.outputs.get(address, {}), **dict(outcome.outputs)}
        params = resolved(wait.read.params, {**self.outputs, address: own})
        return replace(wait, read=replace(wait.read, params=params))

    def _tell_waiting(
        self, operation: Operation, wait: Wait, started: float, detail: str, *, sent: bool = True
    ) -> None:
        seconds = self.clock.monotonic() - started
        self.tell(OperationWaiting(operation, wait.until, seconds, detail, sent))
