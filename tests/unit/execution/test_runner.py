"""Carrying out plans with a caller and a reader that answer as written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov.execution.journal import Journal
from dynaprov.execution.runner import MOST_AT_ONE_API, MOST_UNDER_WAY, Execution, execute
from dynaprov.kinds import KIND_BY_NAME
from dynaprov.kinds.identity import STAMP
from dynaprov.kinds.table.reading import describe_table
from dynaprov.model.events import (
    Event as RunEvent,
)
from dynaprov.model.events import (
    OperationEnded,
    OperationRetried,
    OperationStarted,
    OperationWaiting,
)
from dynaprov.model.operation import Operation, StampWrite, Wait
from dynaprov.model.outcome import Status
from dynaprov.model.ports import Answer, Call, ErrorCategory
from dynaprov.model.setting import Ref
from support.clock import HANGS_SECONDS, START, VirtualClock
from support.operations import AT_WORK, DONE, IDENTITY, KINDS, a_plan, a_wait, an_operation
from support.ports import FakeCaller, FakeReader, an_error, failing

E = ErrorCategory


class CreepingClock(VirtualClock):
    """Time goes by without anybody's patience ending."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds / 1e9)


def run(*operations: Operation, caller: FakeCaller | None = None, **more: Any) -> Execution:
    more.setdefault("clock", VirtualClock())
    more.setdefault("reader", FakeReader())
    more.setdefault("kinds", KINDS)
    return execute(a_plan(*operations), caller or FakeCaller(), jitter=lambda: 1.0, **more)


def statuses(execution: Execution) -> dict[str, str]:
    return {each.operation.id: str(each.status) for each in execution.outcomes}


def test_an_empty_plan_has_no_outcomes() -> None:
    assert run() == Execution(())


def test_operations_go_in_their_order() -> None:
    caller = FakeCaller()

    execution = run(an_operation("b", needs=("a",)), an_operation("a"), caller=caller)

    assert [call.method for call in caller.calls] == ["a", "b"]
    assert [each.operation.id for each in execution.outcomes] == ["b", "a"]
    assert not execution.interrupted


def test_a_failure_skips_what_needs_it_and_nothing_else() -> None:
    caller = FakeCaller({"a": failing(E.INVALID)})

    execution = run(
        an_operation("a"),
        an_operation("b", needs=("a",)),
        an_operation("c", after=("a",)),
        caller=caller,
    )

    assert statuses(execution) == {"a": "failed", "b": "skipped", "c": "succeeded"}
    assert execution.outcomes[1].blocked_by == "a"


def test_what_needs_a_deferred_one_is_deferred_with_it() -> None:
    later = START + timedelta(hours=1)
    caller = FakeCaller({"a": failing(E.DEFERRED, not_before=later)})

    execution = run(an_operation("a"), an_operation("b", needs=("a",)), caller=caller)

    assert statuses(execution) == {"a": "deferred", "b": "deferred"}
    assert execution.outcomes[1].not_before == later
    assert execution.outcomes[1].blocked_by == "a"


def test_what_is_not_due_is_deferred_without_a_call() -> None:
    caller = FakeCaller()

    execution = run(an_operation("a", not_before=START + timedelta(hours=1)), caller=caller)

    assert statuses(execution) == {"a": "deferred"}
    assert caller.calls == []


def test_what_has_become_due_is_done() -> None:
    execution = run(an_operation("a", not_before=START - timedelta(hours=1)))

    assert statuses(execution) == {"a": "succeeded"}


def test_a_busy_resource_is_asked_again() -> None:
    clock = VirtualClock()
    caller = FakeCaller({"a": [failing(E.BUSY), failing(E.BUSY), Answer()]})

    execution = run(an_operation("a"), caller=caller, clock=clock)

    [outcome] = execution.outcomes
    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 3)
    assert clock.slept == [0.5, 1.0]
    assert outcome.seconds == 1.5


def test_a_creation_that_meets_itself_is_settled() -> None:
    caller = FakeCaller({"a": [failing(E.TRANSIENT), failing(E.EXISTS)]})

    execution = run(an_operation("a", creates=True), caller=caller)

    assert statuses(execution) == {"a": "settled"}


