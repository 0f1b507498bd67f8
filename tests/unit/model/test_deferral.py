"""What a deferred operation leaves to a later run, setting by setting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.operation import Operation
from dynaprov.model.outcome import without_deferred
from dynaprov.model.ports import Call
from dynaprov.model.setting import Severity


def operation(address: str, *covers: str) -> Operation:
    return Operation(
        "x", Address.parse(address), "table", "x", Call("dynamodb", "x", {}), covers=covers
    )


def change(address: str, *paths: str) -> Change:
    return Change(
        Address.parse(address),
        "table",
        "x",
        Action.UPDATE,
        Cause.DRIFT,
        Severity.LOW,
        tuple(SettingChange(path, 1, 2) for path in paths),
    )


@pytest.mark.parametrize(
    ("cover", "address", "path", "written"),
    [
        ("capacity", "orders", "capacity.read", True),
        ("capacity.read", "orders", "capacity", True),
        ("capacity.read", "orders", "capacity.write", False),
        ("class", "orders", "encryption", False),
        ("", "orders", "encryption", True),
        ("", "orders/index/ByDate", "capacity", True),
        ("indexes.ByDate.capacity", "orders/index/ByDate", "capacity.read", True),
        ("indexes.ByDate.capacity", "orders/index/ByDate", "projection", False),
        ("indexes.ByDate.capacity", "orders/index/ByName", "capacity.read", False),
        ("indexes.By.Date.capacity", "orders/index/By.Date", "capacity", True),
        ("capacity.read", "orders/index/read", "capacity", False),
        ("capacity", "orders/ttl", "attribute", False),
        ("capacity", "customers/index/ByDate", "capacity", False),
    ],
)
def test_an_operation_writes_what_it_covers(
    cover: str, address: str, path: str, written: bool
) -> None:
    assert operation("orders", cover).writes(Address.parse(address), path) is written


def test_only_the_settings_that_wait_are_left_out() -> None:
    both = change("orders", "capacity.read", "class")

    [left] = without_deferred([both], [operation("orders", "capacity")])

    assert [setting.path for setting in left.settings] == ["class"]


def test_a_change_without_settings_waits_with_its_call() -> None:
    gone = change("orders/index/ByDate")

    assert without_deferred([gone], [operation("orders/index/ByDate", "")]) == ()
    assert without_deferred([gone], [operation("orders", "capacity")]) == (gone,)


def test_nothing_deferred_leaves_everything() -> None:
    both = change("orders", "capacity.read", "class")

    assert without_deferred([both], []) == (both,)


def test_what_is_still_being_made_has_its_tags_with_it() -> None:
    tags, others = change("orders/tags", "tags"), change("customers/tags", "tags")
    making = replace(operation("orders", ""), creates=True)

    assert without_deferred([tags, others], [making]) == (others,)
    assert without_deferred([tags], [operation("orders", "capacity")]) == (tags,)
