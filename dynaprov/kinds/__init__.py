"""The kinds of resources, one file each, and the one list of them.

To add a kind, write its file and add its line here (docs/contributing/adding-a-kind.md).  The order
is the order in which kinds are shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynaprov.kinds import alarm, dashboard, pitr, table, tags, ttl
from dynaprov.model.kind import Kind

KINDS: tuple[Kind, ...] = (
    table.KIND,
    ttl.KIND,
    pitr.KIND,
    alarm.KIND,
    dashboard.KIND,
)

#: Tags are compared for every kind that has them, after everything else was read.
TAGS = tags.TagsKind(KINDS)

KIND_BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in (*KINDS, TAGS)}
