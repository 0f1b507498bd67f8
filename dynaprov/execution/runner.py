"""The runner: carries out a plan's operations, as many at once as may be.

One coordinating thread owns all state (what has ended, what is known, who may start); workers only
call ports and report back through a queue.  Each operation ends in exactly one outcome, whatever
happens.  Every operation under way has a thread of its own, so that those that wait (for AWS or for
their next attempt) hold up nobody.  Of one API only so many calls are begun at once: more could not
be sent anyway, and what waits for one API's budget must hold up no other.

The first interruption lets running calls end and starts nothing new; a second one (a
``KeyboardInterrupt`` in the coordinating thread) stops looking at what is under way.
"""

from __future__ import annotations

import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Event as Flag

from dynaprov.execution.attempts import Worker
from dynaprov.execution.journal import Journal
from dynaprov.execution.references import NotKnown, resolved
from dynaprov.execution.scheduler import Scheduler
from dynaprov.execution.stamps import stamp_call
from dynaprov.kinds import KIND_BY_NAME
from dynaprov.model.address import Address
from dynaprov.model.events import (
    Event,
    Listener,
    OperationEnded,
    OperationStarted,
    OperationWaiting,
)
from dynaprov.model.kind import Kind
from dynaprov.model.operation import Operation
from dynaprov.model.outcome import Outcome, Status
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Call, Caller, Clock, ErrorCategory, Reader, ServiceError

_LOG = logging.getLogger(__name__)

#: AWS takes at most 500 tables in the making at once (DynamoDB guide, ServiceQuotas); more waiting
#: operations than that would only be refused.
MOST_UNDER_WAY = 500
#: Operations that are sending a call to the same API; those that only wait do not count.
MOST_AT_ONE_API = 32

INTERRUPTED = "the run was interrupted"
EXPIRED = "the credentials are no longer accepted"

Api = tuple[str, str]

_THEIRS = "somebody else made it, and notes what they applied"


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a plan: one outcome for each operation, in the order of the plan.

    ``expired`` is what AWS said when it took the credentials no longer; then the run ended there.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    expired: ServiceError | None = None


def execute(
    plan: Plan,
    caller: Caller,
    reader: Reader,
    clock: Clock,
    *,
    outputs: Mapping[str, Mapping[str, str]] | None = None,
    listener: Listener | None = None,
    journal: Journal | None = None,
    interrupted: Flag | Callable[[], bool] | None = None,
    halted: Callable[[], str] | None = None,
    patient: bool = True,
    kinds: Mapping[str, Kind] = KIND_BY_NAME,
    jitter: Callable[[], float] = random.random,
) -> Execution:
    """Carry out the operations of a plan.

    Args:
        plan: what to do; its guards have been passed.
        caller: sends mutating calls.
        reader: reads what waits look at.
        clock: time; its sleep ought to end early once the run is interrupted.
        outputs: what is known of live resources, by printed address.
        listener: told what happens, from this thread only.
        journal: told of every call before and after.
        interrupted: whether a person stopped the run.
        halted: why nothing more may be begun (a lost lease), empty while it may; once it has said
            so, it stays so.
        patient: whether to wait for what AWS is at work on; else it is left to a later run.
        kinds: judge whether waits have settled.
        jitter: gives numbers in [0, 1) for the delays between attempts.
    """
    flag = interrupted.is_set if isinstance(interrupted, Flag) else interrupted
    return _Run(
        plan=plan,
        scheduler=Scheduler(plan.operations),
        caller=caller,
        reader=reader,
        clock=clock,
        outputs={address: dict(each) for address, each in (outputs or {}).items()},
        listener=listener or (lambda event: None),
        journal=journal,
        stopped=flag or (lambda: False),
        halted=halted or (lambda: ""),
        patient=patient,
        kinds=kinds,
        jitter=jitter,
    ).execute()


