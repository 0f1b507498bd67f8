"""Calls that look before they are sent, and runs that do not wait."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.execution.runner import Execution, execute
from dynaprov.model.events import Event, OperationWaiting
from dynaprov.model.kind import Progress, Standing
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.outcome import Status
from dynaprov.model.ports import Answer, ErrorCategory
from support.clock import VirtualClock
from support.operations import LookingKind, a_plan, a_wait, an_operation
from support.ports import FakeCaller, FakeReader, failing


class ToldKind(LookingKind):
    """Says what the answer says."""

    def progress(self, wait: Wait, answer: Answer) -> Progress:
        return Progress(Standing(answer.value["standing"]), "why")


def said(*standings: Standing) -> list[Answer]:
    return [Answer({"standing": each.value}) for each in standings]


BUSY = failing(ErrorCategory.BUSY)
THERE, AT_WORK = Standing.THERE, Standing.AT_WORK


def run(
    *operations: Operation, answers: list[Answer], caller: FakeCaller | None = None, **more: Any
) -> Execution:
    return execute(
        a_plan(*operations),
        caller or FakeCaller(),
        FakeReader({"describe_table": answers}),
        more.pop("clock", VirtualClock()),
        kinds={"looking": ToldKind()},
        jitter=lambda: 1.0,
        **more,
    )


@pytest.mark.parametrize(
    ("standing", "status", "sent"),
    [
        (THERE, Status.SUCCEEDED, 1),
        (Standing.ALREADY, Status.SETTLED, 0),
        (Standing.NEEDLESS, Status.SETTLED, 0),
        (Standing.NEVER, Status.FAILED, 0),
    ],
)
def test_a_call_is_sent_only_when_it_is_due(standing: Standing, status: Status, sent: int) -> None:
    caller = FakeCaller()

    execution = run(an_operation("a", look=a_wait()), answers=said(standing), caller=caller)

    assert execution.outcomes[0].status is status
    assert len(caller.calls) == sent


def test_what_was_made_already_is_still_waited_for_but_what_is_needless_is_not() -> None:
    operation = an_operation("a", look=a_wait(), waits=(a_wait(timeout_seconds=5),))

    already = run(operation, answers=said(Standing.ALREADY, AT_WORK))
    needless = run(operation, answers=said(Standing.NEEDLESS, AT_WORK))

    assert already.outcomes[0].status is Status.SUBMITTED
    assert needless.outcomes[0].status is Status.SETTLED


def test_every_attempt_looks_first() -> None:
    caller = FakeCaller({"a": [BUSY, Answer()]})

    execution = run(
        an_operation("a", look=a_wait()), answers=said(THERE, Standing.ALREADY), caller=caller
    )

    # Refused, and meanwhile somebody else did it.
    assert execution.outcomes[0].status is Status.SETTLED
    assert len(caller.calls) == 1


def test_the_time_that_a_look_took_is_not_the_call_s() -> None:
    """Busy calls are repeated for half an hour, from when they were due."""
    caller = FakeCaller({"a": [BUSY, Answer()]})
    waits = said(*[AT_WORK] * 400, THERE)

    execution = run(
        an_operation("a", look=a_wait(timeout_seconds=86_400)), answers=waits, caller=caller
    )

    assert execution.outcomes[0].status is Status.SUCCEEDED
    assert execution.outcomes[0].seconds > 1800


def test_a_look_tells_what_it_waits_for() -> None:
    events: list[Event] = []

    run(
        an_operation("a", look=a_wait(), waits=(a_wait(),)),
        answers=said(AT_WORK, THERE, AT_WORK, THERE),
        listener=events.append,
    )

    told = [each for each in events if isinstance(each, OperationWaiting)]
    assert [(each.detail, each.sent) for each in told] == [("why", False), ("why", True)]


def test_nothing_is_sent_when_the_run_was_stopped_while_looking() -> None:
    clock, caller = VirtualClock(), FakeCaller()

    execution = run(
        an_operation("a", look=a_wait()),
        answers=said(AT_WORK, AT_WORK, THERE),
        caller=caller,
        clock=clock,
        interrupted=lambda: bool(clock.slept),
    )

    assert execution.outcomes[0].status is Status.CANCELLED
    assert caller.calls == []


def test_without_waiting_what_aws_took_is_submitted_and_its_followers_are_deferred() -> None:
    clock = VirtualClock()
    first = an_operation("a", waits=(a_wait(),))

    execution = run(
        first,
        an_operation("b", needs=("a",)),
        an_operation("c", after=("a",)),
        answers=said(AT_WORK),
        clock=clock,
        patient=False,
    )

    found = {each.operation.id: each.status for each in execution.outcomes}
    assert found == {"a": Status.SUBMITTED, "b": Status.DEFERRED, "c": Status.SUCCEEDED}
    assert execution.outcomes[1].blocked_by == "a"
    assert clock.slept == []


def test_without_waiting_what_settles_at_once_has_succeeded() -> None:
    execution = run(an_operation("a", waits=(a_wait(),)), answers=said(THERE), patient=False)

    assert execution.outcomes[0].status is Status.SUCCEEDED


def test_without_waiting_a_busy_resource_is_left_to_a_later_run() -> None:
    clock = VirtualClock()
    looking = an_operation("a", look=a_wait())
    refused = an_operation("b")

    execution = run(
        looking,
        refused,
        answers=said(AT_WORK),
        caller=FakeCaller({"b": BUSY}),
        clock=clock,
        patient=False,
    )

    assert [each.status for each in execution.outcomes] == [Status.DEFERRED] * 2
    assert [each.attempts for each in execution.outcomes] == [0, 1]
    assert clock.slept == []


def test_without_waiting_throttling_is_still_waited_out() -> None:
    caller = FakeCaller({"a": [failing(ErrorCategory.THROTTLED), Answer()]})

    execution = run(an_operation("a"), answers=said(THERE), caller=caller, patient=False)

    assert execution.outcomes[0].status is Status.SUCCEEDED
