"""Explicitly none switches a live setting off, under its guard; unset leaves it untouched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.breaking.place import QUEUE, TOPIC, Account
from support.converging import World, client, differences, written

ORDERS: dict[str, Any] = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
TABLE = "shop-full-orders"
INDEX = {"partition_key": "kind", "projection": "ALL"}
PROVISIONED = {
    "partition_key": "id",
    "billing_mode": "PROVISIONED",
    "capacity": {"read": 5, "write": 5},
}
SCALED = {"min": 5, "max": 50, "target_utilization": 70}

#: Table document: what is live, what says none, where that is seen, and the guard.
TABLE_NONES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str, str]] = {
    "stream": ({"stream": "NEW_IMAGE"}, {"stream": "none"}, "orders", "stream", "stream-off"),
    "ttl": ({"ttl": {"attribute": "ttl"}}, {"ttl": "none"}, "orders/ttl", "attribute", "ttl-off"),
    "ttl-attribute": (
        {"ttl": {"attribute": "ttl"}},
        {"ttl": {"attribute": "none"}},
        "orders/ttl",
        "attribute",
        "ttl-off",
    ),
    "pitr": ({"pitr": {"enabled": True}}, {"pitr": False}, "orders/pitr", "enabled", "pitr-off"),
    "insights": (
        {"insights": True, "indexes": {"ByKind": INDEX}},
        {"insights": "none", "indexes": {"ByKind": INDEX}},
        "orders/insights",
        "enabled",
        "",
    ),
    "index": (
        {"indexes": {"ByKind": INDEX}},
        {"indexes": {"ByKind": "none"}},
        "orders/index/ByKind",
        "",
        "delete-index",
    ),
    "read-limit": (
        {"on_demand_limits": {"max_read": 100}},
        {"on_demand_limits": {"max_read": "none"}},
        "orders",
        "on_demand_limits.max_read",
        "",
    ),
    "index-write-limit": (
        {"indexes": {"ByKind": {**INDEX, "on_demand_limits": {"max_write": 9}}}},
        {"indexes": {"ByKind": {**INDEX, "on_demand_limits": {"max_write": "none"}}}},
        "orders/index/ByKind",
        "on_demand_limits.max_write",
        "",
    ),
    "tag": ({"tags": {"Team": "a"}}, {"tags": {"Team": "none"}}, "orders/tags", "tags.Team", ""),
    "protection": (
        {"deletion_protection": True},
        {"deletion_protection": False},
        "orders",
        "deletion_protection",
        "protection-off",
    ),
}


@pytest.mark.parametrize("name", TABLE_NONES)
def test_none_switches_off_under_its_guard(name: str, empty: World, tmp_path: Path) -> None:
    live, none, address, path, guard = TABLE_NONES[name]
    empty.converge(written(tmp_path, {"tables/orders.yaml": {**ORDERS, **live}}))
    spec = written(tmp_path, {"tables/orders.yaml": {**ORDERS, **none}})
    plan = empty.plan(spec)
    assert (address, path) in differences(plan)
    assert {each.code for each in plan.refusals} == ({guard} if guard else set())
    assert {str(s.cause) for c in plan.changes for s in c.settings} == {"pending"}
    empty.converge(spec, *([guard] if guard else []))
    assert empty.calls_of_apply(spec) == []


UNSET = [name for name in TABLE_NONES if name not in ("index", "ttl-attribute")]


@pytest.mark.parametrize("name", UNSET)
def test_what_the_spec_no_longer_says_stays_as_it_is(
    name: str, empty: World, tmp_path: Path
) -> None:
    live = TABLE_NONES[name][0]
    empty.converge(written(tmp_path, {"tables/orders.yaml": {**ORDERS, **live}}))
    indexes = {"ByKind": INDEX} if "indexes" in live else {}
    unset = written(tmp_path, {"tables/orders.yaml": {**ORDERS, "indexes": indexes}})
    before = description()
    assert differences(empty.plan(unset)) == set()
    empty.converge(unset)
    assert description() == before
    assert empty.calls_of_apply(unset) == []


def description() -> dict[str, Any]:
    """All that is live of the table, without tags, where the stamp may be renewed."""
    dynamodb = client("dynamodb")
    return {
        "table": dynamodb.describe_table(TableName=TABLE)["Table"],
        "ttl": dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"],
        "pitr": dynamodb.describe_continuous_backups(TableName=TABLE)[
            "ContinuousBackupsDescription"
        ],
        "insights": dynamodb.describe_contributor_insights(TableName=TABLE)[
            "ContributorInsightsStatus"
        ],
    }


def update(**changes: Any) -> None:
    client("dynamodb").update_table(TableName=TABLE, **changes)


#: What is changed live though the spec never said a word of it.
FOREIGN: dict[str, Callable[[Account], Any]] = {
    "stream": lambda _: update(
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    ),
    "class": lambda _: update(TableClass="STANDARD_INFREQUENT_ACCESS"),
    "protection": lambda _: update(DeletionProtectionEnabled=True),
    "limits": lambda _: update(OnDemandThroughput={"MaxReadRequestUnits": 7}),
    "encryption": lambda account: update(
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": account.foreign_key}
    ),
    "ttl": lambda _: client("dynamodb").update_time_to_live(
        TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "x"}
    ),
    "pitr": lambda _: client("dynamodb").update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    ),
    "insights": lambda _: client("dynamodb").update_contributor_insights(
        TableName=TABLE, ContributorInsightsAction="ENABLE"
    ),
    "tag": lambda _: client("dynamodb").tag_resource(
        ResourceArn=description()["table"]["TableArn"], Tags=[{"Key": "Mine", "Value": "yes"}]
    ),
    "topic-name": lambda _: client("sns").set_topic_attributes(
        TopicArn=TOPIC, AttributeName="DisplayName", AttributeValue="mine"
    ),
    "topic-encryption": lambda account: client("sns").set_topic_attributes(
        TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=account.foreign_key
    ),
}


def test_what_the_spec_never_said_is_neither_shown_nor_called(empty: World, tmp_path: Path) -> None:
    account = Account.furnished()
    spec = written(
        tmp_path, {"tables/orders.yaml": ORDERS, "environments/full.yaml": {"topic": {}}}
    )
    empty.converge(spec)
    for change in FOREIGN.values():
        change(account)
        assert differences(empty.plan(spec)) == set()
    before = description()
    assert empty.calls_of_apply(spec) == []
    assert description() == before


def test_none_in_the_environment_switches_off(empty: World, tmp_path: Path) -> None:
    topic = {
        "encryption": "kms-key",
        "subscriptions": {f"sqs:{QUEUE}": {"filter_policy": {"severity": ["high"]}}},
    }
    surroundings = {"kms_key": {"rotation": True}, "topic": topic}
    empty.converge(written(tmp_path, {"environments/full.yaml": surroundings}))
    changed = {
        "kms_key": {"rotation": False},
        "topic": {
            "encryption": "none",
            "subscriptions": {f"sqs:{QUEUE}": {"filter_policy": "none"}},
        },
    }
    spec = written(tmp_path, {"environments/full.yaml": changed})
    assert differences(empty.plan(spec)) == {
        ("kms-key", "rotation"),
        ("topic", "encryption"),
        (f"topic/subscription/sqs:{QUEUE}", "filter_policy"),
    }
    empty.converge(spec)
    assert empty.calls_of_apply(spec) == []

    changed["topic"]["subscriptions"] = {f"sqs:{QUEUE}": "none"}
    spec = written(tmp_path, {"environments/full.yaml": changed})
    assert {each.code for each in empty.plan(spec).refusals} == {"delete"}
    empty.converge(spec, "delete")
    assert client("sns").list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == []


def test_scaling_that_is_none_goes_when_pruned(empty: World, tmp_path: Path) -> None:
    scaled = {**PROVISIONED, "scaling": {"read": SCALED}}
    empty.converge(written(tmp_path, {"tables/orders.yaml": scaled}))
    for none in ("none", {"read": "none"}):
        spec = written(tmp_path, {"tables/orders.yaml": {**PROVISIONED, "scaling": none}})
        assert ("orders/scaling/read", "unmanaged") in differences(empty.plan(spec))
    plan = empty.plan(spec, prune=True)
    assert {each.code for each in plan.refusals} == {"delete"}
    empty.converge(spec, "delete", prune=True)
    assert empty.calls_of_apply(spec) == []
