"""What has calls of its own: time to live, recovery, tags, resource policies, insights."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.clock import VirtualClock
from support.rules.clients import ARN, Aws, Orders, code_of, create, refusal
from support.rules.dynamodb.life import ALLOCATION_SECONDS

HOUR = 3600


def expiry(ddb: Aws, attribute: str, *, on: bool) -> tuple[str, str]:
    asked = {"Enabled": on, "AttributeName": attribute}
    return refusal(ddb.update_time_to_live, TableName="orders", TimeToLiveSpecification=asked)


def test_expiry_is_changed_once_in_half_an_hour(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    assert "already disabled" in expiry(ddb, "until", on=False)[1]
    assert expiry(ddb, "until", on=True) == ("", "")
    assert "already enabled" in expiry(ddb, "until", on=True)[1]
    for on in (True, False):
        assert "active on a different AttributeName" in expiry(ddb, "other", on=on)[1]
    clock.advance(1811)
    assert expiry(ddb, "until", on=False) == (
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
    )
    clock.advance(61)
    assert expiry(ddb, "until", on=False) == ("", "")
    assert "within a fixed interval" in expiry(ddb, "other", on=True)[1]
    clock.advance(HOUR)
    assert expiry(ddb, "other", on=True) == ("", "")


def test_recovery_is_set_again_without_an_error(ddb: Aws, orders: Orders) -> None:
    orders.made()
    asked = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    for _ in range(2):
        answer = ddb.update_continuous_backups(
            TableName="orders", PointInTimeRecoverySpecification=asked
        )["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert answer["PointInTimeRecoveryStatus"] == "ENABLED"
    off = {"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 7}
    assert (
        code_of(
            ddb.update_continuous_backups, TableName="orders", PointInTimeRecoverySpecification=off
        )
        == "ValidationException"
    )


def tags(**values: str) -> dict[str, Any]:
    return {
        "ResourceArn": ARN,
        "Tags": [{"Key": key, "Value": value} for key, value in values.items()],
    }


def listed(ddb: Aws) -> dict[str, str]:
    found = ddb.list_tags_of_resource(ResourceArn=ARN)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_tags_are_read_late(ddb: Aws, orders: Orders, clock: VirtualClock) -> None:
    orders.made(Tags=[{"Key": "a", "Value": "1"}])
    assert listed(ddb) == {"a": "1"}
    ddb.tag_resource(**tags(a="2", b="3"))
    assert listed(ddb) == {"a": "1"}
    clock.advance(2)
    assert listed(ddb) == {"a": "2", "b": "3"}
    ddb.untag_resource(ResourceArn=ARN, TagKeys=["b"])
    assert listed(ddb) == {"a": "2", "b": "3"}
    clock.advance(2)
    assert listed(ddb) == {"a": "2"}


def test_a_write_of_tags_locks_them_and_the_table(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    ddb.tag_resource(**tags(a="1"))
    assert refusal(ddb.untag_resource, ResourceArn=ARN, TagKeys=["b"]) == (
        "LimitExceededException",
        "Subscriber limit exceeded: Table tags are being updated: orders",
    )
    assert code_of(ddb.tag_resource, **tags(b="1")) == "LimitExceededException"
    assert "Table tags are being updated" in orders.refusal_of_delete()
    assert code_of(ddb.tag_resource, **tags(a="1")) == ""
    assert code_of(ddb.tag_resource, **tags(a="1", b="1")) == ""
    clock.advance(1.7)
    assert code_of(ddb.untag_resource, ResourceArn=ARN, TagKeys=["b"]) == ""


def test_a_write_that_changes_no_tag_locks_nothing(ddb: Aws, orders: Orders) -> None:
    orders.made(Tags=[{"Key": "a", "Value": "1"}])
    for _ in range(3):
        ddb.tag_resource(**tags(a="1"))
        ddb.untag_resource(ResourceArn=ARN, TagKeys=["b"])
    assert orders.refusal_of_delete() == ""


@pytest.mark.parametrize(
    "bad",
    [
        [{"Key": "aws:a", "Value": "1"}],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "a" * 129, "Value": "1"}],
        [{"Key": "a#b", "Value": "1"}],
        [{"Key": "a", "Value": "1" * 257}],
        [{"Key": f"key{number}", "Value": ""} for number in range(51)],
        [],
    ],
    ids=["aws", "twice", "long key", "character", "long value", "many", "none"],
)
def test_one_bad_tag_is_no_tag(bad: list[dict[str, str]], ddb: Aws, orders: Orders) -> None:
    orders.made()
    assert code_of(ddb.tag_resource, ResourceArn=ARN, Tags=bad) == "ValidationException"
    assert listed(ddb) == {}


def policy(sid: str) -> str:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "dynamodb:GetItem",
        "Resource": ARN,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_policy_is_read_late_and_written_seldom(
    ddb: Aws, orders: Orders, clock: VirtualClock
) -> None:
    orders.made()
    ddb.put_resource_policy(ResourceArn=ARN, Policy=policy("One"))
    assert code_of(ddb.get_resource_policy, ResourceArn=ARN) == "PolicyNotFoundException"
    assert "pending resource-based policy update" in orders.refusal_of_delete()
    put = {"ResourceArn": ARN, "Policy": policy("Two")}
    assert code_of(ddb.put_resource_policy, **put) == "ResourceInUseException"
    assert code_of(ddb.put_resource_policy, ResourceArn=ARN, Policy=policy("One")) == ""
    clock.advance(2)
    assert json.loads(ddb.get_resource_policy(ResourceArn=ARN)["Policy"]) == json.loads(
        policy("One")
    )
    assert refusal(ddb.delete_resource_policy, ResourceArn=ARN) == (
        "ThrottlingException",
        "Resource-based policy for table orders modified within the previous 15000 milliseconds. "
        "Please try again after 2026-01-01T00:01:15.000Z.",
    )
    clock.advance(13)
    ddb.put_resource_policy(**put)
    assert "One" in ddb.get_resource_policy(ResourceArn=ARN)["Policy"]


def test_a_policy_without_statements_is_refused(ddb: Aws, orders: Orders) -> None:
    orders.made()
    put = {"ResourceArn": ARN, "Policy": "{}"}
    assert code_of(ddb.put_resource_policy, **put) == "ValidationException"


def insights(ddb: Aws, **more: str) -> str:
    return str(
        ddb.describe_contributor_insights(TableName="orders", **more)["ContributorInsightsStatus"]
    )


def test_insights_take_their_time(ddb: Aws, orders: Orders, clock: VirtualClock) -> None:
    orders.made()
    assert insights(ddb) == "DISABLED"
    for action, going, done in (
        ("ENABLE", "ENABLING", "ENABLED"),
        ("DISABLE", "DISABLING", "DISABLED"),
    ):
        ddb.update_contributor_insights(TableName="orders", ContributorInsightsAction=action)
        assert insights(ddb) == going
        clock.advance(4)
        assert insights(ddb) == done


def test_insights_of_an_index_wait_for_it(ddb: Aws, orders: Orders, clock: VirtualClock) -> None:
    orders.made().update(**create())
    asked = {
        "TableName": "orders",
        "IndexName": "ByStatus",
        "ContributorInsightsAction": "ENABLE",
    }
    codes = []
    for seconds in (0, ALLOCATION_SECONDS, HOUR):
        clock.advance(seconds)
        codes.append(code_of(ddb.update_contributor_insights, **asked))
    assert codes == ["ResourceNotFoundException", "ValidationException", ""]
