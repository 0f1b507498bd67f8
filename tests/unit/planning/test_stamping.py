"""The stamp in a plan: what creating calls carry, and the tag calls that renew it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynaprov.kinds.dashboard import DashboardState
from dynaprov.kinds.identity import STAMP, STAMP_MORE, identity_tags, read_stamp, stamp_tags
from dynaprov.kinds.kms_key import KmsKeyState
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.table.state import IndexState, TableState
from dynaprov.kinds.tags import TagsState
from dynaprov.kinds.topic import TopicState
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.kind import Desired, Presence, Reading, Scope
from dynaprov.model.operation import Operation, StampWrite
from dynaprov.model.plan import NotCompared
from dynaprov.model.setting import Severity, State
from dynaprov.planning.causes import stamps
from dynaprov.planning.changes import Compared
from dynaprov.planning.observe import Observed
from dynaprov.planning.stamping import creation_tags, stamp_operations
from support.operations import an_operation
from support.ports import an_error
from support.specs import spec

SCOPE = Scope("shop", "dev", "111122223333", "eu-west-1")
KEY, ORDERS, USERS = Address("", "kms-key"), Address("orders"), Address("users")
TTL, PITR, TAGS = (ORDERS.child(part) for part in ("ttl", "pitr", "tags"))


def table(address: Address = ORDERS, **more: Any) -> Desired:
    more.setdefault("state", TableState(deletion_protection=True))
    more.setdefault("tags", {"Owner": "me"})
    return Desired(address, "table", f"shop-dev-{address.table}", arn=f"arn:{address}", **more)


def key(**more: Any) -> Desired:
    return Desired(KEY, "kms-key", "shop-dev", KmsKeyState(description="d"), tags={}, **more)


def ttl() -> Desired:
    return Desired(TTL, "ttl", "t", TtlState(attribute="a"), requires=(ORDERS,), parent=ORDERS)


def pitr() -> Desired:
    state = PitrState(enabled=True, recovery_period_days=7)
    return Desired(PITR, "pitr", "t", state, requires=(ORDERS,), parent=ORDERS)


def dashboard(parent: Address) -> Desired:
    """Something that carries no tags, whose stamp is at another resource."""
    address = Address("", "dashboard")
    return Desired(address, "dashboard", "shop-dev", DashboardState(body={}), parent=parent)


def live(desired: Desired, tags: dict[str, str] | None = None) -> list[Reading]:
    """A resource that is there, and its tags where they could be read."""
    readings = [Reading(desired.address, Presence.PRESENT, desired.state, arn=desired.arn)]
    if tags is not None:
        state: State = TagsState(tags=dict(tags))
        readings.append(Reading(desired.address.child("tags"), Presence.PRESENT, state))
    return readings


def observed(*things: Desired | list[Reading], stamp: bool = True) -> Observed:
    desired = {each.address: each for each in things if isinstance(each, Desired)}
    readings = {r.address: r for each in things if isinstance(each, list) for r in each}
    return Observed(replace(spec(), stamp=stamp), SCOPE, "", desired, readings)


def carried(*things: Desired | list[Reading], stamp: bool = True) -> dict[Address, dict[str, str]]:
    seen = observed(*things, stamp=stamp)
    return creation_tags(seen, stamps(seen.desired, seen.readings))


def whole(*desired: Desired) -> dict[str, str]:
    """The stamp of the first resource when everything was applied."""
    found = stamps({each.address: each for each in desired}, {})
    return found[desired[0].address].wanted()


def codes(*desired: Desired) -> list[str]:
    return list(whole(*desired))


def renewals(
    *things: Desired | list[Reading],
    compared: tuple[Compared, ...] = (),
    operations: tuple[Operation, ...] = (),
    stamp: bool = True,
) -> list[Operation]:
    seen = observed(*things, stamp=stamp)
    return stamp_operations(seen, stamps(seen.desired, seen.readings), compared, operations)


def write_of(operation: Operation) -> StampWrite:
    assert operation.stamp is not None
    return operation.stamp


def differing(desired: Desired, *paths: str, unread: tuple[str, ...] = ()) -> Compared:
    settings = tuple(SettingChange(path, 1, 2) for path in paths)
    at = (desired.address, desired.kind, desired.name)
    change = Change(*at, Action.UPDATE, Cause.DRIFT, Severity.LOW, settings)
    hidden = tuple(NotCompared(desired.address, path, an_error()) for path in unread)
    reading = Reading(desired.address, Presence.PRESENT)
    return Compared(desired, reading, (change,) if paths else (), hidden)


# -- what a creating call carries


def test_a_creation_carries_tags_identity_and_the_whole_stamp() -> None:
    wanted = table(tags={"Owner": "me", "Gone": None})

    assert carried(wanted) == {
        ORDERS: {"Owner": "me", **identity_tags(SCOPE, ORDERS), **stamp_tags(whole(wanted).items())}
    }


def test_a_creation_stamps_nothing_of_its_parts() -> None:
    tags = carried(table(), ttl())[ORDERS]

    assert read_stamp(tags) == whole(table())


def test_a_creation_stamps_nothing_of_what_belongs_to_no_table() -> None:
    tags = carried(table(), dashboard(ORDERS))[ORDERS]

    assert read_stamp(tags) == whole(table())


def test_a_creation_that_carries_no_settings_stamps_the_tags_alone() -> None:
    tags = carried(key(), dashboard(KEY))[KEY]

    assert list(read_stamp(tags) or {}) == ["zg"]


def test_without_stamps_a_creation_carries_tags_and_identity() -> None:
    assert carried(table(), stamp=False) == {
        ORDERS: {"Owner": "me", **identity_tags(SCOPE, ORDERS)}
    }


def test_only_what_is_still_to_be_made_and_can_be_tagged_has_tags_at_its_creation() -> None:
    there = table(USERS)
    tags = Desired(TAGS, "tags", "t", TagsState(tags={}), tags={}, parent=ORDERS)
    absent = [Reading.absent(ORDERS)]

    found = carried(ttl(), tags, there, live(there), table(), absent)

    assert list(found) == [ORDERS]


def test_what_carries_no_stamp_carries_its_tags() -> None:
    seen = observed(table())

    assert creation_tags(seen, {}) == {ORDERS: {"Owner": "me", **identity_tags(SCOPE, ORDERS)}}


# -- when a stamp is renewed


def test_a_stamp_that_is_whole_is_not_written_again() -> None:
    tags = stamp_tags(whole(table(), ttl()).items())

    assert renewals(table(), ttl(), live(table(), tags)) == []


def test_a_missing_stamp_is_written_with_all_that_is_as_it_should_be() -> None:
    [renewal] = renewals(table(), ttl(), live(table(), {"Owner": "me"}))

    assert write_of(renewal) == StampWrite(tuple(whole(table(), ttl()).items()), (), ())
    assert (renewal.id, renewal.address, renewal.needs, renewal.after) == (
        "orders/tags:stamp",
        TAGS,
        (),
        (),
    )


def test_an_empty_stamp_of_what_declares_nothing_is_written_once() -> None:
    bare = table(state=TableState(), tags={})
    [first] = renewals(bare, live(bare, {}))
    tags = {each["Key"]: each["Value"] for each in first.call.params["Tags"]}

    assert STAMP in tags
    assert renewals(bare, live(bare, tags)) == []


def test_a_stamp_in_which_nothing_holds_is_written_where_there_is_none() -> None:
    bare = table(state=TableState())
    unlike = differing(replace(bare, address=TAGS), "tags")

    [renewal] = renewals(bare, live(bare, {}), compared=(unlike,))

    written = {each["Key"]: each["Value"] for each in renewal.call.params["Tags"]}
    assert read_stamp(written) == {}


def test_a_stamp_that_does_not_fit_is_not_written_for_ever() -> None:
    index = IndexState.model_validate({"partition_key": "abc", "projection": "ALL"})
    wanted = table(state=TableState(indexes={f"index-{n}": index for n in range(60)}))
    tags = stamp_tags(whole(wanted).items())
    assert read_stamp(tags) != whole(wanted)

    assert renewals(wanted, live(wanted, tags)) == []


def test_the_stamp_of_what_is_still_being_made_is_written_after_its_tags() -> None:
    tagging = an_operation("tag", address=TAGS, covers=("tags",))

    [renewal] = renewals(table(), live(table()), [Reading.absent(TAGS)], operations=(tagging,))

    earned = {code: ids for code, _, ids in write_of(renewal).earned}
    assert earned == {"zg": ("tag",)}
    assert dict(write_of(renewal).kept) == {c: v for c, v in whole(table()).items() if c != "zg"}
    assert (renewal.needs, renewal.after) == (("tag",), ())


@pytest.mark.parametrize(
    "readings", [[], [Reading.absent(ORDERS)], live(table())], ids=["nothing", "absent", "no tags"]
)
def test_what_is_not_there_or_whose_tags_are_not_known_has_no_stamp_to_renew(
    readings: list[Reading],
) -> None:
    assert renewals(table(), readings) == []


def test_without_stamps_none_is_renewed() -> None:
    assert renewals(table(), live(table(), {}), stamp=False) == []


def test_each_resource_has_a_stamp_of_its_own() -> None:
    done = stamp_tags(whole(table()).items())

    found = renewals(
        table(), live(table(), done), table(USERS), live(table(USERS), {}), key(), live(key(), {})
    )

    assert [(each.id, each.lock) for each in found] == [
        ("users/tags:stamp", "shop-dev-users"),
        ("kms-key/tags:stamp", ""),
    ]


def test_only_a_table_is_locked_while_its_stamp_is_written() -> None:
    topic = Desired(Address("", "topic"), "topic", "shop-dev", TopicState(), tags={})

    [renewal] = renewals(topic, live(topic, {}))

    assert renewal.lock == ""


# -- which entries


def test_what_differs_and_is_not_done_keeps_its_old_entry() -> None:
    before = dict.fromkeys(codes(table(), ttl(), pitr()), "000000")
    tags = stamp_tags(before.items())

    [renewal] = renewals(
        table(),
        ttl(),
        pitr(),
        live(table(), tags),
        compared=(differing(ttl(), "attribute"), differing(table(), "deletion_protection.x")),
    )

    expected = whole(table(), ttl(), pitr())
    undone = {*codes(table(state=TableState(deletion_protection=True))), "ta"} - {"zg"}
    assert set(dict(write_of(renewal).kept)) == set(expected) - undone
    assert dict(write_of(renewal).previous) == before


@pytest.mark.parametrize(
    ("unread", "kept"),
    [
        (("enabled",), {"recovery_period_days"}),
        (("recovery_period_days.x",), {"enabled"}),
        (("",), set()),
        ((), {"enabled", "recovery_period_days"}),
    ],
    ids=["one", "a part of one", "all", "none"],
)
def test_what_was_not_compared_keeps_its_old_entry(unread: tuple[str, ...], kept: set[str]) -> None:
    seen = observed(table(), pitr(), live(table(), {}))
    stamped = stamps(seen.desired, seen.readings)
    by_code = {
        entry.code: entry.members[0][1] for entry in stamped[ORDERS].entries if entry.owner == PITR
    }

    [renewal] = stamp_operations(seen, stamped, [differing(pitr(), unread=unread)], [])

    found = {by_code[code] for code, _ in write_of(renewal).kept if code in by_code}
    assert found == kept


def test_an_index_of_which_anything_differs_keeps_its_old_entry() -> None:
    index = IndexState.model_validate({"partition_key": "abc", "projection": "ALL"})
    wanted = table(state=TableState(indexes={"one": index, "two": index}))
    at = Address("orders", "index", "one")
    change = Change(
        at,
        "table",
        "t",
        Action.UPDATE,
        Cause.DRIFT,
        Severity.LOW,
        (SettingChange("capacity.read", 1, 2),),
    )
    one = Compared(wanted, Reading(ORDERS, Presence.PRESENT), (change,))

    [renewal] = renewals(wanted, live(wanted, {}), compared=(one,))

    assert len(write_of(renewal).kept) == len(codes(wanted)) - 1


def test_what_an_operation_writes_is_earned_by_it() -> None:
    enable = an_operation("ttl", address=TTL, covers=("attribute",))
    other = an_operation("other", address=TTL, covers=("something",))
    elsewhere = an_operation("users", address=USERS, covers=("",))
    tagging = an_operation("tag", address=TAGS, covers=("nothing",))

    [renewal] = renewals(
        table(),
        ttl(),
        live(table(), {}),
        compared=(differing(ttl(), "attribute"),),
        operations=(enable, other, elsewhere, tagging),
    )

    expected = whole(table(), ttl())
    [(code, value, ids)] = write_of(renewal).earned
    assert (value, ids) == (expected[code], ("ttl",))
    assert dict(write_of(renewal).kept) == {c: v for c, v in expected.items() if c != code}
    # Tags are written one after the other.
    assert renewal.after == ("ttl", "tag")
    assert renewal.needs == ()


def test_entries_of_what_is_no_longer_declared_go() -> None:
    tags = stamp_tags({**whole(table()), "xx": "111111"}.items())

    [renewal] = renewals(table(), live(table(), tags))

    written = {each["Key"]: each["Value"] for each in renewal.call.params["Tags"]}
    assert read_stamp(written) == whole(table())
    assert ("xx", "111111") in write_of(renewal).previous


def test_a_second_tag_that_is_not_needed_any_more_is_emptied() -> None:
    def written(live_tags: dict[str, str]) -> dict[str, str]:
        [renewal] = renewals(table(), live(table(), live_tags))
        return {each["Key"]: each["Value"] for each in renewal.call.params["Tags"]}

    assert written({STAMP: "1", STAMP_MORE: "aaa"})[STAMP_MORE] == ""
    assert STAMP_MORE not in written({STAMP: "1"})
    assert STAMP_MORE not in written({"Owner": "me"})


# -- with a creation


def creating(desired: Desired, *covers: str) -> Operation:
    at = desired.address
    return an_operation(f"{at}:create", address=at, creates=True, covers=covers)


def test_a_creation_that_carries_everything_needs_no_other_tag_call() -> None:
    assert renewals(table(), operations=(creating(table()),)) == []


@pytest.mark.parametrize("other", [ttl(), dashboard(ORDERS)], ids=["a part", "a dashboard"])
def test_the_creation_of_something_else_earns_only_what_it_covers(other: Desired) -> None:
    renewal = renewals(table(), other, live(table(), {}), operations=(creating(other),))[0]

    assert write_of(renewal).earned == ()


def test_what_comes_after_a_creation_is_stamped_when_both_went_well() -> None:
    enable = an_operation("ttl", address=TTL, covers=("attribute",))

    [renewal] = renewals(
        table(),
        ttl(),
        compared=(differing(ttl(), "attribute"),),
        operations=(creating(table()), enable),
    )

    earned = {code: ids for code, _, ids in write_of(renewal).earned}
    own = dict.fromkeys(codes(table()), ("orders:create",))
    assert earned == {**own, "ta": ("ttl",)}
    assert dict(write_of(renewal).previous) == whole(table())
    assert (renewal.needs, renewal.after) == (("orders:create",), ("ttl",))
    assert renewal.call.params["ResourceArn"] == "arn:orders"


def test_a_creation_without_settings_earns_the_tags_alone() -> None:
    describe = an_operation("describe", address=KEY, covers=("description",))

    [renewal] = renewals(key(), operations=(creating(key()), describe))

    earned = {code: ids for code, _, ids in write_of(renewal).earned}
    assert earned["zg"] == ("kms-key:create",)
    assert "kms-key:create" not in {i for code, ids in earned.items() if code != "zg" for i in ids}
