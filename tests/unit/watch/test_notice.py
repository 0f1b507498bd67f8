"""What people are told: each transition once, reminders, and nothing at night but what burns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dynaprov.model.finding import Check, ExceptionRule, Memory
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Severity
from dynaprov.watch.check import checked, handed_on
from dynaprov.watch.notice import (
    Notice,
    Policy,
    QuietHours,
    notice,
    read_quiet_hours,
    told,
)
from support.sample_checks import DRIFTED, MONDAY
from support.sample_plans import EVERYTHING, IN_SYNC

DAY = timedelta(days=1)
ALWAYS = Policy()
NIGHT = QuietHours(time(22), time(7), ZoneInfo("Europe/Berlin"))


class Days:
    """Checks one after the other, each told of as the policy says."""

    def __init__(self, policy: Policy = ALWAYS) -> None:
        self.policy = policy
        self.memory: Memory | None = None
        self.now = MONDAY

    def check(self, plan: Plan, *, reaches: bool = True, **more: object) -> Notice:
        made: Check = checked(plan, self.now, memory=self.memory, **more)  # type: ignore[arg-type]
        given = notice(made, self.policy)
        if reaches and not given.is_empty:
            made = told(made, given)
        self.memory = handed_on(made, self.memory)
        self.now += DAY
        return given


def test_what_stands_is_told_once() -> None:
    days = Days()

    first, second = days.check(DRIFTED), days.check(DRIFTED)

    assert {each.finding.id for each in first.news} >= {
        "audit-trail#deletion_protection",
        "audit-trail/ttl (not-compared)",
    }
    assert second.is_empty


def test_what_is_listed_only_or_under_way_is_never_told() -> None:
    ids = {each.finding.id for each in Days().check(DRIFTED).news}

    assert "alarm/left-over" not in ids
    assert not any("in-progress" in each for each in ids)


def test_what_changes_is_told_again_and_what_goes_is_told_once() -> None:
    days = Days()
    days.check(DRIFTED)
    table = DRIFTED.changes[3]
    protection, capacity, *rest = table.settings
    moved = replace(table, settings=(protection, replace(capacity, before=77), *rest))

    changed = days.check(
        replace(DRIFTED, changes=(*DRIFTED.changes[:3], moved, *DRIFTED.changes[4:]))
    )
    gone, silence = days.check(IN_SYNC), days.check(IN_SYNC)

    assert [each.finding.id for each in changed.news] == ["log-metadata#capacity.read"]
    assert gone.news == ()
    assert "log-metadata#capacity.read" in {each.id for each in gone.resolved}
    assert silence.is_empty


def test_what_reached_nobody_is_told_with_the_next_check() -> None:
    days = Days()

    lost, again = days.check(DRIFTED, reaches=False), days.check(DRIFTED)

    assert lost.news
    assert [each.finding.id for each in again.news] == [each.finding.id for each in lost.news]


def test_that_something_is_gone_is_told_until_it_reaches_somebody() -> None:
    days = Days()
    days.check(DRIFTED)

    lost, again, silence = (
        days.check(IN_SYNC, reaches=False),
        days.check(IN_SYNC),
        days.check(IN_SYNC),
    )

    assert lost.resolved == again.resolved != ()
    assert silence.is_empty


def test_nobody_hears_that_something_is_gone_that_nobody_heard_of() -> None:
    days = Days()
    days.check(DRIFTED, reaches=False)

    assert days.check(IN_SYNC).is_empty


def test_what_came_back_before_anybody_heard_that_it_was_gone_is_no_news_of_its_going() -> None:
    days = Days()
    days.check(DRIFTED)
    days.check(IN_SYNC, reaches=False)

    back = days.check(DRIFTED)

    assert back.resolved == ()
    assert back.news


def test_what_an_exception_covers_is_never_told() -> None:
    rule = ExceptionRule("*", "*", "a mess", "team", (MONDAY + 9 * DAY).date())
    days = Days()

    assert {e.finding.verdict.value for e in days.check(DRIFTED, rules=[rule]).news} == {
        "not-compared"
    }
    assert not any(each.ignored for each in days.check(IN_SYNC).resolved)


def test_what_stands_too_long_is_told_again_and_the_clock_begins_anew() -> None:
    days = Days(Policy(remind_after=2 * DAY))
    days.check(DRIFTED)

    told_again = [bool(days.check(DRIFTED).reminders) for _ in range(5)]

    assert told_again == [False, True, False, True, False]


def test_what_is_milder_than_the_policy_asks_is_not_told() -> None:
    given = Days(Policy(least=Severity.CRITICAL)).check(replace(DRIFTED, not_compared=()))

    assert [each.finding.severity for each in given.news] == [Severity.CRITICAL]


@pytest.mark.parametrize(
    ("hour", "quiet"),
    # Berlin is two hours ahead of UTC in May.
    [(19, False), (20, True), (23, True), (0, True), (4, True), (5, False), (12, False)],
)
def test_quiet_hours_may_span_midnight_and_know_their_zone(hour: int, quiet: bool) -> None:
    assert NIGHT.hold(datetime(2026, 5, 4, hour, 0, tzinfo=UTC)) is quiet


def test_quiet_hours_within_a_day() -> None:
    lunch = QuietHours(time(12), time(13), UTC)

    assert [lunch.hold(datetime(2026, 5, 4, hour, tzinfo=UTC)) for hour in (11, 12, 13)] == [
        False,
        True,
        False,
    ]


def test_at_night_only_what_is_critical_is_told_and_the_rest_in_the_morning() -> None:
    days = Days(Policy(quiet=NIGHT))
    days.now = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)
    night = days.check(DRIFTED)
    days.now = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
    morning = days.check(DRIFTED)

    assert [each.finding.id for each in night.news] == ["audit-trail#deletion_protection"]
    assert night.held == len(morning.news)
    assert "log-metadata#encryption" in {each.finding.id for each in morning.news}
    assert night.news[0].finding.id not in {each.finding.id for each in morning.news}


def test_nothing_is_lost_over_any_order_of_quiet_nights() -> None:
    days = Days(Policy(quiet=NIGHT))
    days.now = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)
    heard = [days.check(EVERYTHING), days.check(IN_SYNC)]  # both at night
    days.now = datetime(2026, 5, 7, 8, 0, tzinfo=UTC)
    heard.append(days.check(IN_SYNC))

    assert all(each.is_empty for each in heard)  # it came and went while nobody was told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22-07@Europe/Berlin", NIGHT),
        ("12-13", QuietHours(time(12), time(13), UTC)),
        ("22:30-6:05", QuietHours(time(22, 30), time(6, 5), UTC)),
    ],
)
def test_quiet_hours_are_read(text: str, expected: QuietHours) -> None:
    assert read_quiet_hours(text) == expected


@pytest.mark.parametrize("text", ["", "22", "25-07", "22-22", "22-07@", "22-07@No/Where", "a-b"])
def test_what_are_no_quiet_hours_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match=f"`{text}`"):
        read_quiet_hours(text)
