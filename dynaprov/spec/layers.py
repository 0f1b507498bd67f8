"""Laying documents over each other: mappings are merged key by key, all else is replaced.

Every value keeps the node that it was written as, so that its file, line and layer stay known.
"""

from __future__ import annotations

from collections.abc import Iterable

from dynaprov.model.source import Layer
from dynaprov.spec.nodes import Node


def merged(weaker: Node | None, stronger: Node | None) -> Node | None:
    """``stronger`` laid over ``weaker``; neither is changed.

    A merged mapping keeps the place where it was first written, but for the project's defaults,
    which are nobody's own place.
    """
    if weaker is None or stronger is None:
        return stronger if weaker is None else weaker
    below, above = weaker.mapping, stronger.mapping
    if below is None or above is None:
        return stronger
    entries = dict(below)
    for key, value in above.items():
        entries[key] = merged(entries.get(key), value) or value
    place = stronger if weaker.source.layer is Layer.PROJECT else weaker
    return place.with_value(entries)


def stacked(layers: Iterable[Node | None]) -> Node | None:
    """All layers, weakest first, as one."""
    result = None
    for layer in layers:
        result = merged(result, layer)
    return result


def without(node: Node | None, *keys: str) -> Node | None:
    """The mapping less some keys."""
    if node is None or node.mapping is None:
        return node
    return node.with_value({k: v for k, v in node.mapping.items() if k not in keys})


def entry(node: Node | None, key: str) -> Node | None:
    """The mapping under a key; ``None`` where there is none."""
    found = node.get(key) if node else None
    return found if found is not None and found.mapping is not None else None