def test_a_lost_answer_of_what_must_not_be_sent_twice_is_unknown() -> None:
    caller = FakeCaller({"a": failing(E.TRANSIENT)})

    execution = run(
        an_operation("a", repeatable=False), an_operation("b", needs=("a",)), caller=caller
    )

    assert statuses(execution) == {"a": "unknown", "b": "skipped"}
    assert len(caller.calls) == 1


def test_what_follows_a_creation_in_this_run_may_not_see_it_yet() -> None:
    scripts = {"a": Answer(), "b": [failing(E.ABSENT), Answer()]}

    together = run(an_operation("a"), an_operation("b", needs=("a",)), caller=FakeCaller(scripts))
    alone = run(an_operation("b"), caller=FakeCaller(scripts))

    assert statuses(together)["b"] == "succeeded"
    assert statuses(alone)["b"] == "failed"


def test_credentials_that_fail_stop_what_has_not_begun() -> None:
    caller = FakeCaller({"a": failing(E.CREDENTIALS)})

    execution = run(
        an_operation("a"),
        an_operation("b", after=("a",)),
        an_operation("c", needs=("a",)),
        caller=caller,
    )

    assert statuses(execution) == {"a": "failed", "b": "cancelled", "c": "skipped"}
    assert "credentials" in execution.outcomes[1].detail
    assert not execution.interrupted


def test_a_run_that_is_halted_begins_nothing_more_and_says_why() -> None:
    caller = FakeCaller()

    execution = run(
        an_operation("a"),
        an_operation("b", after=("a",)),
        an_operation("c", needs=("b",)),
        caller=caller,
        halted=lambda: "the lease was lost" if caller.calls else "",
    )

    assert statuses(execution) == {"a": "succeeded", "b": "cancelled", "c": "cancelled"}
    assert execution.outcomes[1].detail == "the lease was lost"
    assert not execution.interrupted


def test_one_error_of_credentials_is_enough() -> None:
    expired = failing(E.CREDENTIALS, code="ExpiredTokenException")
    operations = [an_operation(f"op{number}") for number in range(40)]
    # Whoever has not begun when the first error comes may be cancelled, so all must have begun.
    barrier = Barrier(40, timeout=HANGS_SECONDS)

    def refused(call: Call) -> Answer:
        barrier.wait()
        return expired

    execution = run(*operations, caller=FakeCaller({each.id: refused for each in operations}))

    told = [each for each in execution.outcomes if each.error]
    assert len(told) == 1
    assert execution.expired is told[0].error
    assert [str(each.status) for each in execution.outcomes].count("cancelled") == 39
    assert all("credentials" in each.detail for each in execution.outcomes if not each.error)


def test_credentials_that_fail_end_waiting_and_repeating() -> None:
    reader = FakeReader({"describe_table": AT_WORK})
    waiting, busy, expired = Event(), Event(), Event()

    def expire(call: Call) -> Answer:
        assert waiting.wait(HANGS_SECONDS)
        assert busy.wait(HANGS_SECONDS)
        return failing(E.CREDENTIALS)

    repetition = count()

    def refuse(call: Call) -> Answer:
        # The repetition comes back only once the run knows; else it could use up its attempts.
        assert next(repetition) == 0 or expired.wait(HANGS_SECONDS)
        return failing(E.CONFLICT)

    def told(event: RunEvent) -> None:
        if isinstance(event, OperationWaiting):
            waiting.set()
        if isinstance(event, OperationRetried):
            busy.set()
        if isinstance(event, OperationEnded) and event.outcome.operation.id == "late":
            expired.set()

    execution = run(
        an_operation("made", waits=(a_wait(timeout_seconds=1e9),)),
        an_operation("held", method="held"),
        an_operation("late", method="late"),
        caller=FakeCaller({"late": expire, "held": refuse}),
        reader=reader,
        listener=told,
        clock=CreepingClock(),
    )

    assert statuses(execution) == {"made": "unknown", "held": "cancelled", "late": "failed"}
    assert execution.outcomes[0].detail == (
        "accepted, but the credentials are no longer accepted while waiting until active"
    )


def test_credentials_that_fail_while_it_waits_leave_it_unknown() -> None:
    reader = FakeReader({"describe_table": failing(E.CREDENTIALS)})

    execution = run(an_operation("a", waits=(a_wait(),)), reader=reader)

    assert statuses(execution) == {"a": "unknown"}
    assert execution.expired is not None


