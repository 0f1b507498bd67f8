"""How fast each API may be called."""

from __future__ import annotations

from typing import Any

import pytest

from support.clock import VirtualClock
from support.rules import Layer
from support.rules.clients import ARN, TABLE, Aws, Orders, client, code_of, refusal

#: An API of each service with a published rate: method, parameters, calls a second, code.
PACED: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("dynamodb", "describe_continuous_backups", {"TableName": "x"}, 10, "ThrottlingException"),
    ("cloudwatch", "describe_alarms", {}, 9, "Throttling"),
    ("cloudwatch", "delete_alarms", {"AlarmNames": []}, 3, "Throttling"),
    ("kms", "create_key", {}, 5, "ThrottlingException"),
    ("sns", "list_topics", {}, 30, "Throttled"),
    ("resourcegroupstaggingapi", "get_resources", {}, 15, "ThrottledException"),
]


@pytest.mark.parametrize(("service", "method", "params", "rate", "code"), PACED)
def test_a_second_holds_so_many_calls(
    service: str,
    method: str,
    params: dict[str, Any],
    rate: int,
    code: str,
    layer: Layer,
    clock: VirtualClock,
) -> None:
    call = getattr(client(service), method)
    codes = [code_of(call, **params) for _ in range(rate + 2)]
    assert code not in codes[:rate]
    assert codes[rate:] == [code, code]
    clock.advance(1)
    assert code_of(call, **params) != code


def test_the_account_changes_few_tables_at_once(ddb: Aws, clock: VirtualClock) -> None:
    answers = [refusal(ddb.create_table, **{**TABLE, "TableName": f"t-{n}"}) for n in range(10)]
    assert [code for code, _ in answers] == [*[""] * 6, *["ThrottlingException"] * 4]
    assert answers[-1][1] == ("The rate of control plane requests made by this account is too high")
    clock.advance(1)
    assert code_of(ddb.create_table, **{**TABLE, "TableName": "t-9"}) == ""


def test_protection_and_repeated_tags_are_exempt(ddb: Aws, orders: Orders) -> None:
    orders.made(Tags=[{"Key": "a", "Value": "1"}])
    for _ in range(20):
        assert orders.refusal(DeletionProtectionEnabled=True) == ""
    for _ in range(5):
        ddb.tag_resource(ResourceArn=ARN, Tags=[{"Key": "a", "Value": "1"}])


def test_a_connection_describes_expiry_slowly(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    codes = [code_of(ddb.describe_time_to_live, TableName="orders") for _ in range(5)]
    assert codes == ["", "", "", "", "ThrottlingException"]
    clock.advance(2)
    assert code_of(ddb.describe_time_to_live, TableName="orders") == ""


def test_a_scaling_policy_draws_on_the_budget_of_alarms(
    orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    scaling, cloudwatch = client("application-autoscaling"), client("cloudwatch")
    target = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    }
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=10)
    clock.advance(1)
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
        },
    }
    put = {
        **target,
        "PolicyName": "reads",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    assert code_of(scaling.put_scaling_policy, **put) == ""
    code, text = refusal(scaling.put_scaling_policy, **put)
    assert code == "FailedResourceAccessException"
    assert "Rate exceeded" in text
    alarm = {
        "AlarmName": "a",
        "MetricName": "m",
        "Namespace": "n",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    assert code_of(cloudwatch.put_metric_alarm, **alarm) == "Throttling"
    clock.advance(1.4)
    assert code_of(scaling.put_scaling_policy, **put) == ""
