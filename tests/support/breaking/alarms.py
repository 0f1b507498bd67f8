"""Settings of alarms: PutMetricAlarm overwrites a live alarm as a whole."""

from __future__ import annotations

from typing import Any

from support.breaking.place import PREFIX, Account, Rows
from support.converging import client

ALARM = Rows("alarm")

SLOW = f"{PREFIX}-orders-slow"
ERRORS = f"{PREFIX}-events-system-errors"
THROTTLES = f"{PREFIX}-events-ByKind-read-throttles"
AT = "orders/alarm/slow"
FORM = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
)


def live(name: str) -> dict[str, Any]:
    """A live alarm as PutMetricAlarm takes it."""
    [alarm] = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return {key: alarm[key] for key in FORM if key in alarm}


def put(name: str, **changes: Any) -> None:
    client("cloudwatch").put_metric_alarm(**{**live(name), **changes})


SIMPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "metric": ("metric", {"MetricName": "ReturnedItemCount"}),
    "namespace": ("namespace", {"Namespace": "Custom/DynamoDB"}),
    "dimensions": ("dimensions", {"Dimensions": [{"Name": "TableName", "Value": "gone"}]}),
    "period_seconds": ("period_seconds", {"Period": 300}),
    "unit": ("unit", {"Unit": "Milliseconds"}),
    "threshold": ("threshold", {"Threshold": 5000.0}),
    "comparison": ("comparison", {"ComparisonOperator": "LessThanThreshold"}),
    "evaluation_periods": ("evaluation_periods", {"EvaluationPeriods": 6}),
    "datapoints_to_alarm": ("datapoints_to_alarm", {"DatapointsToAlarm": 5}),
    "treat_missing_data": ("treat_missing_data", {"TreatMissingData": "breaching"}),
    "low_samples": ("low_samples", {"EvaluateLowSampleCountPercentile": "evaluate"}),
    "actions_enabled": ("actions_enabled", {"ActionsEnabled": False}),
    "alarm_actions": ("alarm_actions", {"AlarmActions": []}),
    "ok_actions": ("ok_actions", {"OKActions": []}),
    "insufficient_data_actions": (
        "insufficient_data_actions",
        {"InsufficientDataActions": [f"arn:aws:sns:us-east-1:123456789012:{PREFIX}-alarms"]},
    ),
    "description": ("description", {"AlarmDescription": "ignore me"}),
}


def _changing(changes: dict[str, Any]) -> Any:
    def change(_: Account) -> None:
        put(SLOW, **changes)

    return change


for _setting, (_path, _changes) in SIMPLE.items():
    ALARM(_setting, (AT, _path))(_changing(_changes))


@ALARM("statistic", (AT, "statistic"))
def statistic(_: Account) -> None:
    put(SLOW, ExtendedStatistic="p50")


@ALARM("metrics", ("events/alarm/system-errors", "metrics"))
def metrics(_: Account) -> None:
    entries = live(ERRORS)["Metrics"]
    for entry in entries:
        if "MetricStat" in entry:
            entry["MetricStat"]["Period"] = 300
    put(ERRORS, Metrics=entries)


@ALARM("threshold", ("events/alarm/ByKind/read-throttles", "threshold"), title="of an index")
def index_threshold(_: Account) -> None:
    put(THROTTLES, Threshold=99.0)


@ALARM("threshold", ("alarm/user-errors", "threshold"), title="of the account")
def account_threshold(_: Account) -> None:
    put(f"{PREFIX}-user-errors", Threshold=99.0)


ROWS = ALARM.rows
