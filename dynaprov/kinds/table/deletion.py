"""Deleting a table, which only ``destroy`` does: protection off, final backup, deletion.

CreateBackup (DynamoDB API reference) takes no token and names are not unique, so a repeat after a
lost answer, or by the run after one that was killed, would make a second backup.  So ListBackups
(``TableName`` and ``BackupType`` filter; 5 a second) is asked first: a final backup of this very
table that is no older than ``FRESH`` counts.  Within one run a backup may be older than that when
its table is deleted, since no table goes before the backups of all are verified.

A deletion is refused while anything of the table is still changing, also when TableStatus says
ACTIVE.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dynaprov.kinds.table.reading import describe_table, is_local
from dynaprov.kinds.table.state import TableState
from dynaprov.kinds.table.update import protection
from dynaprov.model.kind import Desired, Looking, Presence, Reading, Sighting
from dynaprov.model.operation import Looks, Meaning, Operation, Risk, Settled, Wait
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Ref

#: How old a final backup of an interrupted run may be and still count as the final one.
FRESH = timedelta(minutes=5)


def operations(desired: Desired, reading: Reading) -> list[Operation]:
    """The calls that remove a live table; none when it does not exist."""
    if reading.presence is not Presence.PRESENT:
        return []
    live = reading.state
    assert isinstance(live, TableState)
    # DynamoDB Local has no backups (and no data that anybody would miss).
    made = [] if is_local(reading.arn) else [_backup(desired)]
    needs = [backup.id for backup in made]
    if live.deletion_protection:
        off = replace(protection(desired, on=False), needs=tuple(needs))
        made.append(off)
        needs.append(off.id)
    made.append(
        Operation(
            id=f"{desired.address}:delete",
            address=desired.address,
            kind="table",
            title=f"delete table {desired.name} and its {reading.facts.get('items', 0)} items",
            call=Call("dynamodb", "delete_table", {"TableName": desired.name}),
            needs=tuple(needs),
            lock=desired.name,
            waits=(Wait("table", "gone", describe_table(desired.name), timeout="delete-table"),),
            settled_by=(Settled("ResourceNotFoundException"),),
            deletes=True,
            risk=Risk.HIGH,
            meaning=Meaning(
                impact="all data of the table is gone",
                undo="only from the final backup",
                takes="4-6 s",
            ),
        )
    )
    return made


def backup_name(table: str) -> str:
    """The name of a table's final backups."""
    return f"{table}-final"[:255]


def look_for_backup(call: Call, now: datetime) -> Looking:
    """Whether there is a fresh final backup of the table as it lives now."""
    table, name = call.params["TableName"], call.params["BackupName"]
    params = {"TableName": table, "BackupType": "USER"}
    listed, described = yield [
        Read("dynamodb", "list_backups", params, pages="BackupSummaries"),
        describe_table(table),
    ]
    problem = listed.error or described.error
    if problem:
        return Sighting(problem=problem)
    oldest = now - FRESH
    born = max(described.value["Table"].get("CreationDateTime", oldest), oldest)
    fresh = [
        each
        for each in listed.value["BackupSummaries"]
        if each["BackupName"] == name
        and each["BackupStatus"] in ("AVAILABLE", "CREATING")
        and each["BackupCreationDateTime"] >= born
    ]
    if not fresh:
        return Sighting()
    backup = max(fresh, key=lambda each: each["BackupCreationDateTime"])
    arn, made = backup["BackupArn"], backup["BackupCreationDateTime"]
    return Sighting(True, (("final_backup_arn", arn),), f"{arn} of {made:%Y-%m-%d %H:%M:%S} UTC")


def _backup(desired: Desired) -> Operation:
    return Operation(
        id=f"{desired.address}:final-backup",
        address=desired.address,
        kind="table",
        title=f"take the final backup of {desired.name} and verify it",
        call=Call(
            "dynamodb",
            "create_backup",
            {"TableName": desired.name, "BackupName": backup_name(desired.name)},
        ),
        lock=desired.name,
        outputs=(("final_backup_arn", "BackupDetails.BackupArn"),),
        waits=(
            Wait(
                "table",
                "backup available",
                Read(
                    "dynamodb",
                    "describe_backup",
                    {"BackupArn": Ref(str(desired.address), "final_backup_arn")},
                ),
                timeout="backup",
            ),
        ),
        covers=(),
        repeatable=False,
        looks=Looks.FIRST,
        risk=Risk.NONE,
        meaning=Meaning(
            impact="online", undo="delete the backup", takes="seconds", watch="price of storage"
        ),
    )
