"""Floors that AWS raises by itself: the warm throughput of tables and indexes.  Pure.

Warm throughput is what a table can serve at once.  AWS raises it as the table's use grows, and it
never goes down (DynamoDB developer guide, "Warm throughput"); it is reported though nobody set it.
dynaprov declares none, so it is no difference; a strict check shows what AWS has raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.change import Tolerated
from dynaprov.model.setting import Owner

#: What a fresh on-demand table can serve, reads and writes a second ("Warm throughput for an
#: on-demand table", same guide); a provisioned one at least what is provisioned.
FRESH = {"read": 12_000, "write": 4_000}
_WARM = {"read": "ReadUnitsPerSecond", "write": "WriteUnitsPerSecond"}
_PROVISIONED = {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}


def raised_floors(address: Address, table: Mapping[str, Any]) -> tuple[Tolerated, ...]:
    """The warm throughput of a table and its indexes that is above that of a fresh one."""
    found = list(_raised(address, table))
    for index in table.get("GlobalSecondaryIndexes") or ():
        found += _raised(address.child("index").child(index["IndexName"]), index)
    return tuple(found)


def _raised(address: Address, described: Mapping[str, Any]) -> Iterator[Tolerated]:
    warm = described.get("WarmThroughput") or {}
    provisioned = described.get("ProvisionedThroughput") or {}
    for side, member in _WARM.items():
        live = warm.get(member, 0)
        if live > max(FRESH[side], provisioned.get(_PROVISIONED[side], 0)):
            reason = "raised as the use grew, or by hand; it never goes down"
            yield Tolerated(address, f"warm_throughput.{side}", live, None, Owner.AWS, reason)
