"""Global indexes: how they come, change and go."""

from __future__ import annotations

from support.clock import VirtualClock
from support.rules.clients import (
    CAPACITY,
    DEFINITIONS,
    PROVISIONED,
    Orders,
    an_index,
    create,
    delete,
    units,
    update,
)
from support.rules.dynamodb.life import ALLOCATION_SECONDS, BACKFILL_SECONDS


def test_an_index_is_allocated_then_backfilled_under_an_active_table(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    answer = orders.update(**create())
    assert answer["TableStatus"] == "UPDATING"
    assert (orders.status, orders.index) == ("UPDATING", ("CREATING", False))
    clock.advance(ALLOCATION_SECONDS)
    assert (orders.status, orders.index) == ("ACTIVE", ("CREATING", True))
    clock.advance(BACKFILL_SECONDS)
    assert (orders.status, orders.index) == ("ACTIVE", ("ACTIVE", None))


def test_an_index_that_is_backfilled_can_be_deleted(orders: Orders, clock: VirtualClock) -> None:
    orders.made().update(**create())
    assert "resource allocation phase" in orders.refusal(**delete())
    clock.advance(ALLOCATION_SECONDS)
    assert "Only 1 online index" in orders.refusal(**create("Second"))
    assert orders.refusal(**delete()) == ""
    clock.advance(10)
    assert orders.index == ("", None)


def test_throughput_and_streams_move_while_an_index_is_backfilled(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made(**PROVISIONED).update(**create(capacity=5))
    clock.advance(ALLOCATION_SECONDS)
    assert orders.refusal(ProvisionedThroughput=units(20)) == ""
    clock.advance(10)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert orders.refusal(StreamSpecification=stream) == ""


def test_a_deleted_index_is_shown_for_a_while_with_its_attributes(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made(an_index()).update(**delete())
    shown = orders.shown
    assert (shown["TableStatus"], orders.index) == ("UPDATING", ("DELETING", None))
    assert shown["AttributeDefinitions"] == DEFINITIONS
    clock.advance(10)
    shown = orders.shown
    assert (shown["TableStatus"], orders.index) == ("ACTIVE", ("", None))
    assert shown["AttributeDefinitions"] == DEFINITIONS[:1]
    assert "GlobalSecondaryIndexes" not in shown
    assert orders.refusal(**create()) == ""


def test_an_index_changes_its_throughput_under_an_active_table(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    answer = orders.update(**update(ProvisionedThroughput=units(20)))
    for shown in (answer, orders.shown):
        [index] = shown["GlobalSecondaryIndexes"]
        assert (shown["TableStatus"], index["IndexStatus"]) == ("ACTIVE", "UPDATING")
        assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 10
    clock.advance(5)
    [index] = orders.shown["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 20


def test_an_index_shows_new_limits_at_once(orders: Orders) -> None:
    orders.made(an_index()).update(**update(OnDemandThroughput={"MaxReadRequestUnits": 7}))
    [index] = orders.shown["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "UPDATING"
    assert index["OnDemandThroughput"] == {"MaxReadRequestUnits": 7}


def test_an_unknown_index_is_not_found(orders: Orders) -> None:
    orders.made()
    assert orders.refusal(**delete()).startswith("ResourceNotFoundException")
    limits = {"MaxReadRequestUnits": 7}
    assert orders.refusal(**update(OnDemandThroughput=limits)).startswith(
        "ResourceNotFoundException"
    )


def test_there_are_twenty_indexes(orders: Orders) -> None:
    orders.made(*(an_index(f"Index{number}") for number in range(19)))
    orders.done(**create("Twentieth"))
    assert orders.refusal(**create("Twentyfirst")) == (
        "LimitExceededException: Subscriber limit exceeded: Number of global secondary indexes "
        "exceeds per-table limit of 20"
    )


def test_an_index_has_throughput_where_its_table_has(orders: Orders) -> None:
    orders.made(an_index())
    assert "when BillingMode is PAY_PER_REQUEST" in orders.refusal(**create("Second", 5))
    orders.done(**PROVISIONED, **update(ProvisionedThroughput=CAPACITY))
    assert "is not specified for index: Second" in orders.refusal(**create("Second"))
    assert orders.refusal(**create("Second", 5)) == ""


def test_the_warm_throughput_of_an_index_never_falls(orders: Orders, clock: VirtualClock) -> None:
    orders.made(an_index())
    lower = {"ReadUnitsPerSecond": 100, "WriteUnitsPerSecond": 100}
    assert "for index ByStatus is lower" in orders.refusal(**update(WarmThroughput=lower))
    higher = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}
    orders.update(**update(WarmThroughput=higher))
    [index] = orders.shown["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "ACTIVE"
    assert index["WarmThroughput"]["Status"] == "UPDATING"
    clock.advance(400)
    [index] = orders.shown["GlobalSecondaryIndexes"]
    assert index["WarmThroughput"] == {**higher, "Status": "ACTIVE"}


def test_a_new_index_projects_as_one_of_a_new_table(orders: Orders) -> None:
    asked = create()
    asked["GlobalSecondaryIndexUpdates"][0]["Create"]["Projection"] = {"ProjectionType": "INCLUDE"}
    assert "NonKeyAttributes is not specified" in orders.made().refusal(**asked)
