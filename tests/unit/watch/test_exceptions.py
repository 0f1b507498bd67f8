"""Exceptions: what they cover, when they end, and what they never cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dynaprov.model.address import Address
from dynaprov.model.finding import ExceptionRule, Finding, Tracked, Verdict
from dynaprov.model.setting import Severity
from dynaprov.watch.exceptions import BASELINE_DAYS, baseline, except_for

TODAY = date(2026, 5, 4)
TAG = Finding(
    Address("log-metadata", "tags"), "tags", Verdict.DRIFT, Severity.LOW, "tags.Team", live="b"
)
RULE = ExceptionRule("log-metadata/*", "tags.*", "being renamed", "team-logs", TODAY)


def parted(*rules: ExceptionRule, finding: Finding = TAG, today: date = TODAY) -> str:
    result = except_for([Tracked(finding)], rules, "dev", today)
    assert len(result.counted) + len(result.ignored) == 1
    return "ignored" if result.ignored else "counted"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RULE, "ignored"),
        (replace(RULE, address="log-metadata"), "ignored"),
        (replace(RULE, address="*"), "ignored"),
        (replace(RULE, address="audit-trail"), "counted"),
        (replace(RULE, path="*"), "ignored"),
        (replace(RULE, path="tags.Cost"), "counted"),
        (replace(RULE, environments=("prod",)), "counted"),
        (replace(RULE, environments=("prod", "d*")), "ignored"),
        (replace(RULE, digest=TAG.digest), "ignored"),
        (replace(RULE, digest="0" * 12), "counted"),
        (replace(RULE, expires=TODAY - timedelta(days=1)), "counted"),
    ],
)
def test_a_rule_covers_what_its_patterns_mean_until_its_last_day(
    rule: ExceptionRule, expected: str
) -> None:
    assert parted(rule) == expected


@pytest.mark.parametrize("verdict", [Verdict.NOT_COMPARED, Verdict.IN_PROGRESS, Verdict.TOLERATED])
def test_what_is_no_difference_cannot_be_excepted(verdict: Verdict) -> None:
    everything = replace(RULE, address="*", path="*")

    assert parted(everything, finding=replace(TAG, verdict=verdict)) == "counted"


def test_expired_rules_are_told_even_when_they_cover_nothing_and_unused_ones_too() -> None:
    over = replace(RULE, address="gone", expires=TODAY - timedelta(days=1))
    idle = replace(RULE, address="idle")
    elsewhere = replace(over, environments=("prod",))

    result = except_for([Tracked(TAG)], [over, idle, elsewhere, RULE], "dev", TODAY)

    assert result.expired == (over,)
    assert result.unused == (idle,)
    assert [each.rule for each in result.ignored] == [RULE]


def test_the_first_rule_that_fits_is_the_one_that_is_named() -> None:
    first, second = replace(RULE, reason="first"), replace(RULE, reason="second", path="*")

    result = except_for([Tracked(TAG)], [first, second], "dev", TODAY)

    assert result.ignored[0].rule is first
    assert result.unused == (second,)


def test_a_baseline_covers_today_exactly_and_no_later_change() -> None:
    odd = replace(TAG, path="tags.[odd]*")
    rules = baseline([TAG, odd], "dev", "team-logs", TODAY)

    assert [each.owner for each in rules] == ["team-logs"] * 2
    assert {each.expires for each in rules} == {TODAY + timedelta(days=BASELINE_DAYS)}
    assert parted(*rules) == parted(*rules, finding=odd) == "ignored"
    assert parted(*rules, finding=replace(TAG, live="c")) == "counted"
    assert parted(*rules, finding=replace(TAG, path="tags.oX")) == "counted"


def test_a_baseline_does_not_cover_what_could_not_be_compared() -> None:
    unread = replace(TAG, verdict=Verdict.NOT_COMPARED)

    assert baseline([unread], "dev", "team-logs", TODAY) == ()
