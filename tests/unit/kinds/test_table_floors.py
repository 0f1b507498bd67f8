"""Warm throughput that was raised is told to who asks, and is no difference."""

from __future__ import annotations

from typing import Any

from dynaprov.kinds.table.floors import raised_floors
from dynaprov.model.address import Address

ORDERS = Address("orders")


def warm(read: int, write: int) -> dict[str, Any]:
    return {"WarmThroughput": {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}}


def test_what_a_fresh_table_has_is_not_raised() -> None:
    assert raised_floors(ORDERS, warm(12_000, 4_000)) == ()
    assert raised_floors(ORDERS, {}) == ()


def test_what_is_provisioned_is_not_raised() -> None:
    units = {"ReadCapacityUnits": 20_000, "WriteCapacityUnits": 5}

    assert raised_floors(ORDERS, {"ProvisionedThroughput": units, **warm(20_000, 5)}) == ()


def test_a_raised_floor_of_a_table_and_an_index_is_told() -> None:
    index = {"IndexName": "ByDay", **warm(12_000, 9_000)}
    found = raised_floors(ORDERS, {**warm(15_000, 4_000), "GlobalSecondaryIndexes": [index]})

    assert [(str(each.address), each.path, each.live) for each in found] == [
        ("orders", "warm_throughput.read", 15_000),
        ("orders/index/ByDay", "warm_throughput.write", 9_000),
    ]
