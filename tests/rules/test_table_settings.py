"""Encryption, class, protection and streams of a table."""

from __future__ import annotations

from typing import Any

import pytest

from support.clock import VirtualClock
from support.rules import Layer
from support.rules.clients import TABLE, Aws, Orders, client, refusal

HOUR = 3600
MANAGED = {"Enabled": True, "SSEType": "KMS"}


@pytest.fixture
def keys(layer: Layer) -> list[str]:
    kms = client("kms")
    return [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]


def key(arn: str) -> dict[str, Any]:
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn}


def test_a_change_of_key_runs_under_an_active_table(
    orders: Orders, clock: VirtualClock, keys: list[str]
) -> None:
    orders.made(SSESpecification=key(keys[0]))
    answer = orders.update(SSESpecification=key(keys[1]))
    seen = [answer["SSEDescription"]]
    for seconds in (0, 10, 20):
        clock.advance(seconds)
        assert orders.status == "ACTIVE"
        seen.append(orders.shown["SSEDescription"])
    assert [(each["Status"], each["KMSMasterKeyArn"]) for each in seen] == [
        ("UPDATING", keys[0]),
        ("UPDATING", keys[0]),
        ("UPDATING", keys[1]),
        ("ENABLED", keys[1]),
    ]


def test_the_way_back_to_the_default_ends_without_a_description(
    orders: Orders, clock: VirtualClock, keys: list[str]
) -> None:
    orders.made(SSESpecification=key(keys[0])).update(SSESpecification={"Enabled": False})
    assert orders.shown["SSEDescription"]["Status"] == "UPDATING"
    clock.advance(30)
    assert "SSEDescription" not in orders.shown
    assert "already encrypted by default" in orders.refusal(SSESpecification={"Enabled": False})


def test_only_the_very_arn_is_known_again(
    orders: Orders, clock: VirtualClock, keys: list[str]
) -> None:
    client("kms").create_alias(AliasName="alias/shop", TargetKeyId=keys[0])
    orders.made(SSESpecification=key(keys[0]))
    assert orders.refusal(SSESpecification=key(keys[0])).startswith(
        "ValidationException: One or more parameter values were invalid: Table is already "
        "encrypted with given KMSMasterKeyId"
    )
    orders.update(SSESpecification=key("alias/shop"))
    assert orders.shown["SSEDescription"]["Status"] == "UPDATING"


def test_the_fifth_change_of_key_in_a_day_waits(
    orders: Orders, clock: VirtualClock, keys: list[str]
) -> None:
    orders.made()
    for number in range(4):
        orders.done(SSESpecification=key(keys[number % 2]))
    refused = orders.refusal(SSESpecification=key(keys[0]))
    assert refused.startswith(
        "LimitExceededException: Subscriber limit exceeded: Encryption mode changes are limited in "
        "the 24h window ending at 2026-01-02T00:01:00.000Z."
    )
    assert "Next changes can be made at 2026-01-01T09:01:00.000Z." in refused
    assert orders.refusal(SSESpecification={"Enabled": False}) == ""
    clock.advance(6 * HOUR)
    assert orders.refusal(SSESpecification=key(keys[0])) == ""


@pytest.mark.parametrize("when", ["created", "updated"])
def test_a_key_that_cannot_encrypt_is_refused(
    when: str, orders: Orders, ddb: Aws, keys: list[str]
) -> None:
    kms = client("kms")
    kms.disable_key(KeyId=keys[0])
    signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["Arn"]
    nowhere = keys[0].rpartition("/")[0] + "/11111111-1111-1111-1111-111111111111"
    if when == "updated":
        orders.made()
    for arn, code in (
        (keys[0], "ValidationException"),
        (nowhere, "ValidationException"),
        (signing, "InternalServerError"),
    ):
        specification = {"SSESpecification": key(arn)}
        if when == "updated":
            assert orders.refusal(**specification).startswith(code)
        else:
            assert refusal(ddb.create_table, **TABLE, **specification)[0] == code


def test_a_class_is_old_until_the_change_is_done(orders: Orders, clock: VirtualClock) -> None:
    cold = "STANDARD_INFREQUENT_ACCESS"
    answer = orders.made().update(TableClass=cold)
    assert answer["TableStatus"] == "UPDATING"
    assert "TableClassSummary" not in answer
    clock.advance(10)
    assert orders.shown["TableClassSummary"]["TableClass"] == cold


def test_the_third_class_in_30_days_waits(orders: Orders, clock: VirtualClock) -> None:
    orders.made()
    orders.done(TableClass="STANDARD_INFREQUENT_ACCESS")
    orders.done(TableClass="STANDARD")
    for table_class in ("STANDARD", "STANDARD_INFREQUENT_ACCESS"):
        assert orders.refusal(TableClass=table_class) == (
            "LimitExceededException: Subscriber limit exceeded: Updates to TableClass are limited "
            "to 2 times in 30 day(s)."
        )
    clock.advance(30 * 24 * HOUR)
    assert orders.refusal(TableClass="STANDARD_INFREQUENT_ACCESS") == ""


def test_protection_is_toggled_once_in_15_seconds(orders: Orders, clock: VirtualClock) -> None:
    answer = orders.made().update(DeletionProtectionEnabled=True)
    assert (answer["TableStatus"], answer["DeletionProtectionEnabled"]) == ("ACTIVE", True)
    clock.advance(5)
    assert orders.refusal(DeletionProtectionEnabled=True) == ""
    assert orders.refusal(DeletionProtectionEnabled=False) == (
        "ThrottlingException: Deletion protection setting for table orders modified within the "
        "previous 15000 milliseconds. Please try again after 2026-01-01T00:01:15.000Z"
    )
    clock.advance(10)
    assert orders.refusal(DeletionProtectionEnabled=False) == ""


def test_a_stream_is_switched_and_never_changed(orders: Orders, clock: VirtualClock) -> None:
    on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    other = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    off = {"StreamEnabled": False}
    orders.made()
    assert "Table has no stream to disable" in orders.refusal(StreamSpecification=off)
    answer = orders.update(StreamSpecification=on)
    assert answer["TableStatus"] == orders.status == "UPDATING"
    clock.advance(5)
    assert orders.status == "ACTIVE"
    for again in (on, other):
        assert "already has an enabled stream" in orders.refusal(StreamSpecification=again)
    orders.done(StreamSpecification=off)
    assert orders.refusal(StreamSpecification=other) == ""
