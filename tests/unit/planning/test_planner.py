"""From an observation to a plan: what is chosen, waited for, pruned, destroyed, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynaprov.kinds.alarm import AlarmState
from dynaprov.kinds.kms_key import KmsKeyState
from dynaprov.kinds.table.state import IndexState, Key, TableState
from dynaprov.kinds.tags import TagsState
from dynaprov.kinds.topic import TopicState
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.diagnostics import Level
from dynaprov.model.kind import Desired, Presence, Reading, Scope
from dynaprov.model.operation import Wait
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.setting import Ref, State
from dynaprov.model.timeouts import TIMEOUTS
from dynaprov.planning.key_users import KeyUsers
from dynaprov.planning.observe import Observed
from dynaprov.planning.planner import Choices, build_destroy_plan, build_plan
from support.ports import an_error
from support.specs import spec

SCOPE = Scope("shop", "dev", "111122223333", "eu-west-1")
KEY, TOPIC = Address("", "kms-key"), Address("", "topic")
ORDERS, USERS, EVENTS = Address("orders"), Address("users"), Address("events")
KEY_ID = "0b5d2c1e-1111"
KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"
UNSTAMPED = replace(spec(), stamp=False)
E = ErrorCategory


def table(address: Address, *, protected: bool = True, **more: Any) -> Desired:
    state = TableState(deletion_protection=protected, **more.pop("settings", {}))
    return Desired(address, "table", f"shop-dev-{address.table}", state, **more)


def part(address: Address, kind: str, state: State) -> Desired:
    at = address.child(kind)
    name = f"shop-dev-{address.table}"
    return Desired(at, kind, name, state, requires=(address,), parent=address)


def live(desired: Desired, state: State | None = None, **more: Any) -> Reading:
    """As it is wanted, or in another state."""
    known = {"name": desired.name} if desired.kind == "table" else {}
    outputs = {**known, **more.pop("outputs", {})}
    return Reading(
        desired.address, Presence.PRESENT, state or desired.state, outputs=outputs, **more
    )


#: Of a live table all indexes are known.
BARE: dict[str, Any] = {"indexes": {}, "local_indexes": {}}
UNPROTECTED = TableState(deletion_protection=False, **BARE)


def observed(*pairs: tuple[Desired, Reading] | Desired | Reading, **more: Any) -> Observed:
    """What is wanted and what is live; something alone is only wanted, or only live."""
    desired, readings = {}, {}
    for pair in pairs:
        for each in pair if isinstance(pair, tuple) else (pair,):
            if isinstance(each, Desired):
                desired[each.address] = each
            else:
                readings[each.address] = each
    more.setdefault("spec", UNSTAMPED)
    return Observed(more.pop("spec"), SCOPE, "", desired, readings, **more)


def planned(*pairs: Any, choices: Choices | None = None, **more: Any) -> Plan:
    return build_plan(observed(*pairs, **more), choices or Choices())


def destroyed(
    *pairs: Any, keep_data: bool = False, allowed: tuple[str, ...] = (), **more: Any
) -> Plan:
    chosen = Choices(allowed=frozenset(allowed), **more.pop("chosen", {}))
    return build_destroy_plan(observed(*pairs, **more), chosen, keep_data=keep_data)


def addresses(things: Any) -> list[str]:
    return [str(each.address) for each in things]


def ids(plan: Plan) -> list[str]:
    return [each.id for each in plan.operations]


def to_protect(address: Address, **more: Any) -> tuple[Desired, Reading]:
    """A table that is there and lacks its protection."""
    wanted = table(address)
    return wanted, live(wanted, UNPROTECTED, **more)


# -- choices


@pytest.mark.parametrize(
    ("targets", "wanted"),
    [((), True), (("orders",), True), (("users", "orders"), True), (("users",), False)],
)
def test_a_selection_means_what_matches_one_of_its_patterns(
    targets: tuple[str, ...], wanted: bool
) -> None:
    assert Choices(targets=targets).wants(ORDERS) is wanted


def test_only_what_is_selected_is_in_the_plan() -> None:
    left = Unmanaged(Address("left"), "table", "left", "left over")
    pairs = (
        to_protect(ORDERS, notes=("one",)),
        to_protect(USERS, notes=("two",), unmanaged=(left,)),
    )

    whole = planned(*pairs)
    some = planned(*pairs, choices=Choices(targets=("orders",)))

    assert addresses(whole.changes) == ["orders", "users"]
    assert addresses(whole.unmanaged) == ["left"]
    assert [each.detail for each in whole.diagnostics] == ["one", "two"]
    assert addresses(whole.readiness) == ["orders", "users"]
    assert addresses(some.changes) == ["orders"]
    assert {each.address for each in some.operations} == {ORDERS}
    assert some.unmanaged == ()
    assert [each.detail for each in some.diagnostics] == ["one"]
    assert addresses(some.readiness) == ["orders"]


def test_changes_are_in_the_order_of_their_addresses() -> None:
    assert addresses(planned(to_protect(USERS), to_protect(ORDERS)).changes) == ["orders", "users"]


# -- everything that was compared


def environment() -> list[tuple[Desired, Reading]]:
    """Something of many kinds, before and after tables in the alphabet; nothing differs."""
    key = Desired(KEY, "kms-key", "shop-dev", KmsKeyState())
    topic = Desired(TOPIC, "topic", "shop-dev-alarms", TopicState())
    orders = table(ORDERS)
    tags = part(ORDERS, "tags", TagsState(tags={}))
    ttl = part(ORDERS, "ttl", TtlState(attribute=None))
    facts = {"pending_deletion": False}
    outputs = {"id": KEY_ID, "arn": KEY_ARN}
    return [
        (key, live(key, outputs=outputs, facts=facts)),
        *((each, live(each)) for each in (topic, orders, tags, ttl)),
    ]


def test_what_is_as_it_should_be_leaves_nothing_to_do() -> None:
    plan = planned(*environment())

    assert plan.in_sync
    assert plan.operations == ()


RESOURCES = (
    ("kms-key", "shop-dev"),
    ("topic", "shop-dev-alarms"),
    ("orders", "shop-dev-orders"),
    ("orders/ttl", "shop-dev-orders"),
)


def test_a_plan_names_every_resource_and_tags_are_none() -> None:
    assert planned(*environment()).resources == RESOURCES
    assert destroyed(*environment()).resources == RESOURCES


def test_only_tables_can_be_ready() -> None:
    assert addresses(planned(*environment()).readiness) == ["orders"]


def test_what_is_in_sync_keeps_nothing_behind_it_from_being_done() -> None:
    assert ids(planned(*environment(), to_protect(USERS))) == ["users:protection-on"]


# -- what needs what


def test_what_is_made_or_readied_comes_before_what_requires_it() -> None:
    key = Desired(KEY, "kms-key", "shop-dev", KmsKeyState(enabled=True))
    settings = {"partition_key": Key(name="id", type="S"), "encryption": Ref("kms-key", "arn")}
    encrypted = table(ORDERS, settings=settings, requires=(KEY,))
    off = live(
        key,
        KmsKeyState(enabled=False),
        outputs={"id": KEY_ID},
        facts={"key_state": "Disabled", "pending_deletion": False},
    )

    made = planned(key, encrypted)
    readied = planned(
        (key, off),
        (
            encrypted,
            live(encrypted, TableState(encryption="aws-owned", deletion_protection=True, **BARE)),
        ),
    )

    for plan, first in ((made, "kms-key:alias"), (readied, "kms-key:enable")):
        last = next(each for each in plan.operations if each.address == ORDERS)
        assert first in last.needs


def test_operations_on_one_table_are_arranged_by_its_kind() -> None:
    index = IndexState.model_validate({"partition_key": "a", "projection": "ALL"})
    key = Key(name="id", type="S")
    wanted = table(ORDERS, settings={"partition_key": key, "indexes": {"one": index, "two": index}})
    there = live(wanted, TableState(partition_key=key, deletion_protection=True, **BARE))

    first, second = planned((wanted, there)).operations

    assert second.after == (first.id,)


# -- waiting


def wait_of(plan: Plan) -> Wait:
    [operation] = plan.operations
    [wait] = operation.waits
    return wait


def test_a_wait_has_the_time_of_the_person_else_of_the_spec_else_of_its_row() -> None:
    said = replace(UNSTAMPED, timeouts={"protection": 50.0, "other": 1.0})

    of_row = wait_of(planned(to_protect(ORDERS)))
    of_spec = wait_of(planned(to_protect(ORDERS), spec=said))
    of_person = wait_of(
        planned(to_protect(ORDERS), spec=said, choices=Choices(timeouts={"protection": 20.0}))
    )

    assert of_row.timeout == "protection"
    assert of_row.timeout_seconds == TIMEOUTS["protection"].seconds
    assert (of_spec.timeout_seconds, of_person.timeout_seconds) == (50.0, 20.0)


def test_operations_on_a_busy_table_look_first_for_as_long_as_it_may_take() -> None:
    busy = planned(to_protect(ORDERS, busy="index ByDate is CREATING"), to_protect(USERS))

    looks = {str(each.address): each.look for each in busy.operations}
    assert looks["users"] is None
    assert looks["orders"] is not None
    assert looks["orders"].until == "at rest"
    assert looks["orders"].timeout_seconds == TIMEOUTS["index-create"].seconds


def test_an_operation_of_the_environment_looks_for_no_table() -> None:
    key = Desired(KEY, "kms-key", "shop-dev", KmsKeyState(description="new"))
    there = live(
        key,
        KmsKeyState(description="old"),
        outputs={"id": KEY_ID},
        facts={"key_state": "Enabled", "pending_deletion": False},
    )
    odd = Reading(Address(""), Presence.PRESENT, busy="UPDATING")

    [operation] = planned((key, there), odd).operations

    assert operation.look is None


def test_what_aws_is_at_work_on_is_in_progress_and_tables_are_waited_for() -> None:
    key = Desired(KEY, "kms-key", "shop-dev", KmsKeyState())
    topic = Desired(TOPIC, "topic", "shop-dev-alarms", TopicState())
    orders, users = table(ORDERS), table(USERS)

    plan = planned(
        (orders, live(orders)),
        (key, live(key, busy="Creating", outputs={"id": KEY_ID})),
        (topic, live(topic, busy="Updating")),
        (users, live(users, busy="encryption UPDATING")),
        Reading(Address("left"), Presence.PRESENT, busy="DELETING"),
        spec=replace(UNSTAMPED, timeouts={"encryption": 77.0}),
    )

    found = {str(each.address): each for each in plan.in_progress}
    assert set(found) == {"kms-key", "topic", "users", "left"}
    assert [name for name, each in found.items() if each.wait] == ["users"]
    wait = found["users"].wait
    assert wait is not None
    assert (wait.until, wait.timeout_seconds) == ("settled", 77.0)
    assert all(each.compared for each in plan.in_progress)


def test_only_what_is_selected_is_in_progress() -> None:
    plan = planned(
        *(to_protect(each, busy="UPDATING") for each in (ORDERS, USERS)),
        choices=Choices(targets=("users",)),
    )

    assert addresses(plan.in_progress) == ["users"]


# -- what could not be compared


def unread(address: Address, category: ErrorCategory = E.DENIED) -> Reading:
    return Reading(address, Presence.UNREADABLE, problem=an_error(category))


def test_what_cannot_be_read_is_told_once_whether_it_was_declared_or_not() -> None:
    plan = planned(
        (table(ORDERS), unread(ORDERS)),
        unread(Address("left")),
        Reading(Address("silent"), Presence.UNREADABLE),
        Reading(Address("odd"), Presence.PRESENT, problem=an_error()),
    )

    assert addresses(plan.not_compared) == ["orders", "left"]


def test_what_is_busy_is_in_progress_and_not_unreadable() -> None:
    busy, denied = {"stream": an_error(E.BUSY)}, {"class": an_error(E.DENIED)}
    pairs = (
        to_protect(ORDERS, unreadable=busy),
        to_protect(USERS, unreadable=denied),
        to_protect(EVENTS, unreadable=busy | denied),
    )

    plan = planned(*pairs)
    selected = planned(*pairs, choices=Choices(targets=("events",)))

    assert [(str(e.address), e.path) for e in plan.not_compared] == [
        ("users", "class"),
        ("events", "class"),
    ]
    assert [(str(e.address), e.compared) for e in plan.in_progress] == [
        ("orders", False),
        ("events", False),
    ]
    assert addresses(selected.not_compared) == addresses(selected.in_progress) == ["events"]


# -- what no spec names


INDEX = Unmanaged(
    Address("orders", "index", "Old"), "table", "shop-dev-orders", "index `Old`", part_of=ORDERS
)
LEFT_TABLE = Unmanaged(Address("left"), "table", "left", "a table")


def leftovers(*more: Unmanaged) -> list[tuple[Desired, Reading]]:
    wanted = table(ORDERS, settings={"indexes": {}})
    index = IndexState.model_validate({"partition_key": "a", "projection": "ALL"})
    state = TableState(deletion_protection=True, indexes={"Old": index})
    return [(wanted, live(wanted, state, unmanaged=(*more, INDEX)))]


def test_what_no_spec_names_is_left_alone_unless_it_is_to_be_pruned() -> None:
    plan = planned(*leftovers())

    assert addresses(plan.unmanaged) == ["orders/index/Old"]
    assert plan.operations == plan.changes == ()


def test_pruning_deletes_what_its_kind_can_delete_and_leaves_the_rest() -> None:
    # A table is never pruned; what comes after it is.
    plan = planned(*leftovers(LEFT_TABLE), choices=Choices(prune=True))

    assert [(str(each.address), each.action.value) for each in plan.changes] == [
        ("orders/index/Old", "delete")
    ]
    assert plan.changes[0].notes == ("index `Old`",)
    [operation] = plan.operations
    assert operation.call.params["TableName"] == "shop-dev-orders"
    assert addresses(plan.unmanaged) == ["left"]
    assert [each.allowed_by for each in plan.refusals] == ["--allow delete-index:orders/index/Old"]


# -- destroying


def account(**facts: Any) -> list[Any]:
    """A key, two tables on it, what belongs to one of them, and a table that is not there."""
    key = Desired(KEY, "kms-key", "shop-dev", KmsKeyState())
    there = live(
        key,
        outputs={"id": KEY_ID, "arn": KEY_ARN},
        facts={"key_state": "Enabled", "pending_deletion": False, **facts},
    )
    orders, users = (table(each, protected=False, requires=(KEY,)) for each in (ORDERS, USERS))
    tags, ttl = (
        part(ORDERS, "tags", TagsState(tags={})),
        part(ORDERS, "ttl", TtlState(attribute="a")),
    )
    return [
        (key, there),
        table(EVENTS, requires=(KEY,)),
        (tags, live(tags)),
        (ttl, live(ttl)),
        (orders, live(orders, facts={"key": KEY_ARN})),
        (users, live(users, facts={"key": KEY_ARN})),
    ]


TABLES_GO = ["orders:final-backup", "orders:delete", "users:final-backup", "users:delete"]


def test_destroying_deletes_tables_and_leaves_the_key_that_their_backups_need() -> None:
    plan = destroyed(*account())

    assert sorted(ids(plan)) == sorted(TABLES_GO)
    assert [(str(e.address), e.action.value, e.severity.value) for e in plan.changes] == [
        ("orders", "delete", "critical"),
        ("users", "delete", "critical"),
    ]
    [note] = plan.diagnostics
    assert (note.code, note.level, note.address) == ("DP303", Level.NOTE, "kms-key")
    assert "--allow retire-key:kms-key" in note.hint


@pytest.mark.parametrize("name", ["retire-key", "retire-key:kms-key"])
def test_a_key_that_is_allowed_by_name_goes_last(name: str) -> None:
    plan = destroyed(*account(), allowed=(name,))

    [deletion] = [each for each in plan.operations if each.id == "kms-key:delete"]
    assert set(deletion.needs) == set(TABLES_GO)
    assert [each.code for each in plan.diagnostics] == []


def test_a_key_is_not_allowed_by_the_name_of_another() -> None:
    assert "kms-key:delete" not in ids(
        destroyed(*account(), allowed=("retire-key:other", "delete"))
    )


def test_keeping_data_keeps_tables_and_their_key_whatever_is_allowed() -> None:
    topic = Desired(TOPIC, "topic", "shop-dev-alarms", TopicState())
    there = live(topic, outputs={"arn": "arn:aws:sns:eu-west-1:111122223333:shop-dev-alarms"})
    alarm = Desired(Address("", "alarm", "one"), "alarm", "shop-dev-one", AlarmState())
    rest = ((topic, there), (alarm, live(alarm)))

    plan = destroyed(*account(), *rest, keep_data=True, allowed=("retire-key",))

    assert {each.address for each in plan.operations} == {TOPIC, alarm.address}
    assert [each.code for each in plan.diagnostics] == ["DP303"]


def test_a_key_that_is_not_there_is_not_kept() -> None:
    key = Desired(KEY, "kms-key", "shop-dev", KmsKeyState())

    assert destroyed(key).diagnostics == ()


def test_what_has_gone_already_keeps_nothing_behind_it() -> None:
    # The key is pending deletion, so nothing is left to do with it.
    plan = destroyed(*account(pending_deletion=True), allowed=("retire-key",))

    assert sorted(ids(plan)) == sorted(TABLES_GO)


def test_nothing_is_deleted_before_every_final_backup_was_taken() -> None:
    plan = destroyed(*account())

    backups = {"orders:final-backup", "users:final-backup"}
    for operation in plan.operations:
        if operation.id in backups:
            assert operation.needs == ()
        else:
            assert backups <= set(operation.needs)


def test_destroying_was_asked_for_and_is_not_refused_for_being_a_deletion() -> None:
    assert destroyed(*account()).refusals == ()


def test_what_cannot_be_read_is_told_when_everything_goes() -> None:
    plan = destroyed(
        (table(ORDERS), unread(ORDERS)),
        Reading(USERS, Presence.UNREADABLE),
        Reading(EVENTS, Presence.PRESENT, problem=an_error()),
    )

    assert addresses(plan.not_compared) == ["orders"]
    assert plan.operations == ()


def test_waits_have_their_times_when_everything_goes_too() -> None:
    plan = destroyed(*account(), chosen={"timeouts": {"delete-table": 12.0}})

    deletion = next(each for each in plan.operations if each.id == "orders:delete")
    assert [wait.timeout_seconds for wait in deletion.waits] == [12.0]


@pytest.mark.parametrize(
    ("users", "codes"),
    [
        ({}, []),
        ({KEY_ID: KeyUsers({})}, []),
        ({KEY_ID: KeyUsers({}, ("backup yearly",))}, ["DP304"]),
    ],
    ids=["not looked at", "no backup", "a backup"],
)
def test_backups_that_lose_their_key_are_told(users: dict[str, KeyUsers], codes: list[str]) -> None:
    plan = destroyed(*account(), allowed=("retire-key",), key_users=users)

    assert [each.code for each in plan.diagnostics] == codes
    assert all(each.level is Level.WARNING for each in plan.diagnostics)
