"""What a spec may say about the dashboard, and the document that is made of it.

A dashboard's document is a grid of 24 columns ("Dashboard body structure and syntax", CloudWatch
API reference).  Pure; nothing here knows the calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.kinds.alarm.derivation import (
    alarm_addresses,
    alarm_arn,
    index_names,
    is_provisioned,
)
from dynaprov.kinds.alarm.metrics import INDEX, NAMESPACE, OPERATION, TABLE
from dynaprov.kinds.alarm.suites import RULES
from dynaprov.model.kind import Scope
from dynaprov.model.setting import State
from dynaprov.model.spec import Spec, TableSpec

#: As many as the console shows well; AWS names no limit.
ALARMS_PER_WIDGET = 100
COLUMNS = 24
HEIGHT = 6

#: Operations that graphs of latency and of errors show.
OPERATIONS = next(rule.operations for rule in RULES if rule.what == "system-errors")

Group = Literal["capacity", "throttles", "latency", "errors", "indexes", "alarms"]


class DashboardSection(State):
    """The ``dashboard`` section of an environment."""

    widgets: Annotated[
        list[Group],
        Field(
            min_length=1,
            description="Groups of graphs that each table gets: `capacity` (consumed, and "
            "provisioned where it is), `throttles`, `latency`, `errors`, `indexes` (consumption "
            "and throttles of each global index), `alarms` (the state of its alarms).",
        ),
    ]
    period_seconds: Annotated[
        int,
        Field(ge=60, le=86_400, multiple_of=60, description="Length of one point in seconds."),
    ]
    range: Annotated[
        str,
        Field(
            pattern=r"^-P(\d+[MDW]|T\d+[HM])$",
            description="Stretch of time that is shown at first, as an ISO 8601 duration back from "
            "now: -PT3H, -P1D, -P1W.",
        ),
    ]


def dashboard_body(section: DashboardSection, spec: Spec, scope: Scope) -> dict[str, Any]:
    """The whole document: for each table a heading, and below it two graphs in a row."""
    alarms: dict[str, list[str]] = {}
    if "alarms" in section.widgets:
        for address in alarm_addresses(spec):
            alarms.setdefault(address.table, []).append(alarm_arn(scope, address))
    placed: list[dict[str, Any]] = []
    row = 0
    for name in ("", *sorted(spec.tables)):
        if name:
            widgets = list(_table_widgets(section, spec.tables[name], name, scope))
        else:
            widgets = list(_account_widgets(section, scope))
        widgets += _alarm_widgets(alarms.get(name, []))
        if not widgets:
            continue
        title = f"## {scope.table_name(name)}" if name else f"# {scope.prefix}"
        placed.append(_placed({"type": "text", "properties": {"markdown": title}}, 0, row, 24, 1))
        row += 1
        for number, widget in enumerate(widgets):
            x = number % 2 * (COLUMNS // 2)
            placed.append(_placed(widget, x, row + number // 2 * HEIGHT, COLUMNS // 2, HEIGHT))
        row += (len(widgets) + 1) // 2 * HEIGHT
    return {"start": section.range, "periodOverride": "inherit", "widgets": placed}


def _placed(widget: Mapping[str, Any], x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {**widget, "x": x, "y": y, "width": width, "height": height}


def _account_widgets(section: DashboardSection, scope: Scope) -> Iterator[dict[str, Any]]:
    if "errors" in section.widgets:
        yield _graph("user errors of the account", "Sum", [_line("UserErrors")], section, scope)


def _table_widgets(
    section: DashboardSection, table: TableSpec, name: str, scope: Scope
) -> Iterator[dict[str, Any]]:
    own = {TABLE: scope.table_name(name)}
    indexes = index_names(table)
    for group in dict.fromkeys(section.widgets):
        if group == "capacity":
            provisioned = is_provisioned(table)
            for way in ("Read", "Write"):
                lines = _capacity(way, own, provisioned=provisioned)
                yield _graph(
                    f"{way.lower()} capacity units per second", "Sum", lines, section, scope
                )
        elif group == "throttles":
            lines = [_line(f"{way}ThrottleEvents", own) for way in ("Read", "Write")]
            yield _graph("throttles", "Sum", lines, section, scope)
        elif group in ("latency", "errors"):
            metric = "SuccessfulRequestLatency" if group == "latency" else "SystemErrors"
            lines = [_line(metric, {**own, OPERATION: each}) for each in OPERATIONS]
            title = "latency in milliseconds" if group == "latency" else "system errors"
            statistic = "Average" if group == "latency" else "Sum"
            yield _graph(title, statistic, lines, section, scope)
        elif group == "indexes" and indexes:
            for metrics, title in (
                (("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"), "consumption"),
                (("ReadThrottleEvents", "WriteThrottleEvents"), "throttles"),
            ):
                lines = [_line(m, {**own, INDEX: index}) for index in indexes for m in metrics]
                yield _graph(f"{title} of indexes", "Sum", lines, section, scope)


def _capacity(way: str, own: Mapping[str, str], *, provisioned: bool) -> list[list[Any]]:
    """Consumed units as a rate (an Average would be per request), and what is provisioned."""
    lines: list[list[Any]] = [
        [{"expression": "consumed / PERIOD(consumed)", "label": "consumed", "id": "rate"}],
        _line(f"Consumed{way}CapacityUnits", own, id="consumed", visible=False),
    ]
    if provisioned:
        lines.append(_line(f"Provisioned{way}CapacityUnits", own, stat="Maximum"))
    return lines


def _line(metric: str, dimensions: Mapping[str, str] | None = None, **options: Any) -> list[Any]:
    words = [word for pair in (dimensions or {}).items() for word in pair]
    return [NAMESPACE, metric, *words, *([options] if options else [])]


def _graph(
    title: str, statistic: str, lines: list[list[Any]], section: DashboardSection, scope: Scope
) -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "view": "timeSeries",
            "region": scope.region,
            "stat": statistic,
            "period": section.period_seconds,
            "metrics": lines,
        },
    }


def _alarm_widgets(arns: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "type": "alarm",
            "properties": {"title": "alarms", "alarms": list(arns[at : at + ALARMS_PER_WIDGET])},
        }
        for at in range(0, len(arns), ALARMS_PER_WIDGET)
    ]
