"""A key would be switched off or retired while backups need it.

The incident it prevents: the tables are gone, the key goes with them, and the backups that were
kept for years cannot be restored.  A backup stays on the key that it was made with.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse
from dynaprov.planning.guards.key_retirement import TABLE_READS, retirements
from dynaprov.planning.key_users import KeyUsers

CODE = "retire-key"
#: More backups than this are counted.
NAMED = 20


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse it while a backup, or the recovery of a deleted table, is encrypted with the key."""
    for operation in retirements(considered):
        users = considered.key_users.get(operation.call.params["KeyId"])
        if users is None:
            continue
        if users.copies:
            yield refuse(CODE, operation.address, needing(users.copies))
        elif unknown := untold(users):
            yield refuse(CODE, operation.address, unknown)


def untold(users: KeyUsers) -> str:
    """Why it is not known which backups need the key; empty when it is."""
    unread = [error for error in users.unread if error.method not in TABLE_READS]
    if not unread:
        return ""
    action = unread[0].action
    return f"it cannot be told which backups need the key: {action} failed ({unread[0]})"


def needing(copies: tuple[str, ...]) -> str:
    """The sentence that lists what cannot be restored any more."""
    more = f" and {len(copies) - NAMED} more" if len(copies) > NAMED else ""
    return f"without the key these cannot be restored: {', '.join(copies[:NAMED])}{more}"
