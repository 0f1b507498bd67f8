"""Keys and local indexes: AWS sets them when a table is made, and then never again.

They cannot be changed live, so the table is made anew with other ones, and otherwise as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.breaking.place import Found, table
from support.converging import client

#: All settings that are found and refused.
COVERED = [
    ("table", "partition_key"),
    ("table", "sort_key"),
    ("table", "local_indexes.*.sort_key"),
    ("table", "local_indexes.*.projection"),
]

DOCUMENT: dict[str, Any] = {
    "partition_key": "customer",
    "sort_key": {"name": "placed", "type": "N"},
    "billing_mode": "PAY_PER_REQUEST",
    "local_indexes": {
        "ByTotal": {"sort_key": {"name": "total", "type": "N"}, "projection": "KEYS_ONLY"}
    },
}

Change = Callable[[dict[str, Any]], None]


def made_again(change: Change) -> None:
    """Delete the table and make it as it was, but for one thing; its tags too."""
    dynamodb = client("dynamodb")
    name = table("orders")
    live = dynamodb.describe_table(TableName=name)["Table"]
    tags = dynamodb.list_tags_of_resource(ResourceArn=live["TableArn"])["Tags"]
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": live["KeySchema"],
        "AttributeDefinitions": live["AttributeDefinitions"],
        "LocalSecondaryIndexes": [
            {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
            for index in live["LocalSecondaryIndexes"]
        ],
    }
    change(request)
    dynamodb.delete_table(TableName=name)
    dynamodb.create_table(**request, Tags=tags)


def renamed(old: str, new: str) -> Change:
    """A key attribute gets another name, wherever it is used."""

    def change(request: dict[str, Any]) -> None:
        schemas = [index["KeySchema"] for index in request["LocalSecondaryIndexes"]]
        for keys in (request["KeySchema"], request["AttributeDefinitions"], *schemas):
            for key in keys:
                if key["AttributeName"] == old:
                    key["AttributeName"] = new

    return change


def retyped(name: str, new: str) -> Change:
    """A key attribute gets another type."""

    def change(request: dict[str, Any]) -> None:
        for each in request["AttributeDefinitions"]:
            if each["AttributeName"] == name:
                each["AttributeType"] = new

    return change


def without_sort_key(request: dict[str, Any]) -> None:
    """No sort key, and so no local index either."""
    del request["LocalSecondaryIndexes"]
    request["KeySchema"] = request["KeySchema"][:1]
    request["AttributeDefinitions"] = [
        each for each in request["AttributeDefinitions"] if each["AttributeName"] == "customer"
    ]


def without_local_index(request: dict[str, Any]) -> None:
    """The local index is missing."""
    del request["LocalSecondaryIndexes"]
    request["AttributeDefinitions"] = [
        each for each in request["AttributeDefinitions"] if each["AttributeName"] != "total"
    ]


def projecting_all(request: dict[str, Any]) -> None:
    """The local index holds more."""
    request["LocalSecondaryIndexes"][0]["Projection"] = {"ProjectionType": "ALL"}


LOCAL = "orders/local-index/ByTotal"
#: By title: what is done, and exactly what diff must say.
CASES: dict[str, tuple[Change, Found]] = {
    "partition-key-name": (renamed("customer", "client"), {("orders", "partition_key")}),
    "partition-key-type": (retyped("customer", "N"), {("orders", "partition_key")}),
    "sort-key-name": (renamed("placed", "made"), {("orders", "sort_key")}),
    "sort-key-type": (retyped("placed", "S"), {("orders", "sort_key")}),
    "sort-key-missing": (
        without_sort_key,
        {
            ("orders", "sort_key"),
            (LOCAL, "sort_key"),
            (LOCAL, "projection"),
        },
    ),
    "local-index-key-name": (renamed("total", "sum"), {(LOCAL, "sort_key")}),
    "local-index-key-type": (retyped("total", "S"), {(LOCAL, "sort_key")}),
    "local-index-projection": (projecting_all, {(LOCAL, "projection")}),
    "local-index-missing": (
        without_local_index,
        {(LOCAL, "sort_key"), (LOCAL, "projection")},
    ),
}
