"""An index would be deleted and built again, because its keys or its projection differ.

The incident it prevents: readers without an index for as long as the new one takes to fill, hours
on a large table.  The way that keeps them reading is to declare a successor under a new name, wait
until it is built, move the readers, and then retire the old one; the refusal says how, line by
line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dynaprov.kinds.table.indexes import building
from dynaprov.kinds.table.state import TableState
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse

CODE = "replace-index"


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse each replacement in place unless it is allowed by name."""
    for change in considered.changes:
        if change.action is not Action.REPLACE:
            continue
        paths = ", ".join(f"`{setting.path}`" for setting in change.settings)
        reading = considered.situation.reading(Address(change.address.table))
        refusal = refuse(
            CODE,
            change.address,
            f"{paths} of index `{change.address.name}` can only change by deleting it and "
            f"building it again; readers are without it while AWS builds: {building(reading)}",
        )
        yield replace(refusal, instead=_instead(change, considered))


def _instead(change: Change, considered: Considered) -> tuple[str, ...]:
    """The way that keeps readers served."""
    # Hardly any plan replaces an index; the others start without it.
    from dynaprov.kinds.table.successor import steps

    table = Address(change.address.table)
    wanted = considered.situation.desired[table].state
    live = considered.situation.reading(table).state
    name = change.address.name
    if not isinstance(wanted, TableState) or not isinstance(live, TableState):
        return ()
    before, after = live.indexes.get(name), wanted.indexes.get(name)
    if before is None or after is None:
        return ()
    taken = {*live.indexes, *live.local_indexes, *wanted.indexes, *(wanted.local_indexes or ())}
    file = change.origin.position.file if change.origin else f"tables/{table}.yaml"
    return steps(change.address, before, after, taken, file)
