"""The frame of the rule layer: how rules speak, how faults strike, and that all is given back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from moto.core.responses import BaseResponse

from dynaprov.local import in_process
from support.clock import VirtualClock
from support.rules import AwsError, Layer, Request, aws, faults
from support.rules.clients import TABLE, Aws, client, code_of
from support.rules.registry import RULES
from support.rules.rule import Rule
from support.rules.world import World


@dataclass
class Taken:
    names: set[str] = field(default_factory=set)


def _refuse(request: Request, world: World) -> None:
    if request.params["Name"] in world.kept(Taken, request.account).names:
        raise AwsError("InvalidParameter", "The name is taken")


def _remember(request: Request, answer: dict[str, Any], world: World) -> None:
    world.kept(Taken, request.account).names.add(request.params["Name"])
    answer["TopicArn"] += "!"


ONCE = Rule(
    "a-topic-is-made-once", "an example", ("sns:CreateTopic",), before=_refuse, after=_remember
)


def test_a_rule_refuses_remembers_and_edits() -> None:
    with in_process(), aws(VirtualClock(), [ONCE]):
        sns = client("sns")
        assert sns.create_topic(Name="alarms")["TopicArn"].endswith(":alarms!")
        assert code_of(sns.create_topic, Name="alarms") == "InvalidParameter"


def test_a_rule_may_answer_itself_and_change_an_error_of_moto() -> None:
    def answer(request: Request, world: World) -> dict[str, Any]:
        return {"Aliases": [{"AliasName": "alias/other"}]}

    def failed(request: Request, error: AwsError, world: World) -> AwsError:
        return AwsError("KMSInternalException", f"was {error.code}", 500)

    rules = [
        Rule("listed", "an example", ("kms:ListAliases",), before=answer),
        Rule("worse", "an example", ("kms:DescribeKey",), failed=failed),
    ]
    with in_process(), aws(VirtualClock(), rules):
        kms = client("kms")
        assert kms.list_aliases()["Aliases"] == [{"AliasName": "alias/other"}]
        with pytest.raises(ClientError, match="was NotFoundException"):
            kms.describe_key(KeyId="11111111-1111-1111-1111-111111111111")


def test_moto_is_given_back() -> None:
    before = BaseResponse.call_action
    with aws(VirtualClock()):
        assert BaseResponse.call_action is not before
    assert BaseResponse.call_action is before


def test_the_layer_forgets_when_told(ddb: Aws, layer: Layer) -> None:
    ddb.create_table(**TABLE)
    assert [each.request.api for each in layer.seen] == ["dynamodb:CreateTable"]
    layer.reset()
    assert layer.seen == []
    assert ddb.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"


def test_every_rule_names_its_source_and_is_one_of_a_kind() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule.source
        assert rule.apis
        assert rule.before or rule.after or rule.failed


SERVICES = {
    "application-autoscaling": ("describe_scalable_targets", {"ServiceNamespace": "dynamodb"}),
    "cloudwatch": ("describe_alarms", {}),
    "dynamodb": ("list_tables", {}),
    "ec2": ("describe_vpc_endpoints", {}),
    "iam": ("list_policies", {}),
    "kms": ("list_aliases", {}),
    "resourcegroupstaggingapi": ("get_resources", {}),
    "sns": ("list_topics", {}),
    "sts": ("get_caller_identity", {}),
}


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_says_a_fault_in_its_own_words(service: str, layer: Layer) -> None:
    method, params = SERVICES[service]
    call = getattr(client(service), method)
    for fault, code, status in (
        (faults.throttled, {"Throttl", "RequestLimitExceeded"}, None),
        (faults.server_error, {"Internal", "ServiceFailure", "KMSInternal"}, 500),
        (faults.denied, {"AccessDenied", "Unauthorized", "AuthorizationError"}, None),
        (faults.expired, {"Expired", "RequestExpired"}, None),
    ):
        layer.heal()
        layer.inject(fault(f"{service}:*"))
        with pytest.raises(ClientError) as raised:
            call(**params)
        response = raised.value.response
        assert any(response["Error"]["Code"].startswith(each) for each in code)
        assert response["Error"]["Message"]
        if status:
            assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    layer.heal()
    call(**params)


def test_a_fault_strikes_the_calls_that_it_names(ddb: Aws, layer: Layer) -> None:
    layer.inject(faults.throttled("dynamodb:ListTables", number=2, times=2))
    codes = [code_of(ddb.list_tables) for _ in range(4)]
    assert codes == ["", "ThrottlingException", "ThrottlingException", ""]
    assert layer.codes("dynamodb:ListTables") == codes


def test_a_denied_api_stays_denied_and_says_which(ddb: Aws, layer: Layer) -> None:
    layer.inject(faults.denied("dynamodb:DescribeTable"))
    ddb.create_table(**TABLE)
    for _ in range(2):
        with pytest.raises(ClientError, match="dynamodb:DescribeTable"):
            ddb.describe_table(TableName="orders")


@pytest.mark.parametrize("with_effect", [True, False])
def test_an_answer_is_lost_after_or_before_the_effect(
    with_effect: bool, ddb: Aws, layer: Layer
) -> None:
    layer.inject(faults.lost("dynamodb:CreateTable", with_effect=with_effect))
    with pytest.raises(ConnectionClosedError):
        ddb.create_table(**TABLE)
    assert ddb.list_tables()["TableNames"] == (["orders"] if with_effect else [])


def test_latency_passes_on_the_clock(ddb: Aws, layer: Layer, clock: VirtualClock) -> None:
    layer.inject(faults.latency("dynamodb:*", seconds=0.5))
    ddb.list_tables()
    ddb.list_tables()
    assert clock.monotonic() == 1.0


@pytest.mark.parametrize("with_effect", [True, False])
def test_a_kill_is_final_until_revived(with_effect: bool, ddb: Aws, layer: Layer) -> None:
    layer.inject(faults.killed(number=2, with_effect=with_effect))
    ddb.create_table(**TABLE)
    ddb.list_tables()  # reads do not count
    with pytest.raises(faults.Killed):
        ddb.create_table(**{**TABLE, "TableName": "customers"})
    with pytest.raises(faults.Killed):
        ddb.list_tables()
    layer.revive()
    assert len(ddb.list_tables()["TableNames"]) == 1 + with_effect


def test_any_error_can_be_had(ddb: Aws, layer: Layer) -> None:
    layer.inject(faults.error("dynamodb:ListTables", "SomethingElse", "odd", 418))
    with pytest.raises(ClientError) as raised:
        ddb.list_tables()
    assert raised.value.response["Error"] == {"Code": "SomethingElse", "Message": "odd"}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 418
