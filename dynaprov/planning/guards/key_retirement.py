"""A key would be switched off or retired while tables need it.

The incident it prevents: a table whose key is disabled becomes unreadable within minutes and is
archived after a week.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.address import Address
from dynaprov.model.kind import Presence
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse_always

CODE = "key-retirement"
KEY = Address("", "kms-key")


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse to schedule the deletion of, or to disable, a key that a table still uses."""
    key = considered.situation.reading(KEY)
    arn = key.outputs.get("arn", "")
    if not arn:
        return
    retiring = [
        operation
        for operation in considered.operations
        if operation.call.method in ("schedule_key_deletion", "disable_key")
        and operation.address == KEY
    ]
    if not retiring:
        return
    going = {o.address for o in considered.operations if o.deletes}
    using = [
        desired.name
        for address, desired in considered.situation.desired.items()
        if desired.kind == "table"
        and address not in going
        and considered.situation.reading(address).presence is Presence.PRESENT
        and getattr(considered.situation.reading(address).state, "encryption", "") == arn
    ]
    if using:
        yield refuse_always(
            CODE,
            KEY,
            f"the key still encrypts {', '.join(sorted(using))}; give these tables another key "
            "first, and keep this one enabled until they have it",
        )