def test_each_category_of_errors_has_a_patience_of_its_own() -> None:
    busy = [failing(E.BUSY)] * 70
    caller = FakeCaller({"a": [*busy, failing(E.THROTTLED), failing(E.TRANSIENT), Answer()]})

    execution = run(an_operation("a"), caller=caller)

    assert statuses(execution) == {"a": "succeeded"}


def test_a_long_delay_is_slept_in_naps() -> None:
    clock = VirtualClock()
    later = START + timedelta(seconds=12)
    caller = FakeCaller({"a": [failing(E.THROTTLED, not_before=later), Answer()]})

    run(an_operation("a"), caller=caller, clock=clock)

    assert clock.slept == [5.0, 5.0, 2.5]


def test_outputs_of_one_go_into_the_call_of_another() -> None:
    caller = FakeCaller({"key": Answer({"KeyMetadata": {"Arn": "arn:key"}})})
    key = an_operation("key", outputs=(("arn", "KeyMetadata.Arn"),))
    call = Call("dynamodb", "table", {"Key": Ref("key", "arn"), "Topic": Ref("topic", "arn")})
    table = an_operation("table", needs=("key",), call=call)

    execution = run(key, table, caller=caller, outputs={"topic": {"arn": "arn:topic"}})

    assert caller.calls[1].params == {"Key": "arn:key", "Topic": "arn:topic"}
    assert execution.outcomes[0].outputs == (("arn", "arn:key"),)


def test_a_value_that_nobody_gave_fails_before_the_call() -> None:
    caller = FakeCaller()
    call = Call("dynamodb", "a", {"Key": Ref("key", "arn")})

    execution = run(an_operation("a", call=call), an_operation("b", needs=("a",)), caller=caller)

    assert statuses(execution) == {"a": "failed", "b": "skipped"}
    assert execution.outcomes[0].detail == "the arn of `key` is not known"
    assert caller.calls == []


def stamping(id: str = "stamp") -> Operation:
    call = Call("dynamodb", id, {"Tags": [{"Key": STAMP, "Value": "1"}]})
    stamp = StampWrite(
        kept=(("a", "aaaaaa"),),
        earned=(("t", "tttttt", ("ttl",)),),
        previous=(("a", "aaaaaa"), ("t", "000000")),
    )
    return an_operation(id, after=("ttl",), call=call, stamp=stamp)


def test_a_success_renews_the_stamp() -> None:
    caller = FakeCaller()

    run(an_operation("ttl"), stamping(), caller=caller)

    assert caller.calls[1].params["Tags"][0]["Value"] == "1 aaaaaaa ttttttt"


def test_a_failure_leaves_the_stamp_as_it_is() -> None:
    caller = FakeCaller({"ttl": failing(E.INVALID)})

    execution = run(an_operation("ttl"), stamping(), caller=caller)

    assert statuses(execution) == {"ttl": "failed", "stamp": "settled"}
    assert len(caller.calls) == 1


def test_a_wait_ends_before_what_needs_it_begins() -> None:
    reader = FakeReader({"describe_table": [AT_WORK, AT_WORK, DONE]})
    events: list[RunEvent] = []

    run(
        an_operation("a", waits=(a_wait(),)),
        an_operation("b", needs=("a",)),
        reader=reader,
        listener=events.append,
    )

    kinds = [type(event) for event in events]
    assert kinds == [
        OperationStarted,
        OperationWaiting,
        OperationWaiting,
        OperationEnded,
        OperationStarted,
        OperationEnded,
    ]


def test_a_wait_that_fails_fails_the_operation() -> None:
    reader = FakeReader({"describe_table": failing(E.DENIED)})

    execution = run(an_operation("a", waits=(a_wait(),)), reader=reader)

    [outcome] = execution.outcomes
    assert outcome.status is Status.FAILED
    assert outcome.error is not None
    assert outcome.error.category is E.DENIED


def test_what_is_settled_is_waited_for_too() -> None:
    reader = FakeReader({"describe_table": [AT_WORK, DONE]})
    caller = FakeCaller({"a": failing(E.UNCHANGED)})

    execution = run(an_operation("a", waits=(a_wait(),)), reader=reader, caller=caller)

    assert statuses(execution) == {"a": "settled"}
    assert len(reader.reads) == 2


