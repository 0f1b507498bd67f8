"""``dynaprov drift`` and real receivers on the loopback: topic, bucket, parameter, metric, hook."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.endpoint import Endpoint, Reply, endpoint
from support.program import Finished, PlainMoto, Program, plain_moto

TOPIC = "arn:aws:sns:us-east-1:123456789012:drift"
TABLE = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}


class Receivers:
    """A moto server with a topic that a queue listens to and a bucket; and a hook."""

    def __init__(self, moto: PlainMoto, hook: Endpoint, specs: Path) -> None:
        self.moto, self.hook, self.specs = moto, hook, specs
        sns, sqs = self.client("sns"), self.client("sqs")
        sns.create_topic(Name="drift")
        self._queue = sqs.create_queue(QueueName="drift")["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:123456789012:drift"
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)
        self.client("s3").create_bucket(Bucket="reports")

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.moto.url,
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )

    def messages(self) -> list[dict[str, Any]]:
        found = self.client("sqs").receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(each["Body"]) for each in found.get("Messages", ())]

    def drift(self, *words: str, **settings: str) -> Finished:
        program = Program({**self.moto.settings(), **settings})
        return program("drift", "--env", "dev", "--specs", str(self.specs), *words)


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[Receivers]:
    specs = tmp_path / "specs"
    for name, document in {
        "project.yaml": {"project_name": "shop", "region": "us-east-1"},
        "tables/orders.yaml": TABLE,
        "environments/dev.yaml": {},
    }.items():
        (specs / name).parent.mkdir(parents=True, exist_ok=True)
        (specs / name).write_text(json.dumps(document))
    with plain_moto() as moto, endpoint(lambda number, body: Reply(200)) as hook:
        yield Receivers(moto, hook, specs)


def test_a_transition_reaches_every_receiver_once(receivers: Receivers, tmp_path: Path) -> None:
    words = ("--sns", TOPIC, "--history", "s3://reports/drift", "--metrics", "shop/drift")
    hooks = {
        "DYNAPROV_SLACK_URL": f"{receivers.hook.url}/slack",
        "DYNAPROV_WEBHOOK_URL": f"{receivers.hook.url}/own",
        "DYNAPROV_WEBHOOK_SECRET": "s3cret",
    }

    first = receivers.drift(*words, "--json", **hooks)
    second = receivers.drift(*words, "--json", **hooks)

    assert (first.code, second.code) == (2, 2), first.err + second.err
    assert [each["error"] for each in first.document["deliveries"]] == [""] * 5
    assert [each["what"] for each in second.document["deliveries"]] == ["metrics", "history"]
    [message] = receivers.messages()
    assert message["Subject"].startswith("dynaprov drift: shop dev: 1 missing (1 ")
    assert "\norders\n  table: " in message["Message"]
    slack, own = (json.loads(body) for _, body in receivers.hook.requests)
    assert slack["text"] == own["title"] == message["Subject"]
    names = {
        each["MetricName"]
        for each in receivers.client("cloudwatch").list_metrics(Namespace="shop/drift")["Metrics"]
    }
    assert names == {"DriftedSettings", "NotCompared"}
    kept = receivers.client("s3").list_objects_v2(Bucket="reports")["Contents"]
    assert {each["Key"].rpartition("/")[0] for each in kept} == {
        "drift/shop-dev-123456789012-us-east-1"
    }
    assert second.document["findings"][0]["phase"] == "ongoing"
    assert "s3cret" not in first.out + first.err + second.out


def test_what_is_posted_to_a_webhook_of_ones_own_is_signed(receivers: Receivers) -> None:
    done = receivers.drift(
        DYNAPROV_WEBHOOK_URL=f"{receivers.hook.url}/x", DYNAPROV_WEBHOOK_SECRET="s3cret"
    )

    [headers], [(_, body)] = receivers.hook.headers, receivers.hook.requests
    assert done.code == 2
    at, _, given = headers["X-Dynaprov-Signature"].removeprefix("t=").partition(",v1=")
    assert given == hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def test_a_history_in_a_parameter_tells_new_from_ongoing(receivers: Receivers) -> None:
    words = ("--history", "ssm:/dynaprov/drift", "--fail-on", "new")

    codes = [receivers.drift(*words).code for _ in range(2)]

    assert codes == [2, 0]
    value = receivers.client("ssm").get_parameter(
        Name="/dynaprov/drift/shop-dev-123456789012-us-east-1"
    )["Parameter"]["Value"]
    assert len(value) < 2_000


def test_a_receiver_that_fails_keeps_no_other_from_being_told_and_is_not_success(
    receivers: Receivers,
) -> None:
    gone = "arn:aws:sns:us-east-1:123456789012:gone"

    done = receivers.drift("--sns", gone, "--sns", TOPIC, "--report-only", "--json")

    errors = {each["to"]: each["error"] for each in done.document["deliveries"]}
    assert errors[TOPIC] == ""
    assert "NotFound" in errors[gone]
    assert done.code == 4
    assert len(receivers.messages()) == 1


def test_a_notice_that_reached_nobody_is_told_by_the_next_check(
    receivers: Receivers, tmp_path: Path
) -> None:
    history = ("--history", str(tmp_path / "history"))
    gone = "arn:aws:sns:us-east-1:123456789012:gone"

    lost = receivers.drift(*history, "--sns", gone)
    told = receivers.drift(*history, "--sns", TOPIC)
    silent = receivers.drift(*history, "--sns", TOPIC)

    assert (lost.code, told.code, silent.code) == (4, 2, 2)
    assert "Not delivered" in lost.out
    assert len(receivers.messages()) == 1
