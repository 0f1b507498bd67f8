"""The door of deliveries: four calls, to the targets that were named, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from dynaprov.aws.deliveries import ATTEMPTS, Deliveries
from dynaprov.aws.opening import Opening
from dynaprov.kinds import KINDS
from dynaprov.model.delivery import Targets
from dynaprov.model.errors import InternalProblem
from dynaprov.model.ports import Call, ErrorCategory, Read
from support.clock import VirtualClock
from support.endpoint import Reply, endpoint, error_reply, json_reply

TOPIC = "arn:aws:sns:us-east-1:123456789012:drift"
TARGETS = Targets(
    frozenset({TOPIC}), frozenset({"dynaprov"}), frozenset({"reports/drift/"}), frozenset({"/d/"})
)
ALLOWED: list[tuple[str, str, dict[str, Any]]] = [
    ("sns", "publish", {"TopicArn": TOPIC, "Subject": "s", "Message": "m"}),
    ("cloudwatch", "put_metric_data", {"Namespace": "dynaprov", "MetricData": []}),
    ("s3", "put_object", {"Bucket": "reports", "Key": "drift/x/latest.json", "Body": b""}),
    ("ssm", "put_parameter", {"Name": "/d/x", "Value": "v", "Type": "String"}),
]
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("sns", "publish", {"TopicArn": f"{TOPIC}2", "Message": "m"}),
    ("sns", "publish", {"PhoneNumber": "+123", "Message": "m"}),
    ("sns", "publish", {"TopicArn": TOPIC, "PhoneNumber": "+123", "Message": "m"}),
    ("sns", "publish", {"TargetArn": TOPIC, "Message": "m"}),
    ("sns", "create_topic", {"Name": "drift"}),
    ("cloudwatch", "put_metric_data", {"Namespace": "AWS/Other", "MetricData": []}),
    ("cloudwatch", "put_metric_alarm", {"Namespace": "dynaprov"}),
    ("s3", "put_object", {"Bucket": "reports", "Key": "other/x", "Body": b""}),
    ("s3", "put_object", {"Bucket": "reports2", "Key": "drift/x", "Body": b""}),
    ("s3", "delete_object", {"Bucket": "reports", "Key": "drift/x"}),
    ("ssm", "put_parameter", {"Name": "/other", "Value": "v"}),
    ("ssm", "delete_parameter", {"Name": "/d/x"}),
    ("dynamodb", "update_table", {"TableName": "t"}),
]


def door(url: str = "http://127.0.0.1:9", clock: VirtualClock | None = None) -> Deliveries:
    opening = Opening(region="us-east-1", endpoint_url=url)
    return Deliveries(opening, TARGETS, clock=clock or VirtualClock(), jitter=lambda: 1.0)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")


@pytest.mark.parametrize(("service", "method", "params"), ALLOWED)
def test_a_delivery_to_a_target_is_sent(service: str, method: str, params: dict[str, Any]) -> None:
    with endpoint(lambda number, body: Reply(200, b"")) as served:
        door(served.url).deliver(Call(service, method, params))

    assert served.requests


@pytest.mark.parametrize(("service", "method", "params"), REFUSED)
def test_anything_else_is_stopped_before_it_is_sent(
    service: str, method: str, params: dict[str, Any]
) -> None:
    with (
        endpoint(lambda number, body: Reply(200, b"")) as served,
        pytest.raises(InternalProblem, match="no delivery to a target"),
    ):
        door(served.url).deliver(Call(service, method, params))

    assert served.requests == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_call_of_any_kind_gets_through_it(kind: Any) -> None:
    words = {action.partition(":")[0]: action.partition(":")[2] for action in kind.writes}
    for service, name in words.items():
        method = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        with pytest.raises(InternalProblem):
            door().deliver(Call(service, method, {"Name": "/d/x", "Bucket": "reports"}))


@pytest.mark.parametrize(
    "read",
    [
        Read("s3", "get_object", {"Bucket": "reports", "Key": "else"}),
        Read("s3", "list_objects_v2", {"Bucket": "reports", "Key": "drift/x"}),
        Read("ssm", "get_parameter", {"Name": "/e/x"}),
        Read("dynamodb", "describe_table", {"TableName": "t"}),
    ],
)
def test_only_what_an_earlier_check_left_is_read(read: Read) -> None:
    with pytest.raises(InternalProblem):
        door().recall(read)


def test_what_may_pass_is_sent_again_after_a_while() -> None:
    clock = VirtualClock()
    replies = [error_reply("ThrottlingException"), error_reply("InternalServerError", status=500)]

    def answer(number: int, body: bytes) -> Reply:
        return replies[number] if number < len(replies) else json_reply(Version=1)

    with endpoint(answer) as served:
        answered = door(served.url, clock).deliver(Call(*ALLOWED[3]))

    assert answered.error is None
    assert clock.slept == [1.0, 2.0]


def test_what_does_not_pass_is_an_answer() -> None:
    with endpoint(lambda number, body: error_reply("ThrottlingException")) as served:
        tired = door(served.url).deliver(Call(*ALLOWED[3]))
        count = len(served.requests)
    with endpoint(lambda number, body: error_reply("AccessDeniedException")) as served:
        denied = door(served.url).deliver(Call(*ALLOWED[3]))

    assert count == ATTEMPTS
    assert tired.error is not None
    assert tired.error.category is ErrorCategory.THROTTLED
    assert denied.error is not None
    assert denied.error.action == "ssm:PutParameter"
    assert len(served.requests) == 1
