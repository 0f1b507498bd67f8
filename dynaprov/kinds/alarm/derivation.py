"""From a table's section to its alarms: suite, indexes, billing mode and overrides put together.

Pure.  Every field of an alarm is declared, because PutMetricAlarm overwrites the whole alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynaprov.kinds.alarm.metrics import INDEX, NAMESPACE, OPERATION, TABLE
from dynaprov.kinds.alarm.sections import (
    AccountAlarmsSection,
    AlarmsSection,
    AlarmState,
    CustomAlarm,
    Evaluation,
)
from dynaprov.kinds.alarm.suites import RULES_OF, USER_ERRORS, Form, Judged, Rule
from dynaprov.kinds.table.state import TableSection
from dynaprov.model.source import Origin
from dynaprov.model.spec import TableSpec, origins_below

PROVISIONED = "PROVISIONED"


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told: ARNs, sorted, since their order means nothing to AWS."""

    alarm: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, actions: str | Sequence[str] | None, ok: str | Sequence[str] | None, topic: str
    ) -> Told:
        """From the words of a section, with ``topic`` as the ARN that the word stands for."""
        return cls(_arns(actions, topic), _arns(ok, topic))


def _arns(actions: str | Sequence[str] | None, topic: str) -> tuple[str, ...]:
    if actions is None:
        return ()
    return (topic,) if isinstance(actions, str) else tuple(sorted(set(actions)))


def index_names(table: TableSpec) -> list[str]:
    """The global indexes that the table's document declares."""
    section = table.section("", TableSection)
    indexes = (section.indexes if section else None) or {}
    return [name for name, index in indexes.items() if index is not None]


def is_provisioned(table: TableSpec) -> bool:
    """Whether the table's document says PROVISIONED."""
    section = table.section("", TableSection)
    return section is not None and section.billing_mode == PROVISIONED


def table_alarms(
    table: TableSpec, physical: str, section: AlarmsSection, told: Told
) -> Iterator[tuple[str, AlarmState]]:
    """A table's alarms with their names in addresses (``ServiceIndex/read-throttles``)."""
    rules = RULES_OF.get(section.suite or "", ())
    provisioned = is_provisioned(table)
    for index in ("", *index_names(table)):
        for rule in rules:
            if (index and not rule.per_index) or (rule.provisioned and not provisioned):
                continue
            threshold = threshold_of(rule, index, section)
            if threshold is not None:
                judged = judged_by(rule.judged, overrides(rule.what, index, section.evaluation))
                yield (
                    keyed(rule.what, index),
                    _suite_alarm(rule, physical, index, threshold, judged, told),
                )
    for name, custom in section.custom.items():
        if custom is not None:
            yield name, _custom_alarm(custom, physical, told)


def account_alarms(section: AccountAlarmsSection, told: Told) -> Iterator[tuple[str, AlarmState]]:
    """The alarms of the account and region, on metrics that have no dimensions."""
    errors = section.user_errors
    if errors is not None:
        threshold = USER_ERRORS.threshold if errors.threshold is None else errors.threshold
        judged = judged_by(USER_ERRORS.judged, (errors,))
        yield USER_ERRORS.what, _suite_alarm(USER_ERRORS, "", "", threshold, judged, told)
    for name, custom in section.custom.items():
        if custom is not None:
            yield name, _custom_alarm(custom, "", told)


def origins_of(origins: Mapping[str, Origin], what: str) -> dict[str, Origin]:
    """Where the settings of one alarm were written, from the origins of its section."""
    custom = origins_below(origins, f"custom.{what}")
    account = origins_below(origins, USER_ERRORS.what.replace("-", "_"))
    if custom:
        found = custom
    elif what == USER_ERRORS.what and account:
        found = account
    else:
        nearest = origins.get("suite") or origins.get("")
        found = {"": nearest} if nearest else {}
        for key in (what.rpartition("/")[2], what):
            if f"thresholds.{key}" in origins:
                found["threshold"] = origins[f"thresholds.{key}"]
            below = origins_below(origins, f"evaluation.{key}")
            found |= {field: origin for field, origin in below.items() if field}
    for field, written in (("alarm_actions", "actions"), ("ok_actions", "ok_actions")):
        if written in origins:
            found[field] = origins[written]
    return found


