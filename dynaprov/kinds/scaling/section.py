"""What a spec says of autoscaling: the section, the state, and the dimensions of a table.

Pure; nothing here knows AWS's requests and answers, only its names of dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dynaprov.kinds.indexes import indexes_of
from dynaprov.model.setting import Band, Noneable, Owner, Setting, Severity, State
from dynaprov.model.spec import TableSpec

SIDES = {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}

_Minimum = Annotated[
    int,
    Setting("n", Severity.HIGH),
    Field(description="Fewest capacity units per second that the autoscaler may set, from 1."),
]
_Maximum = Annotated[
    int,
    Setting("x", Severity.HIGH),
    Field(description="Most capacity units per second that the autoscaler may set, up to 40000."),
]
_UTILIZATION = Setting("u", Severity.MEDIUM)
_UTILIZATION_FIELD = Field(
    description="Consumed capacity in percent of provisioned capacity that the autoscaler aims at, "
    "20 to 90."
)
_ScaleIn = Annotated[
    int | None,
    Setting("i", Severity.LOW),
    Field(
        description="Seconds to wait after a decrease before the next one, 0 to 86400. AWS's own "
        "value for tables and indexes is 0."
    ),
]
_ScaleOut = Annotated[
    int | None,
    Setting("o", Severity.LOW),
    Field(
        description="Seconds to wait after an increase before the next one, 0 to 86400. AWS's own "
        "value for tables and indexes is 0."
    ),
]
_DisableScaleIn = Annotated[
    bool | None,
    Setting("d", Severity.LOW),
    Field(description="Whether the autoscaler may only increase capacity, never decrease it."),
]


class ScalingDimension(State):
    """The autoscaling of one dimension (reads or writes) of a table or an index."""

    min: Annotated[_Minimum, Field(ge=1, le=40_000)]
    max: Annotated[_Maximum, Field(ge=1, le=40_000)]
    target_utilization: Annotated[
        int | float, _UTILIZATION, _UTILIZATION_FIELD, Field(ge=20, le=90)
    ]
    scale_in_cooldown_seconds: Annotated[_ScaleIn, Field(ge=0, le=86_400)] = None
    scale_out_cooldown_seconds: Annotated[_ScaleOut, Field(ge=0, le=86_400)] = None
    disable_scale_in: _DisableScaleIn = None


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


class ScalingSection(IndexScaling):
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
            "that is not named itself."
        ),
    ] = {}


class ScalingState(State):
    """The autoscaling of one dimension, and the live capacity that it has set.

    The bounds of the section are not repeated: what is live may be outside them.
    """

    min: _Minimum
    max: _Maximum
    target_utilization: Annotated[int | float | None, _UTILIZATION, _UTILIZATION_FIELD] = None
    scale_in_cooldown_seconds: _ScaleIn = None
    scale_out_cooldown_seconds: _ScaleOut = None
    disable_scale_in: _DisableScaleIn = None
    capacity: Annotated[
        Band | int | None,
        Setting("", Severity.MEDIUM, owner=Owner.AUTOSCALER),
        Field(
            description="Live provisioned capacity units. Anything from `min` to `max` is right; "
            "derived, never written in a spec."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Dimension:
    """Reads or writes (``side``) of a table, or of its index when ``index`` is not empty."""

    index: str
    side: str

    @property
    def word(self) -> str:
        """The address's last part: ``read``, ``ServiceIndex/read``."""
        return f"{self.index}/{self.side}" if self.index else self.side

    @property
    def scalable(self) -> str:
        """AWS's name of the dimension."""
        return f"dynamodb:{'index' if self.index else 'table'}:{SIDES[self.side]}"

    def resource(self, table: str) -> str:
        """AWS's id of the table or the index."""
        return f"table/{table}/index/{self.index}" if self.index else f"table/{table}"

    @classmethod
    def of(cls, word: str) -> Dimension:
        """The dimension that ``word`` names."""
        index, _, side = word.rpartition("/")
        return cls(index, side)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the spec says of one dimension; ``settings`` is ``None`` for explicitly none."""

    settings: ScalingDimension | None
    origin_path: str


def declared_scaling(table: TableSpec) -> dict[Dimension, Declared]:
    """What the table's ``scaling`` section says, with ``*`` resolved to the table's indexes."""
    section = table.section("scaling", ScalingSection)
    if section is None:
        return {}
    found = dict(_sides(section, "", "scaling"))
    for index in dict.fromkeys((*indexes_of(table), *section.indexes)):
        entry = index if index in section.indexes else "*"
        if index != "*" and entry in section.indexes:
            found |= dict(_sides(section.indexes[entry], index, f"scaling.indexes.{entry}"))
    return found


def _sides(
    entry: IndexScaling | None, index: str, path: str
) -> Iterator[tuple[Dimension, Declared]]:
    for side in SIDES:
        if entry is None:
            yield Dimension(index, side), Declared(None, path)
        elif entry.declared(side):
            yield Dimension(index, side), Declared(getattr(entry, side), f"{path}.{side}")
