"""How fast AWS lets each API be called: the documented figures, per account and region.

Only figures that dynaprov could reach are listed; an API without one is not paced (a throttled call
is repeated).  Not reached: DynamoDB's 2,500 control plane calls a second, and what KMS and
CloudWatch allow hundreds of times a second.  No figure is published for IAM, EC2, Application Auto
Scaling, SNS topics and DescribeTable.

A process works in one account and region, so that a budget of this table is one of both.  AWS
raises some quotas on request; ``with_own`` puts a project's own figures in.

Sources: (model) botocore's service models, (guide) the service's page of quotas, (measured)
third-party measurements, no contract, (inferred) follows from what AWS documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import floor

from dynaprov.model.ports import iam_action

Rates = Mapping[tuple[str, str], "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``calls`` in any window of ``seconds``.

    Attributes:
        calls: how many at once.
        seconds: the length of the window.
        bucket: the budget that the call draws on, where several APIs share one.
        cost: how many calls of that budget one call uses up.
        per_connection: whether every connection has a budget of its own.
    """

    calls: int
    seconds: float = 1.0
    bucket: str = ""
    cost: int = 1
    per_connection: bool = False


_PUT_ALARM = Rate(3, bucket="cloudwatch:PutMetricAlarm")
_DELETE_ALARM = Rate(3, bucket="cloudwatch:DeleteAlarms")
# Of 10 mutations at once 3 to 5 were refused, all kinds together, and none a second later
# (measured).  TagResource and UntagResource: 5/s each (model).
_MUTATION = Rate(5, bucket="dynamodb:mutations")

