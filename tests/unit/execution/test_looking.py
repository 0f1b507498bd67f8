"""Calls whose answers are lost: looked for, adopted, and never made twice."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.execution.looking import LOOK_SECONDS
from dynaprov.execution.runner import Execution, execute
from dynaprov.model.kind import Kind
from dynaprov.model.operation import Looks, Operation
from dynaprov.model.outcome import Outcome, Status
from dynaprov.model.ports import Answer, Call, ErrorCategory
from dynaprov.model.setting import Ref
from support.clock import VirtualClock
from support.operations import AT_WORK, DONE, KINDS, a_plan, an_operation
from support.ports import FakeCaller, FakeReader, failing

E = ErrorCategory
LOST = failing(E.TRANSIENT)
FAULT = failing(E.TRANSIENT, request_id="req-1")


def looking(id: str = "a", **more: Any) -> Operation:
    more.setdefault("looks", Looks.LOST)
    more.setdefault("repeatable", False)
    return an_operation(id, kind="looking", **more)


def run(
    *operations: Operation,
    caller: FakeCaller,
    reader: FakeReader,
    clock: VirtualClock | None = None,
    **more: Any,
) -> Execution:
    return execute(
        a_plan(*operations),
        caller,
        reader,
        clock or VirtualClock(),
        kinds=KINDS,
        jitter=lambda: 1.0,
        **more,
    )


def only(execution: Execution) -> Outcome:
    [outcome] = execution.outcomes
    return outcome


def test_what_was_made_is_found_and_the_run_goes_on_with_it() -> None:
    caller = FakeCaller({"a": LOST})
    needs = an_operation("b", needs=("a",), call=Call("kms", "b", {"Key": Ref("a", "id")}))

    execution = run(looking(), needs, caller=caller, reader=FakeReader({"describe_thing": DONE}))

    first, second = execution.outcomes
    assert (first.status, first.outputs) == (Status.SUCCEEDED, (("id", "thing-1"),))
    assert "was lost, and it was found: thing-1" in first.detail
    assert second.status is Status.SUCCEEDED
    assert [call.params for call in caller.calls] == [{}, {"Key": "thing-1"}]


def test_what_shows_late_is_found_late() -> None:
    clock = VirtualClock()
    reader = FakeReader({"describe_thing": [AT_WORK, AT_WORK, DONE]})

    outcome = only(run(looking(), caller=FakeCaller({"a": LOST}), reader=reader, clock=clock))

    assert outcome.status is Status.SUCCEEDED
    assert clock.slept == [1.0, 2.0]


def test_without_any_answer_nothing_found_proves_nothing() -> None:
    clock = VirtualClock()
    caller = FakeCaller({"a": LOST})

    outcome = only(run(looking(), caller=caller, reader=FakeReader(), clock=clock))

    assert outcome.status is Status.UNKNOWN
    assert len(caller.calls) == 1
    assert clock.monotonic() == LOOK_SECONDS


def test_a_fault_that_aws_owned_up_to_is_repeated_once_nothing_was_found() -> None:
    caller = FakeCaller({"a": [FAULT, Answer()]})

    outcome = only(run(looking(), caller=caller, reader=FakeReader()))

    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 2)


def test_a_look_that_is_denied_leaves_it_unknown() -> None:
    caller = FakeCaller({"a": FAULT})
    reader = FakeReader({"list_things": failing(E.DENIED)})

    outcome = only(run(looking(), caller=caller, reader=reader))

    assert outcome.status is Status.UNKNOWN
    assert "looking for it failed" in outcome.detail
    assert len(caller.calls) == 1


def test_what_may_be_repeated_is_looked_for_once_before_it_is() -> None:
    caller = FakeCaller({"a": [LOST, Answer()]})
    reader = FakeReader()

    outcome = only(run(looking(repeatable=True), caller=caller, reader=reader))

    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 2)
    assert len(reader.reads) == 2


@pytest.mark.parametrize(("seen", "status"), [(DONE, "succeeded"), (AT_WORK, "failed")])
def test_a_repetition_that_meets_something_asks_whether_it_is_its_own(
    seen: Answer, status: str
) -> None:
    caller = FakeCaller({"a": [LOST, failing(E.EXISTS)]})
    reader = FakeReader({"describe_thing": [AT_WORK, seen]})

    outcome = only(run(looking(repeatable=True), caller=caller, reader=reader))

    assert outcome.status == status


def test_what_an_interrupted_run_has_done_is_not_done_again() -> None:
    caller = FakeCaller()
    reader = FakeReader({"describe_thing": DONE})

    outcome = only(run(looking(looks=Looks.FIRST), caller=caller, reader=reader))

    assert outcome.status is Status.SETTLED
    assert outcome.detail == "an earlier run has done it: thing-1"
    assert outcome.outputs == (("id", "thing-1"),)
    assert caller.calls == []


@pytest.mark.parametrize(
    "reader", [FakeReader(), FakeReader({"list_things": failing(E.DENIED)})], ids=["no", "denied"]
)
def test_what_no_run_has_done_before_is_done(reader: FakeReader) -> None:
    caller = FakeCaller()

    outcome = only(run(looking(looks=Looks.FIRST), caller=caller, reader=reader))

    assert outcome.status is Status.SUCCEEDED
    assert len(caller.calls) == 1


def test_an_interruption_ends_looking() -> None:
    clock = VirtualClock()

    outcome = only(
        run(
            looking(),
            caller=FakeCaller({"a": LOST}),
            reader=FakeReader(),
            clock=clock,
            interrupted=lambda: bool(clock.slept),
        )
    )

    assert outcome.status is Status.UNKNOWN
    assert clock.slept == [1.0]


def test_a_kind_that_looks_for_nothing_says_so() -> None:
    kind: Kind = KINDS["looking"]

    with pytest.raises(NotImplementedError, match="looking looks for nothing"):
        Kind.look(kind, looking(), Call("kms", "a", {}), None)  # type: ignore[arg-type]
