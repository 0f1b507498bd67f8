"""The states of a table, and what may be done in each."""

from __future__ import annotations

from support.clock import VirtualClock
from support.rules.clients import TABLE, Aws, code_of


def status(ddb: Aws) -> str:
    shown: str = ddb.describe_table(TableName="orders")["Table"]["TableStatus"]
    return shown


def test_a_table_is_creating_and_then_active(ddb: Aws, clock: VirtualClock) -> None:
    made = ddb.create_table(**TABLE)["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert "WarmThroughput" not in made
    assert status(ddb) == "CREATING"
    clock.advance(6)
    assert status(ddb) == "ACTIVE"


def test_a_table_that_is_creating_takes_no_update(ddb: Aws, clock: VirtualClock) -> None:
    ddb.create_table(**TABLE)
    change = {"TableName": "orders", "DeletionProtectionEnabled": True}
    assert code_of(ddb.update_table, **change) == "ResourceInUseException"
    assert code_of(ddb.delete_table, TableName="orders") == "ResourceInUseException"
    clock.advance(6)
    assert code_of(ddb.update_table, **change) == ""


def test_recovery_comes_after_the_table(ddb: Aws, clock: VirtualClock) -> None:
    ddb.create_table(**TABLE)
    change = {
        "TableName": "orders",
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    codes = []
    for _ in range(8):
        codes.append(code_of(ddb.update_continuous_backups, **change))
        clock.advance(1)
    assert codes == [
        *["TableNotFoundException"] * 2,
        *["ContinuousBackupsUnavailableException"] * 5,
        "",
    ]
