"""More of what exists would change at once than a person looks through.

The incident it prevents: a wrong default, or the files of another project, applied to everything.
Only what exists counts: filling an empty account is never too much.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.address import Address
from dynaprov.model.change import Action
from dynaprov.model.kind import Presence
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse

CODE = "too-much-change"
#: Fewer existing tables than this are looked through easily.
LEAST_TABLES = 10
#: Most tables of 100 that may be updated at once; `limits.changed_percent` in the project file.
MOST_PERCENT = 50


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse a plan that updates or deletes in more than half of ten or more existing tables."""
    if considered.destroying:
        return
    existing = {
        address.table
        for address, desired in considered.situation.desired.items()
        if desired.kind == "table"
        and considered.situation.reading(address).presence is Presence.PRESENT
    }
    if len(existing) < LEAST_TABLES:
        return
    changed = {
        change.address.table
        for change in considered.changes
        if change.action in (Action.UPDATE, Action.REPLACE, Action.DELETE)
        and change.kind == "table"
    } & existing
    most = considered.limits.get("changed_percent", MOST_PERCENT)
    if len(changed) * 100 > most * len(existing):
        yield refuse(
            CODE,
            Address("*"),
            f"{len(changed)} of {len(existing)} existing tables would be changed at once; the "
            f"limit is {most}%",
        )
