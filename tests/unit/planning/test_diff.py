"""The difference between desired and observed, on a small state that has one of everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from dynaprov.model.address import Address
from dynaprov.model.change import Action
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.setting import Band, Effect, Owner, Ref, Setting, Severity, State
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.planning.diff import Difference, diff, same, shown
from support.operations import LookingKind
from support.ports import an_error

AT = Address("orders")


class Text(State):
    word: str = ""
    extra: str = ""

    def __str__(self) -> str:
        return f"<{self.word}>"


class Inner(State):
    read: Annotated[int | Band | None, Setting("r", Severity.HIGH)] = None
    keys: Annotated[Text | None, Setting("k", effect=Effect.REPLACE)] = None
    quiet: Annotated[int | None, Setting("q", compared=False)] = None


class Named(State):
    class_: Annotated[int, Field(alias="class")]


class Foreign(BaseModel):
    class_: int


class Whole(State):
    plain: Annotated[Any, Setting("p", Severity.LOW, owner=Owner.AWS, secret=True)] = None
    text: Annotated[Text | None, Setting("t")] = None
    inner: Annotated[Inner | str | None, Setting("i")] = None
    marks: Annotated[dict[str, str | None] | None, Setting("m", keyed=True)] = None
    quiet: Annotated[int | None, Setting("q", compared=False)] = None
    parts: Annotated[dict[str, Inner | None] | None, Setting("x", part="part")] = None
    fixed: Annotated[
        dict[str, Inner | None] | None, Setting("f", effect=Effect.FIXED, part="fixed-part")
    ] = None


class WholeKind(LookingKind):
    state = Whole


class Aspect(WholeKind):
    fresh = Whole(plain=1)


def differences(
    wanted: Whole, live: Whole | None, *, aspect: bool = False, **more: Any
) -> list[Difference]:
    desired = Desired(
        AT,
        "looking",
        "name",
        wanted,
        origins={
            path: Origin(Position(path, 1, 1), Layer.TABLE)
            for path in ("", "inner.read", "marks.a", "parts.A", "parts.A.read")
        },
    )
    presence = Presence.PRESENT if live else Presence.ABSENT
    reading = Reading(AT, more.pop("presence", presence), live, **more)
    return diff(Aspect() if aspect else WholeKind(), desired, wanted, reading)


Told = list[tuple[str, str, list[tuple[str, Any, Any]]]]


def told(found: Iterable[Difference]) -> Told:
    return [
        (
            str(each.address),
            each.action.value,
            [(setting.path, setting.before, setting.after) for setting in each.settings],
        )
        for each in found
    ]


def test_equal_states_do_not_differ() -> None:
    state = Whole(plain=1, inner=Inner(read=1), marks={"a": "b"}, parts={"A": Inner(read=1)})

    assert differences(state, state) == []


def test_only_what_is_declared_and_compared_differs_in_the_order_of_the_state() -> None:
    live = Whole(plain=1, text=Text(word="a"), quiet=1, inner=Inner(read=1))

    assert told(differences(Whole(quiet=2, inner=None, plain=2), live)) == [
        ("orders", "update", [("plain", 1, 2), ("inner", {"read": 1}, None)])
    ]


def test_nothing_is_known_of_what_cannot_be_read() -> None:
    unreadable = differences(Whole(plain=1), None, presence=Presence.UNREADABLE, problem=an_error())

    assert unreadable == []


def test_a_setting_that_cannot_be_read_is_left_out_and_the_next_is_not() -> None:
    found = differences(
        Whole(plain=2, text=Text(word="b")), Whole(plain=1), unreadable={"plain": an_error()}
    )

    assert told(found) == [("orders", "update", [("text", None, "<b>")])]


def test_a_resource_is_created_with_what_is_declared_and_not_none() -> None:
    wanted = Whole(
        plain=1, text=None, quiet=3, inner=Inner(read=2), parts={"A": None}, fixed={"B": Inner()}
    )

    assert told(differences(wanted, None)) == [
        (
            "orders",
            "create",
            [("plain", None, 1), ("inner", None, {"read": 2}), ("fixed", None, {"B": {}})],
        )
    ]


def test_parts_that_are_none_are_not_created() -> None:
    wanted = Whole(parts={"A": None, "B": Inner(read=1)})

    assert told(differences(wanted, None)) == [
        ("orders", "create", [("parts", None, {"B": {"read": 1}})])
    ]


def test_an_aspect_that_is_absent_is_created_by_what_differs_from_a_new_one() -> None:
    assert told(differences(Whole(plain=2, text=None), None, aspect=True)) == [
        ("orders", "create", [("plain", 1, 2)])
    ]
    assert differences(Whole(plain=1), None, aspect=True) == []


def test_a_nested_state_differs_by_its_leaves() -> None:
    wanted = Whole(inner=Inner(read=2, quiet=1))

    for live, before in ((Inner(read=1), 1), (None, None)):
        found = differences(wanted, Whole(plain=0, inner=live))

        assert told(found) == [("orders", "update", [("inner.read", before, 2)])]


def test_a_nested_state_in_place_of_a_word_is_one_value() -> None:
    assert told(differences(Whole(inner=Inner(read=2)), Whole(inner="word"))) == [
        ("orders", "update", [("inner", "word", {"read": 2})])
    ]


def test_a_state_with_a_text_of_its_own_is_one_value() -> None:
    wanted, live = Whole(text=Text(word="b", extra="y")), Whole(text=Text(word="a", extra="x"))

    assert told(differences(wanted, live)) == [("orders", "update", [("text", "<a>", "<b>")])]


def test_a_mapping_is_compared_by_the_keys_that_are_declared() -> None:
    wanted = Whole(marks={"a": "1", "b": "2", "c": None})
    changed = [("marks.a", "0", "1"), ("marks.c", "3", None)]

    assert told(differences(wanted, Whole(marks={"a": "0", "b": "2", "c": "3", "d": "4"}))) == [
        ("orders", "update", changed)
    ]


def test_without_a_mapping_every_declared_key_differs() -> None:
    assert told(differences(Whole(marks={"a": "1"}), Whole(plain=0))) == [
        ("orders", "update", [("marks.a", None, "1")])
    ]


def test_a_mapping_that_is_none_is_one_value() -> None:
    assert told(differences(Whole(marks=None), Whole(marks={"a": "1"}))) == [
        ("orders", "update", [("marks", {"a": "1"}, None)])
    ]


def test_parts_are_compared_one_by_one() -> None:
    wanted = Whole(
        parts={
            "New": Inner(read=1),
            "Gone": None,
            "Never": None,
            "Same": Inner(read=1),
            "Other": Inner(read=2),
            "Anew": Inner(read=2, keys=Text(word="b")),
        }
    )
    live = Whole(
        parts={
            "Gone": Inner(read=1),
            "Same": Inner(read=1),
            "Other": Inner(read=1),
            "Anew": Inner(read=2, keys=Text(word="a")),
            "Unnamed": Inner(read=1),
        }
    )

    assert told(differences(wanted, live)) == [
        ("orders/part/New", "create", [("read", None, 1)]),
        ("orders/part/Gone", "delete", [("", {"read": 1}, None)]),
        ("orders/part/Other", "update", [("read", 1, 2)]),
        ("orders/part/Anew", "replace", [("keys", "<a>", "<b>")]),
    ]


def test_a_part_says_where_it_stands_in_the_state() -> None:
    [found] = differences(Whole(parts={"A": Inner(read=1)}), Whole(plain=0))

    assert (found.field, found.key) == ("parts", "A")
    assert found.settings[0].origin is not None
    assert found.settings[0].origin.position.file == "parts.A.read"


def test_a_part_that_goes_was_written_where_its_name_is() -> None:
    [found] = differences(Whole(parts={"A": None}), Whole(parts={"A": Inner(read=1)}))

    assert found.settings[0].origin is not None
    assert found.settings[0].origin.position.file == "parts.A"


def test_a_fixed_part_cannot_be_added_and_another_can() -> None:
    wanted = Whole(parts={"A": Inner(read=1)}, fixed={"A": Inner(read=1)})

    added = differences(wanted, Whole(plain=0))

    assert [each.settings[0].effect for each in added] == [Effect.IN_PLACE, Effect.FIXED]


def test_parts_that_are_none_altogether_are_left_alone() -> None:
    assert differences(Whole(parts=None), Whole(parts={"A": Inner(read=1)})) == []


@pytest.mark.parametrize(
    ("wanted", "path", "file"),
    [
        (Whole(inner=Inner(read=2)), "inner.read", "inner.read"),
        (Whole(marks={"a": "2"}), "marks.a", "marks.a"),
        (Whole(plain=2), "plain", ""),
    ],
)
def test_a_change_knows_where_its_setting_was_written(wanted: Whole, path: str, file: str) -> None:
    [found] = differences(wanted, Whole(plain=0, inner=Inner(read=1)))

    [setting] = found.settings
    assert (setting.path, setting.origin and setting.origin.position.file) == (path, file)


def test_a_change_carries_what_the_setting_says() -> None:
    [found] = differences(Whole(plain=2), Whole(plain=0))

    [setting] = found.settings
    assert (setting.severity, setting.owner, setting.secret, setting.reason) == (
        Severity.LOW,
        Owner.AWS,
        True,
        "",
    )
    assert found.action is Action.UPDATE


def test_anything_within_a_band_is_the_same() -> None:
    band = Band(2, 4)

    assert [same(band, value) for value in (1, 2, 4, 5, None)] == [False, True, True, False, False]
    assert same(3, 3)
    assert not same(3, 4)


def test_what_is_outside_a_band_says_so() -> None:
    [found] = differences(Whole(plain=Band(2, 4)), Whole(plain=9))

    assert found.settings[0].reason == "outside the band 2..4"
    assert found.settings[0].after == Band(2, 4)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (Ref("kms-key", "arn"), Ref("kms-key", "arn")),
        (Text(word="a"), "<a>"),
        (Inner(read=1), {"read": 1}),
        (Named(class_=1), {"class": 1}),
        (Foreign(class_=1), {"class_": 1}),
        ({1: Text(word="a")}, {"1": "<a>"}),
        ([Text(word="a"), (Band(1, 2),)], ["<a>", [Band(1, 2)]]),
        (frozenset({"b", "a", "c"}), ["a", "b", "c"]),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        ("word", "word"),
        (None, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_shown_as_json(value: Any, json: Any) -> None:
    assert shown(value) == json
