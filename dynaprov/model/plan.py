"""The plan: the one value that is shown, saved, approved, executed and tested."""

from __future__ import annotations

from dataclasses import dataclass, field

from dynaprov.model.address import Address
from dynaprov.model.change import Cause, Change, Tolerated, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.ports import ServiceError
from dynaprov.model.readiness import Readiness


@dataclass(frozen=True, slots=True)
class Identity:
    """Where a plan holds: who looked at which account, region and environment."""

    project: str
    environment: str
    account: str
    region: str
    caller: str = ""  # ARN of the identity that looked
    endpoint: str = ""  # endpoint URL when it is not AWS's own
    revision: str = ""  # revision of the spec files, where they are under version control


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard's no: what must not happen unless it is allowed by name."""

    code: str
    address: Address
    detail: str
    allowed_by: str  # the literal flag that lifts it, empty when nothing does
    instead: tuple[str, ...] = ()  # another way to the same end, line by line as it is to be shown


@dataclass(frozen=True, slots=True)
class NotCompared:
    """Something that could not be read, so nothing can be said about it."""

    address: Address
    path: str
    error: ServiceError

    def __str__(self) -> str:
        what = f"{self.address}" + (f" {self.path}" if self.path else "")
        return f"{what}: {self.error}"


@dataclass(frozen=True, slots=True)
class InProgress:
    """Something that AWS is still doing (an index being built).

    ``wait`` is how its end is waited for; ``None`` where nobody does.  What could not be read for
    that reason is not ``compared``.
    """

    address: Address
    detail: str
    wait: Wait | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What differs and what would be called.

    Changes and operations are sorted, so equal situations give equal plans.  ``notes`` are
    sentences for a reader that need no action (a subscription pending confirmation).  ``tolerated``
    is what others own and have set as they may: no difference, never written into a saved plan,
    and no part of what makes two plans equal.
    """

    identity: Identity
    changes: tuple[Change, ...] = ()
    operations: tuple[Operation, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    in_progress: tuple[InProgress, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    resources: tuple[tuple[str, str], ...] = field(default=())  # (address, physical name) looked at
    readiness: tuple[Readiness, ...] = ()  # of every table and index, whether it can be read
    held: tuple[str, ...] = ()  # addresses of resources that carry the tag `dynaprov:hold`
    tolerated: tuple[Tolerated, ...] = field(default=(), compare=False)

    @property
    def in_sync(self) -> bool:
        """No difference and nothing unread.  Stamp renewals do not count as a difference."""
        read = not self.not_compared and all(each.compared for each in self.in_progress)
        return read and not self.changes and not self.unmanaged_parts

    @property
    def unmanaged_parts(self) -> tuple[Unmanaged, ...]:
        """Unmanaged parts of managed resources; these count as a difference."""
        return tuple(u for u in self.unmanaged if u.part_of is not None)

    @property
    def is_empty(self) -> bool:
        """Executing the plan would call nothing."""
        return not self.operations

    def causes(self) -> frozenset[Cause]:
        """The causes of all changes."""
        return frozenset(change.cause for change in self.changes)
