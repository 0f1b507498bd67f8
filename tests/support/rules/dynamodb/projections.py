"""Projections of indexes: the same for a new table and for a new index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from support.rules.dynamodb.life import invalid

MOST_PROJECTED = 20


def check_projections(indexes: Iterable[Mapping[str, Any]]) -> None:
    """Refuse projections that AWS refuses, of CreateTable and of an index made later."""
    for index in indexes:
        projection = index["Projection"]
        kind, names = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
        if kind is None:
            raise invalid("Unknown ProjectionType: null")
        if kind == "INCLUDE" and not names:
            raise invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
        if kind != "INCLUDE" and names is not None:
            raise invalid(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
        if names and len(names) > MOST_PROJECTED:
            raise invalid(
                f"NonKeyAttributes of index {index['IndexName']} exceed the limit of "
                f"{MOST_PROJECTED}"
            )
