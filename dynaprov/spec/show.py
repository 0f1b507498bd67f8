"""The resolved document as plain data, and where each of its values came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem
from dynaprov.model.source import Origin
from dynaprov.spec.nodes import Node, Plain, Scalar, dotted, leaves, plain
from dynaprov.spec.problems import nearest, problem
from dynaprov.spec.resolve import Resolved


class Explained(NamedTuple):
    """One value of the resolved document, and the place that decided it."""

    path: str
    value: Scalar | list[Plain] | dict[str, Plain]
    origin: Origin


def resolved_document(resolved: Resolved, table: str | None = None) -> dict[str, Plain]:
    """What the layers add up to: the whole environment, or one table of it.

    Raises:
        UsageProblem: when there is no such table.
    """
    if table is not None:
        document = plain(_table(resolved, table))
        assert isinstance(document, dict)
        return {"table": table, **document}
    spec = resolved.spec
    whole = plain(resolved.environment)
    assert isinstance(whole, dict)
    head: dict[str, Plain] = {"environment": spec.environment}
    if spec.account:
        head["account"] = spec.account
    return {
        **head,
        **whole,
        "tables": {name: plain(node) for name, node in resolved.tables.items()},
    }


def explain(resolved: Resolved, table: str | None = None) -> Iterator[Explained]:
    """Every single value with its path and origin, in the order of the document.

    Paths are those of ``resolved_document``.  Lists are one value.

    Raises:
        UsageProblem: when there is no such table.
    """
    if table is not None:
        yield from _explained(_table(resolved, table))
        return
    yield from _explained(resolved.environment)
    for name, node in resolved.tables.items():
        yield from _explained(node, f"tables.{name}.")


def _explained(root: Node, prefix: str = "") -> Iterator[Explained]:
    lists: list[tuple[str | int, ...]] = []
    for path, node in leaves(root):
        if lists and path[: len(lists[-1])] == lists[-1]:
            continue
        if isinstance(node.value, list):
            lists.append(path)
        elif isinstance(node.value, dict) and node.value:
            continue
        yield Explained(prefix + dotted(path), plain(node), node.origin)


def _table(resolved: Resolved, name: str) -> Node:
    node = resolved.tables.get(name)
    if node is None:
        raise UsageProblem(_unknown(name, resolved))
    return node


def _unknown(name: str, resolved: Resolved) -> Diagnostic:
    return problem("DP118", f"there is no table `{name}`", nearest(name, resolved.tables))
