"""The calls that create and delete one global index each.

What they meet is looked at just before each call, because others may have been there since the
plan was made: an index that exists as declared is not created, one that is gone is not deleted,
and another index in the making is waited for (``waiting``).  Their order is ``waves``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.kinds.table.calls import update_table
from dynaprov.kinds.table.creation import definitions, index_creation, index_keys
from dynaprov.kinds.table.state import IndexState, TableState
from dynaprov.kinds.table.waiting import free_for_index, until_index
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Reading
from dynaprov.model.operation import Meaning, Operation, Risk, Settled

#: What is known of the time that AWS needs to build an index, and of what that rests on.
BASIS = "measured by others; not yet run on AWS"


def building(reading: Reading | None) -> str:
    """How long an index of this table takes to build, and what that rests on."""
    items = int(reading.facts.get("items", 0)) if reading else 0
    if reading is None or not items:
        return f"9-18 min when the table is empty ({BASIS})"
    return (
        f"9-18 min ({BASIS}) and more with its {items:,} items, "
        f"{_size(int(reading.facts.get('bytes', 0)))} (AWS's count, up to 6 h old): hours are "
        "possible, and AWS publishes no rate"
    )


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"


def delete_index(
    address: Address, table: str, replaced_by: IndexState | None = None, takes: str = ""
) -> Operation:
    """Delete one global index and wait until it is gone.

    With ``replaced_by`` it is built again afterwards; ``takes`` is how long that takes.
    """
    name = address.name
    wanted = None if replaced_by is None else definition(replaced_by)
    return update_table(
        f"{address}:delete",
        address,
        table,
        f"delete index {name} of {table}",
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]},
        covers=("",),
        timeout="index-delete",
        wait=until_index(table, name, "gone", "index-delete"),
        look=free_for_index(table, name, "delete", wanted),
        settled_by=(Settled("ResourceNotFoundException"),),
        deletes=True,
        risk=Risk.HIGH,
        meaning=Meaning(
            impact="queries on the index fail from now on"
            + (", until it is built again" if replaced_by else ""),
            undo="only by building it again",
            takes=f"3-5 s; then readers wait for the new one: {takes}" if replaced_by else "3-5 s",
            watch="errors of readers that use the index",
        ),
    )


def create_index(
    address: Address, desired: Desired, reading: Reading, needs: Sequence[str]
) -> Operation:
    """Create one global index and wait until it is filled."""
    state, live = desired.state, reading.state
    assert isinstance(state, TableState)
    assert isinstance(live, TableState)
    name = address.name
    index = state.indexes[name]
    assert index is not None
    mode = state.billing_mode or live.billing_mode
    begins = desired.creation.get(name, live.capacity)
    return update_table(
        f"{address}:create",
        address,
        desired.name,
        f"create index {name} on {desired.name}",
        {
            "AttributeDefinitions": definitions(index_keys(index)),
            "GlobalSecondaryIndexUpdates": [{"Create": index_creation(name, index, mode, begins)}],
        },
        covers=("",),
        timeout="index-create",
        wait=until_index(desired.name, name, "active", "index-create"),
        look=free_for_index(desired.name, name, "create", definition(index)),
        needs=tuple(needs),
        creates=True,
        settled_by=(Settled("ValidationException", "already exists"),),
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="online: the table goes on; writes may be throttled while the index fills",
            undo="delete the index",
            takes=building(reading),
            watch="metric OnlineIndexPercentageProgress, write throttles of the table",
        ),
    )


def definition(index: IndexState) -> dict[str, Any]:
    """What makes an index the one that is meant: keys, their types, projection."""
    body: Mapping[str, Any] = index_creation("", index, "", None)
    types = {key.name: key.type for key in index_keys(index)}
    return {"KeySchema": body["KeySchema"], "Projection": body["Projection"], "types": types}
