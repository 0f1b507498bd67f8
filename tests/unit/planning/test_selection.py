"""What a selection means: changes that are wanted or written along, and what makes them."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.operation import Operation, StampWrite
from dynaprov.model.setting import Severity
from dynaprov.planning.selection import covers, select
from support.operations import an_operation

TABLE = Address("orders")
INDEX = Address("orders", "index", "ByDate")
OWNERS = {INDEX: TABLE}


def change(address: Address, *paths: str) -> Change:
    settings = tuple(SettingChange(path, 1, 2) for path in paths)
    return Change(
        address, "table", "shop-dev-orders", Action.UPDATE, Cause.DRIFT, Severity.LOW, settings
    )


def operation(id: str, address: Address = TABLE, **more: Any) -> Operation:
    return an_operation(id, address=address, **more)


def selected(
    changes: list[Change], operations: list[Operation], *wanted: Address
) -> tuple[list[tuple[str, list[str]]], list[str]]:
    shown, made = select(changes, operations, OWNERS, lambda address: address in wanted)
    return (
        [(str(each.address), [s.path for s in each.settings]) for each in shown],
        [each.id for each in made],
    )


@pytest.mark.parametrize(
    ("cover", "path", "is_covered"),
    [
        ("", "capacity", True),
        ("capacity", "", True),
        ("capacity", "capacity", True),
        ("capacity", "capacity.read", True),
        ("capacity.read", "capacity", True),
        ("capacity.read", "capacity.write", False),
        ("cap", "capacity", False),
        ("capacity", "cap", False),
    ],
)
def test_a_path_covers_itself_its_parts_and_what_it_is_a_part_of(
    cover: str, path: str, is_covered: bool
) -> None:
    assert covers(cover, path) is is_covered


def test_what_is_not_wanted_is_left_out() -> None:
    other = Address("users")
    changes = [change(TABLE, "class"), change(other, "class")]
    operations = [operation("a"), operation("b", other)]

    assert selected(changes, operations, other) == ([("users", ["class"])], ["b"])


def test_a_call_that_writes_a_wanted_part_is_chosen_and_shows_what_it_writes_along() -> None:
    changes = [change(INDEX, "capacity.read"), change(TABLE, "capacity.read", "class")]
    operations = [
        operation("capacity", covers=("capacity", "indexes.ByDate.capacity")),
        operation("class", covers=("class",)),
    ]

    shown, made = selected(changes, operations, INDEX)

    assert shown == [("orders/index/ByDate", ["capacity.read"]), ("orders", ["capacity.read"])]
    assert made == ["capacity"]


def test_a_wanted_change_is_shown_whole_though_no_call_writes_all_of_it() -> None:
    changes = [change(TABLE, "class", "partition_key")]

    shown, _ = selected(changes, [operation("class", covers=("class",))], TABLE)

    assert shown == [("orders", ["class", "partition_key"])]


def test_another_index_of_the_table_is_not_written() -> None:
    operations = [operation("a", covers=("indexes.ByName",))]

    assert selected([change(INDEX, "capacity.read")], operations, INDEX) == (
        [("orders/index/ByDate", ["capacity.read"])],
        [],
    )


def test_an_operation_is_chosen_by_its_own_address_without_any_change() -> None:
    assert selected([], [operation("a"), operation("b", INDEX)], INDEX) == ([], ["b"])


def test_what_the_chosen_need_comes_along() -> None:
    operations = [operation("a"), operation("b", INDEX, needs=("a",))]

    assert selected([], operations, INDEX) == ([], ["a", "b"])


def test_a_stamp_comes_along_only_with_what_it_notes() -> None:
    def stamping(id: str, *ids: str) -> Operation:
        stamp = StampWrite(earned=(("g", "digest", ids),) if ids else ())
        return operation(id, Address("orders", "tags"), stamp=stamp)

    operations = [
        operation("a", INDEX),
        operation("b"),
        stamping("of a", "x", "a"),
        stamping("of b", "b"),
        stamping("of none"),
    ]

    assert selected([], operations, INDEX) == ([], ["a", "of a"])
