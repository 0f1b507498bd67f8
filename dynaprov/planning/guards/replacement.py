"""An index would be deleted and built again, because its keys or its projection differ.

The incident it prevents: readers without an index for as long as the new one takes to fill, hours
on a large table.  The way that keeps them reading is to declare a successor under a new name, wait
until it is built, move the readers, and then retire the old one.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.change import Action
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse

CODE = "replace-index"


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse each replacement in place unless it is allowed by name."""
    for change in considered.changes:
        if change.action is Action.REPLACE:
            paths = ", ".join(f"`{setting.path}`" for setting in change.settings)
            yield refuse(
                CODE,
                change.address,
                f"{paths} of index `{change.address.name}` can only change by deleting it and "
                "building it again; readers are without it meanwhile. Better: declare a successor "
                "under a new name, move the readers, then remove this one",
            )
