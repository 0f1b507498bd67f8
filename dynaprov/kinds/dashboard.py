"""The dashboard of an environment: one page of graphs, generated from its tables and alarms.

Calls: GetDashboard, PutDashboard, DeleteDashboards.

Quirks (CloudWatch API reference):

- Dashboards are global per account: the ARN has no region, and one name in two regions is one
  dashboard.  So the region is part of the name.
- PutDashboard replaces the whole body.  It honours tags only when it creates and the bulk listing
  of tags does not tell the environment's from others; so the dashboard carries none, and its stamp
  stands on the topic, else on the key.
- The body comes back as it was sent; parsed bodies are compared, so that spaces and the order of
  keys do not count.
- At most 500 widgets, 500 metrics in one widget and 2,500 in all (CloudWatch quotas).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.kinds import alarm
from dynaprov.kinds.alarm.derivation import index_names, is_provisioned
from dynaprov.kinds.alarm.metrics import INDEX, NAMESPACE, OPERATION, TABLE
from dynaprov.kinds.alarm.suites import RULES
from dynaprov.model.address import Address
from dynaprov.model.change import Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope, Situation
from dynaprov.model.operation import Meaning, Operation, Risk, Settled
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Setting, Severity, State
from dynaprov.model.spec import Spec, TableSpec

ADDRESS = Address("", "dashboard")

WIDGETS = 500
METRICS = 2500
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


class DashboardState(State):
    """The dashboard as AWS keeps it."""

    body: Annotated[
        dict[str, Any],
        Setting("b", Severity.LOW),
        Field(description="The dashboard's document, parsed; compared as a whole."),
    ]


def dashboard_body(section: DashboardSection, spec: Spec, scope: Scope) -> dict[str, Any]:
    """The whole document: for each table a heading, and below it two graphs in a row."""
    alarms: dict[str, list[str]] = {}
    if "alarms" in section.widgets:
        for each in alarm.KIND.declare(spec, scope):
            alarms.setdefault(each.address.table, []).append(each.arn)
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


def _read(scope: Scope) -> Read:
    return Read("cloudwatch", "get_dashboard", {"DashboardName": _name(scope)})


def _name(scope: Scope) -> str:
    return f"{scope.prefix}-{scope.region}"


class DashboardKind(Kind):
    """See the module docstring."""

    name = "dashboard"
    title = "dashboard"
    state = DashboardState
    section = DashboardSection
    section_name = "dashboard"
    per_table = False
    reads = ("cloudwatch:GetDashboard",)
    writes = ("cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards")
    services = ("cloudwatch",)
    stamp_code = "h"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """AWS's limits of widgets and metrics."""
        section = spec.section("dashboard", DashboardSection)
        if section is None:
            return
        scope = Scope(spec.project, spec.environment, "", spec.region)
        widgets = dashboard_body(section, spec, scope)["widgets"]
        metrics = sum(len(widget["properties"].get("metrics", ())) for widget in widgets)
        for count, most, what in (
            (len(widgets), WIDGETS, "widgets"),
            (metrics, METRICS, "metrics"),
        ):
            if count > most:
                origin = spec.origins.get("dashboard.widgets") or spec.origins.get("dashboard")
                yield Diagnostic(
                    "DP178",
                    "dashboard too large",
                    f"the dashboard would have {count} {what}; AWS allows {most}",
                    "leave groups out of `dashboard.widgets`",
                    position=origin.position if origin else None,
                    address=str(ADDRESS),
                )

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """The one dashboard, where the environment has the section."""
        section = spec.section("dashboard", DashboardSection)
        if section is None:
            return
        yield Desired(
            address=ADDRESS,
            kind=self.name,
            name=_name(scope),
            state=DashboardState(body=dashboard_body(section, spec, scope)),
            arn=scope.arn("cloudwatch", f"dashboard/{_name(scope)}", region=""),
            parent=_parent(spec),
            origins=spec.origins_below("dashboard"),
        )

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """GetDashboard, where the section is declared or explicitly none."""
        return (_read(scope),) if "dashboard" in spec.sections else ()

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """One GetDashboard.  Where the section is explicitly none, what is live is a leftover."""
        if not desired and not spec.is_none("dashboard"):
            return []
        [answer] = yield [_read(scope)]
        if desired:
            [wanted] = desired
            if answer.error:
                return [Reading.of_error(wanted.address, answer.error)]
            arn = answer.value.get("DashboardArn", "")
            state = DashboardState(body=_parsed(answer.value["DashboardBody"]))
            return [Reading(ADDRESS, Presence.PRESENT, state, arn, {"arn": arn})]
        if answer.error:
            return []
        leftover = Unmanaged(ADDRESS, self.name, _name(scope), "the spec says `dashboard: none`")
        return [Reading.absent(ADDRESS, unmanaged=(leftover,))]

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """One PutDashboard."""
        state = desired.state
        assert isinstance(state, DashboardState)
        creates = reading.presence is Presence.ABSENT
        verb = "create" if creates else "update"
        body = json.dumps(state.body, separators=(",", ":"))
        return [
            Operation(
                id=f"{desired.address}:{verb}",
                address=desired.address,
                kind=self.name,
                title=f"{verb} dashboard {desired.name}"
                + ("" if creates else _difference(reading, state)),
                call=Call(
                    "cloudwatch",
                    "put_dashboard",
                    {"DashboardName": desired.name, "DashboardBody": body},
                ),
                creates=creates,
                meaning=Meaning(
                    impact="reads and writes notice nothing; changes made by hand are replaced",
                    undo="`dynaprov destroy`" if creates else "not reversible: copy the body first",
                    takes="at once",
                ),
            )
        ]

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """DeleteDashboards: the name is the environment's own and the spec says none."""
        return [_delete(unmanaged.resource)]

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """DeleteDashboards."""
        return [_delete(desired.name)] if reading.presence is Presence.PRESENT else []


def _parent(spec: Spec) -> Address | None:
    """Where the stamp stands."""
    for section, part in (("topic", "topic"), ("kms_key", "kms-key")):
        if spec.sections.get(section) is not None:
            return Address("", part)
    return None


def _parsed(text: str) -> dict[str, Any]:
    """The body as a document; a body that is none (AWS takes any text on old dashboards) is kept."""
    try:
        body = json.loads(text)
    except ValueError:
        body = text
    return body if isinstance(body, dict) else {"body": body}


def _difference(reading: Reading, wanted: DashboardState) -> str:
    """How many widgets come and go, for the title."""
    live = reading.state
    before = _widgets(live.body) if isinstance(live, DashboardState) else set()
    after = _widgets(wanted.body)
    return f": {len(after - before)} widgets in, {len(before - after)} out"


def _widgets(body: Mapping[str, Any]) -> set[str]:
    found = body.get("widgets")
    return {json.dumps(w, sort_keys=True) for w in found} if isinstance(found, list) else set()


def _delete(name: str) -> Operation:
    return Operation(
        id=f"{ADDRESS}:delete",
        address=ADDRESS,
        kind="dashboard",
        title=f"delete dashboard {name}",
        call=Call("cloudwatch", "delete_dashboards", {"DashboardNames": [name]}),
        settled_by=(Settled("ResourceNotFound"),),
        deletes=True,
        risk=Risk.LOW,
        meaning=Meaning(
            impact="reads and writes notice nothing",
            undo="reversible: apply a spec that declares it",
            takes="at once",
        ),
    )


KIND = DashboardKind()
