"""Permissions: which IAM actions apply to which resources, under which conditions, and for what.

A kind states them for one spec (``Kind.permissions``); ``access`` makes policy documents of them.
Plain values; nothing here knows a kind, a file or AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: Operator, then key, then values: the ``Condition`` of a policy statement.
Condition = Mapping[str, Mapping[str, tuple[str, ...]]]

#: The resource of an action that knows no other (service authorization reference).
ANY = ("*",)

_READING = ("Describe", "Get", "List", "Lookup")


class Use(StrEnum):
    """What a permission is needed for."""

    LOOK = "look"  # every command that looks at AWS, and so every one
    CHANGE = "change"  # apply
    PRUNE = "prune"  # apply --prune, and what diff --prune looks at for it
    HEAL = "heal"  # the changes of apply that only put a protection back
    DESTROY = "destroy"


LOOK = frozenset({Use.LOOK})
CHANGE = frozenset({Use.CHANGE})
PRUNE = frozenset({Use.PRUNE})
DESTROY = frozenset({Use.DESTROY})
HEAL = frozenset({Use.CHANGE, Use.HEAL})
"""Of ``apply``, and of a heal too."""


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions that share their resources and conditions.

    Attributes:
        actions: IAM actions (``dynamodb:DescribeTable``); ``*`` only where AWS's own documentation
            writes it (``kms:ReEncrypt*``).
        resources: ARNs; a ``*`` inside stands for what AWS alone names (ids), or for names of the
            environment's own that are too many to list (the alarms of a table).
        uses: what they are needed for.
        conditions: under which they apply.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    uses: frozenset[Use]
    conditions: Condition = field(default_factory=dict)


def reads(action: str) -> bool:
    """Whether an IAM action only reads, told by its verb; keys (``kms:Decrypt``) are not read."""
    return action.partition(":")[2].startswith(_READING)