def test_a_waiting_operation_holds_up_nobody() -> None:
    # Both must be under way at once, or neither passes the barrier.
    barrier = Barrier(20, timeout=HANGS_SECONDS)

    def meet(call: Call) -> Answer:
        barrier.wait()
        return Answer()

    operations = [an_operation(f"op{number}") for number in range(20)]
    caller = FakeCaller({each.id: meet for each in operations})

    execution = run(*operations, caller=caller)

    assert set(statuses(execution).values()) == {"succeeded"}


def test_more_operations_than_may_be_under_way_are_done_in_turn() -> None:
    execution = run(*(an_operation(f"op{number}") for number in range(MOST_UNDER_WAY + 10)))

    assert set(statuses(execution).values()) == {"succeeded"}


def interrupting(flag: Event, answer: Answer) -> Callable[[Call], Answer]:
    def answered(call: Call) -> Answer:
        flag.set()
        return answer

    return answered


def test_an_interruption_lets_running_calls_end_and_starts_nothing_new() -> None:
    flag = Event()
    caller = FakeCaller({"a": interrupting(flag, Answer())})

    execution = run(
        an_operation("a"), an_operation("b", needs=("a",)), caller=caller, interrupted=flag
    )

    assert statuses(execution) == {"a": "succeeded", "b": "cancelled"}
    assert execution.interrupted


def test_an_interruption_before_the_start_cancels_all() -> None:
    execution = run(an_operation("a"), interrupted=lambda: True)

    assert statuses(execution) == {"a": "cancelled"}
    assert execution.interrupted


@pytest.mark.parametrize(("category", "status"), [(E.BUSY, "cancelled"), (E.TRANSIENT, "unknown")])
def test_an_interruption_ends_repeating(category: ErrorCategory, status: str) -> None:
    flag = Event()
    caller = FakeCaller({"a": interrupting(flag, failing(category))})

    execution = run(an_operation("a"), caller=caller, interrupted=flag)

    assert statuses(execution) == {"a": status}
    assert len(caller.calls) == 1


def test_an_interruption_ends_waiting() -> None:
    flag = Event()
    caller = FakeCaller({"a": interrupting(flag, Answer())})
    reader = FakeReader({"describe_table": AT_WORK})

    execution = run(
        an_operation("a", waits=(a_wait(),)), caller=caller, reader=reader, interrupted=flag
    )

    assert statuses(execution) == {"a": "unknown"}


def test_a_defect_in_a_worker_fails_its_operation_alone() -> None:
    def broken(call: Call) -> Answer:
        raise RuntimeError("oops")

    execution = run(an_operation("a"), an_operation("b"), caller=FakeCaller({"a": broken}))

    assert statuses(execution) == {"a": "failed", "b": "succeeded"}
    assert "oops" in execution.outcomes[0].detail


def test_a_wait_whose_answers_make_no_sense_leaves_open_how_it_ended() -> None:
    odd = FakeReader({"describe_table": Answer({"Table": {}})})
    wait = Wait("table", "settled", describe_table("t"))

    execution = run(
        an_operation("a", waits=(wait,)), an_operation("b"), reader=odd, kinds=KIND_BY_NAME
    )

    assert statuses(execution) == {"a": "unknown", "b": "succeeded"}
    assert "KeyError: 'TableStatus'" in execution.outcomes[0].detail


def test_a_listener_that_breaks_does_not_stop_the_run() -> None:
    def broken(event: RunEvent) -> None:
        raise BrokenPipeError

    assert statuses(run(an_operation("a"), listener=broken)) == {"a": "succeeded"}


def test_a_keyboard_interrupt_in_the_coordinating_thread_is_an_interruption() -> None:
    def stop(event: RunEvent) -> None:
        if isinstance(event, OperationEnded) and event.outcome.operation.id == "a":
            raise KeyboardInterrupt

    execution = run(an_operation("a"), an_operation("b", needs=("a",)), listener=stop)

    assert statuses(execution) == {"a": "succeeded", "b": "cancelled"}
    assert execution.interrupted


def test_a_second_keyboard_interrupt_stops_looking() -> None:
    # The first comes while the start of `b` is shown, the second while its end is.
    release = Event()

    def stop(event: RunEvent) -> None:
        if isinstance(event, OperationStarted) and event.operation.id == "b":
            raise KeyboardInterrupt
        if isinstance(event, OperationEnded) and event.outcome.operation.id == "b":
            raise KeyboardInterrupt

    def hang(call: Call) -> Answer:
        assert release.wait(HANGS_SECONDS)
        return Answer()

    try:
        execution = run(
            an_operation("a"),
            an_operation("hangs"),
            an_operation("b", needs=("a",)),
            an_operation("c", needs=("a", "b")),
            caller=FakeCaller({"hangs": hang}),
            listener=stop,
        )
    finally:
        release.set()

    assert execution.interrupted
    assert statuses(execution) == {
        "a": "succeeded",
        "hangs": "unknown",
        "b": "succeeded",
        "c": "cancelled",
    }


