"""Which table of the spec holds the lease, and whether it can.

A lease is one item that is found by its key alone, so the table needs a partition key that is a
string and no sort key.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynaprov.kinds.table.state import TableSection
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.spec import LeasePlace, TableSpec
from dynaprov.spec.documents import Head
from dynaprov.spec.nodes import Node
from dynaprov.spec.problems import at_value, nearest

DEFAULT_SECONDS = 120


def lease_place(
    head: Head, environment: Node, tables: Mapping[str, TableSpec]
) -> tuple[LeasePlace | None, list[Diagnostic]]:
    """The place of the lease, or what is wrong with it; neither where none is named.

    Args:
        head: the environment's own keys, all layers laid over each other.
        environment: the same as a tree, for the place in the files.
        tables: the tables of the spec.
    """
    section = environment.get("lease")
    named = section.get("table") if section else None
    if named is None or not head.declared("lease") or head.lease is None:
        return None, []
    name = head.lease.table
    if name not in tables:
        detail = f"`lease` names table `{name}`: there is no file `tables/{name}.yaml`"
        return None, [at_value("DP118", named, detail, nearest(name, tables))]
    table = tables[name].section("", TableSection)
    key = getattr(table, "partition_key", None)
    if table is None or key is None:
        return None, []  # told where the table is
    unfit = []
    if key.type != "S":
        unfit.append(f"its partition key `{key.name}` is not a string")
    if table.sort_key:
        unfit.append(f"it has the sort key `{table.sort_key.name}`")
    if unfit:
        detail = f"table `{name}` cannot hold the lease: {', and '.join(unfit)}"
        hint = "name a table with a partition key of type S and no sort key"
        return None, [at_value("DP127", named, detail, hint)]
    seconds = head.lease.expires_after_seconds if head.lease.declared(_SECONDS) else None
    expiry = tables[name].section("ttl", TtlState)
    ttl = expiry.attribute if expiry is not None else None
    return LeasePlace(name, key.name, seconds or DEFAULT_SECONDS, ttl or ""), []


_SECONDS = "expires_after_seconds"
