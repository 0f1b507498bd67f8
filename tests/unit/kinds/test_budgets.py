"""Where AWS's budgets begin, end and renew; the rules and their sources stand in the module."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dynaprov.kinds.budgets import (
    CLASS_CHANGE,
    ENCRYPTION_CHANGE,
    LIMITS,
    ON_DEMAND_SWITCH,
    TTL_CHANGE,
    Limit,
    after_own,
    decreases,
    moment,
    since_last,
    unseen,
)
from dynaprov.model.operation import Seen

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("used", "left"), [(0, 4), (1, 3), (3, 1)])
def test_the_first_four_decreases_of_a_day_are_free_at_any_time(used: int, left: int) -> None:
    budget = decreases("orders", NOON, used, NOON - SECOND)

    assert (budget.used, budget.left, budget.free_at) == (used, left, None)


@pytest.mark.parametrize("used", [4, 5, 26])
def test_after_the_fourth_there_is_one_an_hour_after_the_last(used: int) -> None:
    last = NOON - HOUR + SECOND

    early, due = (
        decreases("orders", NOON, used, last),
        decreases("orders", NOON + SECOND, used, last),
    )

    assert (early.left, early.free_at) == (0, NOON + SECOND)
    assert (due.left, due.free_at) == (1, None)


def test_after_the_27th_there_is_none_before_midnight_utc() -> None:
    budget = decreases("orders", NOON, 27, NOON - 5 * HOUR)

    assert (budget.left, budget.free_at) == (0, MIDNIGHT)


def test_midnight_comes_before_the_hour_is_over() -> None:
    late = MIDNIGHT - 10 * SECOND

    assert decreases("orders", late, 4, late - SECOND).free_at == MIDNIGHT


def test_a_count_of_yesterday_holds_no_more_after_midnight_utc() -> None:
    before, after = MIDNIGHT - SECOND, MIDNIGHT

    assert decreases("orders", before, 27, before).left == 0
    assert decreases("orders", after, 27, before).left == 4


def test_a_used_up_count_without_a_time_says_that_it_cannot_be_told() -> None:
    budget = decreases("orders", NOON, 4, None)

    assert (budget.used, budget.left, budget.free_at) == (4, None, None)


@pytest.mark.parametrize("limit", [ON_DEMAND_SWITCH, CLASS_CHANGE], ids=lambda each: each.name)
def test_the_last_time_counts_for_as_long_as_the_window(limit: Limit) -> None:
    last = NOON - limit.window

    within = since_last(limit, "orders", NOON - SECOND, last)
    over = since_last(limit, "orders", NOON, last)

    assert (within.used, within.left, within.free_at) == (1, None, NOON)
    assert (over.used, over.left, over.free_at) == (0, limit.limit, None)
    assert since_last(limit, "orders", NOON, None) == over


def test_what_cannot_be_seen_is_not_made_up() -> None:
    budget = unseen(ENCRYPTION_CHANGE, "orders")

    assert (budget.seen, budget.used, budget.left) == (Seen.NOTHING, None, None)


def test_a_change_that_still_takes_effect_has_used_the_only_one() -> None:
    assert unseen(TTL_CHANGE, "orders/ttl", used=1).left == 0


def test_what_the_same_plan_spends_is_free_after_the_window() -> None:
    budget = after_own(TTL_CHANGE, "orders/ttl", NOON)

    assert (budget.used, budget.left, budget.free_at) == (1, 0, NOON + HOUR)


def test_times_of_descriptions_are_read_in_utc() -> None:
    east = timezone(timedelta(hours=2))

    assert moment(datetime(2026, 5, 4, 14, tzinfo=east)) == NOON
    assert moment(datetime(2026, 5, 4, 12)) == NOON
    assert moment(None) is None


def test_every_limit_names_its_source_and_what_aws_shows() -> None:
    for name, limit in LIMITS.items():
        assert limit.name == name
        assert limit.source
        assert bool(limit.shown) == (limit.seen is not Seen.NOTHING)
