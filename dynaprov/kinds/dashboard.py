"""The dashboard of an environment: one page of graphs, generated from its tables and alarms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.model.setting import Setting, Severity, State

Group = Literal["capacity", "throttles", "latency", "errors", "indexes", "alarms"]


class DashboardSection(State):
    """The ``dashboard`` section of an environment."""

    widgets: Annotated[
        list[Group],
        Field(
            min_length=1,
            description="Groups of graphs that each table gets: `capacity` (consumed, and "
            "provisioned where it is), `throttles`, `latency`, `errors`, `indexes` (consumption and "
            "throttles of each global index), `alarms` (the state of its alarms).",
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
