"""What still needs a KMS key: read only when a plan would switch the key off or retire it.

Living: tables of the whole account and region, their replicas, the topic.  Copies: on-demand
backups, those of AWS Backup, and the system backups that keep the point-in-time recovery of
deleted tables for 35 days; a backup stays on the key that it was made with for ever (DynamoDB
developer guide, encryption.usagenotes).  Not visible anywhere: points in time of a living table
from before it was given another key.

Calls: ListTables, DescribeTable, ListBackups, DescribeBackup.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, Read, Reader, ServiceError
from dynaprov.planning.credentials import still_good

TABLES = Read("dynamodb", "list_tables", {"Limit": 100}, pages="TableNames")
BACKUPS = Read(
    "dynamodb", "list_backups", {"BackupType": "ALL", "Limit": 100}, pages="BackupSummaries"
)
#: Calls after which a key cannot be used.
RETIRING = frozenset({"disable_key", "schedule_key_deletion"})


@dataclass(frozen=True, slots=True)
class KeyUsers:
    """What needs one key.

    Attributes:
        tables: physical name -> how the table needs it, in words.
        copies: the backups, in words.
        unread: reads that failed, so that neither list need be complete.
    """

    tables: Mapping[str, str]
    copies: tuple[str, ...] = ()
    unread: tuple[ServiceError, ...] = ()


def retired(operations: Iterable[Operation]) -> frozenset[str]:
    """The ids of the keys that the operations switch off or retire."""
    return frozenset(
        str(each.call.params["KeyId"])
        for each in operations
        if each.call.service == "kms"
        and each.call.method in RETIRING
        # A key that is made in the same plan has no users.
        and isinstance(each.call.params["KeyId"], str)
    )


def key_users(keys: Collection[str], reader: Reader) -> dict[str, KeyUsers]:
    """What needs each of the keys, by its id.

    Raises:
        Stopped: when the credentials end meanwhile.
    """
    listed = [reader.submit(read) for read in (TABLES, BACKUPS)]
    tables, backups = (still_good(future.result()) for future in listed)
    described = [
        *_described(reader, "describe_table", "TableName", tables.value.get("TableNames", ())),
        *_described(
            reader,
            "describe_backup",
            "BackupArn",
            (
                each["BackupArn"]
                for each in backups.value.get("BackupSummaries", ())
                if each.get("BackupStatus") != "DELETED"
            ),
        ),
    ]
    failed = [answer.error for answer in (tables, backups, *described)]
    unread = tuple(error for error in failed if error and not Answer(error=error).absent)
    found = {}
    for key in keys:
        needing: dict[str, str] = {}
        copies: list[str] = []
        for answer in described:
            if "Table" in answer.value:
                needing.update(_table(answer.value["Table"], key))
            elif "BackupDescription" in answer.value:
                copies += _backup(answer.value["BackupDescription"], key)
        found[key] = KeyUsers(dict(sorted(needing.items())), tuple(sorted(copies)), unread)
    return found


def _described(
    reader: Reader, method: str, parameter: str, names: Iterable[str]
) -> Sequence[Answer]:
    futures = [reader.submit(Read("dynamodb", method, {parameter: name})) for name in names]
    return [still_good(future.result()) for future in futures]


def key_id(key: object) -> str:
    """The id in an id or ARN of a key; replicas of a multi-Region key share it."""
    return str(key or "").rpartition("/")[2]


def _table(table: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    name = table["TableName"]
    encryption = table.get("SSEDescription") or {}
    if key_id(encryption.get("KMSMasterKeyArn")) == key:
        changing = " (its encryption is changing)" if encryption.get("Status") == "UPDATING" else ""
        yield name, f"table {name}{changing}"
        return
    regions = [
        str(replica.get("RegionName", ""))
        for replica in table.get("Replicas") or ()
        if key_id(replica.get("KMSMasterKeyId")) == key
    ]
    if regions:
        yield name, f"table {name}, replica in {', '.join(regions)}"


def _backup(description: Mapping[str, Any], key: str) -> Iterator[str]:
    features = description.get("SourceTableFeatureDetails") or {}
    encryption = features.get("SSEDescription") or {}
    if key_id(encryption.get("KMSMasterKeyArn")) != key:
        return
    about = description["BackupDetails"]
    kind = {"SYSTEM": "recovery", "AWS_BACKUP": "AWS Backup"}.get(about["BackupType"], "backup")
    made = about.get("BackupCreationDateTime")
    when = f" of {made:%Y-%m-%d}" if hasattr(made, "strftime") else ""
    yield f"{kind} {about['BackupName']}{when}"
