"""What is found late: aliases, tags in bulk, IAM policies, subscriptions."""

from __future__ import annotations

import json
from typing import Any

from support.clock import VirtualClock
from support.rules import Layer
from support.rules.clients import ARN, TABLE, Aws, Orders, client, code_of

TEAM = [{"Key": "Team", "Value": "data"}]
ALARM: dict[str, Any] = {
    "AlarmName": "slow",
    "MetricName": "m",
    "Namespace": "n",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def listed(kms: Aws) -> set[str]:
    return {each["AliasName"] for each in kms.list_aliases()["Aliases"]}


def test_an_alias_is_listed_late(layer: Layer, clock: VirtualClock) -> None:
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=key)
    assert "alias/shop" not in listed(kms)
    assert kms.describe_key(KeyId="alias/shop")["KeyMetadata"]["KeyId"] == key
    clock.advance(3)
    assert "alias/shop" in listed(kms)


def in_bulk(**filters: Any) -> dict[str, dict[str, str]]:
    found = client("resourcegroupstaggingapi").get_resources(**filters)["ResourceTagMappingList"]
    return {
        each["ResourceARN"].rpartition(":")[2]: {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        for each in found
    }


def test_a_new_resource_is_in_the_index_late(ddb: Aws, layer: Layer, clock: VirtualClock) -> None:
    ddb.create_table(**TABLE, Tags=TEAM)
    client("sns").create_topic(Name="alarms", Tags=TEAM)
    client("kms").create_key(Tags=[{"TagKey": "Team", "TagValue": "data"}])
    client("cloudwatch").put_metric_alarm(**ALARM, Tags=TEAM)
    assert in_bulk() == {}
    clock.advance(4)
    assert len(in_bulk()) == 4
    client("cloudwatch").put_metric_alarm(**ALARM)
    assert len(in_bulk()) == 4


def test_a_changed_tag_is_in_the_index_late(ddb: Aws, orders: Orders, clock: VirtualClock) -> None:
    orders.made(Tags=TEAM)
    ddb.tag_resource(ResourceArn=ARN, Tags=[{"Key": "Team", "Value": "shop"}])
    assert in_bulk() == {"table/orders": {"Team": "data"}}
    assert in_bulk(TagFilters=[{"Key": "Team", "Values": ["shop"]}]) == {}
    assert in_bulk(TagFilters=[{"Key": "Team"}]) == {"table/orders": {"Team": "data"}}
    assert in_bulk(ResourceTypeFilters=["kms:key"]) == {}
    assert in_bulk(ResourceTypeFilters=["dynamodb:table"]) == {"table/orders": {"Team": "data"}}
    assert in_bulk(ResourceARNList=[ARN]) == {"table/orders": {"Team": "data"}}
    assert in_bulk(ResourceARNList=[f"{ARN}s"]) == {}
    clock.advance(4)
    assert in_bulk() == {"table/orders": {"Team": "shop"}}


def test_a_repeated_tag_changes_nothing_in_the_index(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made(Tags=TEAM)
    ddb.tag_resource(ResourceArn=ARN, Tags=[{"Key": "Team", "Value": "shop"}])
    clock.advance(3)
    ddb.tag_resource(ResourceArn=ARN, Tags=[{"Key": "Team", "Value": "shop"}])
    clock.advance(1)
    assert in_bulk() == {"table/orders": {"Team": "shop"}}


def test_a_deleted_resource_stays_in_the_index(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made(Tags=TEAM)
    ddb.delete_table(TableName="orders")
    clock.advance(600)
    assert in_bulk() == {"table/orders": {"Team": "data"}}
    clock.advance(600)
    assert in_bulk() == {}


def test_a_policy_is_found_late(layer: Layer, clock: VirtualClock) -> None:
    iam = client("iam")
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    arn = iam.create_policy(PolicyName="readers", PolicyDocument=json.dumps(document))["Policy"][
        "Arn"
    ]
    assert code_of(iam.get_policy, PolicyArn=arn) == "NoSuchEntity"
    clock.advance(2)
    assert code_of(iam.get_policy, PolicyArn=arn) == ""


def test_a_subscription_is_listed_late(layer: Layer, clock: VirtualClock) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    queue = "arn:aws:sqs:us-east-1:123456789012:alerts"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    clock.advance(2)
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def test_an_alarm_has_one_writer_at_a_time(layer: Layer, clock: VirtualClock) -> None:
    cloudwatch = client("cloudwatch")
    assert code_of(cloudwatch.put_metric_alarm, **ALARM) == ""
    assert code_of(cloudwatch.put_metric_alarm, **ALARM) == "ValidationError"
    clock.advance(1)
    assert code_of(cloudwatch.put_metric_alarm, **ALARM) == ""
