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
from dynaprov.execution.retry import Attempt, Verdict, decide
from dynaprov.execution.wait import wait_for
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
    Verdict.SKIPPED: Status.SKIPPED,
    Verdict.UNKNOWN: Status.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Worker:
    """What all workers of a run share; ``tell`` takes events from any thread.

    ``outputs`` is what is known of resources by printed address; workers only read it.
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

    def perform(self, operation: Operation, call: Call, *, fresh: bool) -> None:
        """Carry the operation to its end and report the outcome; never raises.

        Args:
            operation: what to do.
            call: its call, as it is to be sent.
            fresh: whether something that it needs was made in this run.
        """
        started = self.clock.monotonic()
        try:
            outcome = self._attempts(operation, call, started, fresh=fresh)
            if outcome.status.good:
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
    ) -> Outcome:
        number, lost = 1, False
        while True:
            answer = self._send(operation, call, number)
            seconds = self.clock.monotonic() - started
            if answer.error is None:
                outputs = outputs_of(operation, answer.value)
                return Outcome(
                    operation, Status.SUCCEEDED, number, seconds=seconds, outputs=outputs
                )
            attempt = Attempt(answer.error, number, seconds, self.clock.now(), lost, fresh)
            decision = decide(operation, attempt, self.jitter)
            if decision.verdict is not Verdict.REPEAT:
                return Outcome(
                    operation,
                    _STATUS[decision.verdict],
                    attempts=number,
                    error=answer.error,
                    seconds=seconds,
                    not_before=decision.not_before,
                    detail=decision.detail,
                )
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
                    seconds=seconds,
                    detail="the run was interrupted between two attempts",
                )
            number += 1

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
                tell=partial(self._tell_waiting, outcome, wait, started),
            )
            if waited.problem:
                return Outcome(
                    outcome.operation,
                    Status.UNKNOWN if waited.interrupted else Status.FAILED,
                    attempts=outcome.attempts,
                    error=waited.error,
                    seconds=self.clock.monotonic() - started,
                    detail=waited.problem,
                    outputs=outcome.outputs,
                )
        return outcome

    def _known(self, wait: Wait, outcome: Outcome) -> Wait:
        """The wait with what the operation itself, or an earlier one, has made known."""
        address = str(outcome.operation.address)
        own = {**self.outputs.get(address, {}), **dict(outcome.outputs)}
        params = resolved(wait.read.params, {**self.outputs, address: own})
        return replace(wait, read=replace(wait.read, params=params))

    def _tell_waiting(self, outcome: Outcome, wait: Wait, started: float) -> None:
        seconds = self.clock.monotonic() - started
        self.tell(OperationWaiting(outcome.operation, wait.until, seconds))
