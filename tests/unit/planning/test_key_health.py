"""Keys that cannot be used under live tables: what is said of them, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from dynaprov.kinds.kms_key import KmsKeyState
from dynaprov.kinds.table.state import TableState
from dynaprov.kinds.topic import TopicState
from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.kind import Desired, Presence, Reading, Scope
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.model.setting import Ref
from dynaprov.planning.key_health import KEY, TOPIC, alarming, keys_in_use, unknown_states
from dynaprov.planning.observe import Observed
from support.ports import failing
from support.specs import spec

SCOPE = Scope("shop", "dev", "111122223333", "us-east-1")
OWN, OTHER = "55555555-own", "77777777-other"
LOST = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
SINCE = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)
CLOCK = "{} has been inaccessible since 2026-01-01 10:30 UTC and is archived after 2026-01-08 10:30"


def arn(key: str) -> str:
    return f"arn:aws:kms:us-east-1:111122223333:key/{key}"


def table(name: str = "orders", key: str = "", status: str = "ACTIVE", **facts: Any) -> Reading:
    known = {"table_id": "7f1f", "status": status, **facts} | ({"key": arn(key)} if key else {})
    outputs = {"name": f"shop-dev-{name}"}
    return Reading(Address(name), Presence.PRESENT, TableState(), outputs=outputs, facts=known)


def own_key(state: str = "Enabled", presence: Presence = Presence.PRESENT, **facts: Any) -> Reading:
    outputs = {"id": OWN, "arn": arn(OWN)}
    return Reading(
        KEY, presence, KmsKeyState(), outputs=outputs, facts={"key_state": state, **facts}
    )


def described(state: str, **more: Any) -> Answer:
    return Answer({"KeyMetadata": {"KeyState": state, **more}})


def observed(
    *readings: Reading, keys: Mapping[str, Answer] | None = None, enabled: bool | None = True
) -> Observed:
    """``enabled`` is what the spec wants of the key; ``None``: it declares none."""
    desired = {
        each.address: Desired(each.address, "table", f"shop-dev-{each.address.table}", TableState())
        for each in readings
        if each.address.table
    }
    if enabled is not None:
        desired[KEY] = Desired(KEY, "kms-key", "shop-dev", KmsKeyState(enabled=enabled))
    by_address = {each.address: each for each in readings}
    asked = {arn(key): answer for key, answer in (keys or {}).items()}
    return Observed(spec(), SCOPE, "", desired, by_address, keys=asked)


def alarm(*readings: Reading, **more: Any) -> Diagnostic:
    [found] = alarming(observed(*readings, **more))
    return found


# -- which keys are asked about


def test_every_key_under_a_live_table_is_asked_about_but_the_environments_own() -> None:
    readings = (
        own_key(),
        table("z", "99999999-z"),
        table("a", "00000000-a"),
        table("own", OWN),
        table("same", "00000000-a"),
        table("plain"),
        Reading(Address("gone"), Presence.ABSENT, facts={"table_id": "1", "key": arn("gone")}),
        Reading(Address("t", "ttl"), Presence.PRESENT, facts={"key": arn("no-table")}),
    )

    assert keys_in_use({each.address: each for each in readings}) == (
        arn("00000000-a"),
        arn("99999999-z"),
    )


def test_without_a_key_of_its_own_every_key_is_asked_about() -> None:
    assert keys_in_use({Address("orders"): table(key=OTHER)}) == (arn(OTHER),)


# -- dead keys


@pytest.mark.parametrize("state", ["", "Enabled", "Creating", "Updating"])
def test_a_key_that_can_be_used_is_no_news(state: str) -> None:
    keys = {OTHER: described(state)}

    assert alarming(observed(own_key(state), table(key=OWN), table("b", OTHER), keys=keys)) == []


def test_a_dead_key_that_nothing_uses_is_no_news() -> None:
    assert alarming(observed(own_key("Disabled"), table(key=OTHER))) == []


def test_a_key_that_is_not_there_is_not_the_environments_own() -> None:
    assert alarming(observed(own_key("Disabled", Presence.ABSENT), table(key=OWN))) == []
    assert alarming(observed(table(key=OWN))) == []


def test_the_environments_own_key_is_enabled_by_apply() -> None:
    others = (table("c", OTHER), table("d", "00000000"), table("plain"))
    found = alarm(own_key("Disabled"), table("users", OWN), table("orders", OWN), *others)

    assert (found.code, found.address, found.level) == ("DP220", "kms-key", Level.ERROR)
    assert found.detail == (
        f"key {OWN} is disabled: shop-dev-users, shop-dev-orders cannot be used"
    )
    assert found.hint == (
        "`dynaprov apply --env dev --target kms-key` enables it; by hand: "
        f"`aws kms enable-key --key-id {OWN} --region us-east-1`"
    )


@pytest.mark.parametrize("enabled", [False, None], ids=["wanted off", "not declared"])
def test_a_key_that_the_spec_does_not_want_enabled_is_enabled_by_hand(enabled: bool | None) -> None:
    found = alarm(own_key("Disabled"), table(key=OWN), enabled=enabled)

    assert found.hint == f"`aws kms enable-key --key-id {OWN} --region us-east-1`"


@pytest.mark.parametrize("state", ["PendingDeletion", "PendingReplicaDeletion"])
def test_a_key_that_is_to_go_is_kept_before_it_is_enabled(state: str) -> None:
    found = alarm(own_key(state), table(key=OWN))

    where = f"--key-id {OWN} --region us-east-1"
    assert found.hint == (
        "`dynaprov apply --env dev --target kms-key` cancels the deletion and enables it; by hand: "
        f"`aws kms cancel-key-deletion {where}` and then `aws kms enable-key {where}` "
        "(cancelling alone leaves the key disabled)"
    )


@pytest.mark.parametrize(
    ("goes", "words"),
    [
        (datetime(2026, 1, 9, 23, tzinfo=UTC), "is pending deletion, on 2026-01-09:"),
        ("2026-01-09T23:00:00Z", "is pending deletion, on 2026-01-09T23:00:00Z:"),
        (None, "is pending deletion:"),
    ],
    ids=["a time", "a text", "not told"],
)
def test_the_day_on_which_a_key_goes_is_told(goes: object, words: str) -> None:
    own = alarm(own_key("PendingDeletion", deletion_date=goes), table(key=OWN))
    other = alarm(table(key=OTHER), keys={OTHER: described("PendingDeletion", DeletionDate=goes)})

    assert f"key {OWN} {words}" in own.detail
    assert f"key {OTHER} {words}" in other.detail


def test_a_key_that_is_not_ours_is_told_at_its_first_table_and_enabled_by_hand() -> None:
    found = alarm(
        own_key(),
        table("users", OTHER),
        table("orders", OTHER),
        table("events", OTHER),
        keys={OTHER: described("Disabled")},
    )

    assert found.address == "users"
    assert found.hint == f"`aws kms enable-key --key-id {OTHER} --region us-east-1`"


def test_a_key_that_is_gone_has_no_way_out() -> None:
    found = alarm(table(key=OTHER), keys={OTHER: failing(ErrorCategory.ABSENT)})

    assert f"key {OTHER} does not exist any more: " in found.detail
    assert found.hint.startswith("a deleted key never comes back")


def test_a_rare_state_is_named() -> None:
    found = alarm(table(key=OTHER), keys={OTHER: described("Unavailable")})

    assert f"key {OTHER} is in state Unavailable: " in found.detail


def test_the_topic_stops_with_its_key() -> None:
    def topic(encryption: Any) -> Reading:
        return Reading(TOPIC, Presence.PRESENT, TopicState(encryption=encryption))

    both = alarm(own_key("Disabled"), table(key=OWN), topic(arn(OWN)))
    alone = alarm(topic(arn(OTHER)), keys={OTHER: described("Disabled")})

    assert "shop-dev-orders, the topic of the alarms cannot be used" in both.detail
    assert (alone.address, "the topic of the alarms" in alone.detail) == ("topic", True)
    for other in ("alias/aws/sns", Ref("kms-key", "arn"), arn("00000000"), arn("99999999")):
        assert alarming(observed(own_key("Disabled"), topic(other))) == []


# -- tables that have lost their key


def test_a_table_without_its_key_has_seven_days() -> None:
    found = alarm(
        own_key("Disabled"),
        table("orders", OWN, LOST, inaccessible_since=SINCE),
        table("new", OWN, LOST),
        table("busy", OWN, "UPDATING", inaccessible_since=SINCE),
        table("fine", OWN, "ACTIVE", inaccessible_since=SINCE),
    )

    clocks = found.detail.split("; ")[1:]
    assert clocks == [CLOCK.format("shop-dev-orders") + " UTC"]


@pytest.mark.parametrize("other", ["00000000", OTHER])
def test_only_tables_on_the_dead_key_have_their_days_counted_with_it(other: str) -> None:
    dead, back = alarming(
        observed(
            own_key("Disabled"),
            table("orders", OWN),
            table("users", other, LOST, inaccessible_since=SINCE),
        )
    )

    assert "; " not in dead.detail
    assert (back.code, back.address) == ("DP222", "users")


def test_a_table_whose_key_is_alive_comes_back_by_itself() -> None:
    found = alarm(table("orders", OTHER, LOST, inaccessible_since=SINCE))

    assert found.detail == f"shop-dev-orders is {LOST}; " + CLOCK.format("shop-dev-orders") + " UTC"
    assert "comes back by itself" in found.hint
    assert found.hint.endswith(f"`aws kms describe-key --key-id {arn(OTHER)}`")


def test_a_table_whose_key_and_time_are_not_told_says_what_it_can() -> None:
    found = alarm(table("orders", "", LOST))

    assert found.detail == f"shop-dev-orders is {LOST}"
    assert found.hint.endswith("`aws kms describe-key --key-id <key>`")


@pytest.mark.parametrize("status", ["ACTIVE", "CREATING", "UPDATING", None])
def test_a_table_in_any_other_state_is_no_news(status: str | None) -> None:
    assert alarming(observed(table("orders", OTHER, status=status or ""))) == []


@pytest.mark.parametrize("status", ["ARCHIVING", "ARCHIVED"])
def test_an_archived_table_is_in_its_backup(status: str) -> None:
    told = alarm(table("orders", OTHER, status, archive="arn:b"))
    untold = alarm(table("orders", OTHER, status))

    assert (told.code, told.address) == ("DP223", "orders")
    assert told.detail.startswith(f"shop-dev-orders is {status}: ")
    assert told.detail.endswith("its data is in arn:b")
    assert untold.detail.endswith("its data is in the backup in its ArchivalSummary")


def test_dead_keys_are_told_before_tables() -> None:
    found = alarming(
        observed(
            table("old", OTHER, "ARCHIVED"),
            table("orders", OTHER),
            keys={OTHER: described("Disabled")},
        )
    )

    assert [each.code for each in found] == ["DP220", "DP223"]


# -- keys of which nothing is known


def test_a_key_that_may_not_be_described_is_noted() -> None:
    keys = {
        "a": failing(ErrorCategory.DENIED),
        "b": failing(ErrorCategory.ABSENT),
        "c": described("Enabled"),
    }

    [note] = unknown_states(observed(keys=keys))

    assert (note.code, note.level) == ("DP221", Level.NOTE)
    assert note.detail.startswith(f"{arn('a')} encrypts live tables; ")
    assert note.hint == "allow dynamodb:UpdateTable on the key"
