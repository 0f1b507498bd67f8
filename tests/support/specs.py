"""Small resolved specs for tests of one kind."""

from typing import Any

from dynaprov.kinds.table.state import TableSection
from dynaprov.model.setting import State
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec, TableSpec


def origin(line: int) -> Origin:
    """A place in some spec file."""
    return Origin(Position("specs/tables/orders.yaml", line, 3), Layer.TABLE)


def table(
    name: str = "orders",
    *,
    indexes: tuple[str, ...] = (),
    billing_mode: str = "PROVISIONED",
    origins: dict[str, Origin] | None = None,
    encryption: str | None = None,
    **sections: State | None,
) -> TableSpec:
    """A table with these global indexes and sections."""
    document: dict[str, Any] = {
        "partition_key": "id",
        "billing_mode": billing_mode,
        "indexes": {index: {"partition_key": "id", "projection": "ALL"} for index in indexes},
    }
    if encryption:
        document["encryption"] = encryption
    return TableSpec(
        name, {"": TableSection.model_validate(document), **sections}, origins=origins or {}
    )


def spec(*tables: TableSpec, origins: dict[str, Origin] | None = None, **sections: Any) -> Spec:
    """The environment ``dev`` of the project ``shop``."""
    return Spec(
        project="shop",
        environment="dev",
        region="eu-west-1",
        tags={"Owner": "shop"},
        tables={each.name: each for each in tables},
        sections=sections,
        origins=origins or {},
    )
