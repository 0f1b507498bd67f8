"""Something live would be deleted.

The incident it prevents: a production index, or a whole table's surroundings, gone because a line
was lost from a file.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.change import Action
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse

CODE = "delete"
INDEX_CODE = "delete-index"


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse each deletion, of an index or of a whole resource, unless it is allowed by name."""
    if considered.destroying:
        return
    for change in considered.changes:
        if change.action is not Action.DELETE:
            continue
        if change.address.part == "index":
            yield refuse(
                INDEX_CODE,
                change.address,
                f"index `{change.address.name}` of {change.resource} would be deleted; queries on "
                "it fail from then on",
            )
        else:
            what = f"`{change.address}` ({change.kind} {change.resource})"
            yield refuse(CODE, change.address, f"{what} would be deleted")
