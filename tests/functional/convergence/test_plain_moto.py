"""On a moto server as moto ships it, reached by AWS_ENDPOINT_URL: dev converges there too."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from support.program import PlainMoto, Program, plain_moto


@pytest.fixture
def server() -> Iterator[PlainMoto]:
    with plain_moto() as served:
        yield served


def test_dev_is_created_and_converges(server: PlainMoto) -> None:
    dynaprov = Program(server.settings())
    first = dynaprov("apply", "--env", "dev", "--yes", "--json", "--pacing", "off")
    assert (first.code, first.document["converged"]) == (0, True), first.err
    assert first.document["residual"] == []
    assert len(server.requests.mutating) >= 37

    compared = dynaprov("diff", "--env", "dev", "--exit-code", "--pacing", "off")
    assert compared.code == 0, compared.out

    server.requests.clear()
    second = dynaprov("apply", "--env", "dev", "--yes", "--pacing", "off")
    assert second.code == 0
    assert server.requests != []
    assert server.requests.mutating == []


def test_a_denied_read_is_told_and_the_rest_goes_on(server: PlainMoto) -> None:
    dynaprov = Program(server.settings())
    everything = ("--env", "dev", "--pacing", "off")
    assert dynaprov("apply", *everything, "--yes").code == 0
    alarms = boto3.client(
        "cloudwatch",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    alarm = "streaming-logs-dev-audit-trail-write-throttles"
    alarms.delete_alarms(AlarmNames=[alarm])
    server.denied.add("DescribeTimeToLive")

    compared = dynaprov("diff", *everything, "--exit-code")
    assert compared.code == 4, compared.out
    assert "not compared" in compared.out
    assert "dynamodb:DescribeTimeToLive" in compared.out

    server.requests.clear()
    applied = dynaprov("apply", *everything, "--yes", "--json")
    assert applied.code == 4, applied.err
    found = {each["address"]: each for each in applied.document["not_compared"]}
    assert set(found) == {
        "audit-trail/ttl",
        "log-metadata/ttl",
        "system-config/ttl",
        "user-sessions/ttl",
    }
    assert {each["action"] for each in found.values()} == {"dynamodb:DescribeTimeToLive"}
    assert [name.rpartition(".")[2] for name in server.requests.mutating] == ["PutMetricAlarm"]
    assert len(alarms.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]) == 1
