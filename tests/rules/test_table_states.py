"""A table comes and goes, and what the calls beside UpdateTable say meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from support.clock import VirtualClock
from support.rules.clients import ARN, TABLE, Aws, Orders, an_index, code_of, refusal

POLICY = '{"Version": "2012-10-17", "Statement": []}'
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "expiry": ("describe_time_to_live", {"TableName": "orders"}),
    "expire": (
        "update_time_to_live",
        {
            "TableName": "orders",
            "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"},
        },
    ),
    "tag": ("tag_resource", {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]}),
    "tags": ("list_tags_of_resource", {"ResourceArn": ARN}),
    "policy": ("get_resource_policy", {"ResourceArn": ARN}),
    "insights": (
        "update_contributor_insights",
        {"TableName": "orders", "ContributorInsightsAction": "ENABLE"},
    ),
    "backups": ("describe_continuous_backups", {"TableName": "orders"}),
    "recovery": (
        "update_continuous_backups",
        {
            "TableName": "orders",
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    ),
    "item": ("get_item", {"TableName": "orders", "Key": {"id": {"S": "1"}}}),
}
NOT_FOUND, IN_USE = "ResourceNotFoundException", "ResourceInUseException"
NO_TABLE, NO_BACKUPS = "TableNotFoundException", "ContinuousBackupsUnavailableException"
#: What each says from the creation on, second by second.
COMING = {
    "expiry": [*[NOT_FOUND] * 5, "ValidationException", ""],
    "expire": [*[NOT_FOUND] * 5, IN_USE, ""],
    "tag": [*[NOT_FOUND] * 5, IN_USE, ""],
    "tags": [*[NOT_FOUND] * 5, "", ""],
    "policy": [*[NOT_FOUND] * 5, "PolicyNotFoundException"],
    "insights": [*[NOT_FOUND] * 5, "ValidationException", ""],
    "backups": [*[NO_TABLE] * 5, "", ""],
    "recovery": [*[NO_TABLE] * 5, *[NO_BACKUPS] * 4, ""],
    "item": [*[NOT_FOUND] * 6, ""],
}
#: What each says just after DeleteTable, three seconds later, and when the table is gone.
GOING = {
    "expiry": ["ValidationException", "ValidationException", NOT_FOUND],
    "expire": [NOT_FOUND, NOT_FOUND, NOT_FOUND],
    "tag": [IN_USE, NOT_FOUND, NOT_FOUND],
    "tags": [NOT_FOUND, NOT_FOUND, NOT_FOUND],
    "policy": [NOT_FOUND, NOT_FOUND, NOT_FOUND],
    "insights": [NOT_FOUND, NOT_FOUND, NOT_FOUND],
    "backups": [NO_TABLE, NO_TABLE, NO_TABLE],
    "recovery": [NO_TABLE, NO_TABLE, NO_TABLE],
    "item": [NOT_FOUND, NOT_FOUND, NOT_FOUND],
}


def said(ddb: Aws, call: str) -> str:
    method, params = CALLS[call]
    return code_of(getattr(ddb, method), **params)


def test_a_table_is_creating_and_then_active(ddb: Aws, orders: Orders, clock: VirtualClock) -> None:
    made = ddb.create_table(**TABLE)["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert "WarmThroughput" not in made
    assert "LastUpdateToPayPerRequestDateTime" not in made["BillingModeSummary"]
    assert orders.status == "CREATING"
    clock.advance(6)
    shown = orders.shown
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["CreationDateTime"].timestamp() == clock.now().timestamp() - 6


def test_indexes_made_with_a_table_become_active_with_it(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made(an_index())
    assert orders.index == ("ACTIVE", None)
    ddb.create_table(
        **{
            **TABLE,
            "TableName": "others",
            "AttributeDefinitions": orders.shown["AttributeDefinitions"],
            "GlobalSecondaryIndexes": [an_index()],
        }
    )
    clock.advance(10)
    [index] = ddb.describe_table(TableName="others")["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "CREATING"


@pytest.mark.parametrize("call", CALLS)
def test_the_calls_beside_it_find_a_new_table_late(
    call: str, ddb: Aws, clock: VirtualClock
) -> None:
    ddb.create_table(**TABLE)
    codes = []
    for _ in COMING[call]:
        codes.append(said(ddb, call))
        clock.advance(1)
    assert codes == COMING[call]


@pytest.mark.parametrize("call", CALLS)
def test_the_calls_beside_it_forget_a_table_early(
    call: str, ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    ddb.delete_table(TableName="orders")
    codes = [said(ddb, call)]
    clock.advance(3)
    codes.append(said(ddb, call))
    clock.advance(3)
    codes.append(said(ddb, call))
    assert codes == GOING[call]


def test_a_deleted_table_is_shown_and_listed_for_a_while(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    gone = ddb.delete_table(TableName="orders")["TableDescription"]
    assert gone["TableStatus"] == orders.status == "DELETING"
    assert ddb.list_tables()["TableNames"] == ["orders"]
    assert "being deleted" in orders.refusal(DeletionProtectionEnabled=True)
    assert "being deleted" in orders.refusal_of_delete()
    assert "being deleted" in refusal(ddb.create_table, **TABLE)[1]
    clock.advance(6)
    assert ddb.list_tables()["TableNames"] == []
    assert code_of(ddb.describe_table, TableName="orders") == NOT_FOUND
    before = gone["TableId"]
    assert orders.made().shown["TableId"] != before


def test_a_name_is_taken_in_every_state(ddb: Aws, orders: Orders) -> None:
    ddb.create_table(**TABLE)
    assert "being created" in refusal(ddb.create_table, **TABLE)[1]
    orders.clock.advance(60)
    assert code_of(ddb.create_table, **TABLE) == IN_USE


def test_a_new_table_takes_no_update(ddb: Aws, orders: Orders) -> None:
    ddb.create_table(**TABLE)
    assert orders.refusal(DeletionProtectionEnabled=True) == (
        "ResourceInUseException: Attempt to change a resource which is still in use: "
        "Table is being created: orders"
    )
    assert "being created" in orders.refusal_of_delete()


def test_a_protected_table_is_not_deleted(orders: Orders) -> None:
    orders.made(DeletionProtectionEnabled=True)
    assert orders.refusal_of_delete().startswith(
        "ValidationException: Resource cannot be deleted as it is currently protected"
    )
    orders.update(DeletionProtectionEnabled=False)
    assert orders.refusal_of_delete() == ""