class _Run:
    """The coordinating thread's state; see the module docstring."""

    def __init__(
        self,
        *,
        plan: Plan,
        scheduler: Scheduler,
        caller: Caller,
        reader: Reader,
        clock: Clock,
        outputs: dict[str, dict[str, str]],
        listener: Listener,
        journal: Journal | None,
        stopped: Callable[[], bool],
        halted: Callable[[], str],
        patient: bool,
        kinds: Mapping[str, Kind],
        jitter: Callable[[], float],
    ) -> None:
        self._plan = plan
        self._in_the_making = {each.address.table for each in plan.in_progress} - {""}
        self._scheduler = scheduler
        self._clock = clock
        self._outputs = outputs
        self._listener = listener
        self._is_stopped = stopped
        self._halted = halted
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self._outcomes: dict[str, Outcome] = {}
        self._under_way: dict[str, Operation] = {}
        self._calling: dict[str, Api] = {}
        self._at_api: Counter[Api] = Counter()
        self._held: dict[Api, deque[tuple[Operation, Call, bool]]] = {}
        self._ours: set[str] = set()  # operations that went well, and that nobody else did
        self._anothers: set[Address] = set()  # where what stands was made by somebody else
        self._interrupted = False
        self._expired: ServiceError | None = None
        self._worker = Worker(
            caller=caller,
            reader=reader,
            outputs=self._outputs,
            clock=clock,
            journal=journal,
            kinds=kinds,
            tell=self._queue.put,
            stopped=self._why_stopped,
            jitter=jitter,
            patient=patient,
        )

    def execute(self) -> Execution:
        workers = min(MOST_UNDER_WAY, max(1, len(self._plan.operations)))
        pool = ThreadPoolExecutor(workers, thread_name_prefix="operation")
        try:
            self._coordinate(pool)
        except KeyboardInterrupt:
            self._interrupted = True
            try:
                self._coordinate(pool)
            except KeyboardInterrupt:
                self._abandon()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self._cancel_rest()
        return Execution(
            tuple(self._outcomes[each.id] for each in self._plan.operations),
            self._interrupted,
            self._expired,
        )

    def _stopped(self) -> bool:
        return self._interrupted or self._is_stopped()

    def _why_stopped(self) -> str:
        """Why nothing more is sent, for workers; empty while the run goes on."""
        if self._stopped():
            return INTERRUPTED
        return EXPIRED if self._expired else self._halted()

    def _coordinate(self, pool: ThreadPoolExecutor) -> None:
        while True:
            self._interrupted = self._stopped()
            if not self._interrupted and not self._expired:
                self._start_all(pool)
            if not self._under_way:
                return
            event = self._queue.get()
            if isinstance(event, OperationEnded):
                self._called(event.outcome.operation, pool)
                self._end(event.outcome)
            else:
                if isinstance(event, OperationWaiting):
                    self._called(event.operation, pool)
                self._tell(event)

    def _start_all(self, pool: ThreadPoolExecutor) -> None:
        while len(self._under_way) < MOST_UNDER_WAY and not self._halted():
            operation = self._scheduler.start_next()
            if operation is None:
                return
            made = self._call_for(operation)
            if isinstance(made, Outcome):
                self._under_way[operation.id] = operation
                self._end(made)
                continue
            # What the plan found still in the making is as new as what this run made.
            fresh = operation.address.table in self._in_the_making or any(
                _made(self._outcomes[id]) for id in operation.needs
            )
            api = (made.service, made.method)
            if self._at_api[api] < MOST_AT_ONE_API:
                self._submit(pool, operation, made, fresh=fresh)
            else:
                self._held.setdefault(api, deque()).append((operation, made, fresh))

    def _submit(
        self, pool: ThreadPoolExecutor, operation: Operation, call: Call, *, fresh: bool
    ) -> None:
        api = (call.service, call.method)
        self._under_way[operation.id] = operation
        self._calling[operation.id] = api
        self._at_api[api] += 1
        pool.submit(self._worker.perform, operation, call, fresh=fresh)
        # Told afterwards: an interruption while it is shown must not leave it under way for ever.
        self._tell(OperationStarted(operation))

    def _called(self, operation: Operation, pool: ThreadPoolExecutor) -> None:
        """The operation sends nothing now: the next one that is held for its API may."""
        api = self._calling.pop(operation.id, None)
        if api is None:
            return
        self._at_api[api] -= 1
        held = self._held.get(api)
        if held and not self._why_stopped():
            following, call, fresh = held.popleft()
            self._submit(pool, following, call, fresh=fresh)

    def _call_for(self, operation: Operation) -> Call | Outcome:
        """The call as it is to be sent, or the outcome when nothing is."""
        if operation.not_before is not None and operation.not_before > self._clock.now():
            return Outcome(operation, Status.DEFERRED, not_before=operation.not_before)
        call = operation.call
        if operation.stamp is not None:
            if any(each.child("tags") == operation.address for each in self._anothers):
                return Outcome(operation, Status.SETTLED, detail=_THEIRS)
            stamped = stamp_call(call, operation.stamp, self._ours)
            if stamped is None:
                return Outcome(operation, Status.SETTLED, detail="the stamp stays as it is")
            call = stamped
        try:
            return replace(call, params=resolved(call.params, self._outputs))
        except NotKnown as exc:
            return Outcome(operation, Status.FAILED, detail=str(exc))

    def _end(self, outcome: Outcome) -> None:
        operation = outcome.operation
        del self._under_way[operation.id]
        if outcome.by_another:
            self._anothers.add(operation.address)
        if outcome.outputs:
            self._outputs.setdefault(str(operation.address), {}).update(outcome.outputs)
        if outcome.error and outcome.error.category is ErrorCategory.CREDENTIALS:
            outcome = self._without_credentials(outcome)
        self._note(outcome)
        for skipped in self._scheduler.end(operation.id, good=outcome.status.good):
            # What waits for a later run makes its followers wait for it too; they did not fail.
            later = outcome.status.later
            self._note(
                Outcome(
                    skipped.operation,
                    Status.DEFERRED if later else Status.SKIPPED,
                    blocked_by=skipped.blocked_by,
                    not_before=outcome.not_before if later else None,
                )
            )

    def _without_credentials(self, outcome: Outcome) -> Outcome:
        """Stop the run; the first to meet it tells the error, and nobody after it once more."""
        if self._expired is None:
            self._expired = outcome.error
            return outcome
        unsent = outcome.status is Status.FAILED
        return replace(
            outcome,
            status=Status.CANCELLED if unsent else outcome.status,
            error=None,
            detail=outcome.detail or EXPIRED,
        )

    def _abandon(self) -> None:
        for operation in self._under_way.values():
            detail = "the run was stopped while it was under way; the next run looks"
            self._note(Outcome(operation, Status.UNKNOWN, detail=detail))

    def _cancel_rest(self) -> None:
        detail = self._why_stopped() or INTERRUPTED
        for operation in self._plan.operations:
            if operation.id not in self._outcomes:
                self._note(Outcome(operation, Status.CANCELLED, detail=detail))

    def _note(self, outcome: Outcome) -> None:
        self._outcomes[outcome.operation.id] = outcome
        if outcome.status.good and not outcome.by_another:
            self._ours.add(outcome.operation.id)
        self._tell(OperationEnded(outcome))

    def _tell(self, event: Event) -> None:
        try:
            self._listener(event)
        # A terminal that went away must not leave the run half done.
        except Exception:  # noqa: BLE001
            _LOG.exception("a listener failed")


def _made(outcome: Outcome) -> bool:
    """Whether something is new because of it; a creation that met itself is, too."""
    settled = outcome.status is Status.SETTLED and outcome.operation.creates
    return outcome.status is Status.SUCCEEDED or settled
