"""Whatever the surroundings say of retries, the SDK sends each request once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.model.ports import Call, Read
from support.clock import VirtualClock
from support.endpoint import Reply, endpoint, error_reply

CALLS = (
    Call("dynamodb", "delete_table", {"TableName": "orders"}),
    Call("kms", "create_key", {}),
    Call("sns", "create_topic", {"Name": "alarms"}),
    Call("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}),
    Call("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": "{}"}),
    Call("ec2", "create_vpc_endpoint", {"VpcId": "v", "ServiceName": "s"}),
    Call("application-autoscaling", "tag_resource", {"ResourceARN": "arn:x", "Tags": {}}),
)
READS = (
    Read("dynamodb", "list_tables"),
    Read("kms", "list_keys"),
    Read("sns", "list_topics"),
)
FAULTS = (
    Reply(hang_up=True),
    Reply(503, b""),
    error_reply("ThrottlingException", "Rate exceeded"),
    error_reply("LimitExceededException", "simultaneously"),
    error_reply("InternalServerError", status=500),
)
FAULT_NAMES = ("hung up", "unavailable", "throttled", "limit", "internal error")
SURROUNDINGS = (
    {},
    {"AWS_RETRY_MODE": "legacy", "AWS_MAX_ATTEMPTS": "7"},
    {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "7"},
    {"AWS_RETRY_MODE": "adaptive", "AWS_MAX_ATTEMPTS": "7"},
    {"AWS_NEW_RETRIES_2026": "true"},
    {"AWS_NEW_RETRIES_2026": "true", "AWS_MAX_ATTEMPTS": "7"},
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def credentials(models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", models)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")


def requests_of(fault: Reply) -> tuple[list[int], int, int]:
    """How many requests each call made, and how many all reads made and the gateway counted."""
    with (
        endpoint(lambda *_: fault) as running,
        Gateway(
            Session(region="eu-central-1", endpoint_url=running.url),
            writing=True,
            clock=VirtualClock(),
            rates={},
        ) as gateway,
    ):
        made = []
        for call in CALLS:
            before = len(running.requests)
            assert gateway.call(call).error is not None
            made.append(len(running.requests) - before)
        called = len(running.requests)
        for read in READS:
            assert gateway.read(read).error is not None
        return made, len(running.requests) - called, len(gateway.sent) - len(CALLS)


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda each: "-".join(each) or "plain")
def test_the_environment_adds_no_attempt(
    surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)

    made, reads, counted = requests_of(FAULTS[0])

    assert made == [1] * len(CALLS)
    assert reads == counted


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_NAMES)
def test_a_profile_adds_no_attempt(
    fault: Reply, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nretry_mode = adaptive\nmax_attempts = 7\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    made, reads, counted = requests_of(fault)

    assert made == [1] * len(CALLS)
    assert reads == counted
