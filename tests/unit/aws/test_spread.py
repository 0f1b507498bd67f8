"""Two processes that speak with one endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from dynaprov.aws.opening import Opening
from dynaprov.aws.second import start
from dynaprov.aws.spread import MANY_TABLES, Spread, worth_two
from dynaprov.model.errors import InternalProblem
from dynaprov.model.fleet import Role
from dynaprov.model.ports import Answer, Call, Read
from support.clock import HANGS_SECONDS

LOCAL = Opening(region="us-east-1", endpoint_url="http://127.0.0.1:1", writing=True, pacing="off")
KEYS = {"AWS_ACCESS_KEY_ID": "testing"}
READ = Read("dynamodb", "describe_table", {"TableName": "t"})
CALL = Call("dynamodb", "tag_resource", {})


@dataclass
class AWay:
    """One of the two: what it was asked, and what it has not answered yet."""

    asked: list[Any] = field(default_factory=list)
    open_: list[Future[Answer]] = field(default_factory=list)

    def open(self, opening: Opening, meanwhile: Callable[[], None] | None = None) -> None:
        self.asked.append((opening.parallelism, meanwhile))

    def prepare(self, services: tuple[str, ...]) -> None:
        self.asked.append(services)

    def submit(self, read: Read) -> Future[Answer]:
        if read.method == "put_item":
            raise InternalProblem(())
        self.open_.append(Future())
        return self.open_[-1]

    def call(self, call: Call) -> Answer:
        self.asked.append(call)
        return Answer({})

    def interrupt(self) -> None:
        self.asked.append("interrupt")

    def close(self) -> None:
        self.asked.append("close")


def two() -> tuple[AWay, AWay, Spread]:
    first, second = AWay(), AWay()
    return first, second, Spread(cast("Any", first), cast("Any", second))


@pytest.mark.parametrize(
    ("opening", "tables", "environment", "worth"),
    [
        (LOCAL, MANY_TABLES, KEYS, True),
        (LOCAL, MANY_TABLES - 1, KEYS, False),
        (replace(LOCAL, endpoint_url=""), MANY_TABLES, KEYS, False),
        (replace(LOCAL, pacing="documented"), MANY_TABLES, KEYS, False),
        (replace(LOCAL, writing=False), MANY_TABLES, KEYS, False),
        (replace(LOCAL, parallelism=1), MANY_TABLES, KEYS, False),
        (replace(LOCAL, profile="prod"), MANY_TABLES, KEYS, False),
        (replace(LOCAL, role=Role("arn:aws:iam::1:role/r")), MANY_TABLES, KEYS, False),
        (LOCAL, MANY_TABLES, {}, False),
    ],
    ids=[
        "many tables",
        "few tables",
        "AWS",
        "paced",
        "nothing is sent",
        "one at once",
        "a profile, which may ask a person",
        "a role",
        "no keys",
    ],
)
def test_a_second_process_is_for_endpoints_that_take_whatever_comes(
    opening: Opening, tables: int, environment: dict[str, str], worth: bool
) -> None:
    assert worth_two(opening, tables, environment) is worth


def test_whoever_has_less_to_do_is_asked() -> None:
    first, second, spread = two()
    for _ in range(3):
        spread.submit(READ)
    assert (len(first.open_), len(second.open_)) == (2, 1)
    for each in first.open_:
        each.set_result(Answer({}))
    spread.submit(READ)
    assert (len(first.open_), len(second.open_)) == (3, 1)


def test_a_call_that_is_answered_is_no_longer_under_way() -> None:
    first, second, spread = two()
    assert (spread.call(CALL), spread.call(CALL)) == (Answer({}), Answer({}))
    assert (first.asked, second.asked) == ([CALL, CALL], [])


def test_what_is_refused_is_no_longer_under_way() -> None:
    first, _, spread = two()
    with pytest.raises(InternalProblem):
        spread.submit(Read("dynamodb", "put_item"))
    spread.submit(READ)
    assert len(first.open_) == 1


def test_each_has_its_part_of_what_may_be_under_way() -> None:
    first, second, spread = two()

    def later() -> None:
        """Is called by the first of them."""

    spread.open(replace(LOCAL, parallelism=9), later)
    assert (first.asked, second.asked) == ([(5, later)], [(4, None)])


def test_both_are_prepared_interrupted_and_ended() -> None:
    first, second, spread = two()
    spread.prepare(("kms",))
    spread.interrupt()
    spread.close()
    assert first.asked == second.asked == [("kms",), "interrupt", "close"]


def test_a_second_process_answers_and_ends_when_it_is_told_to() -> None:
    way, process = start(os.getpid(), frozenset())
    try:
        way.open(replace(LOCAL, region="eu-west-1"))
        assert way.region == "eu-west-1"
        assert way.endpoint() == "http://127.0.0.1:1"
        assert way.submit(READ).result(HANGS_SECONDS).error is not None
    finally:
        way.close()
    assert process.wait(HANGS_SECONDS) == 0
