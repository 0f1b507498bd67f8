"""Order among operations: what needs the creation of what, and what a selection pulls in."""

from __future__ import annotations

from typing import Any

from dynaprov.kinds.table.state import TableState
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired
from dynaprov.model.ports import Call
from dynaprov.model.setting import Ref
from dynaprov.planning.graph import closed, with_requirements, with_their_needs
from support.operations import an_operation

KEY = Address("", "kms-key")
TABLE = Address("orders")


def desired(*requires: Address, **state: Any) -> Desired:
    return Desired(TABLE, "table", "shop-dev-orders", TableState(**state), requires=requires)


def call(**params: Any) -> Call:
    return Call("dynamodb", "update_table", params)


def test_a_required_resource_is_needed_after_what_was_needed_already() -> None:
    operations = [an_operation("b", needs=("a",))]

    [made] = with_requirements(operations, desired(KEY), {KEY: "kms-key:create"})

    assert made.needs == ("a", "kms-key:create")


def test_what_is_there_already_is_not_needed() -> None:
    [made] = with_requirements([an_operation("b")], desired(KEY), {})

    assert made.needs == ()


def test_a_need_stands_only_once() -> None:
    operations = [an_operation("b", needs=("kms-key:create",))]

    [made] = with_requirements(operations, desired(KEY), {KEY: "kms-key:create"})

    assert made.needs == ("kms-key:create",)


def test_an_operation_does_not_need_itself() -> None:
    creating = {Address("orders", "index", "ByDate"): "b"}

    [made] = with_requirements(
        [an_operation("b")], desired(Address("orders", "index", "ByDate")), creating
    )

    assert made.needs == ()


def test_an_index_that_comes_with_its_table_needs_the_tables_creation() -> None:
    index = Address("orders", "index", "ByDate")

    [made] = with_requirements([an_operation("b")], desired(index), {TABLE: "orders:create"})

    assert made.needs == ("orders:create",)


def test_what_belongs_to_the_environment_comes_with_no_table() -> None:
    [made] = with_requirements([an_operation("b")], desired(KEY), {Address(""): "x"})

    assert made.needs == ()


def test_a_resource_required_for_a_value_is_needed_by_the_calls_that_carry_it() -> None:
    ref = Ref("kms-key", "arn")
    operations = [
        an_operation("plain", call=call(TableName="t")),
        an_operation("direct", call=call(Key=ref)),
        an_operation("nested", call=call(Specification={"Keys": [{"Key": ref}]})),
        an_operation("tuple", call=call(Keys=("x", ref))),
    ]
    wanted = desired(KEY, encryption=ref)

    made = with_requirements(operations, wanted, {KEY: "kms-key:create"})

    assert {each.id: each.needs for each in made} == {
        "plain": (),
        "direct": ("kms-key:create",),
        "nested": ("kms-key:create",),
        "tuple": ("kms-key:create",),
    }


def test_a_selection_pulls_in_what_it_needs_through_others_in_plan_order() -> None:
    operations = [
        an_operation("x"),
        an_operation("c", needs=("b", "a")),
        an_operation("a"),
        an_operation("b", needs=("a", "elsewhere")),
    ]

    made = with_their_needs([operations[1]], operations)

    assert [each.id for each in made] == ["c", "a", "b"]


def test_needs_that_go_in_circles_are_pulled_in_once() -> None:
    operations = [an_operation("a", needs=("b",)), an_operation("b", needs=("a",))]

    made = with_their_needs([operations[0]], operations)

    assert [each.id for each in made] == ["a", "b"]


def test_closing_forgets_who_is_not_there_and_an_order_that_a_need_implies() -> None:
    operations = [
        an_operation("a"),
        an_operation("b"),
        an_operation("c", needs=("a", "gone"), after=("a", "b", "gone")),
    ]

    [*_, made] = closed(operations)

    assert (made.needs, made.after) == (("a",), ("b",))
