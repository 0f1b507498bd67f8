"""Whether applications can read a table and its indexes."""

from typing import Any

import pytest

from dynaprov.kinds.table import KIND
from dynaprov.kinds.table.readiness import readiness
from dynaprov.kinds.table.state import IndexState, TableState, declared_only
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.model.readiness import Readiness
from support.ports import failing


def desired(projection: str = "ALL") -> Desired:
    index = IndexState.model_validate({"partition_key": "a", "projection": projection})
    state = {"partition_key": index.partition_key[0], "sort_key": None}
    indexes = {"ByA": index, "Old": None}
    return Desired(
        Address("orders"),
        "table",
        "shop-dev-orders",
        declared_only(TableState, {**state, "indexes": indexes}),
    )


def described(status: str = "ACTIVE", *, key: str = "a", **index: Any) -> Answer:
    by_a = {
        "IndexName": "ByA",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **index,
    }
    return Answer(
        {
            "Table": {
                "TableName": "shop-dev-orders",
                "TableArn": "arn:aws:dynamodb:eu-west-1:1:table/shop-dev-orders",
                "TableStatus": status,
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("a", "b")
                ],
                "GlobalSecondaryIndexes": [by_a] if index else [],
            }
        }
    )


def rows(answer: Answer, wanted: Desired | None = None) -> list[Readiness]:
    meant = wanted or desired()
    return readiness(meant, KIND.reading(meant, answer))


def test_what_is_active_is_safe_and_what_is_explicitly_none_is_not_asked_for() -> None:
    found = rows(described(IndexStatus="ACTIVE"))

    assert [(str(row.address), row.safe_to_deploy) for row in found] == [
        ("orders", True),
        ("orders/index/ByA", True),
    ]


@pytest.mark.parametrize(
    ("answer", "reason", "in_time"),
    [
        (failing(ErrorCategory.ABSENT), "it does not exist; `dynaprov apply` creates it", False),
        (described("CREATING", IndexStatus="CREATING"), "it is being created", True),
        (described("DELETING", IndexStatus="ACTIVE"), "the table is DELETING", False),
        (
            described("INACCESSIBLE_ENCRYPTION_CREDENTIALS", IndexStatus="ACTIVE"),
            "the table is INACCESSIBLE_ENCRYPTION_CREDENTIALS",
            False,
        ),
        (
            described(key="b", IndexStatus="ACTIVE"),
            "`partition_key` of the live table differs from the spec",
            False,
        ),
    ],
)
def test_a_table_that_cannot_be_read_says_why_and_its_indexes_with_it(
    answer: Answer, reason: str, in_time: bool
) -> None:
    table, index = rows(answer)

    assert (table.safe_to_deploy, table.reason, table.in_time) == (False, reason, in_time)
    assert (index.safe_to_deploy, index.in_time) == (False, in_time)
    assert index.reason == f"its table: {reason}"


@pytest.mark.parametrize(("category", "in_time"), [("denied", False), ("busy", True)])
def test_an_error_is_waited_out_only_where_it_may_pass(category: str, in_time: bool) -> None:
    table, _ = rows(failing(ErrorCategory(category)))

    assert table.reason.startswith("it cannot be looked at: ")
    assert table.in_time is in_time


@pytest.mark.parametrize(
    ("answer", "safe", "reason", "in_time"),
    [
        (described(), False, "it does not exist; `dynaprov apply` builds it", False),
        (described(IndexStatus="DELETING"), False, "it is being deleted", False),
        (described(IndexStatus="CREATING"), False, "it is being built", True),
        (described(IndexStatus="CREATING", Backfilling=True), False, "it is being filled", True),
        (described("UPDATING", IndexStatus="UPDATING"), True, "", False),
    ],
)
def test_an_index_can_be_read_when_it_is_filled(
    answer: Answer, safe: bool, reason: str, in_time: bool
) -> None:
    table, index = rows(answer)

    assert table.safe_to_deploy
    assert (index.safe_to_deploy, index.reason, index.in_time) == (safe, reason, in_time)


def test_an_index_with_another_projection_is_not_the_one_that_is_meant() -> None:
    _, index = rows(described(IndexStatus="ACTIVE"), desired("KEYS_ONLY"))

    assert index.reason == "`projection` of the live index differs from the spec"
    assert not index.in_time
