"""What ``dynaprov wait`` waits for, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dynaprov.model.plan import Identity, InProgress, NotCompared
from dynaprov.model.readiness import Readiness


class Until(StrEnum):
    """What is waited for."""

    READABLE = "readable"  # applications can read every table and index that the spec declares
    SETTLED = "settled"  # AWS is at work on none of the tables


@dataclass(frozen=True, slots=True)
class Awaited:
    """How waiting for an environment's tables ended.

    Attributes:
        readiness: of every table and index that was waited for.
        in_progress: what AWS was still at work on at the end.
        unreadable: tables that could not be looked at.
        seconds: how long it took.
        interrupted: a person stopped it.
    """

    identity: Identity
    until: Until
    readiness: tuple[Readiness, ...]
    in_progress: tuple[InProgress, ...] = ()
    unreadable: tuple[NotCompared, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def never(self) -> tuple[Readiness, ...]:
        """What is not readable and does not become so by itself."""
        return tuple(r for r in self.readiness if not r.safe_to_deploy and not r.in_time)

    @property
    def reached(self) -> bool:
        """It is as it was waited for."""
        if self.until is Until.SETTLED:
            return not self.in_progress and not self.unreadable
        return all(row.safe_to_deploy for row in self.readiness)

    @property
    def hopeless(self) -> bool:
        """Waiting longer would change nothing."""
        return bool(self.unreadable or (self.until is Until.READABLE and self.never))
