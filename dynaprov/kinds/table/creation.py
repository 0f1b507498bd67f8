"""CreateTable: everything about a new table in one call.

AWS's shapes of keys, projections, throughput and encryption are built here, also for UpdateTable.

CreateTable (DynamoDB API reference): the attribute definitions must be exactly the key attributes
of the table and of its indexes; empty index lists are refused; BillingMode left out would mean
PROVISIONED.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynaprov.kinds.table.state import (
    AWS_MANAGED,
    AWS_OWNED,
    ON_DEMAND,
    PROVISIONED,
    Capacity,
    IndexState,
    Key,
    Limits,
    LocalIndexState,
    TableState,
)
from dynaprov.kinds.table.waiting import until_settled
from dynaprov.model.kind import Desired
from dynaprov.model.operation import Meaning, Operation, Risk, Settled
from dynaprov.model.ports import Call
from dynaprov.model.setting import Ref

#: What a provisioned table or index begins with where nothing else is said.
LEAST = 1


def create_table(desired: Desired, tags: Mapping[str, str]) -> Operation:
    """The call that makes the table with all that CreateTable takes."""
    state = desired.state
    assert isinstance(state, TableState)
    return Operation(
        id=f"{desired.address}:create",
        address=desired.address,
        kind="table",
        title=f"create table {desired.name}",
        call=Call("dynamodb", "create_table", creation_params(desired, state, tags)),
        lock=desired.name,
        waits=(until_settled(desired.name, "create-table"),),
        settled_by=(Settled("ResourceInUseException", "already exists"),),
        outputs=(("arn", "TableDescription.TableArn"),),
        creates=True,
        risk=Risk.LOW,
        meaning=Meaning(
            impact="a new, empty table",
            undo="`dynaprov destroy`",
            takes="2-6 s, 14-22 s with indexes",
            watch="",
        ),
    )


def creation_params(desired: Desired, state: TableState, tags: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of CreateTable."""
    mode = state.billing_mode or ON_DEMAND
    params: dict[str, Any] = {
        "TableName": desired.name,
        "AttributeDefinitions": attribute_definitions(state),
        "KeySchema": key_schema(
            (state.partition_key,), (state.sort_key,) if state.sort_key else ()
        ),
        "BillingMode": mode,
    }
    if mode == PROVISIONED:
        params["ProvisionedThroughput"] = throughput(state.capacity, desired.creation.get(""))
    elif state.on_demand_limits and on_demand(state.on_demand_limits, creating=True):
        params["OnDemandThroughput"] = on_demand(state.on_demand_limits, creating=True)
    indexes = {n: i for n, i in (state.indexes or {}).items() if i is not None}
    if indexes:
        params["GlobalSecondaryIndexes"] = [
            index_creation(index_name, index, mode, desired.creation.get(index_name))
            for index_name, index in indexes.items()
        ]
    if state.local_indexes:
        params["LocalSecondaryIndexes"] = [
            {
                "IndexName": index_name,
                "KeySchema": key_schema((state.partition_key,), (local.sort_key,)),
                "Projection": projection(local.projection),
            }
            for index_name, local in state.local_indexes.items()
        ]
    if state.stream:
        params["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": state.stream}
    if state.encryption and state.encryption != AWS_OWNED:
        params["SSESpecification"] = encryption(state.encryption)
    if state.table_class:
        params["TableClass"] = state.table_class
    if state.deletion_protection is not None:
        params["DeletionProtectionEnabled"] = state.deletion_protection
    if tags:
        params["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return params


def index_creation(
    name: str, index: IndexState, mode: str, initial: Capacity | None
) -> dict[str, Any]:
    """One entry of GlobalSecondaryIndexes, or the body of a Create update."""
    made: dict[str, Any] = {
        "IndexName": name,
        "KeySchema": key_schema(index.partition_key, index.sort_key or ()),
        "Projection": projection(index.projection),
    }
    if mode == PROVISIONED:
        made["ProvisionedThroughput"] = throughput(index.capacity, initial)
    elif index.on_demand_limits and on_demand(index.on_demand_limits, creating=True):
        made["OnDemandThroughput"] = on_demand(index.on_demand_limits, creating=True)
    return made


def attribute_definitions(state: TableState) -> list[dict[str, str]]:
    """Exactly the key attributes of the table and of its declared indexes, by name."""
    return definitions(all_keys(state))


def definitions(keys: Iterable[Key]) -> list[dict[str, str]]:
    """AttributeDefinitions of these keys, by name; of two types of one name the last counts."""
    types = {key.name: key.type for key in keys}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in sorted(types.items())]


def all_keys(state: TableState) -> Iterable[Key]:
    """Every key of the table, its global and its local indexes."""
    yield state.partition_key
    if state.sort_key:
        yield state.sort_key
    for index in (state.indexes or {}).values():
        if index is not None:
            yield from index_keys(index)
    for local in (state.local_indexes or {}).values():
        yield from local_keys(local)


def index_keys(index: IndexState) -> tuple[Key, ...]:
    """The keys of a global index."""
    return (*(index.partition_key or ()), *(index.sort_key or ()))


def local_keys(index: LocalIndexState) -> tuple[Key, ...]:
    """The keys of a local index, but for the table's partition key."""
    return (index.sort_key,) if index.sort_key else ()


def key_schema(partition: Iterable[Key], sort: Iterable[Key]) -> list[dict[str, str]]:
    """A KeySchema: HASH elements before RANGE elements."""
    return [
        *({"AttributeName": key.name, "KeyType": "HASH"} for key in partition),
        *({"AttributeName": key.name, "KeyType": "RANGE"} for key in sort),
    ]


def projection(value: str | tuple[str, ...]) -> dict[str, Any]:
    """A Projection; a list of names is INCLUDE."""
    if isinstance(value, str):
        return {"ProjectionType": value}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(value)}


def throughput(capacity: Capacity | None, fallback: Capacity | None = None) -> dict[str, int]:
    """A ProvisionedThroughput: what is declared, else what an autoscaled dimension has or gets."""

    def units(name: str) -> int:
        for each in (capacity, fallback):
            value = getattr(each, name, None)
            if value is not None:
                return int(value)
        return LEAST

    return {"ReadCapacityUnits": units("read"), "WriteCapacityUnits": units("write")}


def on_demand(limits: Limits, *, creating: bool = False) -> dict[str, int]:
    """An OnDemandThroughput: only declared limits; -1 lifts one, which a new table needs not."""
    names = {"max_read": "MaxReadRequestUnits", "max_write": "MaxWriteRequestUnits"}
    made = {}
    for name, member in names.items():
        if limits.declared(name):
            value = getattr(limits, name)
            if value is not None or not creating:
                made[member] = -1 if value is None else value
    return made


def encryption(value: str | Ref) -> dict[str, Any]:
    """An SSESpecification; a customer key goes by its ARN, never by an alias.

    An alias or a bare key id is accepted again and again and re-encrypts the table each time
    (measured behaviour of UpdateTable), so dynaprov sends ARNs only.
    """
    if value == AWS_OWNED:
        return {"Enabled": False}
    if value == AWS_MANAGED:
        return {"Enabled": True, "SSEType": "KMS"}
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": value}
