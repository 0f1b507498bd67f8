"""From an observation to changes: what is compared, what cannot be, and how each is explained."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dynaprov.kinds.identity import ADDRESS, digest, identity_tags
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.table.state import IndexState, TableState
from dynaprov.kinds.tags import TagsState
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change
from dynaprov.model.kind import Desired, Presence, Reading, Scope
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.model.setting import Ref, Severity, State
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec
from dynaprov.planning.causes import Entry, Stamped
from dynaprov.planning.changes import Compared, compare
from dynaprov.planning.observe import Observed
from support.ports import an_error

SCOPE = Scope("shop", "dev", "111122223333", "us-east-1")
TABLE = Address("orders")
TAGS = Address("orders", "tags")
PITR = Address("orders", "pitr")
INDEX = Address("orders", "index", "ByDate")
KEY = Address("", "kms-key")


def table(**more: Any) -> Desired:
    state = more.pop("state", TableState(deletion_protection=True))
    return Desired(TABLE, "table", "shop-dev-orders", state, **more)


def pitr(*requires: Address) -> Desired:
    return Desired(PITR, "pitr", "shop-dev-orders", PitrState(enabled=True), requires=requires)


def present(address: Address, state: State, **more: Any) -> Reading:
    return Reading(address, Presence.PRESENT, state, **more)


def unreadable(address: Address, category: ErrorCategory = ErrorCategory.DENIED) -> Reading:
    return Reading(address, Presence.UNREADABLE, problem=an_error(category))


def compared(
    *desired: Desired,
    readings: tuple[Reading, ...] = (),
    stamps: dict[Address, Stamped] | None = None,
    foreign: bool = False,
) -> list[Compared]:
    observed = Observed(
        cast(Spec, None),
        SCOPE,
        "",
        {each.address: each for each in desired},
        {each.address: each for each in readings},
        foreign,
    )
    return compare(observed, stamps or {}, {})


def changes(*desired: Desired, **more: Any) -> list[Change]:
    return [change for each in compared(*desired, **more) for change in each.changes]


def hindered(found: list[Compared]) -> dict[str, ServiceError]:
    return {str(n.address): n.error for each in found for n in each.not_compared}


UNPROTECTED = TableState(deletion_protection=False)
OFF = PitrState(enabled=False)


# -- what is compared


def test_what_was_not_read_is_absent() -> None:
    [change] = changes(table())

    assert (change.action, change.cause, change.severity) == (
        Action.CREATE,
        Cause.NEW,
        Severity.MEDIUM,
    )


def test_every_resource_is_compared_in_the_order_of_declaration() -> None:
    found = changes(pitr(), table(), readings=(present(TABLE, UNPROTECTED), present(PITR, OFF)))

    assert [(str(each.address), each.action.value) for each in found] == [
        ("orders/pitr", "update"),
        ("orders", "update"),
    ]


def indexed(key: str) -> TableState:
    index = IndexState.model_validate({"partition_key": key, "projection": "ALL"})
    return TableState(indexes={"ByDate": index})


def test_what_is_made_anew_has_lost_its_aspects() -> None:
    on = PitrState(enabled=True, recovery_period_days=7)
    readings = (present(TABLE, indexed("a")), present(PITR, on))

    replaced = changes(table(state=indexed("b")), pitr(INDEX), readings=readings)
    beside = changes(table(state=indexed("b")), pitr(TABLE), readings=readings)
    kept = changes(table(state=indexed("a")), pitr(INDEX), readings=readings)

    assert [(str(each.address), each.action.value) for each in replaced] == [
        ("orders/index/ByDate", "replace"),
        ("orders/pitr", "create"),
    ]
    assert [str(each.address) for each in beside] == ["orders/index/ByDate"]
    assert kept == []


def test_a_resource_of_its_own_survives_what_it_requires() -> None:
    other = Desired(Address("users"), "table", "u", UNPROTECTED, requires=(INDEX,))
    readings = (present(TABLE, indexed("a")), present(other.address, UNPROTECTED))

    found = changes(table(state=indexed("b")), other, readings=readings)

    assert [str(each.address) for each in found] == ["orders/index/ByDate"]


# -- what cannot be compared


def test_an_unreadable_resource_is_not_compared() -> None:
    reading = unreadable(TABLE)

    [found] = compared(table(), readings=(reading,))

    assert found.changes == ()
    assert [(each.path, each.error) for each in found.not_compared] == [("", reading.problem)]


def test_what_needs_an_unreadable_resource_to_be_created_is_not_compared_either() -> None:
    key = Desired(KEY, "table", "key", UNPROTECTED)
    through = Desired(Address("users"), "table", "u", UNPROTECTED, requires=(TABLE,))

    found = compared(key, table(requires=(KEY,)), through, readings=(unreadable(KEY),))

    assert list(hindered(found)) == ["kms-key", "orders", "users"]
    assert [each.changes for each in found] == [(), (), ()]


def test_what_is_there_is_compared_whatever_it_needs() -> None:
    key = Desired(KEY, "table", "key", UNPROTECTED)

    found = compared(
        key, table(requires=(KEY,)), readings=(unreadable(KEY), present(TABLE, UNPROTECTED))
    )

    assert list(hindered(found)) == ["kms-key"]
    assert len(found[1].changes) == 1


def test_a_setting_that_cannot_be_read_hinders_a_creation_and_nothing_else() -> None:
    problem = {"stream": an_error()}

    [absent] = compared(table(), readings=(Reading.absent(TABLE, unreadable=problem),))
    [there] = compared(table(), readings=(present(TABLE, UNPROTECTED, unreadable=problem),))

    assert (absent.changes, [each.path for each in absent.not_compared]) == ((), [""])
    assert (len(there.changes), [each.path for each in there.not_compared]) == (1, ["stream"])


@pytest.mark.parametrize(
    ("foreign", "category", "created"),
    [
        (True, ErrorCategory.UNSUPPORTED, True),
        (True, ErrorCategory.DENIED, False),
        (False, ErrorCategory.UNSUPPORTED, False),
    ],
)
def test_what_another_endpoint_lacks_hinders_nothing_else(
    foreign: bool, category: ErrorCategory, created: bool
) -> None:
    key = Desired(KEY, "table", "key", UNPROTECTED)

    found = compared(
        key, table(requires=(KEY,)), readings=(unreadable(KEY, category),), foreign=foreign
    )

    assert bool(found[1].changes) is created


def test_a_reference_to_something_unreadable_is_not_compared() -> None:
    wanted = table(state=TableState(deletion_protection=True, encryption=Ref("kms-key", "arn")))
    live = TableState(deletion_protection=False, encryption="aws-owned")

    [found] = compared(
        wanted,
        readings=(
            unreadable(KEY),
            present(TABLE, live, unreadable={"stream": an_error()}),
        ),
    )

    assert [each.path for each in found.not_compared] == ["stream", "encryption"]
    assert [setting.path for setting in found.changes[0].settings] == ["deletion_protection"]
    assert found.desired is wanted


def test_a_known_reference_is_compared_by_its_value() -> None:
    wanted = table(state=TableState(encryption=Ref("kms-key", "arn")))
    key = present(KEY, UNPROTECTED, outputs={"arn": "arn:key"})

    [found] = compared(wanted, readings=(key, present(TABLE, TableState(encryption="aws-owned"))))

    assert cast(TableState, found.desired.state).encryption == "arn:key"
    assert found.changes[0].settings[0].after == "arn:key"


# -- causes and severities


def stamped(**live: str) -> dict[Address, Stamped]:
    entries = [
        Entry("dp", TABLE, True, False, ((TABLE, "deletion_protection"),)),
        Entry("db", TABLE, "PROVISIONED", "PAY_PER_REQUEST", ((TABLE, "billing_mode"),)),
        Entry("ra", PITR, True, False, ((PITR, "enabled"),)),
    ]
    return {TABLE: Stamped(table(tags={}), lambda: entries, live)}


def test_without_a_stamp_the_cause_of_what_exists_is_unknown() -> None:
    [change] = changes(table(), readings=(present(TABLE, UNPROTECTED),))

    assert (change.cause, change.settings[0].cause) == (Cause.UNKNOWN, Cause.UNKNOWN)


def test_the_worst_of_several_causes_is_the_changes() -> None:
    state = TableState(deletion_protection=True, billing_mode="PROVISIONED")
    live = TableState(deletion_protection=False, billing_mode="PAY_PER_REQUEST")
    stamps = stamped(dp=digest(True), db=digest("PAY_PER_REQUEST"))

    [change] = changes(table(state=state, tags={}), readings=(present(TABLE, live),), stamps=stamps)

    causes = {each.path: each.cause for each in change.settings}
    assert causes == {"deletion_protection": Cause.DRIFT, "billing_mode": Cause.PENDING}
    assert change.cause is Cause.DRIFT
    assert change.severity is max(
        (each.severity for each in change.settings), key=lambda severity: severity.rank
    )


@pytest.mark.parametrize(
    ("stamp", "cause"),
    [({"ra": digest(True)}, Cause.DRIFT), ({}, Cause.NEW), ({"ra": "other"}, Cause.NEW)],
    ids=["applied before", "never applied", "applied otherwise"],
)
def test_what_was_applied_before_and_is_absent_was_deleted_live(
    stamp: dict[str, str], cause: Cause
) -> None:
    wanted = Desired(PITR, "pitr", "t", PitrState(enabled=True), parent=TABLE)
    readings = (present(TABLE, TableState(deletion_protection=True)), Reading.absent(PITR))

    [change] = changes(table(tags={}), wanted, readings=readings, stamps=stamped(**stamp))

    assert (change.action, change.cause) == (Action.CREATE, cause)


def test_a_new_index_of_a_live_table_is_as_severe_as_its_settings() -> None:
    [change] = changes(
        table(state=indexed("a")), readings=(present(TABLE, TableState(indexes={})),)
    )

    assert (change.action, change.cause) == (Action.CREATE, Cause.UNKNOWN)
    assert change.severity is Severity.HIGH


def test_a_new_index_of_a_stamped_table_is_pending() -> None:
    found = changes(
        table(state=indexed("a"), tags={}),
        readings=(present(TABLE, TableState(indexes={})),),
        stamps={TABLE: Stamped(table(), lambda: [Entry("di", TABLE, 1, None, ((INDEX, ""),))], {})},
    )

    assert [each.cause for each in found] == [Cause.PENDING]


def test_a_change_was_written_where_its_part_is() -> None:
    origins = {path: Origin(Position(path, 1, 1), Layer.TABLE) for path in ("", "indexes.ByDate")}
    both = indexed("a").model_copy(update={"deletion_protection": True})

    found = changes(
        table(state=both, origins=origins),
        readings=(present(TABLE, TableState(indexes={}, deletion_protection=False)),),
    )

    places = {str(each.address): each.origin and each.origin.position.file for each in found}
    assert places == {"orders": "", "orders/index/ByDate": "indexes.ByDate"}


# -- what is taken over

OURS = identity_tags(SCOPE, TABLE)
WANTED = Desired(
    TAGS, "tags", "shop-dev-orders", TagsState(tags={"Owner": "me"}), requires=(TABLE,)
)


def notes(live: dict[str, str] | None, *desired: Desired) -> tuple[str, ...]:
    readings = [present(TABLE, TableState(deletion_protection=True))]
    readings += [present(TAGS, TagsState(tags=dict(live)))] if live is not None else []
    [change] = changes(*(desired or (table(), WANTED)), readings=tuple(readings))
    return change.notes


def test_what_carries_no_identity_is_taken_over() -> None:
    assert notes({"Owner": "you"}) == (
        "taken over: table shop-dev-orders exists and carries no identity of dynaprov",
    )


def test_what_carries_another_identity_is_taken_over_from_it() -> None:
    assert notes({**OURS, ADDRESS: "old"}) == (
        "taken over: table shop-dev-orders exists and carries the identity "
        f"dynaprov:project shop, dynaprov:environment dev, {ADDRESS} old",
    )
    assert notes({ADDRESS: "orders"}) == (
        f"taken over: table shop-dev-orders exists and carries the identity {ADDRESS} orders",
    )


def test_what_is_ours_is_not_taken_over() -> None:
    assert notes(OURS) == ()


def test_what_cannot_be_told_is_not_noted() -> None:
    assert notes(None) == ()
    assert notes({"Owner": "you"}, WANTED) == ()
    [change] = changes(
        table(), readings=(present(TABLE, UNPROTECTED), present(TAGS, TagsState(tags={})))
    )
    assert change.notes == ()


def test_only_tags_are_taken_over() -> None:
    at = Address("orders", "ttl")
    ttl = Desired(at, "ttl", "t", TtlState(attribute="a"), requires=(TABLE,))
    readings = (
        present(TABLE, TableState(deletion_protection=True)),
        present(TAGS, TagsState(tags={"Owner": "you"})),
        present(at, TtlState(attribute="b")),
    )

    [change] = changes(table(), ttl, readings=readings)

    assert (str(change.address), change.notes) == ("orders/ttl", ())
