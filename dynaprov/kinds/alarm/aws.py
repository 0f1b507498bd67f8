"""One alarm in AWS's shapes: from DescribeAlarms, and to PutMetricAlarm.

DescribeAlarms leaves out what was never set, so the defaults of PutMetricAlarm are filled in here
(CloudWatch API reference): actions enabled, as many data points as periods, missing data
``missing``, percentiles of few samples evaluated.  Actions come back in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dynaprov.kinds.alarm.sections import AlarmState

#: Statistics that go into ``Statistic``; all others are extended statistics.
SIMPLE = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})

#: Members that no setting declares.  PutMetricAlarm would set them back, so they are sent again.
KEPT = ("EvaluationWindow", "WarmUpConfiguration", "ActionConfiguration")
LOW_SAMPLES = "EvaluateLowSampleCountPercentile"


def from_aws(alarm: Mapping[str, Any]) -> AlarmState:
    """The state of one entry of DescribeAlarms."""
    get = alarm.get
    metric = get("MetricName")
    periods = get("EvaluationPeriods")
    return AlarmState(
        metric=metric,
        namespace=get("Namespace"),
        dimensions=_dimensions(get("Dimensions", ())) if metric else None,
        statistic=get("Statistic") or get("ExtendedStatistic"),
        period_seconds=get("Period") if metric else None,
        unit=get("Unit"),
        metrics=_entries(get("Metrics", ())) or None,
        threshold=get("Threshold"),
        comparison=get("ComparisonOperator"),
        evaluation_periods=periods,
        datapoints_to_alarm=get("DatapointsToAlarm", periods),
        treat_missing_data=get("TreatMissingData") or "missing",
        low_samples=get(LOW_SAMPLES) or "evaluate",
        actions_enabled=get("ActionsEnabled", True),
        alarm_actions=sorted(get("AlarmActions", ())),
        ok_actions=sorted(get("OKActions", ())),
        insufficient_data_actions=sorted(get("InsufficientDataActions", ())),
        description=get("AlarmDescription") or "",
    )


def kept(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """What an update has to send again so that it stays as it is."""
    return {member: alarm[member] for member in (*KEPT, LOW_SAMPLES) if alarm.get(member)}


def to_aws(name: str, state: AlarmState, keep: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of PutMetricAlarm, but for tags; what is empty or none is left out."""
    params: dict[str, Any] = {
        "AlarmName": name,
        "AlarmDescription": state.description,
        "ActionsEnabled": state.actions_enabled,
        "AlarmActions": state.alarm_actions,
        "OKActions": state.ok_actions,
        "InsufficientDataActions": state.insufficient_data_actions,
        "EvaluationPeriods": state.evaluation_periods,
        "DatapointsToAlarm": state.datapoints_to_alarm,
        "Threshold": state.threshold,
        "ComparisonOperator": state.comparison,
        "TreatMissingData": state.treat_missing_data,
        **{member: value for member, value in keep.items() if member in KEPT},
    }
    if state.metrics is not None:
        return {**params, "Metrics": [_entry_to_aws(entry) for entry in state.metrics]}
    extended = state.statistic not in SIMPLE
    params |= {
        "MetricName": state.metric,
        "Namespace": state.namespace,
        "Dimensions": _dimensions_to_aws(state.dimensions or {}),
        "ExtendedStatistic" if extended else "Statistic": state.statistic,
        "Period": state.period_seconds,
    }
    low_samples = state.low_samples if state.declared("low_samples") else keep.get(LOW_SAMPLES)
    if extended and low_samples:
        params[LOW_SAMPLES] = low_samples
    return params


def _dimensions(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return dict(sorted((each["Name"], each["Value"]) for each in given))


def _dimensions_to_aws(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _entries(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return sorted((_entry(each) for each in given), key=lambda entry: str(entry["id"]))


def _entry(given: Mapping[str, Any]) -> dict[str, Any]:
    """One metric or expression, without what is not set; ReturnData is true when left out."""
    stat = given.get("MetricStat") or {}
    metric = stat.get("Metric") or {}
    entry = {
        "id": given["Id"],
        "expression": given.get("Expression"),
        "label": given.get("Label"),
        "metric": metric.get("MetricName"),
        "namespace": metric.get("Namespace"),
        "dimensions": _dimensions(metric["Dimensions"]) if metric.get("Dimensions") else None,
        "statistic": stat.get("Stat"),
        "period_seconds": stat.get("Period") or given.get("Period"),
        "unit": stat.get("Unit"),
        "account": given.get("AccountId"),
        "returns": given.get("ReturnData", True),
    }
    return {key: value for key, value in entry.items() if value is not None}


def _entry_to_aws(entry: Mapping[str, Any]) -> dict[str, Any]:
    if "expression" in entry:
        return {
            "Id": entry["id"],
            "Expression": entry["expression"],
            "Label": entry["label"],
            "ReturnData": entry["returns"],
        }
    return {
        "Id": entry["id"],
        "MetricStat": {
            "Metric": {
                "Namespace": entry["namespace"],
                "MetricName": entry["metric"],
                "Dimensions": _dimensions_to_aws(entry["dimensions"]),
            },
            "Period": entry["period_seconds"],
            "Stat": entry["statistic"],
        },
        "ReturnData": entry["returns"],
    }
