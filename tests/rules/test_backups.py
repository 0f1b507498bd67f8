"""Backups: user's, AWS's own, and tables made from them."""

from __future__ import annotations

from typing import Any

from support.clock import VirtualClock
from support.rules.clients import Aws, Orders, code_of

DAY = 24 * 3600


def names(ddb: Aws, **filters: Any) -> list[str]:
    return [each["BackupName"] for each in ddb.list_backups(**filters)["BackupSummaries"]]


def test_a_backup_is_there_in_a_moment(ddb: Aws, orders: Orders, clock: VirtualClock) -> None:
    orders.made()
    made = ddb.create_backup(TableName="orders", BackupName="last")["BackupDetails"]
    arn = made["BackupArn"]

    def status() -> str:
        found = ddb.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
        return str(found["BackupStatus"])

    assert made["BackupStatus"] == status() == "CREATING"
    assert code_of(ddb.delete_backup, BackupArn=arn) == "BackupInUseException"
    clock.advance(0.1)
    assert status() == "AVAILABLE"
    assert code_of(ddb.delete_backup, BackupArn=arn) == ""


def test_a_repeated_backup_is_another_one(ddb: Aws, orders: Orders) -> None:
    orders.made()
    for _ in range(2):
        ddb.create_backup(TableName="orders", BackupName="last")
    assert names(ddb) == ["last", "last"]


def test_a_table_with_recovery_leaves_a_backup_that_stays(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    ddb.create_backup(TableName="orders", BackupName="last")
    ddb.update_continuous_backups(
        TableName="orders",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    ddb.delete_table(TableName="orders")
    clock.advance(10)
    assert names(ddb) == ["last"]
    assert names(ddb, BackupType="SYSTEM", TableName="orders") == ["orders$DeletedTableBackup"]
    assert names(ddb, BackupType="SYSTEM", TableName="others") == []
    clock.advance(1)
    assert names(ddb, BackupType="ALL") == ["last", "orders$DeletedTableBackup"]
    [system] = ddb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert code_of(ddb.delete_backup, BackupArn=system["BackupArn"]) == "ValidationException"
    clock.advance(35 * DAY)
    assert names(ddb, BackupType="SYSTEM") == []


def test_a_table_without_recovery_leaves_nothing(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    ddb.delete_table(TableName="orders")
    assert names(ddb, BackupType="ALL") == []


def test_a_restored_table_is_creating_and_its_backup_in_use(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    backup = ddb.create_backup(TableName="orders", BackupName="last")["BackupDetails"]["BackupArn"]
    clock.advance(1)
    made = ddb.restore_table_from_backup(TargetTableName="again", BackupArn=backup)
    assert made["TableDescription"]["TableStatus"] == "CREATING"
    second = {"TargetTableName": "third", "BackupArn": backup}
    assert code_of(ddb.restore_table_from_backup, **second) == "BackupInUseException"
    assert code_of(ddb.delete_table, TableName="again") == "ResourceInUseException"
    clock.advance(130)
    assert ddb.describe_table(TableName="again")["Table"]["TableStatus"] == "ACTIVE"
    assert code_of(ddb.restore_table_from_backup, **second) == ""