RATES: Rates = {
    # DynamoDB (model; contributor insights: guide)
    ("dynamodb", "create_table"): _MUTATION,
    ("dynamodb", "update_table"): _MUTATION,
    ("dynamodb", "delete_table"): _MUTATION,
    ("dynamodb", "tag_resource"): _MUTATION,
    ("dynamodb", "untag_resource"): _MUTATION,
    ("dynamodb", "list_tags_of_resource"): Rate(10),
    ("dynamodb", "describe_continuous_backups"): Rate(10),
    # No figure; each connection takes about 4 at once and then one every 2 s (measured).
    ("dynamodb", "describe_time_to_live"): Rate(4, 8.0, per_connection=True),
    ("dynamodb", "describe_contributor_insights"): Rate(5),
    ("dynamodb", "list_contributor_insights"): Rate(5),
    ("dynamodb", "update_contributor_insights"): Rate(5),
    ("dynamodb", "create_backup"): Rate(50),
    ("dynamodb", "delete_backup"): Rate(10),
    ("dynamodb", "describe_backup"): Rate(10),
    ("dynamodb", "list_backups"): Rate(5),
    ("dynamodb", "restore_table_from_backup"): Rate(10),
    ("dynamodb", "describe_table_replica_auto_scaling"): Rate(10),
    ("dynamodb", "update_table_replica_auto_scaling"): Rate(10),
    ("dynamodb", "describe_limits"): Rate(1, 60.0),
    # CloudWatch (guide: General Reference)
    ("cloudwatch", "describe_alarms"): Rate(9),
    ("cloudwatch", "describe_alarms_for_metric"): Rate(9),
    ("cloudwatch", "describe_alarm_history"): Rate(20),
    ("cloudwatch", "put_metric_alarm"): _PUT_ALARM,
    ("cloudwatch", "put_composite_alarm"): Rate(3),
    ("cloudwatch", "delete_alarms"): _DELETE_ALARM,
    ("cloudwatch", "set_alarm_state"): Rate(3),
    ("cloudwatch", "enable_alarm_actions"): Rate(3),
    ("cloudwatch", "disable_alarm_actions"): Rate(3),
    ("cloudwatch", "get_dashboard"): Rate(10),
    ("cloudwatch", "put_dashboard"): Rate(10),
    ("cloudwatch", "list_dashboards"): Rate(10),
    ("cloudwatch", "delete_dashboards"): Rate(10),
    ("cloudwatch", "list_metrics"): Rate(25),
    ("cloudwatch", "put_anomaly_detector"): Rate(10),
    ("cloudwatch", "describe_anomaly_detectors"): Rate(10),
    ("cloudwatch", "delete_anomaly_detector"): Rate(5),
    ("cloudwatch", "list_tags_for_resource"): Rate(10),
    ("cloudwatch", "tag_resource"): Rate(20),
    ("cloudwatch", "untag_resource"): Rate(20),
    # Each target-tracking policy makes four alarms on the caller's own budget, so one policy in
    # 1.4 s; faster ends as FailedResourceAccessException (hashicorp/terraform-provider-aws#4285).
    # They go with it, and those of all its policies with a target, on the same account's budget
    # (inferred).
    ("application-autoscaling", "put_scaling_policy"): replace(_PUT_ALARM, cost=4),
    ("application-autoscaling", "delete_scaling_policy"): _DELETE_ALARM,
    ("application-autoscaling", "deregister_scalable_target"): _DELETE_ALARM,
    # KMS (guide: requests-per-second table)
    ("kms", "create_key"): Rate(5),
    ("kms", "create_alias"): Rate(5),
    ("kms", "update_alias"): Rate(5),
    ("kms", "delete_alias"): Rate(15),
    ("kms", "put_key_policy"): Rate(15),
    ("kms", "enable_key"): Rate(5),
    ("kms", "disable_key"): Rate(5),
    ("kms", "enable_key_rotation"): Rate(15),
    ("kms", "disable_key_rotation"): Rate(5),
    ("kms", "schedule_key_deletion"): Rate(15),
    ("kms", "cancel_key_deletion"): Rate(5),
    ("kms", "rotate_key_on_demand"): Rate(5),
    ("kms", "create_grant"): Rate(50),
    ("kms", "list_grants"): Rate(100),
    ("kms", "tag_resource"): Rate(10),
    ("kms", "untag_resource"): Rate(5),
    ("kms", "update_key_description"): Rate(5),
    # SNS (model)
    ("sns", "subscribe"): Rate(100),
    ("sns", "unsubscribe"): Rate(100),
    ("sns", "list_topics"): Rate(30),
    ("sns", "list_subscriptions"): Rate(30),
    ("sns", "list_subscriptions_by_topic"): Rate(30),
    ("sns", "list_tags_for_resource"): Rate(10),
    ("sns", "tag_resource"): Rate(10),
    ("sns", "untag_resource"): Rate(10),
    # Tagging (guide: tag editor reference), CloudTrail (model)
    ("resourcegroupstaggingapi", "get_resources"): Rate(15),
    ("resourcegroupstaggingapi", "tag_resources"): Rate(5),
    ("resourcegroupstaggingapi", "untag_resources"): Rate(5),
    ("resourcegroupstaggingapi", "get_tag_keys"): Rate(5),
    ("resourcegroupstaggingapi", "get_tag_values"): Rate(5),
    ("cloudtrail", "lookup_events"): Rate(2),
}

#: Client names that differ from the prefixes of IAM's actions.
_CLIENT_NAME = {"tag": "resourcegroupstaggingapi"}


def with_own(own: Mapping[str, float], rates: Rates = RATES) -> Rates:
    """The table with figures of one's own, in calls a second by IAM action.

    A figure counts for all APIs that share the budget (``cloudwatch:PutMetricAlarm`` for scaling
    policies, too), and for the account where AWS counts by connection.
    """
    made = dict(rates)
    for action, figure in own.items():
        api = _api(action)
        shared = {
            each: rate
            for each, rate in rates.items()
            if each == api or (rate.bucket and rate.bucket == _bucket(api, rates))
        }
        own_rate = _rate(figure)
        for each, rate in (shared or {api: own_rate}).items():
            made[each] = replace(own_rate, bucket=rate.bucket, cost=rate.cost)
    return made


def _bucket(api: tuple[str, str], rates: Rates) -> str:
    return rates[api].bucket if api in rates else ""


def _rate(figure: float) -> Rate:
    calls = max(1, floor(figure))
    return Rate(calls, calls / figure)


def _api(action: str) -> tuple[str, str]:
    """Client and method of an IAM action: ``dynamodb:ListTagsOfResource``."""
    for service, method in RATES:
        if iam_action(service, method) == action:
            return service, method
    prefix, _, name = action.partition(":")
    method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return _CLIENT_NAME.get(prefix, prefix), method
