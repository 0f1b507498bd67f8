"""Changes: the difference between desired and observed at one address.

Values only.  How differences are found is ``planning/diff.py``; what is done about them are
operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.setting import Effect, Owner, Severity
from dynaprov.model.source import Origin


class Action(StrEnum):
    """What becomes of the thing at an address."""

    NONE = "none"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"  # deleted and created again; readers are without it meanwhile
    DELETE = "delete"


class Cause(StrEnum):
    """Why spec and live differ, told apart by the stamp of what was last applied."""

    NEW = "new"  # it does not exist yet
    DRIFT = "drift"  # the live side was changed behind the spec's back
    PENDING = "pending"  # the spec was changed and not applied yet
    CONFLICT = "conflict"  # both were changed
    UNKNOWN = "unknown"  # no stamp: it cannot be told


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that differs.

    ``path`` is relative to the change's address (``capacity.read``, ``tags.Owner``).  ``before`` is
    the live value, ``after`` the declared one; ``None`` means none.  Both are JSON values, or a
    ``Ref``/``Band``.
    """

    path: str
    before: Any
    after: Any
    effect: Effect = Effect.IN_PLACE
    owner: Owner = Owner.SPEC
    severity: Severity = Severity.MEDIUM
    cause: Cause = Cause.UNKNOWN
    origin: Origin | None = None
    secret: bool = False
    reason: str = ""

    def because(self, cause: Cause) -> SettingChange:
        """The same with its cause; ``dataclasses.replace`` takes several times as long."""
        return SettingChange(
            self.path,
            self.before,
            self.after,
            self.effect,
            self.owner,
            self.severity,
            cause,
            self.origin,
            self.secret,
            self.reason,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """All that differs at one address.

    ``resource`` is the physical name (the table's name for an index); ``origin`` the place in the
    spec that declares the thing.  ``notes`` are sentences for a reader ("taken over: ...").
    """

    address: Address
    kind: str
    resource: str
    action: Action
    cause: Cause
    severity: Severity
    settings: tuple[SettingChange, ...] = ()
    origin: Origin | None = None
    notes: tuple[str, ...] = ()

    def setting(self, path: str) -> SettingChange | None:
        """The changed setting at this path, if it changed."""
        return next((s for s in self.settings if s.path == path), None)


@dataclass(frozen=True, slots=True)
class Tolerated:
    """A live value that is not what the spec says word by word, and that its owner may set so.

    It is no difference: a strict check shows it.  ``path`` is relative to the address; ``live`` and
    ``declared`` are JSON values (or a ``Band``), ``declared`` is ``None`` where the spec cannot or
    does not say anything.  ``reason`` says in words who set it.
    """

    address: Address
    path: str
    live: Any
    declared: Any
    owner: Owner
    reason: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """Something live that no spec names.  Reported; removed only by ``--prune`` or ``destroy``.

    ``part_of`` is the managed resource that it is a part of (an index, a subscription); ``None``
    for a whole resource, which is only listed and never makes an environment "different".
    ``facts`` is what is known of it, as JSON values.
    """

    address: Address
    kind: str
    resource: str
    detail: str
    part_of: Address | None = None
    facts: tuple[tuple[str, Any], ...] = ()
