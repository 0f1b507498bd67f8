"""What is safe to be put right: only upwards, and of each class nothing but that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dynaprov.model.address import Address
from dynaprov.model.change import Action
from dynaprov.model.finding import Check, Finding, Tracked, Verdict
from dynaprov.model.setting import Severity
from dynaprov.model.spec import Healing
from dynaprov.watch.heal import CLASSES, choose
from support.sample_checks import MONDAY
from support.sample_plans import IN_SYNC

EVERY = Healing(frozenset(CLASSES), after_seconds=3600, most=10)
EARLIER = MONDAY - timedelta(hours=2)


def finding(address: str, kind: str, path: str = "", **more: object) -> Finding:
    made = Finding(Address.parse(address), kind, Verdict.DRIFT, Severity.HIGH, path)
    return replace(made, **more)  # type: ignore[arg-type]


def class_of(each: Finding) -> str:
    return ", ".join(name for name, belongs in CLASSES.items() if belongs(each))


ALARM = finding("orders/alarm/read", "alarm", action=Action.CREATE)
PROTECTION = finding("orders", "table", "deletion_protection", live=False, declared=True)


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (PROTECTION, "protection"),
        (replace(PROTECTION, live=True, declared=False), ""),
        (replace(PROTECTION, path="class", declared="STANDARD"), ""),
        (finding("orders/pitr", "pitr", "enabled", live=False, declared=True), "pitr"),
        (finding("orders/pitr", "pitr", "enabled", live=True, declared=False), ""),
        (finding("orders/pitr", "pitr", "recovery_period_days", live=7, declared=14), "pitr"),
        (finding("orders/pitr", "pitr", "recovery_period_days", live=35, declared=14), ""),
        (finding("orders/ttl", "ttl", "attribute", live=None, declared="ttl"), "ttl"),
        (finding("orders/ttl", "ttl", "attribute", live="old", declared="ttl"), ""),
        (finding("orders/ttl", "ttl", "attribute", live="ttl", declared=None), ""),
        (finding("orders/tags", "tags", "tags.Team", live="x", declared="y"), "tags"),
        (finding("orders/tags", "tags", "tags.Team", live="x", declared=None), ""),
        (ALARM, "alarms"),
        (finding("orders/alarm/read", "alarm", "threshold", live=1, declared=2), ""),
        (replace(ALARM, action=Action.DELETE), ""),
        (finding("topic", "topic", action=Action.CREATE), "topic"),
        (finding("topic/subscription/a", "topic", action=Action.CREATE), "subscriptions"),
        (finding("topic", "topic", "policy", live="a", declared="b"), ""),
        (finding("orders", "table", action=Action.CREATE), ""),
        (finding("kms-key", "kms-key", action=Action.CREATE), ""),
        (finding("orders/index/ByDate", "table", action=Action.CREATE), ""),
        (finding("orders", "table", "capacity.read", live=1, declared=2), ""),
        (finding("orders", "table", "encryption", live=None, declared="k"), ""),
    ],
)
def test_a_finding_is_in_the_safe_class_of_what_it_brings_back_or_in_none(
    each: Finding, expected: str
) -> None:
    assert class_of(each) == expected


def check(*findings: Finding, held: tuple[str, ...] = ()) -> Check:
    tracked = tuple(Tracked(each, since=EARLIER) for each in findings)
    return Check(replace(IN_SYNC, held=held), MONDAY, tracked)


def left(made: Check, healing: Healing = EVERY) -> list[str]:
    choice = choose(made, healing)
    assert len(choice.chosen) + len(choice.left) == len(made.findings)
    return [reason for _, reason in choice.left]


def test_only_the_classes_that_the_spec_names_are_put_right() -> None:
    choice = choose(check(PROTECTION, ALARM), replace(EVERY, classes=frozenset({"alarms"})))

    assert choice.settings == {("orders/alarm/read", "")}
    assert choice.left == ()


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.DRIFT])
def test_only_drift_is_put_right(verdict: Verdict) -> None:
    assert left(check(replace(PROTECTION, verdict=verdict))) == [
        f"it is {verdict}, and only drift is put right"
    ]


@pytest.mark.parametrize(
    ("held", "address", "is_held"),
    [
        (("orders",), "orders", True),
        (("orders",), "orders/alarm/read", True),
        (("orders/alarm/read",), "orders/alarm/read", True),
        (("order",), "orders", False),
        (("orders/alarm/read",), "orders", False),
        (("topic",), "topic/subscription/a", True),
    ],
)
def test_a_held_resource_holds_all_that_is_in_it(
    held: tuple[str, ...], address: str, is_held: bool
) -> None:
    kind = "topic" if address.startswith("topic") else "alarm"
    each = finding(address, kind, action=Action.CREATE)
    if address == "orders":
        each = PROTECTION

    reasons = left(check(each, held=held))

    assert bool(reasons) is is_held
    assert all("dynaprov:hold" in reason for reason in reasons)


def test_it_must_have_stood_its_time_to_the_second() -> None:
    just = Tracked(PROTECTION, since=MONDAY - timedelta(seconds=3600))
    almost = replace(just, since=MONDAY - timedelta(seconds=3599))
    never = replace(just, since=None)

    made = check()
    reasons = [bool(left(replace(made, findings=(each,)))) for each in (just, almost, never)]

    assert reasons == [False, True, True]


def test_no_more_than_the_most_are_put_right_in_the_order_of_the_check() -> None:
    many = [replace(PROTECTION, address=Address(f"t{number}")) for number in range(5)]

    choice = choose(check(*many), replace(EVERY, most=2))

    assert [each.finding.id for each in choice.chosen] == [
        "t0#deletion_protection",
        "t1#deletion_protection",
    ]
    assert [reason for _, reason in choice.left] == [
        "one check puts at most 2 right; the next one goes on"
    ] * 3
