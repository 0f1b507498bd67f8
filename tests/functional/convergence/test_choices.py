"""Selection, pruning, approval and the pin: what a person chose for a run is all that happens."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from functional.convergence.conftest import HEALED, Live
from support.breaking import alarms, surroundings, tables
from support.breaking.place import PREFIX
from support.converging import SHIPPED, client, differences, written
from support.program import PlainMoto, Program, plain_moto


def test_only_the_target_is_touched(live: Live, request: pytest.FixtureRequest) -> None:
    tables.ttl("expires", on=False)
    alarms.put(alarms.SLOW, Threshold=1.0)
    plan = live.world.plan(live.spec, targets=["orders/ttl"])
    assert differences(plan) == {("orders/ttl", "attribute")}
    live.world.requests.clear()
    assert live.world.apply(live.spec, targets=["orders/ttl"]).converged
    assert set(live.world.requests.mutating) <= {
        "dynamodb.UpdateTimeToLive",
        "dynamodb.TagResource",
    }
    assert differences(live.world.plan(live.spec)) == {("orders/alarm/slow", "threshold")}
    live.world.converge(live.spec)
    request.node.stash[HEALED] = True


def test_what_nobody_named_goes_only_when_pruned_and_allowed(
    live: Live, request: pytest.FixtureRequest
) -> None:
    extra = {
        "IndexName": "Extra",
        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    tables.update(
        "sessions",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "user", "kind")
        ],
        GlobalSecondaryIndexUpdates=[{"Create": extra}],
    )
    found = {("sessions/index/Extra", "unmanaged")}
    assert differences(live.world.plan(live.spec)) == found
    assert live.world.plan(live.spec).is_empty

    plan = live.world.plan(live.spec, prune=True)
    assert [each.allowed_by for each in plan.refusals] == [
        "--allow delete-index:sessions/index/Extra"
    ]
    live.world.converge(live.spec, "delete-index:sessions/index/Extra", prune=True)
    assert differences(live.world.plan(live.spec)) == set()
    request.node.stash[HEALED] = True


def test_a_leftover_alarm_is_listed_and_goes_when_pruned(
    live: Live, request: pytest.FixtureRequest
) -> None:
    documents = dict(live.account.documents)
    orders = documents["tables/orders.yaml"]
    spec = written(
        live.scratch / "less", {**documents, "tables/orders.yaml": {**orders, "alarms": "none"}}
    )
    plan = live.world.plan(spec)
    assert [str(each.address) for each in plan.unmanaged] == ["orders/alarm/slow"]
    assert plan.unmanaged_parts == ()
    live.world.converge(spec, "delete", prune=True)
    named = client("cloudwatch").describe_alarms(AlarmNames=[f"{PREFIX}-orders-slow"])
    assert named["MetricAlarms"] == []
    live.world.converge(live.spec)
    request.node.stash[HEALED] = True


def test_a_key_in_use_is_put_back_and_never_made_anew(
    live: Live, request: pytest.FixtureRequest
) -> None:
    before = surroundings.key_id()
    surroundings.alias_deleted(live.account)
    live.world.requests.clear()
    live.world.converge(live.spec)
    assert "kms.CreateKey" not in live.world.requests
    assert surroundings.key_id() == before
    request.node.stash[HEALED] = True


@pytest.fixture
def server() -> Iterator[PlainMoto]:
    with plain_moto() as served:
        yield served


def test_only_what_was_approved_is_called(server: PlainMoto, tmp_path: Path) -> None:
    dynaprov = Program(server.settings())
    here = ("--env", "dev", "--pacing", "off")
    saved = tmp_path / "plan.json"
    first = dynaprov("diff", *here, "--out", str(saved), "--json")
    assert first.code == 0, first.err
    approved = json.loads(saved.read_text())["fingerprint"]

    boto3.client(
        "sns",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    ).create_topic(Name="streaming-logs-dev-alarms")
    server.requests.clear()
    stale = dynaprov("apply", str(saved), "--yes", "--pacing", "off")
    assert (stale.code, server.requests.mutating) == (3, []), stale.err
    expected = dynaprov("apply", *here, "--expect", approved, "--yes")
    assert (expected.code, server.requests.mutating) == (3, []), expected.err

    assert dynaprov("diff", *here, "--out", str(saved)).code == 0
    done = dynaprov("apply", str(saved), "--pacing", "off", "--yes")
    assert done.code == 0, done.err
    assert server.requests.mutating != []


@pytest.mark.parametrize("command", ["diff", "apply"])
@pytest.mark.parametrize("wrong", ["account", "region"])
def test_the_wrong_place_is_neither_shown_nor_saved_nor_changed(
    wrong: str, command: str, server: PlainMoto, tmp_path: Path
) -> None:
    specs, saved = tmp_path / "specs", tmp_path / "plan.json"
    shutil.copytree(SHIPPED, specs)
    more = ["--region", "eu-west-1"] if wrong == "region" else []
    if wrong == "account":
        project = specs / "project.yaml"
        project.write_text(project.read_text() + '\naccounts: {dev: "999999999999"}\n')
    more += ["--out", str(saved)] if command == "diff" else ["--yes"]
    dynaprov = Program(server.settings())
    done = dynaprov(command, "--specs", str(specs), "--env", "dev", "--pacing", "off", *more)
    assert done.code == 3
    assert done.out == ""
    assert f"this is the wrong {wrong}" in done.err
    assert not saved.exists()
    assert server.requests.mutating == []
