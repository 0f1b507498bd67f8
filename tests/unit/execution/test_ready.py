"""Waiting for several things together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaprov.execution.ready import Ended, Thing, wait_for_all
from dynaprov.model.address import Address
from dynaprov.model.events import Event, ThingReady, ThingWaiting
from dynaprov.model.kind import Progress, Standing
from dynaprov.model.operation import Wait
from dynaprov.model.ports import Answer, ErrorCategory, Read
from support.clock import VirtualClock
from support.operations import AT_WORK, DONE, KINDS
from support.ports import FakeReader, failing


def a_thing(name: str, seconds: float = 600.0, **more: Any) -> Thing:
    read = Read("dynamodb", "describe_table", {"TableName": name})
    return Thing(Address(name), Wait("looking", "active", read, seconds), **more)


def ended(
    scripts: Mapping[str, list[Answer]], *things: Thing, **more: Any
) -> tuple[dict[str, Ended], list[Event], VirtualClock]:
    left = {name: list(answers) for name, answers in scripts.items()}

    def answer(read: Read) -> Answer:
        answers = left[read.params["TableName"]]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    clock, events = VirtualClock(), list[Event]()
    found = wait_for_all(
        things or [a_thing(name) for name in scripts],
        KINDS["looking"],
        FakeReader({"describe_table": answer}),
        clock,
        listener=events.append,
        **more,
    )
    return {str(each.address): each for each in found}, events, clock


def test_all_are_waited_for_together() -> None:
    found, events, clock = ended({"a": [DONE], "b": [AT_WORK, AT_WORK, DONE]})

    assert [each.progress.standing for each in found.values()] == [Standing.THERE] * 2
    assert len(clock.slept) == 2
    assert [type(each) for each in events] == [ThingWaiting, ThingWaiting, ThingReady]


def test_each_has_its_own_time() -> None:
    things = (a_thing("a", 5), a_thing("b", 20))

    found, _, clock = ended({"a": [AT_WORK], "b": [AT_WORK]}, *things)

    assert 5 <= found["a"].seconds < 6
    assert 20 <= found["b"].seconds < 21
    assert sum(clock.slept) < 21


def test_what_cannot_be_looked_at_is_not_waited_for() -> None:
    found, _, clock = ended({"a": [failing(ErrorCategory.DENIED)]})

    assert found["a"].progress.standing is Standing.NEVER
    assert clock.slept == []


def test_one_that_never_comes_ends_the_waiting_where_all_are_wanted_together() -> None:
    never = a_thing("a", judge=lambda answer: Progress(Standing.NEVER, "gone"))

    _, _, apart = ended({"a": [DONE], "b": [AT_WORK]}, never, a_thing("b", 30))
    found, _, clock = ended({"a": [DONE], "b": [AT_WORK]}, never, a_thing("b", 30), together=True)

    assert sum(apart.slept) >= 30
    assert clock.slept == []
    assert found["b"].progress.standing is Standing.AT_WORK


def test_that_it_never_comes_is_doubted_for_a_while() -> None:
    def judge(answer: Answer) -> Progress:
        return Progress(Standing.THERE if answer.value.get("done") else Standing.NEVER)

    doubted = a_thing("a", judge=judge, doubt_seconds=3)

    found, _, _ = ended({"a": [AT_WORK, AT_WORK, DONE]}, doubted, together=True)
    lost, _, clock = ended({"a": [AT_WORK]}, doubted, together=True)

    assert found["a"].progress.standing is Standing.THERE
    assert lost["a"].progress.standing is Standing.NEVER
    assert 3 <= sum(clock.slept) < 10


def test_an_interruption_ends_it() -> None:
    found, _, clock = ended({"a": [AT_WORK]}, stopped=lambda: True)

    assert found["a"].progress.standing is Standing.AT_WORK
    assert clock.slept == []
