"""Deleting a table, which only ``destroy`` does: protection off, final backup, deletion.

CreateBackup (DynamoDB API reference) takes no token and names are not unique, so a repeat after a
lost answer would make a second backup: it is not repeated.  A deletion is refused while anything of
the table is still changing, also when TableStatus says ACTIVE.
"""

from __future__ import annotations

from dataclasses import replace

from dynaprov.kinds.table.reading import describe_table
from dynaprov.kinds.table.state import TableState
from dynaprov.kinds.table.update import protection
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.operation import Meaning, Operation, Risk, Settled, Wait
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Ref


def operations(desired: Desired, reading: Reading) -> list[Operation]:
    """The calls that remove a live table; none when it does not exist."""
    if reading.presence is not Presence.PRESENT:
        return []
    live = reading.state
    assert isinstance(live, TableState)
    backup = _backup(desired)
    made = [backup]
    needs = [backup.id]
    if live.deletion_protection:
        off = replace(protection(desired, on=False), needs=(backup.id,))
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


def _backup(desired: Desired) -> Operation:
    return Operation(
        id=f"{desired.address}:final-backup",
        address=desired.address,
        kind="table",
        title=f"take the final backup of {desired.name} and verify it",
        call=Call(
            "dynamodb",
            "create_backup",
            {"TableName": desired.name, "BackupName": f"{desired.name}-final"[:255]},
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
        risk=Risk.NONE,
        meaning=Meaning(
            impact="online", undo="delete the backup", takes="seconds", watch="price of storage"
        ),
    )
