"""How fast each API may be called: token buckets per account, region and API.

A bucket holds one second's worth and fills at the rate; what finds it empty is throttled.  The
figures are those that AWS publishes; where it publishes none, measurements of third parties say
so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import get_ident

from support.rules.dynamodb.life import moto_table
from support.rules.faults import throttling
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

#: Calls a second, by API.
PUBLISHED: Mapping[str, float] = {
    # API reference of DynamoDB (botocore's model); Contributor Insights: guide ServiceQuotas.
    "dynamodb:DescribeContinuousBackups": 10,
    "dynamodb:ListTagsOfResource": 10,
    "dynamodb:TagResource": 5,
    "dynamodb:UntagResource": 5,
    "dynamodb:CreateBackup": 50,
    "dynamodb:DeleteBackup": 10,
    "dynamodb:DescribeBackup": 10,
    "dynamodb:ListBackups": 5,
    "dynamodb:RestoreTableFromBackup": 10,
    "dynamodb:DescribeContributorInsights": 5,
    "dynamodb:ListContributorInsights": 5,
    "dynamodb:UpdateContributorInsights": 5,
    # General Reference, CloudWatch endpoints and quotas.
    "cloudwatch:DescribeAlarms": 9,
    "cloudwatch:DescribeAlarmHistory": 20,
    "cloudwatch:DescribeAlarmsForMetric": 9,
    "cloudwatch:PutMetricAlarm": 3,
    "cloudwatch:PutCompositeAlarm": 3,
    "cloudwatch:DeleteAlarms": 3,
    "cloudwatch:SetAlarmState": 3,
    "cloudwatch:EnableAlarmActions": 3,
    "cloudwatch:DisableAlarmActions": 3,
    "cloudwatch:GetDashboard": 10,
    "cloudwatch:PutDashboard": 10,
    "cloudwatch:ListDashboards": 10,
    "cloudwatch:DeleteDashboards": 10,
    "cloudwatch:ListMetrics": 25,
    "cloudwatch:ListTagsForResource": 10,
    "cloudwatch:TagResource": 20,
    "cloudwatch:UntagResource": 20,
    # KMS developer guide, requests per second.
    "kms:CreateKey": 5,
    "kms:CreateAlias": 5,
    "kms:UpdateAlias": 5,
    "kms:DeleteAlias": 15,
    "kms:DescribeKey": 2000,
    "kms:GetKeyPolicy": 1000,
    "kms:PutKeyPolicy": 15,
    "kms:GetKeyRotationStatus": 1000,
    "kms:EnableKeyRotation": 15,
    "kms:DisableKeyRotation": 5,
    "kms:ListAliases": 500,
    "kms:ListKeys": 500,
    "kms:ListResourceTags": 2000,
    "kms:EnableKey": 5,
    "kms:DisableKey": 5,
    "kms:ScheduleKeyDeletion": 15,
    "kms:CancelKeyDeletion": 5,
    "kms:TagResource": 10,
    "kms:UntagResource": 5,
    "kms:UpdateKeyDescription": 5,
    # API reference of SNS.
    "sns:Subscribe": 100,
    "sns:Unsubscribe": 100,
    "sns:ListTopics": 30,
    "sns:ListSubscriptions": 30,
    "sns:ListSubscriptionsByTopic": 30,
    "sns:ListTagsForResource": 10,
    "sns:TagResource": 10,
    "sns:UntagResource": 10,
    # Tag editor reference.
    "resourcegroupstaggingapi:GetResources": 15,
    "resourcegroupstaggingapi:TagResources": 5,
    "resourcegroupstaggingapi:UntagResources": 5,
}

#: Bursts of 10 effective control-plane writes were refused 3 to 5 times, and taken a second later.
MUTATIONS_A_SECOND = 6.0
_MUTATIONS = ("CreateTable", "UpdateTable", "DeleteTable", "TagResource")
#: One connection was given four answers at once, then one every two seconds.
EXPIRY_BURST, EXPIRY_A_SECOND = 4.0, 0.5
#: Each target-tracking policy makes four alarms on the caller's own budget.
ALARMS_OF_A_POLICY = 4


@dataclass
class Bucket:
    """Tokens at a time; a new bucket is full."""

    tokens: float = float("inf")
    at: float = 0.0

    def take(self, now: float, rate: float, burst: float, cost: float = 1) -> bool:
        """Take tokens, if there are enough."""
        self.tokens = min(burst, self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True


def _bucket(request: Request, world: World, name: str) -> Bucket:
    return world.kept(Bucket, request.account, request.region, name)


def _published(request: Request, world: World) -> None:
    rate = PUBLISHED.get(request.api)
    if rate and not _bucket(request, world, request.api).take(world.now, rate, rate):
        raise throttling(request)


def _mutation(request: Request, world: World) -> None:
    params = request.params
    if request.action == "UpdateTable" and "DeletionProtectionEnabled" in params:
        return  # measured: exempt
    if request.action == "TagResource" and _says_nothing_new(request):
        return
    bucket = _bucket(request, world, "dynamodb mutations")
    if not bucket.take(world.now, MUTATIONS_A_SECOND, MUTATIONS_A_SECOND):
        raise throttling(
            request, "The rate of control plane requests made by this account is too high"
        )


def _says_nothing_new(request: Request) -> bool:
    table = moto_table(request)
    live = {tag["Key"]: tag["Value"] for tag in table.tags} if table is not None else {}
    return all(live.get(tag["Key"]) == tag["Value"] for tag in request.params["Tags"])


def _expiry(request: Request, world: World) -> None:
    # In this process there are no connections; a thread of the client uses one at a time.
    connection = request.connection or f"thread {get_ident()}"
    bucket = _bucket(request, world, f"expiry of {connection}")
    if not bucket.take(world.now, EXPIRY_A_SECOND, EXPIRY_BURST):
        raise throttling(request)


def _policy(request: Request, world: World) -> None:
    rate = PUBLISHED["cloudwatch:PutMetricAlarm"]
    bucket = _bucket(request, world, "cloudwatch:PutMetricAlarm")
    # One policy may find the budget of a second short of its fourth alarm.
    if not bucket.take(world.now, rate, rate, min(ALARMS_OF_A_POLICY, rate)):
        raise AwsError(
            "FailedResourceAccessException",
            f"Unable to create alarms for scaling policy {request.params['PolicyName']} due to "
            "reason: Rate exceeded (Service: AmazonCloudWatch; Status Code: 400; Error Code: "
            "Throttling)",
        )
    bucket.tokens -= ALARMS_OF_A_POLICY - min(ALARMS_OF_A_POLICY, rate)


RULES = (
    Rule(
        "published-rates",
        "API references and guides of the services, each figure where it stands",
        tuple(PUBLISHED),
        before=_published,
    ),
    Rule(
        "the-account-changes-few-tables-at-once",
        "measured: one limiter for effective UpdateTable, TagResource, DeleteTable, CreateTable; "
        "reads, repeats, protection and expiry are exempt (DDB-TABLE-384, 434)",
        tuple(f"dynamodb:{action}" for action in _MUTATIONS),
        before=_mutation,
    ),
    Rule(
        "a-connection-describes-expiry-slowly",
        "measured: about 4 at once on one connection, one more every 2 s (DDB-TABLE-099, 403)",
        ("dynamodb:DescribeTimeToLive",),
        before=_expiry,
    ),
    Rule(
        "a-scaling-policy-draws-on-the-budget-of-alarms",
        "hashicorp/terraform-provider-aws#2275, #4285: FailedResourceAccessException",
        ("application-autoscaling:PutScalingPolicy",),
        before=_policy,
    ),
)
