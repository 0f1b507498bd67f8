"""Throughput, billing mode and limits: what is refused, how long it takes, how often it is had."""

from __future__ import annotations

import pytest

from support.clock import VirtualClock
from support.rules.clients import CAPACITY, PROVISIONED, Orders, an_index, units, update

ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
HOUR = 3600


def test_throughput_is_old_until_the_update_is_done(orders: Orders, clock: VirtualClock) -> None:
    orders.made(**PROVISIONED)
    answer = orders.update(ProvisionedThroughput=units(20))
    for shown in (answer, orders.shown):
        assert shown["TableStatus"] == "UPDATING"
        assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 10
    clock.advance(3)
    shown = orders.shown
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 20
    raised = shown["ProvisionedThroughput"]["LastIncreaseDateTime"]
    assert raised.timestamp() == clock.now().timestamp() - 3


def test_the_same_throughput_is_refused(orders: Orders) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    assert orders.refusal(ProvisionedThroughput=CAPACITY).startswith(
        "ValidationException: The provisioned throughput for the table will not change."
    )
    assert orders.refusal(**PROVISIONED).startswith(
        "ValidationException: The provisioned throughput for the table will not change."
    )
    assert orders.refusal(**update(ProvisionedThroughput=CAPACITY)).startswith(
        "ValidationException: The provisioned throughput for the index ByStatus will not change."
    )


