"""A table whose key is taken away, and given back."""

from __future__ import annotations

import pytest

from support.clock import VirtualClock
from support.rules import Layer
from support.rules.clients import Aws, Orders, client, code_of, refusal

MINUTE = 60
GONE = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"


@pytest.fixture
def key(layer: Layer, orders: Orders) -> str:
    arn: str = client("kms").create_key()["KeyMetadata"]["Arn"]
    orders.made(
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn},
        DeletionProtectionEnabled=True,
    )
    return arn


def test_a_disabled_key_is_seen_late_and_comes_back_late(
    orders: Orders, clock: VirtualClock, key: str
) -> None:
    kms = client("kms")
    kms.disable_key(KeyId=key)
    seen = [orders.status]
    for action, minutes in (("", 10), ("", 30), ("enable", 10), ("", 30)):
        if action:
            kms.enable_key(KeyId=key)
        clock.advance(minutes * MINUTE)
        seen.append(orders.status)
    assert seen == ["ACTIVE", "ACTIVE", GONE, GONE, "ACTIVE"]


def test_a_key_that_was_away_for_a_moment_is_not_missed(
    orders: Orders, clock: VirtualClock, key: str
) -> None:
    kms = client("kms")
    kms.disable_key(KeyId=key)
    clock.advance(10 * MINUTE)
    kms.enable_key(KeyId=key)
    clock.advance(30 * MINUTE)
    assert orders.status == "ACTIVE"


def test_a_cancelled_deletion_leaves_the_key_disabled(
    orders: Orders, clock: VirtualClock, key: str
) -> None:
    kms = client("kms")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    clock.advance(60 * MINUTE)
    kms.cancel_key_deletion(KeyId=key)
    clock.advance(60 * MINUTE)
    assert orders.status == GONE
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_an_inaccessible_table_takes_little(
    ddb: Aws, orders: Orders, clock: VirtualClock, key: str
) -> None:
    item = {"TableName": "orders", "Key": {"id": {"S": "1"}}}
    client("kms").disable_key(KeyId=key)
    assert code_of(ddb.get_item, **item) == ""
    clock.advance(6 * MINUTE)
    assert "is disabled" in refusal(ddb.get_item, **item)[1]
    assert orders.status == "ACTIVE"
    clock.advance(30 * MINUTE)
    assert orders.shown["SSEDescription"]["InaccessibleEncryptionDateTime"]
    expiry = {"Enabled": True, "AttributeName": "until"}
    insights = {"TableName": "orders", "ContributorInsightsAction": "ENABLE"}
    for call, params in (
        (ddb.update_time_to_live, {"TableName": "orders", "TimeToLiveSpecification": expiry}),
        (ddb.create_backup, {"TableName": "orders", "BackupName": "last"}),
        (ddb.update_contributor_insights, insights),
    ):
        assert refusal(call, **params)[0] == "ValidationException"
    assert "KMS key disabled error" in orders.refusal(SSESpecification={"Enabled": False})
    assert orders.refusal(DeletionProtectionEnabled=False) == ""
