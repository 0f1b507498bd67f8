"""Tables on DynamoDB Local: made, changed, left alone, removed."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from dynaprov.model.spec import Spec
from support.ddblocal_ground import Ground, statuses

FULL = {
    "partition_key": "order_id",
    "sort_key": {"name": "placed_at", "type": "N"},
    "billing_mode": "PROVISIONED",
    "capacity": {"read": 5, "write": 4},
    "indexes": {
        "ByCustomer": {
            "partition_key": "customer",
            "sort_key": {"name": "placed_at", "type": "N"},
            "projection": "ALL",
            "capacity": {"read": 3, "write": 2},
        },
        "ByState": {"partition_key": "state", "projection": "KEYS_ONLY"},
        "ByTown": {"partition_key": ["country", "town"], "projection": ["total", "weight"]},
    },
    "local_indexes": {"ByTotal": {"sort_key": {"name": "total", "type": "N"}, "projection": "ALL"}},
    "stream": "NEW_AND_OLD_IMAGES",
    "deletion_protection": True,
    "ttl": {"attribute": "expires"},
}


def test_a_table_with_everything_is_made_and_a_second_apply_calls_nothing(local: Ground) -> None:
    calls = local.converge(local.spec(orders=FULL))

    assert calls[:2] == ["create_table", "update_time_to_live"]
    table = local.table("orders")
    assert set(local.indexes("orders")) == {"ByCustomer", "ByState", "ByTown"}
    assert [each["IndexName"] for each in table["LocalSecondaryIndexes"]] == ["ByTotal"]
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_an_on_demand_table_keeps_its_limits(local: Ground) -> None:
    plain = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    limits = {"max_read": 50, "max_write": 50}
    local.converge(local.spec(orders={**plain, "on_demand_limits": limits}))

    limits = {"max_read": 80, "max_write": 20}
    calls = local.converge(local.spec(orders={**plain, "on_demand_limits": limits}))

    assert calls == ["update_table BillingMode OnDemandThroughput"]
    found = local.table("orders")["OnDemandThroughput"]
    assert found == {"MaxReadRequestUnits": 80, "MaxWriteRequestUnits": 20}


def test_billing_is_switched_there_and_back_with_every_index(local: Ground) -> None:
    index = {"partition_key": "state", "projection": "ALL", "capacity": {"read": 2, "write": 2}}
    table = {"partition_key": "id", "capacity": {"read": 6, "write": 5}, "indexes": {"Idx": index}}
    on_demand = local.spec(orders={**table, "billing_mode": "PAY_PER_REQUEST"})
    local.converge(on_demand)

    provisioned = local.spec(orders={**table, "billing_mode": "PROVISIONED"})
    assert local.converge(provisioned) == [
        "update_table Update Idx BillingMode ProvisionedThroughput"
    ]
    assert local.table("orders")["ProvisionedThroughput"]["ReadCapacityUnits"] == 6
    on_demand = local.spec(orders={**table, "billing_mode": "PAY_PER_REQUEST"})
    assert local.converge(on_demand) == ["update_table BillingMode"]


def test_capacity_of_table_and_index_is_changed_in_one_call(local: Ground) -> None:
    def spec(units: int) -> dict[str, object]:
        capacity = {"read": units, "write": units}
        index = {"partition_key": "state", "projection": "ALL", "capacity": capacity}
        return {
            "partition_key": "id",
            "billing_mode": "PROVISIONED",
            "capacity": capacity,
            "indexes": {"Idx": index},
        }

    local.converge(local.spec(orders=spec(4)))

    assert local.converge(local.spec(orders=spec(6))) == [
        "update_table Update Idx ProvisionedThroughput"
    ]


def test_a_stream_is_switched_on_changed_off_and_on_again(local: Ground) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    stream = "update_table StreamSpecification"
    local.converge(local.spec(orders={**table, "stream": "none"}))

    assert local.converge(local.spec(orders={**table, "stream": "NEW_IMAGE"})) == [stream]
    first = local.table("orders")["LatestStreamArn"]
    other_view = local.spec(orders={**table, "stream": "KEYS_ONLY"})
    assert local.converge(other_view, "stream-off") == [stream, stream]
    assert local.table("orders")["LatestStreamArn"] != first
    off = local.spec(orders={**table, "stream": "none"})
    assert local.converge(off, "stream-off") == [stream]
    assert local.converge(local.spec(orders={**table, "stream": "NEW_IMAGE"})) == [stream]


def test_time_to_live_is_switched_on_moved_and_off(local: Ground) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    ttl = "update_time_to_live"
    local.converge(local.spec(orders={**table, "ttl": "none"}))

    assert local.converge(local.spec(orders={**table, "ttl": {"attribute": "a"}})) == [ttl]
    moved = local.spec(orders={**table, "ttl": {"attribute": "b"}})
    run = local.apply(moved, "ttl-off")
    assert [(str(o.operation.id), str(o.status)) for o in run.outcomes] == [
        ("orders/ttl:disable", "succeeded"),
        ("orders/ttl:enable", "deferred"),
    ]
    # AWS takes the next change after an hour; DynamoDB Local keeps no such clock.
    assert local.converge(moved, "ttl-off") == [ttl]
    off = local.spec(orders={**table, "ttl": "none"})
    assert local.converge(off, "ttl-off") == [ttl]
    described = local.client.describe_time_to_live(TableName="shop-full-orders")
    assert described["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"


def test_deletion_protection_keeps_the_table_until_it_is_switched_off(local: Ground) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    protection = "update_table DeletionProtectionEnabled"
    local.converge(local.spec(orders={**table, "deletion_protection": False}))

    protected = local.spec(orders={**table, "deletion_protection": True})
    assert local.converge(protected) == [protection]
    with pytest.raises(ClientError, match="protected against deletion"):
        local.client.delete_table(TableName="shop-full-orders")
    open_again = local.spec(orders={**table, "deletion_protection": False})
    assert local.converge(open_again, "protection-off") == [protection]


def test_what_was_changed_behind_our_back_is_put_right(local: Ground) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "deletion_protection": True}
    spec = local.spec(orders={**table, "stream": "NEW_IMAGE", "ttl": {"attribute": "expires"}})
    local.converge(spec)
    name = "shop-full-orders"
    local.client.update_table(TableName=name, DeletionProtectionEnabled=False)
    local.client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    off = {"Enabled": False, "AttributeName": "expires"}
    local.client.update_time_to_live(TableName=name, TimeToLiveSpecification=off)

    assert sorted(local.converge(spec)) == [
        "update_table DeletionProtectionEnabled",
        "update_table StreamSpecification",
        "update_time_to_live",
    ]


def test_key_and_class_that_are_not_kept_are_not_compared_and_never_sent_again(
    local: Ground,
) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "encryption": key}
    spec = local.spec(orders={**table, "class": "STANDARD_INFREQUENT_ACCESS"})

    assert local.converge(spec) == ["create_table"]
    assert {(str(e.address), e.path) for e in local.plan(spec).not_compared} == {
        ("orders", "encryption"),
        ("orders", "class"),
        ("orders/tags", ""),
    }


def test_other_limits_of_a_live_index_stay_left_over(local: Ground) -> None:
    def spec(most: int) -> Spec:
        index = {
            "partition_key": "state",
            "projection": "ALL",
            "on_demand_limits": {"max_read": most, "max_write": most},
        }
        plain = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
        return local.spec(orders={**plain, "indexes": {"Idx": index}})

    local.converge(spec(50))

    run = local.apply(spec(60))

    assert [status for _, status in statuses(run)] == ["succeeded"]
    assert run.residual is not None
    assert [str(change.address) for change in run.residual.changes] == ["orders/index/Idx"]


def test_an_environment_is_destroyed_with_its_protected_table(local: Ground) -> None:
    plain = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    spec = local.spec(orders=FULL, customers=plain)
    local.converge(spec)

    run = local.destroy(spec, "delete-table", "protection-off")

    assert sorted(statuses(run)) == [
        ("customers:delete", "succeeded"),
        ("orders:delete", "succeeded"),
        ("orders:protection-off", "succeeded"),
    ]
    assert local.client.list_tables()["TableNames"] == []
