"""Waiting, in virtual time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from dynaprov.execution.wait import MOST_ODD, Due, Looked, Waited, look_before, wait_for
from dynaprov.model.kind import Progress, Standing
from dynaprov.model.operation import Wait
from dynaprov.model.ports import Answer, ErrorCategory, Read
from support.clock import VirtualClock
from support.operations import AT_WORK, DONE, KINDS, LookingKind, a_wait
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


class ToldKind(LookingKind):
    """Says what the answer says, and can be asked how much is done."""

    def progress(self, wait: Wait, answer: Answer) -> Progress:
        return Progress(
            Standing(answer.value.get("standing", "at work")), answer.value.get("detail", "")
        )

    def gauge(self, wait: Wait, answer: Answer, now: datetime) -> Read | None:
        return Read("cloudwatch", "get_metric_statistics", {"EndTime": now})

    def gauged(self, answer: Answer) -> str:
        return str(answer.value.get("much", ""))


def said(standing: Standing, detail: str = "") -> Answer:
    return Answer({"standing": standing.value, "detail": detail})


BUILDING = said(Standing.AT_WORK, "index A is CREATING")


def told(
    answers: Any, *, metric: Any = None, patient: bool = True, **more: Any
) -> tuple[Waited, VirtualClock, list[str], FakeReader]:
    clock, words = VirtualClock(), list[str]()
    scripts = {"describe_table": answers, "get_metric_statistics": metric or Answer()}
    reader = FakeReader(scripts)
    end = wait_for(
        a_wait(**more),
        ToldKind(),
        reader,
        clock,
        stopped=lambda: False,
        tell=words.append,
        patient=patient,
    )
    return end, clock, words, reader


def test_what_will_never_be_there_ends_the_wait() -> None:
    end, clock, _, _ = told(said(Standing.NEVER, "somebody deletes it"))

    assert end.problem == "accepted, but it will not be active: somebody deletes it"
    assert not end.later
    assert clock.slept == []


def test_what_is_at_rest_without_showing_the_change_is_left_to_the_comparison() -> None:
    end, clock, _, _ = told(said(Standing.AT_REST, "stream is still none"))

    assert end == Waited()
    assert 10 <= sum(clock.slept) <= 20


ODD = Answer({"standing": "sideways"})


def test_an_answer_that_makes_no_sense_may_be_followed_by_one_that_does() -> None:
    end, clock, _, _ = told([ODD, ODD, BUILDING, ODD, ODD, said(Standing.THERE)])

    assert end == Waited()
    assert len(clock.slept) == 5


def test_answers_that_go_on_making_no_sense_leave_the_end_to_the_comparison() -> None:
    end, clock, _, _ = told(ODD)

    assert end.unclear
    assert "'sideways' is not a valid Standing" in end.problem
    assert len(clock.slept) == MOST_ODD - 1


def test_rest_counts_only_while_it_lasts() -> None:
    rest = said(Standing.AT_REST)

    end, clock, _, _ = told([*[rest] * 5, BUILDING, *[rest] * 2, DONE, said(Standing.THERE)])

    assert end == Waited()
    assert sum(clock.slept) > 20


def test_without_patience_there_is_one_poll() -> None:
    end, clock, words, reader = told(BUILDING, patient=False)

    assert end.problem == "accepted, and not waited for: index A is CREATING"
    assert end.later
    assert (len(reader.reads), clock.slept, words) == (1, [], [])


def test_what_takes_minutes_is_asked_less_often() -> None:
    _, clock, _, _ = told(BUILDING, timeout_seconds=1000)

    assert max(clock.slept) == 30
    assert sum(clock.slept) == pytest.approx(1000)


def test_how_much_is_done_is_asked_once_a_minute_and_told() -> None:
    _, _, words, reader = told(
        BUILDING, metric=[Answer({"much": "10 %"}), Answer({"much": "55 %"})], timeout_seconds=170
    )

    asked = [read for read in reader.reads if read.service == "cloudwatch"]
    assert len(asked) == 3
    assert words[0] == "index A is CREATING"
    assert words[1] == "index A is CREATING, 10 %"
    assert words[-1] == "index A is CREATING, 55 %"


def test_a_metric_that_cannot_be_read_is_not_asked_again_and_fails_nothing() -> None:
    end, _, words, reader = told(
        [*[BUILDING] * 20, said(Standing.THERE)], metric=failing(ErrorCategory.DENIED)
    )

    assert end == Waited()
    assert len([read for read in reader.reads if read.service == "cloudwatch"]) == 1
    assert set(words) == {"index A is CREATING"}


def looked(answers: Any, *, stopped: bool = False, patient: bool = True, **more: Any) -> Looked:
    return look_before(
        a_wait(**more),
        ToldKind(),
        FakeReader({"describe_table": answers}),
        VirtualClock(),
        stopped=lambda: stopped,
        tell=lambda detail: None,
        patient=patient,
    )


@pytest.mark.parametrize(
    ("standing", "due"),
    [
        (Standing.THERE, Due.NOW),
        (Standing.ALREADY, Due.ALREADY),
        (Standing.NEEDLESS, Due.NEEDLESS),
        (Standing.NEVER, Due.NEVER),
        (Standing.AT_REST, Due.NOW),
    ],
)
def test_a_look_says_whether_the_call_is_due(standing: Standing, due: Due) -> None:
    assert looked(said(standing, "why")).due is due


def test_a_look_waits_for_what_is_under_way() -> None:
    assert looked([BUILDING, said(Standing.THERE)]) == Looked(Due.NOW, waited=True)
    assert looked(said(Standing.THERE)) == Looked(Due.NOW, waited=False)


def test_a_look_that_cannot_be_read_holds_nothing_up() -> None:
    assert looked(failing(ErrorCategory.DENIED)).due is Due.NOW


def test_a_look_at_what_makes_no_sense_holds_nothing_up() -> None:
    assert looked(ODD).due is Due.NOW


def test_a_call_that_is_not_due_in_time_is_left_to_a_later_run() -> None:
    late = looked(BUILDING, timeout_seconds=60)

    assert late.due is Due.LATER
    assert late.detail == "not sent: not active within 1 min: index A is CREATING"
    impatient = looked(BUILDING, patient=False)
    assert (impatient.due, impatient.detail) == (Due.LATER, "not sent yet: index A is CREATING")


def test_an_interruption_ends_a_look() -> None:
    assert looked(BUILDING, stopped=True).due is Due.STOPPED
