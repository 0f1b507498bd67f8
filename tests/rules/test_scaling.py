"""Application Auto Scaling: what must be there first, and what it does by itself."""

from __future__ import annotations

from typing import Any

import pytest

from support.clock import VirtualClock
from support.rules import Layer
from support.rules.clients import (
    PROVISIONED,
    TABLE,
    Aws,
    Orders,
    an_index,
    client,
    code_of,
    units,
)

READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}
INDEX_READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders/index/ByStatus",
    "ScalableDimension": "dynamodb:index:ReadCapacityUnits",
}
POLICY = {
    "PolicyName": "reads",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
        },
    },
}


@pytest.fixture
def scaling(layer: Layer) -> Aws:
    return client("application-autoscaling")


def reads(shown: dict[str, Any]) -> int:
    return int(shown["ProvisionedThroughput"]["ReadCapacityUnits"])


def test_only_what_exists_is_scaled(
    scaling: Aws, ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    register = {**READS, "MinCapacity": 1, "MaxCapacity": 20}
    assert code_of(scaling.register_scalable_target, **register) == "ValidationException"
    ddb.create_table(**{**TABLE, **PROVISIONED})
    assert code_of(scaling.register_scalable_target, **register) == "ValidationException"
    clock.advance(10)
    assert code_of(scaling.register_scalable_target, **register) == ""
    index = {**INDEX_READS, "MinCapacity": 1, "MaxCapacity": 20}
    assert code_of(scaling.register_scalable_target, **index) == "ValidationException"


def test_a_new_target_is_found_late(scaling: Aws, orders: Orders, clock: VirtualClock) -> None:
    orders.made(**PROVISIONED)
    scaling.register_scalable_target(**READS, MinCapacity=1, MaxCapacity=20)
    assert code_of(scaling.put_scaling_policy, **READS, **POLICY) == "ObjectNotFoundException"
    clock.advance(3)
    assert code_of(scaling.put_scaling_policy, **READS, **POLICY) == ""
    scaling.register_scalable_target(**READS, MinCapacity=2, MaxCapacity=20)
    clock.advance(1)
    assert code_of(scaling.put_scaling_policy, **READS, **POLICY) != "ObjectNotFoundException"


def test_a_minimum_above_the_capacity_updates_the_table(
    scaling: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    scaling.register_scalable_target(**READS, MinCapacity=15, MaxCapacity=20)
    shown = orders.shown
    assert (shown["TableStatus"], reads(shown)) == ("UPDATING", 10)
    assert "Table IOPS are currently being updated" in orders.refusal(
        ProvisionedThroughput=units(30)
    )
    clock.advance(5)
    assert reads(orders.shown) == 15
    scaling.register_scalable_target(**INDEX_READS, MinCapacity=15, MaxCapacity=20)
    assert orders.index == ("UPDATING", None)
    clock.advance(5)
    assert reads(orders.shown["GlobalSecondaryIndexes"][0]) == 15


def test_an_idle_table_is_scaled_in_and_spends_a_decrease(
    scaling: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made(**PROVISIONED)
    scaling.register_scalable_target(**READS, MinCapacity=4, MaxCapacity=20)
    clock.advance(1)
    scaling.put_scaling_policy(**READS, **POLICY)
    assert reads(orders.shown) == 10
    clock.advance(95)
    assert reads(orders.shown) == 10
    clock.advance(5)
    shown = orders.shown
    assert reads(shown) == 4
    assert shown["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1


def test_what_is_outside_its_bounds_or_has_no_policy_stays(
    scaling: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made(**PROVISIONED)
    scaling.register_scalable_target(**READS, MinCapacity=4, MaxCapacity=20)
    assert reads(orders.shown) == 10
    clock.advance(600)
    assert reads(orders.shown) == 10
    scaling.put_scaling_policy(**READS, **POLICY)
    orders.done(ProvisionedThroughput=units(30, 10))
    assert reads(orders.shown) == 30
    clock.advance(600)
    assert reads(orders.shown) == 30
    scaling.deregister_scalable_target(**READS)
    assert code_of(scaling.put_scaling_policy, **READS, **POLICY) == "ObjectNotFoundException"
