"""What DescribeTable says of a table, as a state.

Normalisation (DescribeTable and TableDescription, DynamoDB API reference):

- no BillingModeSummary means PROVISIONED; an on-demand table reports throughput 0/0: ignored;
- no TableClassSummary means STANDARD, no SSEDescription the key that AWS owns, no
  StreamSpecification no stream, no DeletionProtectionEnabled false;
- attribute definitions and non-key attributes come in any order;
- limits that are not set are left out, or read -1.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dynaprov.kinds.budgets import moment
from dynaprov.kinds.table.floors import raised_floors
from dynaprov.kinds.table.state import (
    AWS_OWNED,
    ON_DEMAND,
    PROVISIONED,
    Capacity,
    IndexState,
    Key,
    Limits,
    LocalIndexState,
    TableState,
    declared_only,
)
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.ports import Answer, ErrorCategory, Read, ServiceError

#: DynamoDB Local says so in place of the region.
LOCAL_ARN = "arn:aws:dynamodb:ddblocal:"
#: Settings that DynamoDB Local takes without a word and does not keep, by their paths.
NOT_KEPT_LOCALLY = {"encryption": "encryption", "class": "table_class"}

CHANGING = frozenset({"CREATING", "UPDATING", "DELETING"})
#: A change at most so long after the creation is the creation itself.
MADE_SO = timedelta(minutes=1)
#: Statuses in which nobody reads or writes, and that do not pass by waiting a little.
ARCHIVE = frozenset({"ARCHIVING", "ARCHIVED"})
UNUSABLE = ARCHIVE | {"INACCESSIBLE_ENCRYPTION_CREDENTIALS"}
ENCRYPTION_CHANGING = frozenset({"ENABLING", "DISABLING", "UPDATING"})


def describe_table(name: str) -> Read:
    """The read that all kinds share: one per table and observation."""
    return Read("dynamodb", "describe_table", {"TableName": name})


def ask_tables(
    desired: Sequence[Desired], read: Callable[[str], Read]
) -> Generator[list[Read], list[Answer], list[tuple[Desired, Answer]]]:
    """Ask something of those tables that exist: each desired thing with its answer.

    For a table that does not exist the answer of its DescribeTable stands; a table that cannot be
    described is asked all the same, since another permission may be there.
    """
    tables = yield [describe_table(each.name) for each in desired]
    found = {each.address: answer for each, answer in zip(desired, tables, strict=True)}
    there = [each for each in desired if not found[each.address].absent]
    if there:
        answers = yield [read(each.name) for each in there]
        found |= {each.address: answer for each, answer in zip(there, answers, strict=True)}
    return [(each, found[each.address]) for each in desired]


def read_table(address: Address, table: Mapping[str, Any]) -> Reading:
    """The reading of a TableDescription.  Indexes that nobody declared are found by the caller."""
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    mode = table.get("BillingModeSummary", {}).get("BillingMode", PROVISIONED)
    partition, sort = _keys(table["KeySchema"], types)
    stream = table.get("StreamSpecification") or {}
    state = declared_only(
        TableState,
        {
            "partition_key": partition[0],
            "sort_key": sort[0] if sort else None,
            "billing_mode": mode,
            "capacity": _capacity(table, mode),
            "on_demand_limits": _limits(table),
            "indexes": {
                index["IndexName"]: _index(index, types, mode)
                for index in table.get("GlobalSecondaryIndexes") or ()
                if index.get("IndexStatus") != "DELETING"
            },
            "local_indexes": {
                index["IndexName"]: _local_index(index, types)
                for index in table.get("LocalSecondaryIndexes") or ()
            },
            "stream": stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
            "encryption": encryption_of(table),
            "table_class": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
            "deletion_protection": bool(table.get("DeletionProtectionEnabled", False)),
        },
    )
    arn = table["TableArn"]
    outputs = {"arn": arn, "name": table["TableName"]}
    if table.get("LatestStreamArn") and stream.get("StreamEnabled"):
        outputs["stream_arn"] = table["LatestStreamArn"]
    return Reading(
        address,
        Presence.PRESENT,
        state,
        arn=arn,
        outputs=outputs,
        facts={
            "status": table["TableStatus"],
            "table_id": table.get("TableId", ""),
            "items": table.get("ItemCount", 0),
            "bytes": table.get("TableSizeBytes", 0),
            **_clocks(table),
            **_key(table),
            "indexes_status": {
                index["IndexName"]: index.get("IndexStatus", "ACTIVE")
                for index in table.get("GlobalSecondaryIndexes") or ()
            },
            "backfilling": [
                index["IndexName"]
                for index in table.get("GlobalSecondaryIndexes") or ()
                if index.get("Backfilling")
            ],
        },
        busy=busy(table),
        tolerated=raised_floors(address, table),
    )


def is_local(arn: str) -> bool:
    """Whether a table lives in DynamoDB Local, which has no backups, tags, keys and classes."""
    return arn.startswith(LOCAL_ARN)


def not_kept(arn: str, wanted: TableState, live: TableState) -> dict[str, ServiceError]:
    """The declared settings that cannot come to differ less where the table lives, and why.

    DynamoDB Local takes them at creation without a word, and refuses to change them ("Nothing to
    update").
    """
    if not is_local(arn):
        return {}
    reason = ServiceError(
        ErrorCategory.UNSUPPORTED,
        "dynamodb",
        "describe_table",
        "NotKept",
        "DynamoDB Local does not keep this setting",
    )
    return {
        path: reason
        for path, name in NOT_KEPT_LOCALLY.items()
        if wanted.declared(name) and getattr(wanted, name) != getattr(live, name)
    }


def _key(table: Mapping[str, Any]) -> dict[str, Any]:
    """The key under the table, since when DynamoDB cannot use it, and where the data went then."""
    described = table.get("SSEDescription") or {}
    used = described.get("Status") not in (None, "DISABLED")
    return {
        "key": str(described.get("KMSMasterKeyArn", "")) if used else "",
        "inaccessible_since": moment(described.get("InaccessibleEncryptionDateTime")),
        "archive": (table.get("ArchivalSummary") or {}).get("ArchivalBackupArn", ""),
    }


def _clocks(table: Mapping[str, Any]) -> dict[str, Any]:
    """What the description shows of AWS's budgets, see ``kinds.budgets``.

    ``decreases`` is count and time of the last one for the table (key ``""``) and each index.
    """
    made = moment(table.get("CreationDateTime"))

    def changed(summary: str, member: str) -> datetime | None:
        # A table that was made so has never been changed to it.
        time = moment((table.get(summary) or {}).get(member))
        return None if time and made and time - made < MADE_SO else time

    return {
        "decreases": {
            each.get("IndexName", ""): (
                (each.get("ProvisionedThroughput") or {}).get("NumberOfDecreasesToday", 0),
                moment((each.get("ProvisionedThroughput") or {}).get("LastDecreaseDateTime")),
            )
            for each in (table, *(table.get("GlobalSecondaryIndexes") or ()))
        },
        "on_demand_since": changed("BillingModeSummary", "LastUpdateToPayPerRequestDateTime"),
        "class_since": changed("TableClassSummary", "LastUpdateDateTime"),
    }


def busy(table: Mapping[str, Any]) -> str:
    """What AWS is still doing with the table, in words; empty when it has settled.

    ACTIVE alone does not mean settled: an index, the encryption, the warm throughput or a replica
    may still be under way (TableStatus, IndexStatus, SSEStatus, TableWarmThroughputDescription and
    ReplicaStatus, DynamoDB API reference).
    """
    status = table["TableStatus"]
    if status in CHANGING:
        return f"table is {status}"
    for index in changing_indexes(table):
        filling = ", backfilling" if index.get("Backfilling") else ""
        return f"index {index['IndexName']} is {index.get('IndexStatus', 'ACTIVE')}{filling}"
    encryption = (table.get("SSEDescription") or {}).get("Status")
    if encryption in ENCRYPTION_CHANGING:
        return f"encryption is {encryption}"
    for what in (table, *(table.get("GlobalSecondaryIndexes") or ())):
        if (warm := (what.get("WarmThroughput") or {}).get("Status")) in CHANGING:
            whose = f" of index {what['IndexName']}" if "IndexName" in what else ""
            return f"warm throughput{whose} is {warm}"
    for replica in table.get("Replicas") or ():
        if replica.get("ReplicaStatus") in CHANGING:
            return f"replica {replica.get('RegionName', '')} is {replica['ReplicaStatus']}"
    return ""


def changing_indexes(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The global indexes that AWS is at work on, in the order in which it lists them."""
    return [
        index
        for index in table.get("GlobalSecondaryIndexes") or ()
        if index.get("IndexStatus") in CHANGING or index.get("Backfilling")
    ]


def unusable(table: Mapping[str, Any]) -> str:
    """Why the table's data cannot be reached however long one waits; empty when they can."""
    status = table["TableStatus"]
    return f"table is {status}" if status in UNUSABLE else ""


def index_of(table: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """A global index as it is described, ``None`` when it does not exist."""
    indexes = table.get("GlobalSecondaryIndexes") or ()
    return next((index for index in indexes if index["IndexName"] == name), None)


def _keys(
    schema: list[dict[str, str]], types: Mapping[str, str]
) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    made: dict[str, list[Key]] = {"HASH": [], "RANGE": []}
    for each in schema:
        name = each["AttributeName"]
        made[each["KeyType"]].append(
            # Every key attribute is defined; guessing would replace an index for nothing.
            declared_only(Key, {"name": name, "type": types[name]})
        )
    return tuple(made["HASH"]), tuple(made["RANGE"])


def _capacity(described: Mapping[str, Any], mode: str) -> Capacity | None:
    if mode == ON_DEMAND:
        return None
    throughput = described.get("ProvisionedThroughput") or {}
    return Capacity.model_construct(
        read=throughput.get("ReadCapacityUnits", 0), write=throughput.get("WriteCapacityUnits", 0)
    )


def _limits(described: Mapping[str, Any]) -> Limits:
    limits = described.get("OnDemandThroughput") or {}

    def limit(name: str) -> int | None:
        value = limits.get(name)
        return value if value is not None and value > 0 else None

    return Limits.model_construct(
        max_read=limit("MaxReadRequestUnits"), max_write=limit("MaxWriteRequestUnits")
    )


def _projection(described: Mapping[str, Any]) -> str | tuple[str, ...]:
    projection = described["Projection"]
    kind = projection["ProjectionType"]
    return tuple(sorted(projection.get("NonKeyAttributes", ()))) if kind == "INCLUDE" else str(kind)


def _index(index: Mapping[str, Any], types: Mapping[str, str], mode: str) -> IndexState:
    partition, sort = _keys(index["KeySchema"], types)
    made: IndexState = declared_only(
        IndexState,
        {
            "partition_key": partition,
            "sort_key": sort or None,
            "projection": _projection(index),
            "capacity": _capacity(index, mode),
            "on_demand_limits": _limits(index),
        },
    )
    return made


def _local_index(index: Mapping[str, Any], types: Mapping[str, str]) -> LocalIndexState:
    _, sort = _keys(index["KeySchema"], types)
    made: LocalIndexState = declared_only(
        LocalIndexState, {"sort_key": sort[0], "projection": _projection(index)}
    )
    return made


def encryption_of(table: Mapping[str, Any]) -> str:
    """``aws-owned``, or the ARN of the key."""
    described = table.get("SSEDescription") or {}
    if described.get("Status") in (None, "DISABLED", "DISABLING"):
        return AWS_OWNED
    # Whether this is the key that AWS manages cannot be told from its ARN: see ``kind``.
    return str(described.get("KMSMasterKeyArn", AWS_OWNED))
