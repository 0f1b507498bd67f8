"""A table whose key is taken away, and given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaprov.model.outcome import Status
from support.clock import VirtualClock
from support.converging import client as behind
from support.converging import world, written
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


def test_a_table_that_is_made_after_its_key_came_back_never_missed_it(
    ddb: Aws, orders: Orders, clock: VirtualClock, layer: Layer
) -> None:
    kms = client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    clock.advance(60 * MINUTE)
    kms.enable_key(KeyId=arn)
    orders.made(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn})
    assert orders.status == "ACTIVE"
    expiry = {"Enabled": True, "AttributeName": "until"}
    ttl = {"TableName": "orders", "TimeToLiveSpecification": expiry}
    assert code_of(ddb.update_time_to_live, **ttl) == ""


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


DAY = 24 * 3600


def test_a_table_without_its_key_for_seven_days_is_archived_for_good(
    ddb: Aws, orders: Orders, clock: VirtualClock, key: str
) -> None:
    kms = client("kms")
    kms.disable_key(KeyId=key)
    clock.advance(7 * DAY)
    assert orders.status == GONE
    clock.advance(40 * MINUTE)
    assert orders.status == "ARCHIVING"
    clock.advance(2 * 60 * MINUTE)
    kms.enable_key(KeyId=key)
    clock.advance(DAY)
    assert orders.status == "ARCHIVED"
    summary = orders.shown["ArchivalSummary"]
    assert summary["ArchivalReason"] == GONE
    [backup] = ddb.list_backups(TableName="orders")["BackupSummaries"]
    assert summary["ArchivalBackupArn"] == backup["BackupArn"]


def test_an_archived_table_takes_nothing_but_its_deletion(
    ddb: Aws, orders: Orders, clock: VirtualClock, key: str
) -> None:
    orders.update(DeletionProtectionEnabled=False)
    client("kms").disable_key(KeyId=key)
    clock.advance(8 * DAY)
    assert orders.status == "ARCHIVED"
    assert orders.refusal(DeletionProtectionEnabled=True).startswith("ResourceInUseException")
    expiry = {"Enabled": True, "AttributeName": "until"}
    ttl = {"TableName": "orders", "TimeToLiveSpecification": expiry}
    assert code_of(ddb.update_time_to_live, **ttl) == "ResourceInUseException"
    assert orders.refusal_of_delete() == ""


def test_a_key_that_comes_back_within_seven_days_saves_its_tables(
    orders: Orders, clock: VirtualClock, key: str
) -> None:
    kms = client("kms")
    kms.disable_key(KeyId=key)
    clock.advance(6 * DAY)
    kms.enable_key(KeyId=key)
    clock.advance(2 * DAY)
    assert orders.status == "ACTIVE"


def test_an_apply_does_not_send_what_an_inaccessible_table_refuses(tmp_path: Path) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "encryption": "kms-key"}
    files = {"environments/full.yaml": {"kms_key": {}}, "tables/orders.yaml": table}
    more = {**table, "ttl": {"attribute": "until"}, "stream": "NEW_IMAGE"}
    with world(tmp_path, rules=True) as live:
        live.converge(written(tmp_path, files))
        kms = behind("kms")
        kms.disable_key(KeyId=kms.describe_key(KeyId="alias/shop-full")["KeyMetadata"]["KeyId"])
        live.clock.advance(DAY)
        assert live.layer is not None
        live.layer.seen.clear()

        run = live.apply(written(tmp_path, {**files, "tables/orders.yaml": more}))

        ended = {str(o.operation.address): o for o in run.outcomes}
        assert ended["orders"].status.good
        assert ended["orders/ttl"].status is Status.FAILED
        assert "only when its key is usable" in ended["orders/ttl"].detail
        assert live.layer.codes("dynamodb:UpdateTimeToLive") == []
