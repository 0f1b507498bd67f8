"""Decisions after an attempt that brought an error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dynaprov.execution.retry import PATIENCE, Attempt, Decision, Verdict, decide
from dynaprov.model.kind import Sighting
from dynaprov.model.operation import Looks, Operation, Settled, StampWrite
from dynaprov.model.ports import ErrorCategory
from support.clock import START
from support.operations import an_operation
from support.ports import an_error

E = ErrorCategory


def decided(
    category: ErrorCategory,
    operation: Operation | None = None,
    *,
    number: int = 1,
    elapsed: float = 0.0,
    lost: bool = False,
    fresh: bool = False,
    seen: Sighting = Sighting(),  # noqa: B008 - frozen
    **more: Any,
) -> Decision:
    attempt = Attempt(an_error(category, **more), number, elapsed, START, lost, fresh, seen)
    return decide(operation or an_operation(), attempt, lambda: 1.0)


@pytest.mark.parametrize(
    ("category", "verdict"),
    [
        (E.THROTTLED, Verdict.REPEAT),
        (E.BUSY, Verdict.REPEAT),
        (E.TRANSIENT, Verdict.REPEAT),
        (E.CONFLICT, Verdict.REPEAT),
        (E.UNREACHABLE, Verdict.REPEAT),
        (E.LAGGING, Verdict.REPEAT),
        (E.UNCHANGED, Verdict.SETTLED),
        (E.DEFERRED, Verdict.DEFERRED),
        (E.DENIED, Verdict.FAILED),
        (E.INVALID, Verdict.FAILED),
        (E.QUOTA, Verdict.FAILED),
        (E.CREDENTIALS, Verdict.FAILED),
        (E.EXISTS, Verdict.FAILED),
        (E.ABSENT, Verdict.FAILED),
        (E.UNSUPPORTED, Verdict.SKIPPED),
        (E.UNKNOWN, Verdict.FAILED),
    ],
)
def test_each_category_has_its_verdict(category: ErrorCategory, verdict: Verdict) -> None:
    assert decided(category).verdict is verdict


def test_a_stamp_is_not_missed_where_nothing_can_be_tagged() -> None:
    stamping = an_operation(stamp=StampWrite())

    decision = decided(E.UNSUPPORTED, stamping)

    assert (decision.verdict, decision.detail) == (Verdict.SETTLED, "the endpoint keeps no tags")


def test_every_category_is_decided() -> None:
    assert all(decided(category).verdict for category in ErrorCategory)


@pytest.mark.parametrize(
    ("category", "delays"),
    [
        (E.THROTTLED, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]),
        (E.BUSY, [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]),
        (E.CONFLICT, [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]),
        (E.TRANSIENT, [0.5, 1.0, 2.0, 4.0]),
        (E.LAGGING, [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]),
        (E.UNREACHABLE, [0.5, 1.0, 2.0, 4.0]),
        (E.ABSENT, [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]),
    ],
)
def test_delays_double_up_to_the_longest_of_their_category(
    category: ErrorCategory, delays: list[float]
) -> None:
    numbers = range(1, len(delays) + 1)

    assert [decided(category, number=n, fresh=True).delay_seconds for n in numbers] == delays


def test_what_is_not_repeated_waits_for_nothing() -> None:
    assert decided(E.INVALID).delay_seconds == 0


def test_an_attempt_of_which_nothing_is_known_was_neither_lost_nor_too_early() -> None:
    def verdict(category: ErrorCategory) -> Verdict:
        attempt = Attempt(an_error(category), 1, 0.0, START)
        return decide(an_operation(), attempt, lambda: 1.0).verdict

    assert (verdict(E.INVALID), verdict(E.ABSENT)) == (Verdict.FAILED, Verdict.FAILED)


def test_a_delay_is_a_random_part_of_what_it_may_be() -> None:
    attempt = Attempt(an_error(E.BUSY), 9, 0.0, START)

    assert decide(an_operation(), attempt, lambda: 0.25).delay_seconds == 2.5


@pytest.mark.parametrize("category", PATIENCE)
def test_patience_ends(category: ErrorCategory) -> None:
    total = PATIENCE[category].total_seconds

    decision = decided(category, elapsed=total, number=4, fresh=True, request_id="r")

    assert decision.verdict is Verdict.FAILED
    assert "given up after 4 attempts" in decision.detail


def test_a_time_in_the_error_is_waited_for() -> None:
    decision = decided(E.THROTTLED, not_before=START + timedelta(seconds=15))

    assert decision.verdict is Verdict.REPEAT
    assert decision.delay_seconds == 15.5


def test_a_time_that_has_just_passed_makes_no_delay_shorter() -> None:
    decision = decided(E.THROTTLED, not_before=START - timedelta(seconds=9))

    assert decision.delay_seconds == 0.5


def test_a_time_too_far_away_defers() -> None:
    later = START + timedelta(hours=1)

    decision = decided(E.THROTTLED, not_before=later)

    assert decision == Decision(Verdict.DEFERRED, not_before=later)


def test_what_is_busy_beyond_all_patience_fails_whatever_time_it_names() -> None:
    soon = START + timedelta(seconds=2)

    decision = decided(E.BUSY, not_before=soon, elapsed=1800.0, number=9)

    assert decision.verdict is Verdict.FAILED


def test_a_fault_that_may_have_its_reason_in_the_request_is_not_hammered() -> None:
    first, last = (decided(E.TRANSIENT, number=n, most_attempts=3, request_id="r") for n in (2, 3))

    assert first.verdict is Verdict.REPEAT
    assert last.verdict is Verdict.FAILED
    assert "the request itself may be the reason" in last.detail


def test_a_time_that_has_passed_defers_nothing() -> None:
    spent = PATIENCE[E.THROTTLED].total_seconds + 1

    decision = decided(E.THROTTLED, not_before=START - timedelta(seconds=9), elapsed=spent)

    assert decision.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("category", "seconds"),
    [
        (E.THROTTLED, 600),
        (E.BUSY, 1800),
        (E.CONFLICT, 60),
        (E.TRANSIENT, 120),
        (E.LAGGING, 120),
        (E.UNREACHABLE, 30),
        (E.ABSENT, 120),
    ],
)
def test_patience_lasts_to_its_last_second_and_not_longer(
    category: ErrorCategory, seconds: int
) -> None:
    delay = decided(category, fresh=True).delay_seconds

    last = decided(category, fresh=True, elapsed=seconds - delay)
    late = decided(category, fresh=True, elapsed=seconds - delay / 2, request_id="r")

    assert (last.verdict, late.verdict) == (Verdict.REPEAT, Verdict.FAILED)


@pytest.mark.parametrize(
    ("category", "most"), [(E.TRANSIENT, 5), (E.UNREACHABLE, 5), (E.BUSY, 1_000)]
)
def test_patience_ends_with_the_most_attempts_of_its_category(
    category: ErrorCategory, most: int
) -> None:
    last = decided(category, number=most - 1)
    late = decided(category, number=most, request_id="r")

    assert (last.verdict, late.verdict) == (Verdict.REPEAT, Verdict.FAILED)


def test_nothing_is_repeated_beyond_the_most_attempts() -> None:
    late = decided(E.TRANSIENT, number=6, request_id="r")
    limited = decided(E.TRANSIENT, number=4, most_attempts=3, request_id="r")

    assert (late.verdict, limited.verdict) == (Verdict.FAILED, Verdict.FAILED)
    assert "the request itself may be the reason" in limited.detail


def test_a_request_is_not_blamed_before_it_was_sent_as_often_as_it_is_worth() -> None:
    decision = decided(E.THROTTLED, most_attempts=3, elapsed=601.0)

    assert decision.detail == "given up after 1 attempts in 0:10:01"


def test_a_budget_defers_until_its_time() -> None:
    later = START + timedelta(hours=1)

    assert decided(E.DEFERRED, not_before=later).not_before == later


def test_a_lost_answer_of_what_must_not_be_sent_twice_is_unknown() -> None:
    operation = an_operation(repeatable=False)

    assert decided(E.TRANSIENT, operation).verdict is Verdict.UNKNOWN
    assert decided(E.UNREACHABLE, operation).verdict is Verdict.REPEAT


def test_what_a_look_did_not_find_is_sent_again_only_when_aws_said_that_it_failed() -> None:
    operation = an_operation(repeatable=False, looks=Looks.LOST)

    assert decided(E.TRANSIENT, operation).verdict is Verdict.UNKNOWN
    assert decided(E.TRANSIENT, operation, request_id="r").verdict is Verdict.REPEAT


def test_a_look_that_failed_allows_nothing() -> None:
    operation = an_operation(repeatable=False, looks=Looks.LOST)
    seen = Sighting(problem=an_error(E.DENIED, message="kms:ListKeys"))

    decision = decided(E.TRANSIENT, operation, request_id="r", seen=seen)

    assert decision.verdict is Verdict.UNKNOWN
    assert "kms:ListKeys" in decision.detail


def test_a_repetition_that_meets_another_thing_than_its_own_has_failed() -> None:
    operation = an_operation(looks=Looks.LOST)

    assert decided(E.EXISTS, operation, lost=True).verdict is Verdict.FAILED


def test_faults_without_an_answer_end_as_unknown() -> None:
    assert decided(E.TRANSIENT, number=5).verdict is Verdict.UNKNOWN
    assert decided(E.TRANSIENT, number=5, request_id="r").verdict is Verdict.FAILED


def test_an_error_that_the_operation_names_is_settled() -> None:
    operation = an_operation(settled_by=(Settled("ValidationException", "Already Enabled"),))

    assert decided(E.INVALID, operation, message="TTL is already enabled").verdict is (
        Verdict.SETTLED
    )
    assert decided(E.INVALID, operation, message="no").verdict is Verdict.FAILED
    assert decided(E.INVALID, operation, code="Other", message="already enabled").verdict is (
        Verdict.FAILED
    )


def test_a_name_without_its_ending_is_the_same_code() -> None:
    operation = an_operation(settled_by=(Settled("NotFoundException"),))

    assert decided(E.ABSENT, operation, code="NotFound").verdict is Verdict.SETTLED


def test_deleting_what_is_gone_is_settled() -> None:
    assert decided(E.ABSENT, an_operation(deletes=True)).verdict is Verdict.SETTLED


def test_what_was_made_in_this_run_may_not_be_seen_yet() -> None:
    assert decided(E.ABSENT, fresh=True).verdict is Verdict.REPEAT


def test_a_creation_whose_answer_was_lost_meets_itself() -> None:
    operation = an_operation(creates=True)

    decision = decided(E.EXISTS, operation, lost=True)

    assert decision.verdict is Verdict.SETTLED
    assert not decision.by_another


@pytest.mark.parametrize(
    ("category", "more"),
    [
        (E.EXISTS, {}),
        (E.INVALID, {"code": "ValidationException", "message": "Index already exists"}),
    ],
    ids=["by its category", "by what the operation names"],
)
def test_a_creation_that_meets_what_was_not_there_was_made_by_another(
    category: ErrorCategory, more: dict[str, str]
) -> None:
    named = (Settled("ValidationException", "already exists"),)

    decision = decided(category, an_operation(creates=True, settled_by=named), **more)

    assert decision.verdict is Verdict.SETTLED
    assert decision.by_another
    assert "somebody else" in decision.detail


def test_a_refused_repetition_of_a_lost_answer_is_unknown() -> None:
    assert decided(E.INVALID, lost=True).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("elapsed", "told"), [(1800.0, "0:30:00"), (60.0, "0:01:00"), (59.0, "59 s"), (31.4, "31 s")]
)
def test_a_long_patience_is_told_in_minutes(elapsed: float, told: str) -> None:
    category = E.BUSY if elapsed > 120 else E.UNREACHABLE
    decision = decided(category, elapsed=elapsed)

    assert decision.detail == f"given up after 1 attempts in {told}"


def test_only_a_creation_that_meets_something_met_itself() -> None:
    refused = decided(E.INVALID, an_operation(creates=True), lost=True)
    no_creation = decided(E.EXISTS, lost=True)

    assert (refused.verdict, no_creation.verdict) == (Verdict.UNKNOWN, Verdict.UNKNOWN)
