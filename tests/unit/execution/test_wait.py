"""Waiting, in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.execution.wait import Waited, wait_for
from dynaprov.model.operation import Wait
from dynaprov.model.ports import ErrorCategory
from support.clock import VirtualClock
from support.operations import AT_WORK, DONE, KINDS, a_wait
from support.ports import FakeReader, failing


def waited(
    answers: Any, wait: Wait | None = None, stopped: bool = False
) -> tuple[Waited, VirtualClock, int]:
    clock, told = VirtualClock(), list[str]()
    end = wait_for(
        wait or a_wait(),
        KINDS["looking"],
        FakeReader({"describe_table": answers}),
        clock,
        stopped=lambda: stopped,
        tell=told.append,
    )
    return end, clock, len(told)


def test_what_has_settled_is_seen_at_once() -> None:
    end, clock, told = waited(DONE)

    assert end == Waited()
    assert clock.slept == []
    assert told == 0


def test_the_time_between_polls_doubles_up_to_ten_seconds() -> None:
    _, clock, told = waited([*[AT_WORK] * 8, DONE])

    assert clock.slept == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])
    assert told == 8


def test_absence_can_be_what_is_waited_for() -> None:
    wait = Wait("looking", "gone", a_wait().read)

    end, _, _ = waited([AT_WORK, failing(ErrorCategory.ABSENT)], wait)

    assert end.problem == ""


def test_absence_may_pass() -> None:
    end, clock, _ = waited([failing(ErrorCategory.ABSENT), DONE])

    assert end.problem == ""
    assert len(clock.slept) == 1


@pytest.mark.parametrize("category", [ErrorCategory.BUSY, ErrorCategory.THROTTLED])
def test_an_error_that_may_pass_is_waited_out(category: ErrorCategory) -> None:
    assert waited([failing(category), DONE])[0].problem == ""


@pytest.mark.parametrize("category", [ErrorCategory.DENIED, ErrorCategory.UNSUPPORTED])
def test_an_error_that_stays_ends_the_wait(category: ErrorCategory) -> None:
    end, clock, _ = waited(failing(category))

    assert end.error is not None
    assert end.error.category is category
    assert clock.slept == []


def test_a_wait_ends_at_its_limit() -> None:
    end, clock, _ = waited(AT_WORK, a_wait(timeout_seconds=5))

    assert end.problem == "accepted, but not active within 5 s"
    assert end.later
    assert sum(clock.slept) == pytest.approx(5)


def test_an_interruption_ends_the_wait() -> None:
    end, clock, _ = waited(AT_WORK, stopped=True)

    assert end.interrupted
    assert clock.slept == []
