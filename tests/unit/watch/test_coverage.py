"""How much of what is live a spec names, from two listings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dynaprov.kinds.identity import ADDRESS
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.watch.coverage import coverage
from support.ports import FakeReader, failing
from support.sample_plans import HERE

PREFIX = "streaming-logs-dev-"
PLAN = Plan(
    HERE,
    resources=(
        ("log-metadata", f"{PREFIX}log-metadata"),
        ("log-metadata/ttl", f"{PREFIX}log-metadata"),
        ("kms-key", "alias/x"),
    ),
)


def reader(tables: list[str], tagged: dict[str, str], **more: Any) -> FakeReader:
    listing = [
        {"ResourceARN": arn, "Tags": [{"Key": ADDRESS, "Value": address}]}
        for arn, address in tagged.items()
    ]
    answers = {
        "list_tables": Answer({"TableNames": tables}),
        "get_resources": Answer({"ResourceTagMappingList": listing}),
    }
    return FakeReader({**answers, **more})


def arn(name: str) -> str:
    return f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}"


def test_tables_that_no_spec_names_are_counted_and_named() -> None:
    found = coverage(PLAN, reader([f"{PREFIX}log-metadata", "orders", "carts"], {}))

    assert (found.managed, found.live) == (1, 3)
    assert found.unnamed == ("carts", "orders")
    assert found.leftovers == ()


def test_a_declared_table_that_is_not_there_is_not_managed() -> None:
    assert coverage(PLAN, reader(["orders"], {})).managed == 0


def test_what_has_a_name_or_the_tags_of_this_environment_and_no_spec_is_left_over() -> None:
    tables = [f"{PREFIX}log-metadata", f"{PREFIX}old", f"{PREFIX}older"]
    topic = "arn:aws:sns:us-east-1:123456789012:streaming-logs-dev"
    tagged = {
        arn(f"{PREFIX}log-metadata"): "log-metadata",
        arn(f"{PREFIX}old"): "old",
        topic: "topic",
    }

    found = coverage(PLAN, reader(tables, tagged))

    assert [(str(each.address), each.resource) for each in found.leftovers] == [
        ("topic", topic),
        ("old", f"{PREFIX}old"),
        ("older", f"{PREFIX}older"),
    ]


def test_what_the_comparison_lists_already_is_not_told_twice() -> None:
    name = f"{PREFIX}old"
    known = replace(PLAN, unmanaged=(Unmanaged(Address("old"), "table", name, "left"),))

    assert coverage(known, reader([name], {arn(name): "old"})).leftovers == ()


def test_what_cannot_be_listed_is_told_and_never_taken_for_nothing() -> None:
    denied = coverage(PLAN, reader([], {}, list_tables=failing(ErrorCategory.DENIED)))
    slow = coverage(PLAN, reader([], {}, get_resources=failing(ErrorCategory.THROTTLED)))

    assert denied.problem == f"needs {denied.permission}"
    assert denied.permission.startswith("dynamodb:")
    assert slow.problem
    assert (slow.managed, slow.live, slow.permission) == (0, 0, "")


def test_tables_are_counted_where_the_endpoint_has_no_tagging_api() -> None:
    names = [f"{PREFIX}log-metadata", f"{PREFIX}old"]

    found = coverage(PLAN, reader(names, {}, get_resources=failing(ErrorCategory.UNSUPPORTED)))

    assert (found.managed, found.live, found.problem) == (1, 2, "")
    assert [each.resource for each in found.leftovers] == [f"{PREFIX}old"]
