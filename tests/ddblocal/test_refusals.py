"""What DynamoDB Local says no to, in AWS's words, and what dynaprov takes each no for.

dynaprov sends none of these by itself; a race or a lost answer may.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaprov.aws.errors import service_error
from dynaprov.model.ports import Call, ErrorCategory
from support.ddblocal_ground import Ground

E = ErrorCategory
NAME = "shop-full-orders"
BOTH = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def definitions(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def creating(name: str, key: str) -> dict[str, Any]:
    body = {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    return {
        "AttributeDefinitions": definitions(key),
        "GlobalSecondaryIndexUpdates": [{"Create": body}],
    }


def deleting(name: str) -> dict[str, Any]:
    return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


def refusal(local: Ground, method: str, **params: Any) -> tuple[ErrorCategory, str]:
    """What it says and what that means."""
    with pytest.raises(ClientError) as refused:
        getattr(local.client, method)(TableName=NAME, **params)
    error = service_error(refused.value, Call("dynamodb", method, params))
    return error.category, error.message


@pytest.fixture
def orders(local: Ground) -> Ground:
    """A live table with one index, a stream and a time to live."""
    local.converge(
        local.spec(
            orders={
                "partition_key": "id",
                "billing_mode": "PAY_PER_REQUEST",
                "indexes": {"Idx": {"partition_key": "a", "projection": "ALL"}},
                "stream": "NEW_IMAGE",
                "ttl": {"attribute": "expires"},
            }
        )
    )
    return local


def test_a_second_index_in_the_making_means_wait(orders: Ground) -> None:
    orders.client.update_table(TableName=NAME, **creating("First", "b"))

    category, text = refusal(orders, "update_table", **creating("Second", "c"))

    assert category is E.BUSY
    assert "Only 1 online index can be created or deleted simultaneously per table" in text


def test_two_index_changes_in_one_call_are_refused(orders: Ground) -> None:
    both = creating("New", "b")
    both["GlobalSecondaryIndexUpdates"] += deleting("Idx")["GlobalSecondaryIndexUpdates"]

    category, text = refusal(orders, "update_table", **both)

    assert category is E.BUSY
    assert "Only 1 online index" in text


def test_an_index_in_the_making_cannot_be_deleted(orders: Ground) -> None:
    orders.client.update_table(TableName=NAME, **creating("New", "b"))

    assert refusal(orders, "update_table", **deleting("New"))[0] is E.BUSY


def test_an_index_that_exists_is_not_made_again(orders: Ground) -> None:
    text = refusal(orders, "update_table", **creating("Idx", "a"))[1]

    assert "already exists" in text


def test_an_index_that_is_not_there_cannot_be_deleted(orders: Ground) -> None:
    assert refusal(orders, "update_table", **deleting("Nothing"))[0] is E.ABSENT


def test_a_stream_that_is_on_cannot_be_switched_on_nor_get_another_view(orders: Ground) -> None:
    for view in ("NEW_IMAGE", "KEYS_ONLY"):
        on = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}
        assert refusal(orders, "update_table", **on)[0] is E.UNCHANGED


def test_a_stream_that_is_off_cannot_be_switched_off(orders: Ground) -> None:
    off = {"StreamSpecification": {"StreamEnabled": False}}
    orders.client.update_table(TableName=NAME, **off)

    assert refusal(orders, "update_table", **off)[0] is E.UNCHANGED


@pytest.mark.parametrize(
    ("enabled", "attribute", "category"),
    [(True, "expires", E.UNCHANGED), (True, "other", E.INVALID), (False, "other", E.INVALID)],
    ids=["on-again", "on-with-another-attribute", "off-with-another-attribute"],
)
def test_time_to_live_is_not_changed_in_place(
    orders: Ground, enabled: bool, attribute: str, category: ErrorCategory
) -> None:
    wanted = {"Enabled": enabled, "AttributeName": attribute}

    found = refusal(orders, "update_time_to_live", TimeToLiveSpecification=wanted)

    assert found[0] is category


def test_a_protected_table_cannot_be_deleted(orders: Ground) -> None:
    orders.client.update_table(TableName=NAME, DeletionProtectionEnabled=True)

    assert refusal(orders, "delete_table")[0] is E.INVALID


def test_key_and_class_alone_are_nothing_to_update(orders: Ground) -> None:
    for change in ({"SSESpecification": {"Enabled": True}}, {"TableClass": "STANDARD"}):
        assert refusal(orders, "update_table", **change) == (E.INVALID, "Nothing to update")


def test_one_limit_alone_is_refused_though_aws_takes_it(local: Ground) -> None:
    with pytest.raises(ClientError, match="must be at least 1, and cannot be null"):
        local.client.create_table(
            TableName=NAME,
            AttributeDefinitions=definitions("id"),
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            OnDemandThroughput={"MaxReadRequestUnits": 10},
        )


def test_what_it_lacks_is_not_supported_rather_than_at_fault(orders: Ground) -> None:
    arn = orders.table("orders")["TableArn"]
    tags = [{"Key": "a", "Value": "b"}]
    for method, params in (
        ("describe_continuous_backups", {"TableName": NAME}),
        ("create_backup", {"TableName": NAME, "BackupName": "final"}),
        ("describe_contributor_insights", {"TableName": NAME}),
        ("list_tags_of_resource", {"ResourceArn": arn}),
        ("tag_resource", {"ResourceArn": arn, "Tags": tags}),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(orders.client, method)(**params)
        error = service_error(refused.value, Call("dynamodb", method, params))
        assert error.category is E.UNSUPPORTED, method
