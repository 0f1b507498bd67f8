"""A comparison cut down to single settings."""

from __future__ import annotations

from typing import cast

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.kind import Desired, Reading
from dynaprov.model.setting import Severity
from dynaprov.planning.changes import Compared
from dynaprov.planning.narrowing import narrowed

TABLE, INDEX = Address("orders"), Address("orders", "index", "ByDate")


def change(address: Address, *paths: str) -> Change:
    settings = tuple(SettingChange(path, 1, 2) for path in paths)
    return Change(address, "table", "t", Action.UPDATE, Cause.DRIFT, Severity.LOW, settings)


COMPARED = [
    Compared(
        cast("Desired", None),
        Reading.absent(TABLE),
        (change(TABLE, "class", "stream"), change(INDEX, "capacity.read")),
    )
]


def kept(*only: tuple[str, str]) -> list[tuple[str, list[str]]]:
    return [
        (str(each.address), [setting.path for setting in each.settings])
        for one in narrowed(COMPARED, frozenset(only))
        for each in one.changes
    ]


def test_without_names_all_of_it_stays() -> None:
    assert narrowed(COMPARED, frozenset()) == COMPARED


def test_only_the_named_settings_stay() -> None:
    assert kept(("orders", "stream")) == [("orders", ["stream"])]
    assert kept(("orders", "stream"), ("orders/index/ByDate", "capacity.read")) == [
        ("orders", ["stream"]),
        ("orders/index/ByDate", ["capacity.read"]),
    ]


def test_the_thing_itself_is_all_of_its_settings() -> None:
    assert kept(("orders", "")) == [("orders", ["class", "stream"])]


def test_what_does_not_differ_names_nothing() -> None:
    assert kept(("orders", "ttl"), ("other", "")) == []