def keyed(what: str, index: str) -> str:
    """An alarm's name in addresses and in overrides."""
    return f"{index}/{what}" if index else what


def threshold_of(rule: Rule, index: str, section: AlarmsSection) -> float | None:
    """The threshold after overrides, the index's own going first; ``None`` leaves the alarm out."""
    for key in (keyed(rule.what, index), rule.what):
        if key in section.thresholds:
            return section.thresholds[key]
    return rule.threshold


def overrides(what: str, index: str, given: Mapping[str, Evaluation]) -> tuple[Evaluation, ...]:
    """The evaluations that a spec gives for an alarm, the stronger one last."""
    keys = dict.fromkeys((what, keyed(what, index)))
    return tuple(given[key] for key in keys if key in given)


def judged_by(judged: Judged, given: Sequence[Evaluation]) -> Judged:
    """The rule's evaluation with the spec's words put over it.

    Where only the number of periods is said, all of them must breach, as in the suites.
    """
    for each in given:
        periods = each.evaluation_periods or judged.periods
        datapoints = each.datapoints_to_alarm or (
            periods if each.evaluation_periods else judged.datapoints
        )
        judged = Judged(each.period_seconds or judged.period_seconds, datapoints, periods)
    return judged


def _suite_alarm(
    rule: Rule, physical: str, index: str, threshold: float, judged: Judged, told: Told
) -> AlarmState:
    dimensions = {TABLE: physical} if physical else {}
    if index:
        dimensions[INDEX] = index
    return _alarm(
        **_watched(rule, dimensions, judged.period_seconds),
        threshold=threshold,
        comparison=rule.comparison,
        judged=judged,
        missing="notBreaching",
        told=told,
        description=f"{index}: {rule.why}" if index else rule.why,
    )


def _watched(rule: Rule, dimensions: Mapping[str, str], period: int) -> dict[str, Any]:
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


def _custom_alarm(custom: CustomAlarm, physical: str, told: Told) -> AlarmState:
    own = {TABLE: physical} if physical else {}
    more: dict[str, Any] = {} if custom.low_samples is None else {"low_samples": custom.low_samples}
    return _alarm(
        metric=custom.metric,
        dimensions={**own, **custom.dimensions},
        statistic=custom.statistic,
        period=custom.period_seconds,
        threshold=custom.threshold,
        comparison=custom.comparison,
        judged=Judged(
            custom.period_seconds,
            custom.datapoints_to_alarm or custom.evaluation_periods,
            custom.evaluation_periods,
        ),
        missing=custom.treat_missing_data,
        told=told,
        description=custom.description or "",
        **more,
    )


def _alarm(
    *,
    threshold: float,
    comparison: str,
    judged: Judged,
    missing: str,
    told: Told,
    description: str,
    metric: str | None = None,
    dimensions: Mapping[str, str] | None = None,
    statistic: str | None = None,
    period: int | None = None,
    metrics: list[dict[str, Any]] | None = None,
    **more: Any,
) -> AlarmState:
    return AlarmState(
        metric=metric,
        namespace=NAMESPACE if metric else None,
        dimensions=None if dimensions is None else dict(sorted(dimensions.items())),
        statistic=statistic,
        period_seconds=period,
        unit=None,
        metrics=metrics,
        threshold=threshold,
        comparison=comparison,
        evaluation_periods=judged.periods,
        datapoints_to_alarm=judged.datapoints,
        treat_missing_data=missing,
        actions_enabled=True,
        alarm_actions=list(told.alarm),
        ok_actions=list(told.ok),
        insufficient_data_actions=[],
        description=description,
        **more,
    )
