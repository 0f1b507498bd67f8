"""A key would be switched off or retired while tables need it.

The incident it prevents: a table whose key is disabled becomes unreadable within minutes and is
archived after a week.  What needs the key is looked for in the whole account and region: every
table, every replica, and the topic; where that cannot be read, the key stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.address import Address
from dynaprov.model.change import Action
from dynaprov.model.kind import Presence
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse_always
from dynaprov.planning.key_users import RETIRING, KeyUsers, key_id

CODE = "key-retirement"
KEY = Address("", "kms-key")
#: Reads without which it is not known which tables need a key.
TABLE_READS = frozenset({"list_tables", "describe_table"})


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse to schedule the deletion of, or to disable, a key that something living uses."""
    for operation in retirements(considered):
        users = considered.key_users.get(operation.call.params["KeyId"], KeyUsers({}))
        living = [*_tables(considered, operation, users), *_topic(considered, operation)]
        if living:
            yield refuse_always(
                CODE,
                operation.address,
                f"the key still encrypts {', '.join(living)}; give them another key first, and "
                "keep this one enabled until they have it",
            )
            continue
        unread = [error for error in users.unread if error.method in TABLE_READS]
        if unread:
            missing = ", ".join(sorted({error.action for error in unread}))
            yield refuse_always(
                CODE,
                operation.address,
                f"it cannot be told which tables the key encrypts: {missing} failed ({unread[0]})",
            )


def retirements(considered: Considered) -> Iterator[Operation]:
    """The operations after which a key cannot be used."""
    for operation in considered.operations:
        if operation.call.service == "kms" and operation.call.method in RETIRING:
            yield operation


def _tables(considered: Considered, operation: Operation, users: KeyUsers) -> list[str]:
    situation = considered.situation
    going = {
        each.call.params["TableName"]
        for each in considered.operations
        if each.call.method == "delete_table"
    }
    key = operation.call.params["KeyId"]
    found = dict(users.tables)
    for address, desired in situation.desired.items():
        live = situation.reading(address)
        if desired.kind == "table" and key_id(live.facts.get("key")) == key:
            found.setdefault(desired.name, f"table {desired.name}")
    return [words for name, words in sorted(found.items()) if name not in going]


def _topic(considered: Considered, operation: Operation) -> list[str]:
    address = Address("", "topic")
    live = considered.situation.reading(address)
    key = operation.call.params["KeyId"]
    if (
        live.presence is not Presence.PRESENT
        or key_id(getattr(live.state, "encryption", "")) != key
    ):
        return []
    going = any(
        change.address == address and change.action is Action.DELETE
        for change in considered.changes
    )
    return [] if going else ["the topic"]
