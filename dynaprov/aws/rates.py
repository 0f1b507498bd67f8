"""How fast AWS lets each API be called: the documented figures, per account and region.

Only APIs that dynaprov calls and whose figure it could reach are listed; the rest is not paced (a
throttled call is repeated).  Sources: (model) botocore's service models, (guide) the service's page
of quotas, (measured) third-party measurements, no contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``calls`` in any window of ``seconds``.

    ``bucket`` is the budget that the call draws on, where several APIs share one; ``cost`` is how
    many calls of that budget one call uses up.
    """

    calls: int
    seconds: float = 1.0
    bucket: str = ""
    cost: int = 1


_PUT_ALARM = Rate(3, bucket="cloudwatch:PutMetricAlarm")

RATES: Mapping[tuple[str, str], Rate] = {
    # DynamoDB (model; contributor insights: guide)
    ("dynamodb", "describe_continuous_backups"): Rate(10),
    ("dynamodb", "list_tags_of_resource"): Rate(10),
    ("dynamodb", "tag_resource"): Rate(5),
    ("dynamodb", "untag_resource"): Rate(5),
    ("dynamodb", "describe_contributor_insights"): Rate(5),
    ("dynamodb", "list_contributor_insights"): Rate(5),
    ("dynamodb", "update_contributor_insights"): Rate(5),
    ("dynamodb", "create_backup"): Rate(50),
    ("dynamodb", "delete_backup"): Rate(10),
    ("dynamodb", "describe_backup"): Rate(10),
    ("dynamodb", "list_backups"): Rate(5),
    ("dynamodb", "restore_table_from_backup"): Rate(10),
    ("dynamodb", "describe_limits"): Rate(1, 60.0),
    # No figure; each connection takes about 4 at once and then one every 2 s (measured).  With 16
    # connections that is 64 at once and 8 a second.
    ("dynamodb", "describe_time_to_live"): Rate(64, 8.0),
    # Bursts of 10 mutations were refused for a second (measured).
    ("dynamodb", "create_table"): Rate(10, bucket="dynamodb:mutations"),
    ("dynamodb", "update_table"): Rate(10, bucket="dynamodb:mutations"),
    ("dynamodb", "delete_table"): Rate(10, bucket="dynamodb:mutations"),
    # CloudWatch (guide: General Reference)
    ("cloudwatch", "describe_alarms"): Rate(9),
    ("cloudwatch", "describe_alarm_history"): Rate(20),
    ("cloudwatch", "put_metric_alarm"): _PUT_ALARM,
    ("cloudwatch", "put_composite_alarm"): Rate(3),
    ("cloudwatch", "delete_alarms"): Rate(3),
    ("cloudwatch", "set_alarm_state"): Rate(3),
    ("cloudwatch", "enable_alarm_actions"): Rate(3),
    ("cloudwatch", "disable_alarm_actions"): Rate(3),
    ("cloudwatch", "get_dashboard"): Rate(10),
    ("cloudwatch", "put_dashboard"): Rate(10),
    ("cloudwatch", "list_dashboards"): Rate(10),
    ("cloudwatch", "delete_dashboards"): Rate(10),
    ("cloudwatch", "list_tags_for_resource"): Rate(10),
    ("cloudwatch", "tag_resource"): Rate(20),
    ("cloudwatch", "untag_resource"): Rate(20),
    # Each target-tracking policy makes four alarms on the caller's own budget, so one policy a
    # 1.4 s; faster ends as FailedResourceAccessException (hashicorp/terraform-provider-aws#4285).
    ("application-autoscaling", "put_scaling_policy"): Rate(3, bucket=_PUT_ALARM.bucket, cost=4),
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
    ("cloudtrail", "lookup_events"): Rate(2),
}
