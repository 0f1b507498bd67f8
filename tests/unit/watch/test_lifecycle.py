"""Checks one after the other: what is new, ongoing, changed and resolved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dynaprov.model.address import Address
from dynaprov.model.finding import Check, ExceptionRule, Memory, Phase, Verdict
from dynaprov.model.plan import NotCompared, Plan
from dynaprov.model.setting import Severity
from dynaprov.report.memory import memory_document, memory_from_document
from dynaprov.watch.check import checked, handed_on
from dynaprov.watch.failing import FailOn, failing
from support.sample_plans import DENIED, EVERYTHING, HERE, IN_SYNC

MONDAY = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


def check(plan: Plan, now: datetime, memory: Memory | None = None) -> tuple[Check, Memory]:
    """A check, and its memory as it comes back from where it was kept."""
    made = checked(plan, now, memory=memory)
    kept = memory_document(handed_on(made, memory), plan.identity)
    back = memory_from_document(kept, plan.identity)
    assert back == handed_on(made, memory)
    assert back is not None
    return made, back


def phases(made: Check) -> set[Phase]:
    return {each.phase for each in made.findings}


def test_without_an_earlier_check_everything_is_new_since_now() -> None:
    made, _ = check(EVERYTHING, MONDAY)

    assert phases(made) == {Phase.NEW}
    assert {each.since for each in made.findings} == {MONDAY}
    assert made.previous_at is None


def test_what_stays_as_it_was_is_ongoing_since_it_was_first_found() -> None:
    _, memory = check(EVERYTHING, MONDAY)
    second, memory = check(EVERYTHING, TUESDAY, memory)
    third, _ = check(EVERYTHING, WEDNESDAY, memory)

    assert phases(second) == phases(third) == {Phase.ONGOING}
    assert {each.since for each in third.findings} == {MONDAY}
    assert third.previous_at == TUESDAY


def test_what_says_something_else_now_is_changed_and_keeps_its_first_day() -> None:
    _, memory = check(EVERYTHING, MONDAY)
    table, *others = EVERYTHING.changes
    protection, capacity, *rest = table.settings
    moved = replace(table, settings=(protection, replace(capacity, before=99), *rest))

    made, _ = check(replace(EVERYTHING, changes=(moved, *others)), TUESDAY, memory)

    [changed] = [each for each in made.findings if each.phase is Phase.CHANGED]
    assert changed.finding.id == "log-metadata#capacity.read"
    assert changed.since == MONDAY


def test_what_is_gone_is_resolved_once() -> None:
    first, memory = check(EVERYTHING, MONDAY)
    second, memory = check(IN_SYNC, TUESDAY, memory)
    third, _ = check(IN_SYNC, WEDNESDAY, memory)

    assert {each.id for each in second.resolved} == {each.finding.id for each in first.findings}
    assert third.resolved == ()


@pytest.mark.parametrize(
    ("address", "path", "resolved"),
    [
        ("log-metadata", "", False),
        ("log-metadata", "encryption", False),
        ("log-metadata", "class", True),
        ("audit-trail", "", True),
    ],
)
def test_what_could_not_be_looked_at_is_not_resolved_and_is_remembered(
    address: str, path: str, resolved: bool
) -> None:
    _, memory = check(EVERYTHING, MONDAY)
    blind = replace(IN_SYNC, not_compared=(NotCompared(Address(address), path, DENIED),))

    second, memory = check(blind, TUESDAY, memory)

    encryption = "log-metadata#encryption"
    assert (encryption in {each.id for each in second.resolved}) is resolved
    third, _ = check(EVERYTHING, WEDNESDAY, memory)
    [again] = [each for each in third.findings if each.finding.id == encryption]
    assert again.phase is (Phase.NEW if resolved else Phase.ONGOING)
    assert again.since == (WEDNESDAY if resolved else MONDAY)


def test_a_thing_seen_at_the_last_check_and_missing_now_was_deleted() -> None:
    resources = (*IN_SYNC.resources, ("log-metadata/alarm/read-throttles", "alarm"))
    _, memory = check(replace(IN_SYNC, resources=resources), MONDAY)
    second, memory = check(EVERYTHING, TUESDAY, memory)

    third, _ = check(EVERYTHING, WEDNESDAY, memory)

    for made, phase in ((second, Phase.NEW), (third, Phase.ONGOING)):
        [alarm] = [
            each for each in made.findings if each.finding.id == "log-metadata/alarm/read-throttles"
        ]
        assert (alarm.finding.verdict, alarm.phase) == (Verdict.DRIFT, phase)


def test_findings_under_exceptions_keep_their_history() -> None:
    rule = ExceptionRule("*", "*", "a mess", "team", WEDNESDAY.date())
    first = checked(EVERYTHING, MONDAY, rules=[rule])
    memory = handed_on(first, None)

    second = checked(EVERYTHING, TUESDAY, memory=memory)

    assert first.ignored
    assert phases(second) == {Phase.ONGOING}
    assert memory.findings["log-metadata#encryption"].ignored


def test_a_memory_of_another_place_is_none() -> None:
    _, memory = check(EVERYTHING, MONDAY)
    kept = memory_document(memory, HERE)

    assert memory_from_document(kept, replace(HERE, region="eu-west-1")) is None
    assert memory_from_document(kept, replace(HERE, account="210987654321")) is None


@pytest.mark.parametrize(
    "broken", [{}, {"format": 2}, {"format": 1, "project": "streaming-logs"}, {"format": 1}]
)
def test_what_is_no_memory_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        memory_from_document(broken, HERE)


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        (FailOn.ANY, 7),
        (FailOn.NEW, 0),
        (FailOn.LOW, 7),
        (FailOn.MEDIUM, 7),
        (FailOn.HIGH, 1),
        (FailOn.CRITICAL, 0),
    ],
)
def test_a_check_fails_for_what_it_was_asked_to(fail_on: FailOn, expected: int) -> None:
    _, memory = check(EVERYTHING, MONDAY)
    made, _ = check(EVERYTHING, TUESDAY, memory)

    fails = failing(made, fail_on)

    assert len(fails) == expected
    assert all(each.finding.verdict.differs and not each.finding.listed_only for each in fails)
    if fail_on is FailOn.HIGH:
        assert fails[0].finding.severity is Severity.HIGH
