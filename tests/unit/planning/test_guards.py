"""The guards one by one, each at the edge between what it refuses and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.kinds.table.state import IndexState, LocalIndexState, TableState
from dynaprov.kinds.topic import TopicState
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.kind import Desired, Presence, Reading, Scope, Situation
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Refusal
from dynaprov.model.ports import Call, ErrorCategory, ServiceError
from dynaprov.model.setting import Effect, Severity, State
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.planning.guards import (
    GUARDS,
    Considered,
    Guard,
    capacity_drop,
    deletion,
    fixed_settings,
    key_of_backups,
    key_retirement,
    protection_off,
    refusals,
    replacement,
    too_much_change,
)
from dynaprov.planning.key_users import KeyUsers
from support.operations import an_operation

SCOPE = Scope("shop", "dev", "111122223333", "us-east-1")
TABLE = Address("orders")
INDEX = Address("orders", "index", "ByDate")
TOPIC = Address("", "topic")
KEY = "0b5d2c1e-1111"
KEY_ARN = f"arn:aws:kms:us-east-1:111122223333:key/{KEY}"


def change(
    address: Address,
    *settings: SettingChange,
    action: Action = Action.UPDATE,
    kind: str = "table",
    origin: Origin | None = None,
) -> Change:
    return Change(
        address, kind, "shop-dev-orders", action, Cause.DRIFT, Severity.LOW, settings, origin
    )


def present(address: Address, state: State | None = None, **more: Any) -> Reading:
    return Reading(address, Presence.PRESENT, state, **more)


def considered(
    *changes: Change,
    readings: tuple[Reading, ...] = (),
    desired: tuple[Desired, ...] = (),
    operations: tuple[Operation, ...] = (),
    **more: Any,
) -> Considered:
    situation = Situation(
        SCOPE,
        {each.address: each for each in desired},
        {each.address: each for each in readings},
        {},
    )
    return Considered(situation, changes, operations, **more)


def said(guard: Guard, what: Considered) -> list[tuple[str, str, str]]:
    return [(each.code, str(each.address), each.detail) for each in guard(what)]


def test_what_is_lifted_is_not_refused() -> None:
    gone = considered(
        change(TABLE, action=Action.DELETE), allowed=frozenset({"delete:orders", "delete-index"})
    )

    assert refusals(gone) == ()


def test_a_guard_is_lifted_for_one_address_only() -> None:
    gone = considered(
        change(TABLE, action=Action.DELETE),
        change(Address("users"), action=Action.DELETE),
        allowed=frozenset({"delete:orders"}),
    )

    assert [str(each.address) for each in refusals(gone)] == ["users"]


def test_what_nothing_lifts_stays_refused_whatever_is_allowed() -> None:
    never = Refusal("fixed-setting", TABLE, "", "")
    allowed = considered(allowed=frozenset({"fixed-setting", "fixed-setting:orders"}))

    assert not allowed.lifted(never)


def test_refusals_come_in_the_order_of_the_guards() -> None:
    both = considered(
        change(TABLE, SettingChange("capacity.read", 100, 1)),
        change(INDEX, action=Action.DELETE),
    )

    assert [each.code for each in refusals(both)] == ["delete-index", "capacity-drop"]
    assert len(GUARDS) == len(set(GUARDS))


# -- capacity


@pytest.mark.parametrize(
    ("path", "before", "after", "is_refused"),
    [
        ("capacity.read", 100, 49, True),
        ("capacity.read", 100, 50, False),
        ("capacity.read", 1, 100, False),
        ("capacity.read", None, 1, False),
        ("capacity.read", 100, None, False),
        ("on_demand_limits.max_read", 100, 1, False),
    ],
)
def test_capacity_may_fall_to_half_at_once(
    path: str, before: int | None, after: int | None, is_refused: bool
) -> None:
    found = said(capacity_drop.check, considered(change(TABLE, SettingChange(path, before, after))))

    assert found == (
        [("capacity-drop", "orders", f"`{path}` of shop-dev-orders would fall from 100 to 49")]
        if is_refused
        else []
    )


def test_each_dimension_that_falls_is_named_whatever_stands_before_it() -> None:
    settings = (
        SettingChange("class", "STANDARD", "STANDARD_INFREQUENT_ACCESS"),
        SettingChange("capacity.read", 100, 1),
        SettingChange("capacity.write", 100, 1),
    )

    assert len(said(capacity_drop.check, considered(change(TABLE, *settings)))) == 2


# -- deletion


def test_deleting_is_refused_for_an_index_and_for_a_whole_resource_by_different_names() -> None:
    gone = considered(
        change(TABLE),
        change(INDEX, action=Action.DELETE),
        change(Address("orders", "ttl"), action=Action.DELETE, kind="ttl"),
    )

    assert said(deletion.check, gone) == [
        (
            "delete-index",
            "orders/index/ByDate",
            "index `ByDate` of shop-dev-orders would be deleted; queries on it fail from then on",
        ),
        ("delete", "orders/ttl", "`orders/ttl` (ttl shop-dev-orders) would be deleted"),
    ]


def test_destroy_was_asked_for_by_its_own_command() -> None:
    gone = considered(change(TABLE, action=Action.DELETE), destroying=True)

    assert said(deletion.check, gone) == []


# -- fixed settings

FIXED = SettingChange("partition_key", "id (S)", "key (S)", Effect.FIXED)


def test_a_fixed_setting_of_a_live_table_is_refused_beside_others_that_are_not() -> None:
    mixed = considered(
        change(Address("new"), FIXED),
        change(TABLE, SettingChange("class", 1, 2)),
        change(TABLE, SettingChange("class", 1, 2), FIXED),
        readings=(present(TABLE),),
    )

    [(code, address, detail)] = said(fixed_settings.check, mixed)

    assert (code, address) == ("fixed-setting", "orders")
    assert detail.startswith("`partition_key` is id (S) and cannot become key (S): AWS only sets")


def test_a_local_index_cannot_be_added_to_a_live_table() -> None:
    added = change(Address("orders", "local-index", "ByDay"), FIXED, action=Action.CREATE)

    [(_, _, detail)] = said(fixed_settings.check, considered(added, readings=(present(TABLE),)))

    assert detail.startswith("`ByDay` cannot be added to shop-dev-orders: AWS only sets it")


def test_a_fixed_setting_of_what_belongs_to_the_environment_is_refused() -> None:
    fixed = considered(change(TOPIC, FIXED, kind="topic"), readings=(present(TOPIC),))

    assert [address for _, address, _ in said(fixed_settings.check, fixed)] == ["topic"]


# -- protection


@pytest.mark.parametrize(
    ("kind", "setting", "code"),
    [
        ("table", SettingChange("deletion_protection", True, False), "protection-off"),
        ("table", SettingChange("stream", "NEW_IMAGE", None), "stream-off"),
        ("table", SettingChange("stream", "NEW_IMAGE", "OLD_IMAGE"), "stream-off"),
        ("pitr", SettingChange("enabled", True, False), "pitr-off"),
        ("ttl", SettingChange("attribute", "a", "b"), "ttl-off"),
        ("ttl", SettingChange("attribute", None, "b"), ""),
        ("table", SettingChange("stream", None, "NEW_IMAGE"), ""),
        ("table", SettingChange("enabled", True, False), ""),
        ("table", SettingChange("deletion_protection", True, True), ""),
    ],
)
def test_switching_a_protection_off_is_refused_by_its_name(
    kind: str, setting: SettingChange, code: str
) -> None:
    off = considered(change(TABLE, setting, kind=kind), readings=(present(TABLE),))

    assert [each for each, _, _ in said(protection_off.check, off)] == ([code] if code else [])


def test_what_does_not_exist_has_no_protection_to_lose() -> None:
    off = considered(change(TABLE, SettingChange("stream", "NEW_IMAGE", None)))

    assert said(protection_off.check, off) == []


# -- replacement


def key_state(name: str) -> IndexState:
    return IndexState.model_validate({"partition_key": name, "projection": "ALL"})


def replaced(
    live: State | None, wanted: State, origin: Origin | None = None, name: str = "ByDate"
) -> Refusal:
    what = considered(
        change(TABLE),
        change(
            Address("orders", "index", name),
            SettingChange("partition_key", "a (S)", "b (S)", Effect.REPLACE),
            SettingChange("projection", "ALL", "KEYS_ONLY", Effect.REPLACE),
            action=Action.REPLACE,
            origin=origin,
        ),
        readings=(present(TABLE, live),),
        desired=(Desired(TABLE, "table", "shop-dev-orders", wanted),),
    )
    [refusal] = replacement.check(what)
    return refusal


LIVE = TableState(indexes={"ByDate": key_state("a")}, local_indexes={})
WANTED = TableState(indexes={"ByDate": key_state("b")})


def test_an_index_is_not_replaced_in_place_and_the_other_way_is_told() -> None:
    refusal = replaced(LIVE, WANTED)

    assert (refusal.code, refusal.address) == ("replace-index", INDEX)
    assert refusal.detail.startswith("`partition_key`, `projection` of index `ByDate` can only")
    assert "tables/orders.yaml" in " ".join(refusal.instead)


def test_the_file_that_declares_the_index_is_named() -> None:
    origin = Origin(Position("specs/environments/dev.yaml", 3, 1), Layer.ENVIRONMENT)

    assert "specs/environments/dev.yaml" in " ".join(replaced(LIVE, WANTED, origin).instead)


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        (None, WANTED),
        (LIVE, TopicState()),
        (TableState(indexes={}), WANTED),
        (LIVE, TableState(indexes={})),
    ],
    ids=["nothing read", "no table", "not live", "not wanted"],
)
def test_without_both_sides_there_is_no_other_way_to_tell(
    live: State | None, wanted: State
) -> None:
    assert replaced(live, wanted).instead == ()


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        ("indexes", ""),
        ("local_indexes", ""),
        ("", "indexes"),
        ("", "local_indexes"),
    ],
    ids=["live", "live local", "wanted", "wanted local"],
)
def test_a_successor_takes_no_name_that_is_taken(live: str, wanted: str) -> None:
    def state(own: str, more: str) -> TableState:
        local = LocalIndexState.model_validate({"sort_key": "day", "projection": "ALL"})
        second = {"ByDate-v2": key_state("x")} if more == "indexes" else {}
        return TableState(
            indexes={"ByDate": key_state(own), **second},
            local_indexes={"ByDate-v2": local} if more == "local_indexes" else {},
        )

    free = replaced(state("a", ""), state("b", "")).instead
    taken = replaced(state("a", live), state("b", wanted)).instead

    assert "ByDate-v2" in " ".join(free)
    assert "ByDate-v3" in " ".join(taken)


# -- too much change


def many(tables: int, changed: int, *, more: tuple[Change, ...] = (), **rest: Any) -> Considered:
    names = [Address(f"t{number}") for number in range(tables)]
    state = TableState()
    return considered(
        *(change(each) for each in names[:changed]),
        *more,
        readings=tuple(present(each) for each in names),
        desired=tuple(Desired(each, "table", each.table, state) for each in names),
        **rest,
    )


def test_more_than_half_of_ten_tables_are_too_many_at_once() -> None:
    detail = "6 of 10 existing tables would be changed at once; the limit is 50%"

    assert said(too_much_change.check, many(10, 5)) == []
    assert said(too_much_change.check, many(10, 6)) == [("too-much-change", "*", detail)]
    assert said(too_much_change.check, many(11, 11)) != []
    assert said(too_much_change.check, many(11, 5)) == []
    # Half is not rounded in anybody's favour.
    assert said(too_much_change.check, many(199, 100)) != []


def test_nine_tables_are_looked_through_easily() -> None:
    assert said(too_much_change.check, many(9, 9)) == []


def test_the_limit_is_what_the_project_says() -> None:
    assert said(too_much_change.check, many(10, 6, limits={"changed_percent": 60})) == []
    assert said(too_much_change.check, many(10, 5, limits={"changed_percent": 40})) != []


def test_only_what_changes_in_tables_that_exist_counts() -> None:
    more = (
        change(Address("t5"), action=Action.CREATE),
        change(Address("t6"), kind="ttl"),
        change(Address("t7"), kind="pitr"),
        change(Address("new")),
        change(Address("t0"), action=Action.DELETE),
    )

    assert said(too_much_change.check, many(10, 5, more=more)) == []


@pytest.mark.parametrize("action", [Action.REPLACE, Action.DELETE])
def test_replacing_and_deleting_count(action: Action) -> None:
    more = (change(Address("t9", "index", "ByDate"), action=action),)

    assert said(too_much_change.check, many(10, 5, more=more)) != []


@pytest.mark.parametrize("kind", ["kms-key", "topic"])
def test_only_tables_that_exist_make_the_number(kind: str) -> None:
    nine = many(9, 9)
    desired = {**nine.situation.desired}
    desired[TOPIC] = Desired(TOPIC, kind, "t", TopicState())
    desired[TABLE] = Desired(TABLE, "table", "t", TableState())
    readings = {**nine.situation.readings, TOPIC: present(TOPIC)}
    ten = Considered(Situation(SCOPE, desired, readings, {}), nine.changes, ())

    assert said(too_much_change.check, ten) == []


def test_destroying_everything_is_not_too_much() -> None:
    assert said(too_much_change.check, many(10, 10, destroying=True)) == []


# -- keys


def kms(method: str = "schedule_key_deletion", service: str = "kms") -> Operation:
    call = Call(service, method, {"KeyId": KEY})
    return an_operation("kms-key:delete", address=Address("", "kms-key"), call=call)


def failed(method: str) -> ServiceError:
    return ServiceError(ErrorCategory.DENIED, "dynamodb", method, "AccessDenied", "no")


@pytest.mark.parametrize(
    ("operation", "is_one"),
    [
        (kms(), True),
        (kms("disable_key"), True),
        (kms("enable_key"), False),
        (kms("disable_key", "iam"), False),
        (kms("disable_key", "sns"), False),
    ],
)
def test_a_key_is_retired_by_a_call_of_kms(operation: Operation, is_one: bool) -> None:
    found = list(key_retirement.retirements(considered(operations=(operation,))))

    assert found == ([operation] if is_one else [])


def retiring(*readings: Reading, users: KeyUsers | None = None, **more: Any) -> Considered:
    operations = (kms(), *more.pop("operations", ()))
    users_of = {KEY: users} if users else {}
    return considered(
        *more.pop("changes", ()),
        readings=readings,
        operations=operations,
        key_users=users_of,
        **more,
    )


ENCRYPTED = present(TABLE, facts={"key": KEY_ARN})
WANTED_TABLE = Desired(TABLE, "table", "shop-dev-orders", TableState())
STAYS = "the key still encrypts {}; give them another key first, and keep this one enabled until "


def test_a_table_of_the_spec_that_is_on_the_key_keeps_it() -> None:
    what = retiring(ENCRYPTED, desired=(WANTED_TABLE,))

    [(code, address, detail)] = said(key_retirement.check, what)

    assert (code, address) == ("key-retirement", "kms-key")
    assert detail == STAYS.format("table shop-dev-orders") + "they have it"


@pytest.mark.parametrize("key", ["00000000-1111", f"{KEY}-other"])
def test_a_table_on_another_key_keeps_nothing(key: str) -> None:
    other = present(TABLE, facts={"key": KEY_ARN.replace(KEY, key)})

    assert said(key_retirement.check, retiring(other, desired=(WANTED_TABLE,))) == []


@pytest.mark.parametrize("kind", ["pitr", "ttl"])
def test_what_is_no_table_is_not_one(kind: str) -> None:
    aspect = Desired(TABLE, kind, "shop-dev-orders", TableState())

    assert said(key_retirement.check, retiring(ENCRYPTED, desired=(aspect,))) == []


def test_tables_that_go_with_the_key_do_not_keep_it() -> None:
    users = KeyUsers({"billing": "table billing", "shop-dev-orders": "table shop-dev-orders"})
    going = an_operation(
        "orders:delete", call=Call("dynamodb", "delete_table", {"TableName": "shop-dev-orders"})
    )
    touched = [
        an_operation(f"billing:{method}", call=Call("dynamodb", method, {"TableName": "billing"}))
        for method in ("create_backup", "update_table")
    ]
    what = retiring(users=users, operations=(going, *touched))

    [(_, _, detail)] = said(key_retirement.check, what)

    assert detail.startswith("the key still encrypts table billing; ")


def test_the_topic_on_the_key_keeps_it_until_it_goes() -> None:
    live = present(TOPIC, TopicState(encryption=KEY_ARN))
    going = change(TOPIC, action=Action.DELETE, kind="topic")
    changed = change(TOPIC, kind="topic")
    elsewhere = (
        change(TABLE, action=Action.DELETE),
        change(Address("", "dashboard"), action=Action.DELETE, kind="dashboard"),
    )

    [(_, _, detail)] = said(key_retirement.check, retiring(live, changes=(changed, *elsewhere)))

    assert detail.startswith("the key still encrypts the topic; ")
    assert said(key_retirement.check, retiring(live, changes=(going,))) == []


@pytest.mark.parametrize(
    "reading",
    [
        Reading.absent(TOPIC),
        Reading(TOPIC, Presence.UNREADABLE, TopicState(encryption=KEY_ARN)),
        present(TOPIC, TopicState(encryption="alias/aws/sns")),
        present(TOPIC, TopicState(encryption=KEY_ARN.replace(KEY, "00000000-1111"))),
    ],
    ids=["absent", "unreadable", "the key of AWS", "another key"],
)
def test_another_topic_keeps_nothing(reading: Reading) -> None:
    assert said(key_retirement.check, retiring(reading)) == []


def test_tables_that_cannot_be_told_keep_the_key() -> None:
    unread = (failed("list_backups"), failed("list_tables"), failed("describe_table"))

    [(_, _, detail)] = said(key_retirement.check, retiring(users=KeyUsers({}, unread=unread)))

    assert detail == (
        "it cannot be told which tables the key encrypts: dynamodb:DescribeTable, "
        "dynamodb:ListTables failed (dynamodb ListTables: AccessDenied: no)"
    )


def test_each_key_is_judged_by_itself() -> None:
    other = an_operation(
        "other:delete",
        address=Address("", "kms-key", "other"),
        call=Call("kms", "disable_key", {"KeyId": "other"}),
    )
    both = considered(
        operations=(kms(), other),
        key_users={KEY: KeyUsers({"t": "table t"}), "other": KeyUsers({"u": "table u"})},
    )
    second = considered(operations=(kms(), other), key_users={"other": KeyUsers({}, ("backup b",))})

    assert len(said(key_retirement.check, both)) == 2
    assert [address for _, address, _ in said(key_of_backups.check, second)] == ["kms-key/other"]


def test_backups_keep_a_key_and_are_named_rather_than_what_could_not_be_read() -> None:
    users = KeyUsers({}, ("backup b", "backup c"), (failed("list_backups"),))

    assert said(key_of_backups.check, retiring(users=users)) == [
        (
            "retire-key",
            "kms-key",
            "without the key these cannot be restored: backup b, backup c",
        )
    ]


def test_backups_that_cannot_be_told_keep_the_key() -> None:
    unread = (failed("list_tables"), failed("list_backups"), failed("describe_backup"))

    [(_, _, detail)] = said(key_of_backups.check, retiring(users=KeyUsers({}, unread=unread)))

    assert detail == (
        "it cannot be told which backups need the key: dynamodb:ListBackups failed "
        "(dynamodb ListBackups: AccessDenied: no)"
    )


def test_a_key_that_no_backup_needs_is_not_kept_for_one() -> None:
    unread = (failed("list_tables"),)

    assert said(key_of_backups.check, retiring(users=KeyUsers({}, unread=unread))) == []
    assert said(key_of_backups.check, retiring()) == []


def test_twenty_backups_are_named_and_the_others_counted() -> None:
    names = tuple(f"b{number}" for number in range(21))

    assert key_of_backups.needing(names[:20]).endswith(", b18, b19")
    assert key_of_backups.needing(names).endswith(", b19 and 1 more")
