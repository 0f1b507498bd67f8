"""Autoscaling of provisioned capacity: scalable targets and their target-tracking policies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dynaprov.model.setting import Band, Noneable, Owner, Setting, Severity, State


class ScalingDimension(State):
    """The autoscaling of one dimension (reads or writes) of a table or an index."""

    min: Annotated[
        Annotated[int, Field(ge=1, le=40_000)],
        Setting("n", Severity.HIGH),
        Field(description="Fewest capacity units per second that the autoscaler may set, from 1."),
    ]
    max: Annotated[
        Annotated[int, Field(ge=1, le=40_000)],
        Setting("x", Severity.HIGH),
        Field(description="Most capacity units per second that the autoscaler may set."),
    ]
    target_utilization: Annotated[
        Annotated[int, Field(ge=20, le=90)],
        Setting("u", Severity.MEDIUM),
        Field(
            description="Consumed capacity in percent of provisioned capacity that the autoscaler "
            "aims at, 20 to 90."
        ),
    ]
    scale_in_cooldown_seconds: Annotated[
        Annotated[int, Field(ge=0, le=86_400)] | None,
        Setting("i", Severity.LOW),
        Field(
            description="Seconds to wait after a decrease before the next one. AWS's own value "
            "for tables and indexes is 0."
        ),
    ] = None
    scale_out_cooldown_seconds: Annotated[
        Annotated[int, Field(ge=0, le=86_400)] | None,
        Setting("o", Severity.LOW),
        Field(
            description="Seconds to wait after an increase before the next one. AWS's own value "
            "for tables and indexes is 0."
        ),
    ] = None
    disable_scale_in: Annotated[
        bool | None,
        Setting("d", Severity.LOW),
        Field(description="Whether the autoscaler may only increase capacity, never decrease it."),
    ] = None


class IndexScaling(State):
    """The autoscaling of one global index."""

    read: Annotated[
        Noneable[ScalingDimension],
        Field(description="Autoscaling of the index's reads; `none`: not autoscaled."),
    ] = None
    write: Annotated[
        Noneable[ScalingDimension],
        Field(description="Autoscaling of the index's writes; `none`: not autoscaled."),
    ] = None


class ScalingSection(State):
    """The ``scaling`` section of a table."""

    read: Annotated[
        Noneable[ScalingDimension],
        Field(description="Autoscaling of the table's reads; `none`: not autoscaled."),
    ] = None
    write: Annotated[
        Noneable[ScalingDimension],
        Field(description="Autoscaling of the table's writes; `none`: not autoscaled."),
    ] = None
    indexes: Annotated[
        dict[str, Noneable[IndexScaling]],
        Field(
            description="Autoscaling of the global indexes by name. `*` stands for every index "
            "that is not named itself; an index's own entry goes before it, per dimension."
        ),
    ] = {}


class ScalingState(ScalingDimension):
    """The autoscaling of one dimension, and the live capacity that it has set."""

    capacity: Annotated[
        Band | int | None,
        Setting("c", Severity.MEDIUM, owner=Owner.AUTOSCALER),
        Field(
            description="Live provisioned capacity units. Anything from `min` to `max` is right; "
            "derived, never written in a spec."
        ),
    ] = None
