"""From a table's section to its alarms: suite, indexes, billing mode and overrides put together.

Pure.  Every field of an alarm is declared, because PutMetricAlarm overwrites the whole alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynaprov.kinds.alarm.drift_check import WHATS as DRIFT_CHECK
from dynaprov.kinds.alarm.drift_check import drift_check_alarms
from dynaprov.kinds.alarm.expressions import watched
from dynaprov.kinds.alarm.metrics import INDEX, NAMESPACE, TABLE
from dynaprov.kinds.alarm.sections import (
    AccountAlarm,
    AccountAlarmsSection,
    AlarmsSection,
    AlarmState,
    CustomAlarm,
    DriftCheck,
    Evaluation,
)
from dynaprov.kinds.alarm.suites import RULES_OF, USER_ERRORS, Judged, Rule
from dynaprov.kinds.table.state import TableSection
from dynaprov.model.address import Address
from dynaprov.model.kind import Scope
from dynaprov.model.source import Origin
from dynaprov.model.spec import Spec, TableSpec, origins_below

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


def table_rules(
    table: TableSpec, section: AlarmsSection
) -> Iterator[tuple[str, str, Rule | CustomAlarm]]:
    """What makes a table's alarms, as (name in the address, index, rule)."""
    rules = RULES_OF.get(section.suite or "", ())
    provisioned = is_provisioned(table)
    for index in ("", *index_names(table)):
        for rule in rules:
            left_out = (index and not rule.per_index) or (rule.provisioned and not provisioned)
            if not left_out and threshold_of(rule, index, section) is not None:
                yield keyed(rule.what, index), index, rule
    for name, custom in section.custom.items():
        if custom is not None:
            yield name, "", custom


def account_rules(
    section: AccountAlarmsSection,
) -> Iterator[tuple[str, AccountAlarm | DriftCheck | CustomAlarm]]:
    """What makes the alarms of the account and region, as (name in the address, rule)."""
    if section.user_errors is not None:
        yield USER_ERRORS.what, section.user_errors
    if section.drift_check is not None:
        for what in DRIFT_CHECK:
            yield what, section.drift_check
    for name, custom in section.custom.items():
        if custom is not None:
            yield name, custom


def table_alarms(
    table: TableSpec, physical: str, section: AlarmsSection, told: Told
) -> Iterator[tuple[str, AlarmState]]:
    """A table's alarms with their names in addresses (``ServiceIndex/read-throttles``)."""
    for name, index, rule in table_rules(table, section):
        if isinstance(rule, CustomAlarm):
            yield name, _custom_alarm(rule, physical, told)
        else:
            threshold = threshold_of(rule, index, section) or 0
            judged = judged_by(rule.judged, overrides(rule.what, index, section.evaluation))
            yield name, _suite_alarm(rule, physical, index, threshold, judged, told)


def account_alarms(
    section: AccountAlarmsSection, told: Told, scope: Scope
) -> Iterator[tuple[str, AlarmState]]:
    """The alarms of the account and region, and those that watch the environment's drift check."""
    if section.drift_check is not None:
        place = {"Project": scope.project, "Environment": scope.environment}
        yield from drift_check_alarms(section.drift_check, place, told.alarm, told.ok)
    for name, rule in account_rules(section):
        if isinstance(rule, DriftCheck):
            continue
        if isinstance(rule, CustomAlarm):
            yield name, _custom_alarm(rule, "", told)
        else:
            threshold = USER_ERRORS.threshold if rule.threshold is None else rule.threshold
            judged = judged_by(USER_ERRORS.judged, (rule,))
            yield name, _suite_alarm(USER_ERRORS, "", "", threshold, judged, told)


def alarm_addresses(spec: Spec) -> Iterator[Address]:
    """The address of every alarm that a spec declares, without making the alarms."""
    for table_name, table in spec.tables.items():
        section = table.section("alarms", AlarmsSection)
        if section is not None:
            for what, _, _ in table_rules(table, section):
                yield Address(table_name, "alarm", what)
    account = spec.section("account_alarms", AccountAlarmsSection)
    if account is not None:
        for what, _ in account_rules(account):
            yield Address("", "alarm", what)


def alarm_name(scope: Scope, address: Address) -> str:
    """The physical name of the alarm at an address."""
    what = address.name.replace("/", "-")
    return f"{scope.table_name(address.table) if address.table else scope.prefix}-{what}"


def alarm_arn(scope: Scope, address: Address) -> str:
    """The ARN of the alarm at an address."""
    return scope.arn("cloudwatch", f"alarm:{alarm_name(scope, address)}")


def origins_of(origins: Mapping[str, Origin], what: str) -> dict[str, Origin]:
    """Where the settings of one alarm were written, from the origins of its section."""
    custom = origins_below(origins, f"custom.{what}")
    account = origins_below(origins, USER_ERRORS.what.replace("-", "_"))
    if custom:
        found = custom
    elif what == USER_ERRORS.what and account:
        found = account
    elif what in DRIFT_CHECK and "drift_check" in origins:
        found = origins_below(origins, "drift_check")
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
        **watched(rule, dimensions, judged.period_seconds),
        threshold=threshold,
        comparison=rule.comparison,
        judged=judged,
        missing="notBreaching",
        told=told,
        description=f"{index}: {rule.why}" if index else rule.why,
    )


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
