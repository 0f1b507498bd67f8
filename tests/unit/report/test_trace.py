"""The trace of a run: what is in it, and what is not."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from dynaprov.model.events import (
    OperationEnded,
    OperationRetried,
    OperationStarted,
    OperationWaiting,
    Stage,
    StageStarted,
)
from dynaprov.model.outcome import Outcome, Status
from dynaprov.model.ports import Answer, Call, Read, Request
from dynaprov.report.trace import Trace
from support.clock import VirtualClock
from support.operations import an_operation
from support.ports import FakeCaller, FakeReader, an_error, failing

SECRET = "arn:aws:iam::123456789012:secret"
READ = Read("dynamodb", "describe_table", {"TableName": SECRET})
CALL = Call("sns", "subscribe", {"Endpoint": SECRET})


class Way(FakeReader):
    """Both ports; reads are answered as the test says, or never."""

    def __init__(self, *answers: Answer | None, calls: Answer | None = None) -> None:
        super().__init__()
        self._answers = list(answers)
        self._caller = FakeCaller({CALL.method: calls or Answer()})
        self.futures: list[Future[Answer]] = []

    def submit(self, read: Read) -> Future[Answer]:
        future: Future[Answer] = Future()
        self.futures.append(future)
        answer = self._answers.pop(0)
        if answer is not None:
            future.set_result(answer)
        return future

    def call(self, call: Call) -> Answer:
        return self._caller.call(call)


def slices(trace: Trace, category: str) -> list[dict[str, Any]]:
    events = trace.document()["traceEvents"]
    return [each for each in events if each["ph"] == "X" and each["cat"] == category]


def times(trace: Trace, category: str) -> dict[str, tuple[int, int]]:
    return {
        each["name"]: (each["ts"] // 1_000_000, each["dur"] // 1_000_000)
        for each in slices(trace, category)
    }


def test_stages_follow_each_other() -> None:
    clock = VirtualClock()
    trace = Trace(clock)
    heard: list[Any] = []
    listener = trace.listening(heard.append)

    clock.advance(2)
    listener(StageStarted(Stage.OBSERVING, "4 tables"))
    clock.advance(3)
    listener(StageStarted(Stage.PLANNING))
    clock.advance(1)
    trace.end_stage()
    trace.end_stage()
    clock.advance(60)  # a person reads the plan
    listener(StageStarted(Stage.EXECUTING))
    clock.advance(4)

    assert times(trace, "stages") == {
        "loading": (0, 2),
        "observing": (2, 3),
        "planning": (5, 1),
        "executing": (66, 4),
    }
    assert slices(trace, "stages")[1]["args"] == {"on": "4 tables"}
    assert heard[0] == StageStarted(Stage.OBSERVING, "4 tables")


def test_every_request_is_a_slice_with_page_attempt_and_error() -> None:
    requests = (
        Request(1, 1, 0.0, 1.0, 2.0, "ThrottlingException"),
        Request(1, 2, 4.0, 7.0, 1.0),
    )
    trace = Trace(VirtualClock())
    way = Way(Answer(requests=requests))

    trace.ports(way).submit(READ)

    first, second = slices(trace, "requests to AWS")
    assert (first["name"], first["ts"], first["dur"]) == (READ.action, 1_000_000, 2_000_000)
    assert first["args"] == {"page": 1, "attempt": 1, "error": "ThrottlingException"}
    assert second["args"] == {"page": 1, "attempt": 2, "waited_ms": 4000}
    assert first["tid"] == second["tid"] == 1


def test_requests_at_the_same_time_are_on_tracks_of_their_own() -> None:
    trace = Trace(VirtualClock())
    way = Way(
        Answer(requests=(Request(1, 1, 0.0, 0.0, 3.0),)),
        Answer(requests=(Request(1, 1, 0.0, 1.0, 1.0),)),
        Answer(requests=(Request(1, 1, 0.0, 2.0, 9.0),)),
    )

    for _ in range(3):
        trace.ports(way).submit(READ)

    assert [each["tid"] for each in slices(trace, "requests to AWS")] == [1, 2, 2]
    names = [
        each["args"]["name"]
        for each in trace.document()["traceEvents"]
        if each["ph"] == "M" and each["name"] == "thread_name" and each["pid"] == 3
    ]
    assert names == ["worker 1", "worker 2"]


def test_a_port_that_names_no_requests_gives_one_slice_for_each_answer() -> None:
    clock = VirtualClock()
    trace = Trace(clock)
    way = Way(None, calls=failing(an_error().category, code="LimitExceededException"))
    ports = trace.ports(way)

    ports.prepare(("sns",))
    ports.submit(READ)
    clock.advance(5)
    way.futures[0].set_result(Answer())
    ports.call(CALL)

    read, call = slices(trace, "requests to AWS")
    assert (read["name"], read["dur"], read["args"]) == (READ.action, 5_000_000, {})
    assert call["args"] == {"error": "LimitExceededException"}
    assert way.prepared == ["sns"]


def test_what_was_never_answered_is_in_the_trace_too() -> None:
    clock = VirtualClock()
    trace = Trace(clock)
    way = Way(None, None)
    trace.ports(way).submit(READ)
    trace.ports(way).submit(READ)
    way.futures[1].cancel()
    clock.advance(7)

    found = slices(trace, "requests to AWS")

    assert [(each["dur"], each["args"]) for each in found] == [
        (7_000_000, {"unanswered": True})
    ] * 2


def test_operations_hold_their_waits_and_point_at_what_needed_them() -> None:
    clock = VirtualClock()
    trace = Trace(clock)
    create = an_operation("create")
    enable = an_operation("enable", needs=("create",), after=("other",), lock="t")

    trace.hear(OperationStarted(create))
    trace.hear(OperationRetried(create, 1, an_error(code="ThrottlingException"), 2.0))
    clock.advance(3)
    trace.hear(OperationWaiting(create, "settled", 3.0))
    clock.advance(4)
    trace.hear(OperationWaiting(create, "settled", 7.0))
    clock.advance(1)
    trace.hear(OperationEnded(Outcome(create, Status.SUCCEEDED, 2)))
    trace.hear(OperationStarted(enable))
    clock.advance(2)
    trace.hear(OperationEnded(Outcome(enable, Status.FAILED, 1, an_error(code="Bad"))))

    assert times(trace, "operations") == {
        "create": (0, 8),
        "wait before the next attempt": (0, 2),
        "wait until settled": (3, 5),
        "enable": (8, 2),
    }
    by_name = {each["name"]: each["args"] for each in slices(trace, "operations")}
    assert by_name["enable"] | {"title": ""} == {
        "title": "",
        "call": enable.call.action,
        "needs": ["create"],
        "after": ["other"],
        "lock": "t",
        "status": "failed",
        "attempts": 1,
        "error": "Bad",
    }
    start, end = [each for each in trace.document()["traceEvents"] if each["ph"] in "sf"]
    assert (start["ph"], start["ts"], end["ph"], end["ts"]) == ("s", 7_999_999, "f", 8_000_000)
    assert start["id"] == end["id"]


def test_what_never_started_is_there_with_the_reason() -> None:
    trace = Trace(VirtualClock())
    skipped = an_operation("enable", needs=("create",))

    trace.hear(OperationEnded(Outcome(skipped, Status.SKIPPED, blocked_by="create")))

    [found] = slices(trace, "operations")
    assert found["dur"] == 0
    assert (found["args"]["status"], found["args"]["blocked_by"]) == ("skipped", "create")


def test_a_delay_that_was_cut_short_ends_with_its_operation() -> None:
    clock = VirtualClock()
    trace = Trace(clock)
    operation = an_operation("create")

    trace.hear(OperationStarted(operation))
    trace.hear(OperationRetried(operation, 1, an_error(), 20.0))
    clock.advance(1)
    trace.hear(OperationEnded(Outcome(operation, Status.CANCELLED, 1)))

    assert times(trace, "operations")["wait before the next attempt"] == (0, 1)


def test_no_parameter_and_no_answer_is_in_the_file(tmp_path: Path) -> None:
    trace = Trace(VirtualClock())
    ports = trace.ports(Way(Answer({"Table": SECRET}), calls=Answer({"Arn": SECRET})))
    ports.submit(READ)
    ports.call(CALL)

    trace.write(tmp_path / "trace.json")

    text = (tmp_path / "trace.json").read_text(encoding="utf-8")
    assert SECRET not in text
    assert json.loads(text)["displayTimeUnit"] == "ms"
