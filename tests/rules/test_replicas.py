"""Replicas that somebody else makes of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.clock import VirtualClock
from support.converging import client as behind
from support.converging import differences, world, written
from support.rules import Layer
from support.rules.clients import PROVISIONED, Aws, Orders, client, code_of

ELSEWHERE = "eu-west-3"


def change(action: str, region: str = ELSEWHERE, **more: Any) -> dict[str, Any]:
    return {"ReplicaUpdates": [{action: {"RegionName": region, **more}}]}


def replicas(orders: Orders) -> list[str]:
    return [each["ReplicaStatus"] for each in orders.shown.get("Replicas", ())]


def test_a_replica_is_listed_late_and_active_later(orders: Orders, clock: VirtualClock) -> None:
    orders.made()
    orders.update(**change("Create"))
    seen = []
    for seconds in (0, 7, 30):
        clock.advance(seconds)
        seen.append((orders.status, replicas(orders)))
    assert seen == [("UPDATING", []), ("UPDATING", ["CREATING"]), ("ACTIVE", ["ACTIVE"])]


def test_aws_switches_the_stream_on_and_nobody_switches_it_off(orders: Orders) -> None:
    orders.made().done(**change("Create"))
    assert orders.shown["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    for stream in ({"StreamEnabled": False}, orders.shown["StreamSpecification"]):
        assert "Disabling Stream is not allowed" in orders.refusal(StreamSpecification=stream)


def test_a_stream_that_was_there_stays_as_it_is(orders: Orders) -> None:
    keys = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    orders.made(StreamSpecification=keys).done(**change("Create"))
    assert orders.shown["StreamSpecification"] == keys


def test_a_leaving_replica_outlasts_the_update_of_its_table(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made().done(**change("Create"))
    orders.update(**change("Delete"))
    seen = []
    for seconds in (0, 40, 120):
        clock.advance(seconds)
        seen.append((orders.status, replicas(orders)))
    assert seen == [("UPDATING", ["DELETING"]), ("ACTIVE", ["DELETING"]), ("ACTIVE", [])]


@pytest.mark.parametrize("seconds", [1, 20])
def test_no_update_is_taken_while_a_replica_comes(
    seconds: int, ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    orders.update(**change("Create"))
    clock.advance(seconds)
    assert orders.refusal(DeletionProtectionEnabled=True).startswith("ResourceInUseException")
    assert orders.refusal(**change("Delete")).startswith("ResourceInUseException")
    assert orders.refusal_of_delete().startswith("ResourceInUseException")
    tags = {"ResourceArn": orders.shown["TableArn"], "Tags": [{"Key": "a", "Value": "b"}]}
    assert code_of(ddb.tag_resource, **tags) == ""


def test_no_update_is_taken_while_a_replica_goes(orders: Orders, clock: VirtualClock) -> None:
    orders.made().done(**change("Create"))
    orders.update(**change("Delete"))
    clock.advance(60)
    assert orders.status == "ACTIVE"
    assert orders.refusal(DeletionProtectionEnabled=True).startswith("ResourceInUseException")
    clock.advance(120)
    assert orders.refusal(DeletionProtectionEnabled=True) == ""


def test_wrong_replicas_are_refused(layer: Layer, orders: Orders) -> None:
    own = layer.world and orders.ddb.meta.region_name
    orders.made().done(**change("Create"))
    for asked, text in (
        (change("Create", own), "Cannot add or delete the local region"),
        (change("Create"), "already existed as tables"),
        (change("Delete", "eu-north-1"), "not part of it: [eu-north-1]"),
    ):
        refused = orders.refusal(**asked)
        assert refused.startswith("ValidationException")
        assert text in refused
    two = {"ReplicaUpdates": [*change("Delete")["ReplicaUpdates"] * 2]}
    assert "more than one create or delete" in orders.refusal(**two)


def test_provisioned_writes_must_be_scaled(orders: Orders) -> None:
    orders.made(**PROVISIONED)
    assert "AutoScaled" in orders.refusal(**change("Create"))


def test_a_table_with_a_key_needs_one_for_its_replica(orders: Orders) -> None:
    arn = client("kms").create_key()["KeyMetadata"]["Arn"]
    orders.made(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn})
    assert "KMSMasterKeyId must be" in orders.refusal(**change("Create"))
    there = arn.replace(orders.ddb.meta.region_name, ELSEWHERE)
    orders.done(**change("Create", KMSMasterKeyId=there))
    assert orders.shown["Replicas"][0]["KMSMasterKeyId"] == there


def test_the_source_of_a_replica_is_deleted_a_day_later(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made().done(**change("Create"))
    assert "acted as a source region" in orders.refusal_of_delete()
    clock.advance(24 * 3600)
    assert orders.refusal_of_delete() == ""


def spec_of(tmp_path: Path, **more: object) -> Any:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", **more}
    return written(tmp_path, {"tables/orders.yaml": table})


@pytest.mark.parametrize("action", ["Create", "Delete"])
def test_an_apply_waits_for_a_replica_that_somebody_else_moves(action: str, tmp_path: Path) -> None:
    with world(tmp_path, rules=True) as live:
        live.converge(spec_of(tmp_path))
        ddb = behind("dynamodb")
        if action == "Delete":
            ddb.update_table(TableName="shop-full-orders", **change("Create"))
            live.rest()
        ddb.update_table(TableName="shop-full-orders", **change(action))
        live.clock.advance(40 if action == "Delete" else 10)

        plan = live.plan_now(spec_of(tmp_path, deletion_protection=True))
        [busy] = plan.in_progress
        assert action == "Create" or "replica eu-west-3 is DELETING" in busy.detail
        run = live.apply(spec_of(tmp_path, deletion_protection=True))

        assert run.converged
        assert differences(run.residual or plan) == set()
        assert live.layer is not None
        assert "ResourceInUseException" not in live.layer.codes("dynamodb:UpdateTable")
