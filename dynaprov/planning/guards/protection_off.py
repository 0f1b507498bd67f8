"""Something that protects data, or that others rely on, would be switched off.

The incident it prevents: point-in-time recovery off throws away its history at once; a stream off
strands its consumers; protection off is one call away from a deleted table.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.change import Change
from dynaprov.model.kind import Presence
from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse

#: (kind, path) -> (code, what it means); switching off is a falsy value in place of a true one.
PROTECTIONS = {
    ("table", "deletion_protection"): (
        "protection-off",
        "deletion protection of {0} would be switched off",
    ),
    ("table", "stream"): (
        "stream-off",
        "the stream of {0} would be switched off; its consumers get nothing more, and a stream "
        "with another view is a new one with another ARN",
    ),
    ("pitr", "enabled"): (
        "pitr-off",
        "point-in-time recovery of {0} would be switched off; everything that can be restored "
        "until now is lost",
    ),
    ("ttl", "attribute"): (
        "ttl-off",
        "time to live of {0} would be switched off; AWS takes one change per hour, so another "
        "attribute comes into effect only after that",
    ),
}


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse each switching off unless it is allowed by name."""
    for change in considered.changes:
        if considered.situation.reading(change.address).presence is Presence.PRESENT:
            yield from _switched_off(change)


def _switched_off(change: Change) -> Iterator[Refusal]:
    for setting in change.settings:
        protection = PROTECTIONS.get((change.kind, setting.path))
        # Another stream view or another TTL attribute goes by way of switching off.
        if protection and setting.before and setting.before != setting.after:
            code, text = protection
            yield refuse(code, change.address, text.format(change.resource))
