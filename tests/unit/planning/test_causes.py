"""Why something differs: the entries of a stamp, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.kinds.identity import CUT, STAMP, digest, stamp_tags
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.table.state import Capacity, IndexState, TableState
from dynaprov.kinds.tags import TagsState
from dynaprov.model.address import Address
from dynaprov.model.change import Cause
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.setting import Ref, State
from dynaprov.planning.causes import (
    Entry,
    Stamped,
    holder_of,
    live_tags,
    restricted,
    stamps,
)

TABLE = Address("orders")
PITR = Address("orders", "pitr")
INDEX = Address("orders", "index", "ByDate")
KEY_ARN = Ref("kms-key", "arn")


def entry(wanted: Any, live: Any = None, code: str = "x", **more: Any) -> Entry:
    return Entry(code, TABLE, wanted, live, more.pop("members", ((TABLE, "x"),)), **more)


def table(state: State | None = None, tags: Mapping[str, str | None] | None = None) -> Desired:
    return Desired(
        TABLE, "table", "shop-dev-orders", state or TableState(), tags={} if tags is None else tags
    )


def pitr(state: PitrState | None = None, **more: Any) -> Desired:
    made = state or PitrState(enabled=True)
    return Desired(PITR, "pitr", "shop-dev-orders", made, parent=TABLE, **more)


def stamped(*desired: Desired, readings: tuple[Reading, ...] = ()) -> dict[Address, Stamped]:
    return stamps(
        {each.address: each for each in desired}, {each.address: each for each in readings}
    )


def tags_of(holder: Address, tags: Mapping[str, str | None]) -> Reading:
    address = holder.child("tags")
    return Reading(address, Presence.PRESENT, TagsState(tags=dict(tags)))


# -- causes


def cause_of(only: Entry, live: Mapping[str, str] | None) -> Cause:
    [(address, path)] = only.members
    return Stamped(table(), lambda: [only], live).cause(address, path, {})


@pytest.mark.parametrize(
    ("stamp", "cause"),
    [
        (None, Cause.UNKNOWN),
        ({}, Cause.PENDING),
        ({CUT: ""}, Cause.UNKNOWN),
        ({"x": digest("wanted")}, Cause.DRIFT),
        ({"x": digest("wanted"), CUT: ""}, Cause.DRIFT),
        ({"x": digest("live")}, Cause.PENDING),
        ({"x": "222222"}, Cause.CONFLICT),
        ({"x": "zzzzzz"}, Cause.CONFLICT),
    ],
    ids=[
        "no stamp",
        "no entry",
        "cut",
        "the spec's",
        "the spec's of a cut",
        "live",
        "neither",
        "neither, later",
    ],
)
def test_the_cause_follows_from_the_stamp(stamp: dict[str, str] | None, cause: Cause) -> None:
    assert cause_of(entry("wanted", "live"), stamp) is cause


def test_what_no_entry_speaks_for_has_no_known_cause() -> None:
    assert Stamped(table(), list, {}).cause(TABLE, "x", {}) is Cause.UNKNOWN


def test_a_live_value_may_have_been_stamped_as_the_reference_that_means_it() -> None:
    each = entry("wanted", "arn:key")

    found = each.live_digests({"arn:key": KEY_ARN, "other": Ref("topic", "arn")})

    assert found == {digest("arn:key"), digest(KEY_ARN)}
    assert each.live_digests({"other": KEY_ARN}) == {digest("arn:key")}


def test_a_mapping_may_have_been_stamped_before_some_of_its_keys_were_declared() -> None:
    each = entry({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"})

    assert each.live_digests({}) == {
        digest({"a": "1", "b": "9", "c": None}),
        digest({"a": "1"}),
        digest({"a": "1", "b": "9"}),
    }


def test_another_cut_of_the_live_value_counts_too() -> None:
    assert digest({"z": "1"}) in entry({"a": "1"}, {}, also_live={"z": "1"}).live_digests({})
    assert entry("a", "b").live_digests({}) == {digest("b")}


def test_the_live_value_is_cut_to_what_is_declared() -> None:
    live = TableState(capacity=Capacity(read=1, write=2), **{"class": "STANDARD"})
    wanted = TableState(capacity=Capacity(read=5))

    assert restricted(wanted, live) == {"capacity": {"read": 1}}
    assert restricted(wanted, None) is None
    assert restricted("word", live) is live
    assert restricted({"a": 1, "b": {"c": 2}}, {"b": {"c": 3, "d": 4}, "e": 5}) == {
        "a": None,
        "b": {"c": 3},
    }
    assert restricted({"a": 1}, None) is None
    assert restricted("word", {"a": 1}) == {"a": 1}


# -- entries


def test_an_entry_speaks_for_a_setting_and_what_is_in_it() -> None:
    one = entry(1, members=((TABLE, "capacity"),))
    all_of_it = entry(2, members=((INDEX, ""),))
    found = Stamped(table(), lambda: [one, all_of_it])

    assert found.entry(TABLE, "capacity") is one
    assert found.entry(TABLE, "capacity.read") is one
    assert found.entry(INDEX, "capacity.read") is all_of_it
    assert found.entry(TABLE, "class") is None
    assert found.entry(PITR, "capacity") is None


def test_of_several_entries_for_a_setting_the_first_counts() -> None:
    first, second = entry(1), entry(2)

    assert Stamped(table(), lambda: [first, second]).entry(TABLE, "x") is first


def test_the_stamp_holds_what_is_wanted() -> None:
    found = Stamped(table(), lambda: [entry(1, code="a"), entry(2, code="b")])

    assert found.wanted() == {"a": digest(1), "b": digest(2)}


# -- who carries a stamp, and of what


def test_a_part_of_a_table_is_stamped_on_the_table() -> None:
    desired = {each.address: each for each in (table(), pitr())}

    assert holder_of(desired[PITR], desired) is desired[TABLE]
    assert holder_of(desired[TABLE], desired) is desired[TABLE]


def test_without_tags_nothing_is_stamped() -> None:
    untagged = Desired(TABLE, "table", "shop-dev-orders", TableState())

    assert stamped(untagged, pitr()) == {}
    assert stamped(pitr()) == {}


def test_what_cannot_be_stamped_hides_nothing_that_can() -> None:
    topic = Address("", "topic")
    tags = Desired(TABLE.child("tags"), "tags", "t", TagsState(tags={}))
    alone = Desired(topic, "pitr", "t", PitrState(enabled=True))

    assert list(stamped(tags, alone, table())) == [TABLE]


def test_a_stamp_has_an_entry_for_tags_and_for_each_declared_setting() -> None:
    state = TableState(**{"class": "STANDARD"}, billing_mode="PAY_PER_REQUEST")
    wanted = table(state, {"Owner": "me", STAMP: "1"})

    found = stamped(wanted, pitr())[TABLE]

    assert {each.members[0]: (each.code[0], each.wanted) for each in found.entries} == {
        (TABLE.child("tags"), "tags"): ("z", {"Owner": "me"}),
        (TABLE, "billing_mode"): ("d", "PAY_PER_REQUEST"),
        (TABLE, "class"): ("d", "STANDARD"),
        (PITR, "enabled"): ("r", True),
    }
    assert found.entries[0].code == "zg"
    assert found.entry(TABLE.child("tags"), "tags.Owner") is found.entries[0]
    assert found.live is None


def test_the_live_stamp_and_tags_are_read_from_the_live_tags() -> None:
    live = {"Owner": "you", "Gone": None, **stamp_tags([("ra", digest(True))])}

    [found] = stamped(
        table(tags={"Owner": "me"}), pitr(), readings=(tags_of(TABLE, live),)
    ).values()

    assert found.live == {"ra": digest(True)}
    tags_entry = found.entries[0]
    assert (tags_entry.live.get("Owner"), "Gone" in tags_entry.live) == ("you", False)
    assert tags_entry.also_live == {"Owner": "you"}
    assert found.cause(PITR, "enabled", {}) is Cause.DRIFT


def test_tags_that_were_not_read_are_not_known() -> None:
    address = TABLE.child("tags")

    assert live_tags(table(), {}) is None
    assert live_tags(table(), {address: Reading.absent(address)}) is None
    assert live_tags(table(), {address: tags_of(TABLE, {"a": "1", "b": None})}) == {"a": "1"}


def test_what_is_live_is_compared_with_what_is_applied() -> None:
    live = Reading(PITR, Presence.PRESENT, PitrState(enabled=False))

    found = stamped(table(), pitr(), readings=(live,))[TABLE].entry(PITR, "enabled")
    absent = stamped(table(), pitr(), readings=(Reading.absent(PITR),))[TABLE]
    unread = stamped(table(), pitr())[TABLE]

    assert found is not None
    assert (found.wanted, found.live) == (True, False)
    for each in (absent, unread):  # then it is as a new table has it
        fresh = each.entry(PITR, "enabled")
        assert fresh is not None
        assert fresh.live is False


def test_each_index_has_its_entry() -> None:
    wanted = IndexState.model_validate({"partition_key": "a", "projection": "ALL"})
    other = IndexState.model_validate({"partition_key": "b", "projection": "ALL"})
    live = Reading(TABLE, Presence.PRESENT, TableState(indexes={"ByDate": other}))

    found = stamped(table(TableState(indexes={"ByDate": wanted, "New": wanted})), readings=(live,))

    by_date = found[TABLE].entry(INDEX, "partition_key")
    new = found[TABLE].entry(Address("orders", "index", "New"), "projection")
    assert by_date is not None
    assert new is not None
    assert (by_date.wanted, by_date.live, new.live) == (wanted, other, None)
    assert by_date.code.endswith(digest("ByDate")[:4])
    assert len(by_date.code) == 6
    assert by_date.members == ((INDEX, ""), (TABLE, "indexes.ByDate"))
    none = stamped(table(TableState.model_construct({"indexes"}, indexes=None)), readings=(live,))
    assert len(none[TABLE].entries) == 1


def test_a_setting_without_a_code_is_not_stamped() -> None:
    state = KIND_BY_NAME["scaling"].state.model_construct({"capacity"}, capacity=5)
    scaling = Desired(Address("orders", "scaling", "read"), "scaling", "t", state, parent=TABLE)

    assert [each.code for each in stamped(table(), scaling)[TABLE].entries] == ["zg"]


def test_a_group_has_one_entry_for_all_of_it() -> None:
    other = Address("orders", "pitr", "other")
    second = Desired(other, "pitr", "t", PitrState(enabled=False), parent=TABLE, stamp_group="s")

    found = stamped(table(), pitr(stamp_group="s"), second)[TABLE]

    [_, group] = found.entries
    assert (group.code, group.owner) == ("s", PITR)
    assert group.wanted == {"orders/pitr.enabled": True, "orders/pitr/other.enabled": False}
    assert group.live == {"orders/pitr.enabled": False, "orders/pitr/other.enabled": False}
    assert group.members == ((PITR, ""), (other, ""))


INDEX_LIVE = IndexState.model_validate(
    {"partition_key": "a", "projection": "ALL", "capacity": {"read": 5, "write": 5}}
)


@pytest.mark.parametrize(
    "applied",
    [
        {"partition_key": "a", "projection": "ALL"},
        {"partition_key": "a", "sort_key": None, "projection": "ALL"},
        {"partition_key": "a", "projection": "ALL", "capacity": {"read": 5}},
    ],
    ids=["no capacity", "no sort key said", "one side"],
)
@pytest.mark.parametrize(
    "wanted", [None, INDEX_LIVE.model_copy(update={"projection": "KEYS_ONLY"})]
)
def test_what_is_live_may_have_been_stamped_when_less_of_it_was_declared(
    applied: dict[str, Any], wanted: object
) -> None:
    holder = Stamped(table(), list, {"x": digest(IndexState.model_validate(applied))})
    one = entry(wanted, INDEX_LIVE, several=True)

    assert cause_of(one, holder.live) is Cause.PENDING
    assert cause_of(entry(wanted, INDEX_LIVE), holder.live) is Cause.CONFLICT


def test_what_is_live_and_was_never_stamped_is_a_conflict_whatever_was_declared() -> None:
    other = IndexState.model_validate({"partition_key": "b", "projection": "ALL"})
    holder = Stamped(table(), list, {"x": digest(other)})

    assert cause_of(entry(None, INDEX_LIVE, several=True), holder.live) is Cause.CONFLICT


def test_a_group_may_have_been_stamped_with_fewer_members() -> None:
    live = {"orders/pitr.enabled": True, "orders/pitr/other.enabled": False}
    holder = Stamped(table(), list, {"x": digest({"orders/pitr.enabled": True})})
    wanted = {"orders/pitr.enabled": False, "orders/pitr/other.enabled": False}

    assert cause_of(entry(wanted, live, several=True), holder.live) is Cause.PENDING
