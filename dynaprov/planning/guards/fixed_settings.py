"""Key schema, key types and local indexes cannot be changed on a live table.

The incident it prevents: tools that answer a changed key with "delete the table and make a new one"
(the Terraform provider replaces it), or that do not notice a changed type at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change, SettingChange
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
        fixed = [each for each in change.settings if each.effect is Effect.FIXED]
        if fixed:
            yield refuse_always(CODE, change.address, _detail(change, fixed))


def _detail(change: Change, fixed: Sequence[SettingChange]) -> str:
    advice = (
        "AWS only sets it when the table is made. Write back what is live, or make a table under a "
        "new name and copy the data"
    )
    if change.action is Action.CREATE:
        return f"`{change.address.name}` cannot be added to {change.resource}: {advice}"
    differing = ", ".join(
        f"`{each.path}` is {each.before} and cannot become {each.after}" for each in fixed
    )
    return f"{differing}: {advice}"
