"""The two halves of a divided run, here on two threads of one process."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, cast

import pytest

from dynaprov.aws.apart import USUAL_SERVICES, Apart, Desk
from dynaprov.aws.opening import Opening
from dynaprov.model.errors import InternalProblem
from dynaprov.model.ports import Answer, Call, Read
from support.clock import HANGS_SECONDS

HERE = Opening(region="eu-west-1")


@dataclass
class AGateway:
    """What the desk asks, and what it was asked."""

    opening: Opening
    asked: list[Any] = field(default_factory=list)
    prepared: list[tuple[str, ...]] = field(default_factory=list)
    answer: Any = None
    region: str = "eu-west-1"
    interrupted: Event = field(default_factory=Event)

    def submit(self, read: Read) -> Future[Answer]:
        if read.method == "put_item":
            raise InternalProblem(())
        self.asked.append(read)
        future: Future[Answer] = Future()
        future.set_result(Answer({"Table": self.answer or read.params}))
        return future

    def call(self, call: Call) -> Answer:
        self.asked.append(call)
        if self.answer == "raise":
            raise InternalProblem(())
        return Answer({"Done": dict(call.params)})

    def prepare(self, services: tuple[str, ...]) -> None:
        self.prepared.append(services)

    def endpoint(self, service: str) -> str:
        return "http://127.0.0.1:1"

    def interrupt(self) -> None:
        self.interrupted.set()


@dataclass
class Halves:
    """Both sides, and the gateways that were built."""

    parent: Apart
    built: list[AGateway]
    child: Thread


@pytest.fixture
def halves() -> Iterator[Halves]:
    built: list[AGateway] = []

    def build(opening: Opening) -> Any:
        built.append(AGateway(opening))
        return built[-1]

    requests_out, requests_in = os.pipe()
    answers_out, answers_in = os.pipe()

    def serve() -> None:
        with os.fdopen(requests_out, "rb") as requests, os.fdopen(answers_in, "wb") as answers:
            # A child has an environment of its own; that of this process belongs to the test.
            Desk(answers, build, {}).serve(requests)

    child = Thread(target=serve)
    child.start()
    parent = Apart(os.fdopen(requests_in, "wb"), os.fdopen(answers_out, "rb"))
    yield Halves(parent, built, child)
    parent.close()
    child.join()


def test_a_read_comes_back_as_from_a_gateway(halves: Halves) -> None:
    halves.parent.open(HERE)
    read = Read("dynamodb", "list_tables", {"Limit": 100}, pages="TableNames")
    assert halves.parent.submit(read).result() == Answer({"Table": {"Limit": 100}})
    assert halves.built[0].asked == [read]


def test_a_call_waits_for_its_answer(halves: Halves) -> None:
    halves.parent.open(HERE)
    call = Call("kms", "enable_key", {"KeyId": "k"})
    assert halves.parent.call(call) == Answer({"Done": {"KeyId": "k"}})
    assert halves.built[0].asked == [call]


def test_many_threads_each_get_their_own_answer(halves: Halves) -> None:
    halves.parent.open(HERE)

    def ask(number: int) -> int:
        answer = halves.parent.call(Call("sns", "publish", {"Number": number}))
        return int(answer.value["Done"]["Number"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(200))) == list(range(200))


def test_what_the_gateway_raises_is_raised_to_the_one_who_asked(halves: Halves) -> None:
    halves.parent.open(HERE)
    with pytest.raises(InternalProblem):
        halves.parent.submit(Read("dynamodb", "put_item")).result()
    assert halves.parent.region == "eu-west-1"
    halves.built[0].answer = "raise"
    with pytest.raises(InternalProblem):
        halves.parent.call(Call("kms", "enable_key", {}))


def test_an_answer_that_cannot_be_handed_over_is_an_error_and_not_silence(halves: Halves) -> None:
    halves.parent.open(HERE)
    assert halves.parent.region
    halves.built[0].answer = Event()
    with pytest.raises(InternalProblem, match="cannot be handed over"):
        halves.parent.submit(Read("dynamodb", "describe_table")).result()


def test_the_expected_way_is_made_ready_and_used(halves: Halves) -> None:
    halves.parent.expect(HERE)
    halves.parent.open(HERE)
    assert halves.parent.endpoint() == "http://127.0.0.1:1"
    assert [each.prepared for each in halves.built] == [[USUAL_SERVICES]]


def test_a_wrong_guess_is_replaced(halves: Halves) -> None:
    halves.parent.expect(Opening(region="us-east-1"))
    halves.parent.open(HERE)
    assert halves.parent.endpoint()
    assert [each.opening.region for each in halves.built] == ["us-east-1", "eu-west-1"]


def test_another_environment_is_another_way(
    halves: Halves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "one")
    halves.parent.expect(HERE)
    assert halves.parent.region
    monkeypatch.setenv("AWS_PROFILE", "two")
    halves.parent.open(HERE)
    assert halves.parent.region
    assert len(halves.built) == 2


def test_what_comes_later_is_loaded_once_while_services_are_prepared(halves: Halves) -> None:
    loaded: list[None] = []
    done = Event()

    def meanwhile() -> None:
        loaded.append(None)
        done.set()

    halves.parent.open(HERE, meanwhile)
    halves.parent.prepare(("kms",))
    halves.parent.prepare(("kms",))
    assert done.wait(HANGS_SECONDS)
    assert halves.parent.region
    assert (halves.built[0].prepared, loaded) == ([("kms",), ("kms",)], [None])


def test_an_interruption_reaches_the_gateway(halves: Halves) -> None:
    halves.parent.open(HERE)
    halves.parent.interrupt()
    assert halves.parent.region
    assert halves.built[0].interrupted.is_set()


def test_a_child_that_ends_leaves_nobody_waiting() -> None:
    requests_out, requests_in = os.pipe()
    answers_out, answers_in = os.pipe()
    parent = Apart(os.fdopen(requests_in, "wb"), os.fdopen(answers_out, "rb"))
    waiting = parent.submit(Read("dynamodb", "describe_table"))
    os.close(answers_in)
    with pytest.raises(InternalProblem, match="has ended"):
        waiting.result(HANGS_SECONDS)
    with pytest.raises(InternalProblem, match="has ended"):
        parent.submit(Read("dynamodb", "describe_table"))
    os.close(requests_out)
    parent.close()


def test_a_child_that_reads_no_more_is_told_at_once() -> None:
    requests_out, requests_in = os.pipe()
    answers_out, answers_in = os.pipe()
    requests = os.fdopen(requests_in, "wb")
    parent = Apart(requests, os.fdopen(answers_out, "rb"))
    os.close(requests_out)
    with pytest.raises(InternalProblem, match="has ended"):
        parent.submit(Read("dynamodb", "describe_table"))
    os.close(answers_in)
    with pytest.raises(BrokenPipeError):
        requests.close()


def test_nothing_is_asked_after_the_end(halves: Halves) -> None:
    halves.parent.open(HERE)
    halves.parent.close()
    with pytest.raises(InternalProblem):
        halves.parent.interrupt()


def test_a_child_whose_parent_has_ended_says_nothing_and_ends() -> None:
    requests_out, requests_in = os.pipe()
    answers_out, answers_in = os.pipe()
    os.close(answers_out)
    with os.fdopen(requests_in, "wb") as requests:
        requests.write(pickle.dumps((1, "interrupt", ())))

    # Unbuffered: what could not be written is not tried once more when it is closed.
    with (
        os.fdopen(requests_out, "rb") as coming,
        os.fdopen(answers_in, "wb", buffering=0) as answers,
    ):
        desk = Desk(cast("Any", answers), cast("Any", AGateway))
        desk.serve(coming)
