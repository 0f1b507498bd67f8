"""Which recorded calls explain which setting of which kind: one table.

Every setting that is compared has a row; a test compares the table with ``KINDS``.  Pure.  Sources:
the request shapes of botocore's service models, and the services' pages on CloudTrail; Application
Auto Scaling is recorded as ``autoscaling.amazonaws.com`` (its User Guide, "Log Application Auto
Scaling API calls using AWS CloudTrail").  Not yet compared with events of a real account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from dynaprov.watch.recorded import ABSENT, Row


def rows_of(kind: str, path: str) -> tuple[Row, ...]:
    """The calls that set this setting; an empty path asks for what takes the thing away."""
    return tuple(
        row
        for pattern, rows in ROWS.get(kind, {}).items()
        if fnmatchcase(path, pattern)
        for row in rows
    )


def makers_of(kind: str) -> tuple[Row, ...]:
    """The calls that make the thing, and with it every setting of it."""
    return MAKERS.get(kind, ())


def _stream(value: Any) -> Any:
    return _one_of(value, "streamViewType", "streamEnabled")


def _ttl(value: Any) -> Any:
    return _one_of(value, "attributeName", "enabled")


def _one_of(value: Any, name: str, switch: str) -> Any:
    """The member ``name``, or none where the switch is off."""
    if not isinstance(value, Mapping):
        return ABSENT
    lower = {key.lower(): each for key, each in value.items()}
    return lower.get(name.lower(), ABSENT) if lower.get(switch.lower()) else None


def _lifted(value: Any) -> Any:
    return None if value == -1 else value  # OnDemandThroughput: -1 takes the limit away


def _enabled(value: Any) -> Any:
    return value == "ENABLE"


_DDB, _CW, _KMS, _SNS = "dynamodb", "monitoring", "kms", "sns"
_IAM, _EC2, _AAS, _TAG = "iam", "ec2", "autoscaling", "tagging"
_INDEX = "globalSecondaryIndexUpdates[index]"


def _table(at: str, read: Callable[[Any], Any] | None = None) -> tuple[Row, ...]:
    return (Row(_DDB, "UpdateTable", at, read=read),)


def _index(at: str, read: Callable[[Any], Any] | None = None) -> tuple[Row, ...]:
    return tuple(
        Row(_DDB, "UpdateTable", f"{_INDEX}.{how}.{at}", read=read) for how in ("create", "update")
    )


def _alarm(at: str) -> tuple[Row, ...]:
    return (Row(_CW, "PutMetricAlarm", at, whole=True),)


def _topic(name: str) -> tuple[Row, ...]:
    where = (("attributeName", name),)
    return (Row(_SNS, "SetTopicAttributes", "attributeValue", whole=True, where=where),)


def _subscription(name: str) -> tuple[Row, ...]:
    where = (("attributeName", name), *_OF_SUBSCRIPTION)
    return (
        Row(_SNS, "SetSubscriptionAttributes", "attributeValue", whole=True, where=where),
        Row(_SNS, "Subscribe", f"attributes.{name}", where=_ENDPOINT),
    )


_OF_SUBSCRIPTION = (("subscriptionArn?", "{subscription}"),)
_ENDPOINT = (("protocol", "{protocol}"), ("endpoint", "{endpoint}"))
_DIMENSION = (("scalableDimension", "{dimension}"),)
_TRACKING = "targetTrackingScalingPolicyConfiguration"
_OF_INDEX = (("indexName", "{index}"),)
_OF_ALIAS = (("aliasName", "{alias}"),)
_PITR = "pointInTimeRecoverySpecification"
_PITR_ENABLED = f"{_PITR}.pointInTimeRecoveryEnabled"


def _target(at: str) -> tuple[Row, ...]:
    return (Row(_AAS, "RegisterScalableTarget", at, where=_DIMENSION),)


def _policy(at: str) -> tuple[Row, ...]:
    return (
        Row(_AAS, "PutScalingPolicy", f"{_TRACKING}.{at}", whole=True, where=_DIMENSION),
        Row(_AAS, "DeleteScalingPolicy", where=_DIMENSION),
    )


_GONE_SCALING = (
    Row(_AAS, "DeregisterScalableTarget", where=_DIMENSION),
    Row(_AAS, "DeleteScalingPolicy", where=_DIMENSION),
)
_KEY_POLICIES = (Row(_KMS, "PutKeyPolicy", "policy", whole=True),)

#: Calls that set a setting, by kind and pattern of its path; ``""`` are those that take the thing
#: away.  Parts of a table have a kind of their own here.
ROWS: Mapping[str, Mapping[str, tuple[Row, ...]]] = {
    "table": {
        "": (Row(_DDB, "DeleteTable"),),
        "billing_mode": _table("billingMode"),
        "capacity.read": _table("provisionedThroughput.readCapacityUnits"),
        "capacity.write": _table("provisionedThroughput.writeCapacityUnits"),
        "on_demand_limits.max_read": _table("onDemandThroughput.maxReadRequestUnits", _lifted),
        "on_demand_limits.max_write": _table("onDemandThroughput.maxWriteRequestUnits", _lifted),
        "stream": _table("streamSpecification", _stream),
        "encryption": _table("sseSpecification"),
        "class": _table("tableClass"),
        "deletion_protection": _table("deletionProtectionEnabled"),
    },
    "index": {
        "": (Row(_DDB, "UpdateTable", f"{_INDEX}.delete"),),
        "partition_key": (Row(_DDB, "UpdateTable", f"{_INDEX}.create.keySchema"),),
        "sort_key": (Row(_DDB, "UpdateTable", f"{_INDEX}.create.keySchema"),),
        "projection": (Row(_DDB, "UpdateTable", f"{_INDEX}.create.projection"),),
        "capacity.read": _index("provisionedThroughput.readCapacityUnits"),
        "capacity.write": _index("provisionedThroughput.writeCapacityUnits"),
        "on_demand_limits.max_read": _index("onDemandThroughput.maxReadRequestUnits", _lifted),
        "on_demand_limits.max_write": _index("onDemandThroughput.maxWriteRequestUnits", _lifted),
    },
    "local-index": {"": (Row(_DDB, "DeleteTable"),)},
    "ttl": {
        "attribute": (
            Row(_DDB, "UpdateTimeToLive", "timeToLiveSpecification", whole=True, read=_ttl),
        ),
    },
    "pitr": {
        "enabled": (Row(_DDB, "UpdateContinuousBackups", _PITR_ENABLED),),
        "recovery_period_days": (
            Row(_DDB, "UpdateContinuousBackups", f"{_PITR}.recoveryPeriodInDays"),
            # What is off has no window; switching it on without one gives the longest.
            Row(_DDB, "UpdateContinuousBackups", value=None, where=((_PITR_ENABLED, "false"),)),
            Row(_DDB, "UpdateContinuousBackups", where=((_PITR_ENABLED, "true"),)),
        ),
    },
    "insights": {
        "enabled": (
            Row(
                _DDB,
                "UpdateContributorInsights",
                "contributorInsightsAction",
                where=_OF_INDEX,
                read=_enabled,
            ),
        ),
        "mode": (
            Row(
                _DDB,
                "UpdateContributorInsights",
                "contributorInsightsMode",
                whole=True,
                where=_OF_INDEX,
            ),
        ),
    },
    "scaling": {
        "": _GONE_SCALING,
        "min": _target("minCapacity"),
        "max": _target("maxCapacity"),
        "target_utilization": _policy("targetValue"),
        "scale_in_cooldown_seconds": _policy("scaleInCooldown"),
        "scale_out_cooldown_seconds": _policy("scaleOutCooldown"),
        "disable_scale_in": _policy("disableScaleIn"),
    },
    "alarm": {
        "": (Row(_CW, "DeleteAlarms"),),
        "metric": _alarm("metricName"),
        "namespace": _alarm("namespace"),
        "dimensions": _alarm("dimensions"),
        "statistic": (*_alarm("statistic"), Row(_CW, "PutMetricAlarm", "extendedStatistic")),
        "period_seconds": _alarm("period"),
        "unit": _alarm("unit"),
        "metrics": _alarm("metrics"),
        "threshold": _alarm("threshold"),
        "comparison": _alarm("comparisonOperator"),
        "evaluation_periods": _alarm("evaluationPeriods"),
        "datapoints_to_alarm": _alarm("datapointsToAlarm"),
        "treat_missing_data": _alarm("treatMissingData"),
        "low_samples": _alarm("evaluateLowSampleCountPercentile"),
        "actions_enabled": (
            Row(_CW, "DisableAlarmActions", value=False),
            Row(_CW, "EnableAlarmActions", value=True),
            *_alarm("actionsEnabled"),
        ),
        "alarm_actions": _alarm("alarmActions"),
        "ok_actions": _alarm("oKActions"),
        "insufficient_data_actions": _alarm("insufficientDataActions"),
        "description": _alarm("alarmDescription"),
    },
    "dashboard": {
        "": (Row(_CW, "DeleteDashboards"),),
        "body": (Row(_CW, "PutDashboard", "dashboardBody", whole=True),),
    },
    "topic": {
        "": (Row(_SNS, "DeleteTopic"),),
        "display_name": _topic("DisplayName"),
        "encryption": _topic("KmsMasterKeyId"),
        "policy": (
            *_topic("Policy"),
            Row(_SNS, "AddPermission"),
            Row(_SNS, "RemovePermission"),
        ),
    },
    "subscription": {
        "": (Row(_SNS, "Unsubscribe", where=_OF_SUBSCRIPTION),),
        "raw_message_delivery": _subscription("RawMessageDelivery"),
        "filter_policy": _subscription("FilterPolicy"),
    },
    "kms-key": {
        "": (Row(_KMS, "ScheduleKeyDeletion"), Row(_KMS, "DeleteKey")),
        "description": (Row(_KMS, "UpdateKeyDescription", "description", whole=True),),
        "alias": (
            Row(_KMS, "UpdateAlias", where=_OF_ALIAS),
            Row(_KMS, "DeleteAlias", where=_OF_ALIAS),
            Row(_KMS, "CreateAlias", where=_OF_ALIAS),
        ),
        "policy": _KEY_POLICIES,
        "rotation": (
            Row(_KMS, "DisableKeyRotation", value=False),
            Row(_KMS, "EnableKeyRotation", value=True),
        ),
        "rotation_period_days": (
            Row(_KMS, "EnableKeyRotation", "rotationPeriodInDays", whole=True),
            Row(_KMS, "DisableKeyRotation", value=None),
        ),
        "enabled": (
            Row(_KMS, "DisableKey", value=False),
            Row(_KMS, "EnableKey", value=True),
            Row(_KMS, "ScheduleKeyDeletion", value=False),
            Row(_KMS, "CancelKeyDeletion", value=False),
        ),
    },
    "access-policy": {
        "": (Row(_IAM, "DeletePolicy"),),
        "document": (
            Row(
                _IAM,
                "CreatePolicyVersion",
                "policyDocument",
                whole=True,
                where=(("setAsDefault", "True"),),
            ),
            Row(_IAM, "SetDefaultPolicyVersion"),
        ),
    },
    "vpc-endpoint": {
        "": (Row(_EC2, "DeleteVpcEndpoints"),),
        "route_table_ids": (
            Row(_EC2, "ModifyVpcEndpoint", "addRouteTableId", read=lambda _: ABSENT),
            Row(_EC2, "ModifyVpcEndpoint", "removeRouteTableId", read=lambda _: ABSENT),
            Row(_EC2, "ModifyVpcEndpoint", "addRouteTableIds", read=lambda _: ABSENT),
            Row(_EC2, "ModifyVpcEndpoint", "removeRouteTableIds", read=lambda _: ABSENT),
        ),
        "policy": (
            Row(_EC2, "ModifyVpcEndpoint", "policyDocument"),
            Row(_EC2, "ModifyVpcEndpoint", "resetPolicy", read=lambda _: ABSENT),
        ),
    },
    "tags": {
        "tags.*": (
            *(Row(service, "TagResource", "tags[tag].value") for service in (_DDB, _SNS, _CW)),
            Row(_KMS, "TagResource", "tags[tag].tagValue"),
            Row(_IAM, "TagPolicy", "tags[tag].value"),
            Row(_EC2, "CreateTags", "tagSet.items[tag].value"),
            *(
                Row(service, "UntagResource", "tagKeys[tag]", value=None)
                for service in (_DDB, _KMS, _SNS, _CW)
            ),
            Row(_IAM, "UntagPolicy", "tagKeys[tag]", value=None),
            Row(_EC2, "DeleteTags", "tagSet.items[tag]", value=None),
            Row(_TAG, "TagResources", "tags.{tag}"),
            Row(_TAG, "UntagResources", "tagKeys[tag]", value=None),
        ),
    },
}

_MADE_TABLE = (
    Row(_DDB, "CreateTable"),
    Row(_DDB, "RestoreTableFromBackup"),
    Row(_DDB, "RestoreTableToPointInTime"),
    Row(_DDB, "ImportTable"),
)

#: Calls that make a thing: they explain every setting that was not set since.
MAKERS: Mapping[str, tuple[Row, ...]] = {
    "table": _MADE_TABLE,
    "index": (Row(_DDB, "UpdateTable", f"{_INDEX}.create"), *_MADE_TABLE),
    "local-index": _MADE_TABLE,
    "ttl": _MADE_TABLE,
    "pitr": _MADE_TABLE,
    "insights": _MADE_TABLE,
    "scaling": (Row(_AAS, "RegisterScalableTarget", where=_DIMENSION),),
    "scaling-policy": (Row(_AAS, "PutScalingPolicy", where=_DIMENSION),),
    "alarm": (Row(_CW, "PutMetricAlarm"),),
    "dashboard": (Row(_CW, "PutDashboard"),),
    "topic": (Row(_SNS, "CreateTopic"),),
    "subscription": (Row(_SNS, "Subscribe", where=_ENDPOINT), Row(_SNS, "ConfirmSubscription")),
    "kms-key": (Row(_KMS, "CreateKey"),),
    "access-policy": (Row(_IAM, "CreatePolicy"),),
    "vpc-endpoint": (Row(_EC2, "CreateVpcEndpoint"),),
    "tags": (
        *_MADE_TABLE,
        Row(_KMS, "CreateKey"),
        Row(_SNS, "CreateTopic"),
        Row(_IAM, "CreatePolicy"),
        Row(_EC2, "CreateVpcEndpoint"),
    ),
}