def test_a_switch_to_provisioned_names_every_index(orders: Orders, clock: VirtualClock) -> None:
    orders.made(an_index())
    assert "must be specified for index: ByStatus" in orders.refusal(**PROVISIONED)
    answer = orders.update(**PROVISIONED, **update(ProvisionedThroughput=CAPACITY))
    assert answer["TableStatus"] == "UPDATING"
    assert answer["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    clock.advance(60)
    assert orders.status == "UPDATING"
    clock.advance(30)
    assert orders.status == "ACTIVE"


def test_the_first_switch_to_on_demand_takes_long_and_the_next_does_not(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made(**PROVISIONED).update(**ON_DEMAND)
    clock.advance(120)
    assert orders.status == "UPDATING"
    orders.clock.advance(60)
    assert orders.status == "ACTIVE"
    since = orders.shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
    assert since.timestamp() == clock.now().timestamp() - 180
    orders.done(**PROVISIONED)
    orders.update(**ON_DEMAND)
    clock.advance(6)
    assert orders.status == "ACTIVE"


def test_on_demand_again_says_updating_and_does_nothing(orders: Orders) -> None:
    assert orders.made().update(**ON_DEMAND)["TableStatus"] == "UPDATING"
    assert orders.status == "ACTIVE"


def test_a_reversed_switch_is_taken_and_lost(orders: Orders, clock: VirtualClock) -> None:
    orders.made().update(**PROVISIONED)
    answer = orders.update(**ON_DEMAND)
    assert answer["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    clock.advance(HOUR)
    assert orders.shown["BillingModeSummary"]["BillingMode"] == "PROVISIONED"


def test_switches_to_on_demand_are_counted_over_a_day(orders: Orders, clock: VirtualClock) -> None:
    orders.made(**PROVISIONED)
    for _ in range(4):
        orders.done(**ON_DEMAND)
        orders.done(**PROVISIONED)
    refused = orders.refusal(**ON_DEMAND)
    assert refused.startswith(
        "LimitExceededException: Subscriber limit exceeded: Update to PayPerRequest mode are "
        "limited to 4 times in 1 day(s). Last update at Thu Jan 01 06:01:00 UTC 2026. Next update "
        "can be made at Fri Jan 02 00:01:00 UTC 2026"
    )
    clock.advance(16 * HOUR + 1)
    assert orders.refusal(**ON_DEMAND) == ""


@pytest.mark.parametrize("limits", [{"MaxReadRequestUnits": 0}, {"MaxWriteRequestUnits": -2}])
def test_limits_are_positive_or_taken_away(limits: dict[str, int], orders: Orders) -> None:
    orders.made(an_index())
    assert "outside of valid range" in orders.refusal(OnDemandThroughput=limits)
    assert "outside of valid range" in orders.refusal(**update(OnDemandThroughput=limits))
    assert orders.refusal(OnDemandThroughput={"MaxReadRequestUnits": -1}) == ""


def test_limits_are_for_on_demand_tables(orders: Orders) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    limits = {"MaxReadRequestUnits": 100}
    text = "cannot be specified when the table BillingMode is PROVISIONED"
    assert text in orders.refusal(OnDemandThroughput=limits)
    assert "for index : ByStatus" in orders.refusal(**update(OnDemandThroughput=limits))
    assert orders.refusal(**ON_DEMAND, OnDemandThroughput=limits) == ""


def test_limits_show_at_once(orders: Orders) -> None:
    limits = {"MaxReadRequestUnits": 100}
    answer = orders.made().update(OnDemandThroughput=limits)
    assert answer["TableStatus"] == "ACTIVE"
    assert answer["OnDemandThroughput"] == orders.shown["OnDemandThroughput"] == limits


def test_the_fifth_decrease_of_a_day_waits_for_an_hour(orders: Orders, clock: VirtualClock) -> None:
    orders.made(**PROVISIONED)
    for read in (9, 8, 7, 6):
        orders.update(ProvisionedThroughput=units(read))
        clock.advance(10)
    assert orders.shown["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    assert orders.refusal(ProvisionedThroughput=units(5, 20)) == (
        "LimitExceededException: Subscriber limit exceeded: Provisioned throughput decreases are "
        "limited within a given UTC day. After the first 4 decreases, each subsequent decrease in "
        "the same UTC day can be performed at most once every 3600 seconds. Number of decreases "
        "today: 4. Last decrease at Thursday, January 1, 2026 at 12:01:30 AM Coordinated Universal "
        "Time. Next decrease can be made at Thursday, January 1, 2026 at 1:01:30 AM Coordinated "
        "Universal Time"
    )
    assert orders.refusal(ProvisionedThroughput=units(20)) == ""
    clock.advance(HOUR)
    assert orders.refusal(ProvisionedThroughput=units(5)) == ""
    clock.advance(10)
    assert "once every 3600 seconds" in orders.refusal(ProvisionedThroughput=units(4))


def test_the_count_ends_with_the_day(orders: Orders, clock: VirtualClock) -> None:
    orders.made(**PROVISIONED)
    clock.advance(24 * HOUR - 660)
    for read in (9, 8, 7, 6):
        orders.update(ProvisionedThroughput=units(read))
        clock.advance(10)
    assert "at 12:00:00 AM" in orders.refusal(ProvisionedThroughput=units(5))
    clock.advance(600)
    assert orders.shown["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert orders.refusal(ProvisionedThroughput=units(5)) == ""


def test_each_index_has_a_count_of_its_own_and_a_call_is_refused_whole(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    for read in (9, 8, 7, 6):
        orders.update(**update(ProvisionedThroughput=units(read)))
        clock.advance(10)
    both = {"ProvisionedThroughput": units(9), **update(ProvisionedThroughput=units(5))}
    assert "decreases are limited" in orders.refusal(**both)
    assert orders.shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 10
    assert orders.refusal(ProvisionedThroughput=units(9)) == ""


def test_a_new_table_of_the_name_begins_anew(orders: Orders, clock: VirtualClock) -> None:
    orders.made(**PROVISIONED)
    for read in (9, 8, 7, 6):
        orders.update(ProvisionedThroughput=units(read))
        clock.advance(10)
    assert orders.refusal_of_delete() == ""
    clock.advance(10)
    orders.made(**PROVISIONED)
    assert orders.refusal(ProvisionedThroughput=units(5)) == ""


def test_warm_throughput_rises_slowly_and_never_falls(orders: Orders, clock: VirtualClock) -> None:
    warm = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}
    answer = orders.made().update(WarmThroughput=warm)
    assert answer["TableStatus"] == "ACTIVE"
    before = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "UPDATING"}
    assert answer["WarmThroughput"] == orders.shown["WarmThroughput"] == before
    clock.advance(400)
    assert orders.shown["WarmThroughput"] == {**warm, "Status": "ACTIVE"}
    assert "decreasing WarmThroughput is not supported" in orders.refusal(
        WarmThroughput={"ReadUnitsPerSecond": 12000}
    )
