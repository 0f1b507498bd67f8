"""What a worker does with one operation: send its call, repeat it, and wait for its end.

Runs on worker threads, touches only ports, and reports through a function; it owns no state of the
run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from dynaprov.execution.journal import Journal
from dynaprov.execution.references import Outputs, outputs_of, resolved
from dynaprov.execution.retry import Attempt, Decision, Verdict, decide
from dynaprov.execution.wait import Due, Looked, look_before, wait_for
from dynaprov.model.events import Event, OperationEnded, OperationRetried, OperationWaiting
from dynaprov.model.kind import Kind
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.outcome import Outcome, Status
from dynaprov.model.ports import Answer, Call, Caller, Clock, ErrorCategory, Reader

_LOG = logging.getLogger(__name__)
_STATUS: Mapping[Verdict, Status] = {
    Verdict.SETTLED: Status.SETTLED,
    Verdict.DEFERRED: Status.DEFERRED,
    Verdict.FAILED: Status.FAILED,
    Verdict.UNKNOWN: Status.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Worker:
    """What all workers of a run share; ``tell`` takes events from any thread.

    ``outputs`` is what is known of resources by printed address; workers only read it.  Not
    ``patient``: nothing is waited for that AWS is at work on.
    """

    caller: Caller
    reader: Reader
    outputs: Outputs
    clock: Clock
    journal: Journal | None
    kinds: Mapping[str, Kind]
    tell: Callable[[Event], None]
    stopped: Callable[[], bool]
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

    def _attempts(
        self, operation: Operation, call: Call, started: float, *, fresh: bool
    ) -> tuple[Outcome, bool]:
        """How the call ended, and whether what comes of it is to be waited for."""
        number, lost, began = 1, False, started
        while True:
            looked = self._look(operation, started)
            if looked is not None and looked.due is not Due.NOW:
                return self._not_sent(operation, looked, number - 1, started, lost=lost)
            if looked is not None and looked.waited:
                began = self.clock.monotonic()  # what was waited for is not this call's fault
            answer = self._send(operation, call, number)
            seconds = self.clock.monotonic() - began
            if answer.error is None:
                outputs = outputs_of(operation, answer.value)
                return Outcome(
                    operation,
                    Status.SUCCEEDED,
                    number,
                    seconds=self.clock.monotonic() - started,
                    outputs=outputs,
                ), True
            attempt = Attempt(answer.error, number, seconds, self.clock.now(), lost, fresh)
            decision = decide(operation, attempt, self.jitter)
            busy = answer.error.category in (ErrorCategory.BUSY, ErrorCategory.ABSENT)
            if decision.verdict is Verdict.REPEAT and busy and not self.patient:
                decision = Decision(Verdict.DEFERRED, detail="AWS is still at work on it")
            if decision.verdict is not Verdict.REPEAT:
                outcome = Outcome(
                    operation,
                    _STATUS[decision.verdict],
                    attempts=number,
                    error=answer.error,
                    seconds=self.clock.monotonic() - started,
                    not_before=decision.not_before,
                    detail=decision.detail,
                )
                return outcome, outcome.status.good
            lost = lost or answer.error.category is ErrorCategory.TRANSIENT
            if not self.stopped():
                self.tell(OperationRetried(operation, number, answer.error, decision.delay_seconds))
                self.clock.sleep(decision.delay_seconds)
            if self.stopped():
                return Outcome(
                    operation,
                    # What was only refused has changed nothing.
                    Status.UNKNOWN if lost else Status.CANCELLED,
                    attempts=number,
                    error=answer.error,
                    seconds=self.clock.monotonic() - started,
                    detail="the run was interrupted between two attempts",
                ), False
            number += 1

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
            stopped=self.stopped,
            tell=partial(self._tell_waiting, operation, look, started, sent=False),
            patient=self.patient,
        )
        if looked.due is Due.NOW and looked.waited and self.stopped():
            return Looked(Due.STOPPED, "the run was interrupted before it was sent")
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
                stopped=self.stopped,
                tell=partial(self._tell_waiting, outcome.operation, wait, started),
                patient=self.patient,
            )
            if waited.problem:
                status = Status.SUBMITTED if waited.later else Status.FAILED
                return Outcome(
                    outcome.operation,
                    Status.UNKNOWN if waited.interrupted else status,
                    attempts=outcome.attempts,
                    error=waited.error,
                    seconds=self.clock.monotonic() - started,
                    detail=waited.problem,
                    outputs=outcome.outputs,
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
