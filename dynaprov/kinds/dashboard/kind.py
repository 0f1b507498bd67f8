"""The kind that manages the dashboard.

Calls: GetDashboard, PutDashboard, DeleteDashboards.

Quirks (CloudWatch API reference):

- Dashboards are global per account: the ARN has no region, and one name in two regions is one
  dashboard.  So the region is part of the name.
- PutDashboard replaces the whole body.  It takes tags only in newer SDKs and honours them only when
  it creates; so the dashboard carries none, and its stamp stands on the topic, else on the key.
- The body comes back as it was sent; parsed bodies are compared, so that spaces and the order of
  keys do not count.
- At most 500 widgets, 500 metrics in one widget and 2,500 in all (CloudWatch quotas).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from dynaprov.kinds.dashboard.body import DashboardSection, dashboard_body
from dynaprov.model.address import Address
from dynaprov.model.change import Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    unlisted,
)
from dynaprov.model.operation import Meaning, Operation, Risk, Settled
from dynaprov.model.permission import CHANGE, DESTROY, LOOK, PRUNE, Permission
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Setting, Severity, State
from dynaprov.model.spec import Spec

ADDRESS = Address("", "dashboard")
WIDGETS = 500
METRICS = 2500


class DashboardState(State):
    """The dashboard as AWS keeps it."""

    body: Annotated[
        dict[str, Any],
        Setting("b", Severity.LOW),
        Field(description="The dashboard's document, parsed; compared as a whole."),
    ]


def _read(scope: Scope) -> Read:
    return Read("cloudwatch", "get_dashboard", {"DashboardName": _name(scope)})


def _name(scope: Scope) -> str:
    return f"{scope.prefix}-{scope.region}"


class DashboardKind(Kind):
    """See the module docstring."""

    name = "dashboard"
    title = "dashboard"
    missing = Severity.LOW
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
                    "DP198",
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

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """The one dashboard, by its name."""
        if "dashboard" not in spec.sections:
            return
        arn = (scope.arn("cloudwatch", f"dashboard/{_name(scope)}", region=""),)
        yield Permission(("cloudwatch:GetDashboard",), arn, LOOK)
        if spec.is_none("dashboard"):
            yield Permission(("cloudwatch:DeleteDashboards",), arn, PRUNE)
            return
        yield Permission(("cloudwatch:PutDashboard",), arn, CHANGE)
        yield Permission(("cloudwatch:DeleteDashboards",), arn, DESTROY)

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
            return unlisted(ADDRESS, [answer])
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
    """The body as a document; text that is no JSON object is kept, and so differs."""
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
