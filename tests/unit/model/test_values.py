"""The small values: addresses, places, outcomes, plans, settings, the form of the stamp."""

import base64
import hashlib
import json

import pytest

from dynaprov.kinds.identity import CUT, STAMP, STAMP_MORE, digest, read_stamp, stamp_tags
from dynaprov.kinds.table.state import IndexState, Key, TableState
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.kind import Reading
from dynaprov.model.operation import Operation, Risk
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.plan import Identity, NotCompared, Plan
from dynaprov.model.ports import Call, ErrorCategory, ServiceError
from dynaprov.model.setting import Band, Ref, nested_state
from dynaprov.model.source import Layer, Origin, Position

ERROR = ServiceError(ErrorCategory.DENIED, "dynamodb", "describe_table", "AccessDenied", "no", "r1")
HERE = Plan(Identity("shop", "dev", "111122223333", "eu-west-1"))


@pytest.mark.parametrize(
    "text",
    [
        "orders",
        "orders/ttl",
        "orders/index/ByCustomer",
        "orders/alarm/ByCustomer/read-throttles",
        "kms-key",
        "topic/subscription/https:https://example.com/x",
        "alarm/user-errors",
    ],
)
def test_an_address_is_read_as_it_is_printed(text: str) -> None:
    assert str(Address.parse(text)) == text


def test_an_empty_address_is_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        Address.parse("")


@pytest.mark.parametrize(
    ("address", "child"),
    [("kms-key", "kms-key/tags"), ("orders", "orders/tags"), ("alarm/errors", "alarm/errors/tags")],
)
def test_a_child_stands_one_level_below(address: str, child: str) -> None:
    assert Address.parse(address).child("tags") == Address.parse(child)


def test_a_pattern_means_an_address_and_all_below_it() -> None:
    index = Address.parse("orders/index/ByCustomer")

    assert index.matches("orders")
    assert index.matches("orders/")
    assert index.matches("*/index/*")
    assert not index.matches("order")


def test_a_place_prints_as_editors_take_it() -> None:
    assert str(Position("a.yaml")) == "a.yaml"
    assert str(Origin(Position("a.yaml", 3, 5), Layer.TABLE)) == "a.yaml:3:5 (table)"


def test_an_error_says_what_failed_and_which_permission_it_needs() -> None:
    assert str(ERROR) == "dynamodb DescribeTable: AccessDenied: no (request r1)"
    assert ERROR.action == "dynamodb:DescribeTable"
    assert str(NotCompared(Address("orders"), "stream", ERROR)) == f"orders stream: {ERROR}"


def test_a_reading_of_an_error_needs_one() -> None:
    with pytest.raises(ValueError, match="needs the error"):
        Reading.of_error(Address("orders"), None)


def outcome(status: Status) -> Outcome:
    return Outcome(Operation("a:b", Address("a"), "table", "t", Call("s", "m", {})), status)


def test_a_run_has_converged_when_nothing_failed_and_nothing_is_left() -> None:
    good = (outcome(Status.SUCCEEDED), outcome(Status.SETTLED), outcome(Status.DEFERRED))

    assert Run(HERE, "f", good, residual=HERE).converged
    assert not Run(HERE, "f", good).converged
    assert [o.status for o in Run(HERE, "f", good).deferred] == [Status.DEFERRED]
    assert not Run(HERE, "f", (*good, outcome(Status.UNKNOWN)), residual=HERE).converged


def test_only_unmanaged_parts_make_an_environment_different() -> None:
    whole = Unmanaged(Address("", "alarm", "x"), "alarm", "x", "")
    part = Unmanaged(Address("orders", "index", "X"), "table", "o", "", Address("orders"))

    assert Plan(HERE.identity, unmanaged=(whole,)).in_sync
    assert not Plan(HERE.identity, unmanaged=(part,)).in_sync
    assert HERE.is_empty
    assert HERE.causes() == frozenset()


def test_risks_are_ranked() -> None:
    assert sorted(Risk, key=lambda risk: risk.rank) == list(Risk)


def test_bands_and_references_print_for_people() -> None:
    assert str(Band(1, 5)) == "1..5"
    assert str(Ref("kms-key", "arn")) == "(arn of kms-key, known when it exists)"


def test_the_state_inside_a_field_is_found_in_mappings_too() -> None:
    assert nested_state(TableState, "indexes") is IndexState
    assert nested_state(TableState, "stream") is None


def test_a_digest_is_of_declared_fields_only() -> None:
    assert digest(Key(name="id")) == digest(Key(name="id", type="S"))
    assert digest(IndexState(projection="ALL")) == digest({"projection": "ALL"})
    assert digest({"b": 1, "a": frozenset({"x", "y"})}) == digest({"a": ["x", "y"], "b": 1})
    assert digest(Band(1, 5)) != digest(Band(1, 6))
    assert digest(Ref("kms-key", "arn")) != digest(Ref("kms-key", "id"))


def test_a_stamp_is_read_as_it_was_written() -> None:
    entries = {"dh": digest("x"), "tb": digest(None)}

    assert read_stamp(stamp_tags(entries.items())) == entries
    assert read_stamp({}) is None


def test_a_long_stamp_goes_on_in_a_second_tag() -> None:
    entries = {f"di{number:04}": digest(number) for number in range(30)}

    tags = stamp_tags(entries.items())

    assert set(tags) == {STAMP, STAMP_MORE}
    assert all(len(value) <= 256 for value in tags.values())
    assert read_stamp(tags) == entries


def test_a_stamp_that_does_not_fit_says_so() -> None:
    entries = {f"di{number:04}": digest(number) for number in range(60)}

    tags = stamp_tags(entries.items())
    read = read_stamp(tags)

    assert all(len(value) <= 256 for value in tags.values())
    assert read is not None
    assert CUT in read
    assert len(read) < 60


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, 1, -7, 1.0, 0.5, "", "true", "1", "a\u00e9", [1, True], {"a": 1}],
    ids=repr,
)
def test_a_digest_is_that_of_the_json_text(value: object) -> None:
    # It stands in the stamps of live resources: no release may make another one of the same value.
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    whole = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()

    assert digest(value) == whole[:6]
