"""The global indexes that a table's document declares, for the kinds that speak of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.source import Origin, Position
from dynaprov.model.spec import TableSpec


def indexes_of(table: TableSpec) -> tuple[str, ...]:
    """The global indexes that the table's document declares."""
    declared = getattr(table.sections.get(""), "indexes", None) or {}
    return tuple(name for name, index in declared.items() if index is not None)


def unknown_indexes(
    table: TableSpec, named: Iterable[str], kind: str, prefix: str
) -> Iterator[Diagnostic]:
    """One diagnostic per name that is no global index of the table."""
    known = indexes_of(table)
    for name in named:
        if name in known:
            continue
        near = get_close_matches(name, known, n=1)
        yield Diagnostic(
            code="DP182",
            summary="no such global index",
            detail=f"`{table.name}` declares no global index `{name}`",
            hint=f"did you mean `{near[0]}`?"
            if near
            else f"its global indexes: {', '.join(known) or 'none'}",
            position=position_of(table.origins, f"{prefix}{name}"),
            address=str(Address(table.name, kind)),
        )


def position_of(origins: Mapping[str, Origin], path: str) -> Position | None:
    """The position of ``path``, or of the nearest place above it that was written."""
    while path and path not in origins:
        path = path.rpartition(".")[0]
    origin = origins.get(path)
    return origin.position if origin else None
