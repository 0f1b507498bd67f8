"""What an alarm of a suite watches: one metric, or an expression of metric math over several.

An alarm on an expression takes at most ten metrics (PutMetricAlarm, CloudWatch API reference).
``FILL`` stands in for what is not published: DynamoDB sends counts only when there are any.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.kinds.alarm.metrics import NAMESPACE, OPERATION
from dynaprov.kinds.alarm.suites import Form, Rule


def watched(rule: Rule, dimensions: Mapping[str, str], period: int) -> dict[str, Any]:
    """The fields that say what an alarm of this rule watches, for ``AlarmState``."""
    if rule.form is Form.METRIC:
        with_operation = {OPERATION: rule.operations[0]} if rule.operations else {}
        return {
            "metric": rule.metrics[0],
            "dimensions": {**dimensions, **with_operation},
            "statistic": rule.statistic,
            "period": period,
        }
    return {"metrics": sorted(_EXPRESSIONS[rule.form](rule, dimensions, period), key=_by_id)}


def _by_id(entry: Mapping[str, Any]) -> str:
    return str(entry["id"])


def _sum(rule: Rule, dimensions: Mapping[str, str], period: int) -> list[dict[str, Any]]:
    """The sum over operations; an operation without data counts as 0."""
    [metric] = rule.metrics
    entries = _per_operation("m", metric, rule.statistic, rule, dimensions, period)
    return [*entries, _expression(_total(entries), rule.what)]


def _used(rule: Rule, dimensions: Mapping[str, str], period: int) -> list[dict[str, Any]]:
    """Consumed capacity in percent of what is provisioned.

    The Sum over a period divided by its seconds is the rate; an Average would be per request.  The
    provisioned capacity is published every five minutes and stays valid in between.  The metric and
    not the spec's number, since an autoscaler may have changed it.
    """
    consumed, provisioned = rule.metrics
    return [
        _metric("consumed", consumed, "Sum", dimensions, period),
        _metric("provisioned", provisioned, "Maximum", dimensions, period),
        _expression("100 * (consumed / PERIOD(consumed)) / FILL(provisioned, REPEAT)", rule.what),
    ]


def _rate(rule: Rule, dimensions: Mapping[str, str], period: int) -> list[dict[str, Any]]:
    """Succeeded requests in percent of succeeded and failed ones; 100 where there were none."""
    succeeded, failed = rule.metrics
    good = _per_operation("s", succeeded, rule.statistic, rule, dimensions, period)
    bad = _per_operation("f", failed, "Sum", rule, dimensions, period)
    right, wrong = _total(good), _total(bad)
    expression = f"IF({right} + {wrong} > 0, 100 * ({right}) / ({right} + {wrong}), 100)"
    return [*good, *bad, _expression(expression, rule.what)]


_EXPRESSIONS = {Form.SUM: _sum, Form.USED: _used, Form.RATE: _rate}


def _per_operation(
    letter: str,
    metric: str,
    statistic: str,
    rule: Rule,
    dimensions: Mapping[str, str],
    period: int,
) -> list[dict[str, Any]]:
    return [
        _metric(
            f"{letter}{number}", metric, statistic, {**dimensions, OPERATION: operation}, period
        )
        for number, operation in enumerate(rule.operations, start=1)
    ]


def _total(entries: Sequence[Mapping[str, Any]]) -> str:
    return " + ".join(f"FILL({entry['id']}, 0)" for entry in entries)


def _metric(
    identifier: str, metric: str, statistic: str, dimensions: Mapping[str, str], period: int
) -> dict[str, Any]:
    return {
        "id": identifier,
        "metric": metric,
        "namespace": NAMESPACE,
        "dimensions": dict(sorted(dimensions.items())),
        "statistic": statistic,
        "period_seconds": period,
        "returns": False,
    }


def _expression(expression: str, label: str) -> dict[str, Any]:
    return {"id": "watched", "expression": expression, "label": label, "returns": True}
