"""Key schema, key types and local indexes cannot be changed on a live table.

The incident it prevents: tools that answer a changed key with "delete the table and make a new one"
(the Terraform provider replaces it), or that do not notice a changed type at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.address import Address
from dynaprov.model.kind import Presence
from dynaprov.model.plan import Refusal
from dynaprov.model.setting import Effect
from dynaprov.planning.guards.considered import Considered, refuse_always

CODE = "fixed-setting"


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse every difference that AWS offers no call for.  Nothing lifts this."""
    for change in considered.changes:
        owner = Address(change.address.table) if change.address.table else change.address
        if considered.situation.reading(owner).presence is not Presence.PRESENT:
            continue
        for setting in change.settings:
            if setting.effect is Effect.FIXED:
                yield refuse_always(
                    CODE,
                    change.address,
                    f"`{setting.path}` is {setting.before} and cannot become {setting.after}: AWS "
                    "only sets it when the table is made. Write back what is live, or make a "
                    "table under a new name and copy the data",
                )