def test_retries_are_told() -> None:
    events: list[RunEvent] = []
    caller = FakeCaller({"a": [failing(E.BUSY), Answer()]})

    run(an_operation("a"), caller=caller, listener=events.append)

    assert OperationRetried(an_operation("a"), 1, an_error(E.BUSY), 0.5) in events


def test_every_attempt_is_in_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    clock = VirtualClock()
    caller = FakeCaller({"a": [failing(E.BUSY), Answer()]})

    with Journal.open(IDENTITY, clock, path=path) as journal:
        run(an_operation("a"), caller=caller, clock=clock, journal=journal)

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["event"], line.get("attempt")) for line in lines] == [
        ("begin", None),
        ("sent", 1),
        ("answered", 1),
        ("sent", 2),
        ("answered", 2),
    ]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_operation_has_exactly_one_outcome_whatever_happens(data: st.DataObject) -> None:
    answers = [
        Answer(),
        *(failing(category) for category in ErrorCategory if category is not E.CREDENTIALS),
    ]
    operations: list[Operation] = []
    for number in range(data.draw(st.integers(1, 6))):
        ids = [each.id for each in operations]
        some = st.lists(st.sampled_from(ids), unique=True, max_size=2) if ids else st.just([])
        operations.append(an_operation(f"op{number}", needs=tuple(data.draw(some))))
    scripts = {each.id: data.draw(st.sampled_from(answers)) for each in operations}
    events: list[RunEvent] = []

    execution = run(*operations, caller=FakeCaller(scripts), listener=events.append)

    assert [each.operation for each in execution.outcomes] == operations
    ended = [event.outcome for event in events if isinstance(event, OperationEnded)]
    assert sorted(map(repr, ended)) == sorted(map(repr, execution.outcomes))
    good = {each.operation.id for each in execution.outcomes if each.status.good}
    for outcome in execution.outcomes:
        if outcome.blocked_by:
            assert not set(outcome.operation.needs) <= good
        else:
            assert set(outcome.operation.needs) <= good


def test_an_operation_is_handed_on_as_it_was_planned() -> None:
    operation = replace(an_operation("a"), title="do a")

    assert run(operation).outcomes[0].operation is operation


class CrowdedCaller(FakeCaller):
    """Holds every call of ``many`` until the call of ``other`` came; counts who is held."""

    def __init__(self) -> None:
        super().__init__()
        self._other_came = Event()
        self._lock = Lock()
        self._now = 0
        self.most = 0

    def call(self, call: Call) -> Answer:
        if call.method == "other":
            self._other_came.set()
            return Answer()
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        assert self._other_came.wait(HANGS_SECONDS)
        with self._lock:
            self._now -= 1
        return Answer()


def test_a_crowd_at_one_api_is_limited_and_holds_up_no_other_api() -> None:
    caller = CrowdedCaller()
    crowd = [an_operation(f"many{n}", method="many") for n in range(MOST_AT_ONE_API * 2)]

    execution = run(*crowd, an_operation("other"), caller=caller)

    assert set(statuses(execution).values()) == {"succeeded"}
    assert caller.most <= MOST_AT_ONE_API


def test_what_is_held_for_a_crowded_api_is_cancelled_by_an_interruption() -> None:
    stopped = Event()
    crowd = [an_operation(f"many{n}", method="many") for n in range(MOST_AT_ONE_API * 2)]
    everyone = Barrier(MOST_AT_ONE_API, action=stopped.set)

    class Stopping(FakeCaller):
        def call(self, call: Call) -> Answer:
            everyone.wait(HANGS_SECONDS)
            return Answer()

    execution = run(*crowd, caller=Stopping(), interrupted=stopped)

    ended = [str(each.status) for each in execution.outcomes]
    assert ended.count("succeeded") == MOST_AT_ONE_API
    assert ended.count("cancelled") == MOST_AT_ONE_API
