"""Who made a difference, with an event history that a server kept by itself: ministack's.

``TEST_MINISTACK=path/to/ministack`` names the program, which has an environment of its own; without
it these tests are skipped.  It records callers as users named by their access key, no answers of
calls, and the calls of SNS, IAM and CloudWatch under names of its own; tables and keys as AWS does.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from dynaprov import reconciler
from dynaprov.aws.clock import SystemClock
from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.model.address import Address
from dynaprov.model.attribution import Channel
from dynaprov.model.kind import Scope
from dynaprov.model.spec import Spec
from dynaprov.report.attribution import told
from dynaprov.watch.attribution import find
from dynaprov.watch.questions import ask
from dynaprov.watch.who import who
from support.converging import written

PROGRAM = os.environ.get("TEST_MINISTACK", "")
REGION = "eu-west-1"

pytestmark = pytest.mark.skipif(not PROGRAM, reason="TEST_MINISTACK names no program")

DOCUMENTS = {
    "project.yaml": {"project_name": "shop", "region": REGION, "tags": {"Team": "orders"}},
    "environments/full.yaml": {"kms_key": {"description": "key of the shop"}},
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "stream": "NEW_IMAGE",
        "deletion_protection": True,
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True},
    },
    "tables/users.yaml": {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"},
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running ministack on the loopback that records."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "CLOUDTRAIL_RECORDING": "1"}
    home = str(tmp_path_factory.mktemp("ministack"))
    with subprocess.Popen(
        [PROGRAM],
        env={"PATH": os.environ["PATH"], "HOME": home, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            said = next((line for line in server.stdout if "Running on http" in line), "")
            assert said, "it ended before it listened"
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.stdout.read()


@pytest.fixture
def door(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """dynaprov's way to it; it calls as the key of a deployment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEPLOY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Gateway(Session(region=REGION, endpoint_url=url), writing=True) as gateway:
        yield gateway


@pytest.fixture
def ana(url: str) -> Callable[[str], Any]:
    """Clients of somebody else."""

    def client(service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id="AKIAANA",
            aws_secret_access_key="secret",
        )

    return client


def applied(spec: Spec, door: Gateway, journal: Path) -> None:
    plan = reconciler.diff(spec, door)
    run = reconciler.apply(
        plan, door, door, lambda: reconciler.diff(spec, door), journal=journal / "journal.jsonl"
    )
    assert run.converged, run.outcomes


def test_what_was_changed_behind_the_back_is_put_down_to_who_did_it(
    door: Gateway, ana: Callable[[str], Any], tmp_path: Path
) -> None:
    spec = written(tmp_path, DOCUMENTS)
    applied(spec, door, tmp_path)
    dynamodb, table = ana("dynamodb"), "shop-full-orders"
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "Team", "Value": "theirs"}])
    dynamodb.delete_table(TableName="shop-full-users")
    [key] = [each["KeyId"] for each in ana("kms").list_keys()["Keys"]]
    ana("kms").update_key_description(KeyId=key, Description="mine")

    plan = reconciler.diff(spec, door)
    found = {
        (str(at), path): each for (at, path), each in who(plan, door, SystemClock().now()).items()
    }

    calls = {
        at: (each.call.name, each.call.principal.person, each.proven)
        for at, each in found.items()
        if each.call
    }
    assert calls == {
        ("orders", "deletion_protection"): ("UpdateTable", "AKIAANA", True),
        ("orders/pitr", "enabled"): ("UpdateContinuousBackups", "AKIAANA", True),
        ("orders/tags", "tags.Team"): ("TagResource", "AKIAANA", True),
        ("users", ""): ("DeleteTable", "AKIAANA", True),
        ("kms-key", "description"): ("UpdateKeyDescription", "AKIAANA", True),
    }
    assert calls.keys() == found.keys()
    pitr = found["orders/pitr", "enabled"]
    assert pitr.call is not None
    assert pitr.call.channel is Channel.SDK
    assert told(pitr).startswith("by AKIAANA with an AWS SDK, ")


def test_an_apply_is_named_as_one(door: Gateway, tmp_path: Path) -> None:
    project = {"project_name": "mall", "region": REGION}
    applied(written(tmp_path, {**DOCUMENTS, "project.yaml": project}), door, tmp_path)
    scope = Scope("mall", "full", "000000000000", REGION)
    question = ask(
        Address("orders", "ttl"), "ttl", "attribute", "mall-full-orders", scope, live="expires"
    )

    [found] = find([question], door, SystemClock().now())

    assert found.proven
    assert told(found).startswith("dynaprov apply by AKIADEPLOY, ")
