"""Outcomes: what happened to each operation of a plan, and to the run as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dynaprov.model.change import Change
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ServiceError


class Status(StrEnum):
    """How an operation ended.  Every operation of a plan ends in exactly one of these."""

    SUCCEEDED = "succeeded"
    SETTLED = "settled"  # AWS said that it was already so
    SUBMITTED = "submitted"  # AWS took it and is at work; nobody waited for its end
    DEFERRED = "deferred"  # a clock or budget: a later run does it
    FAILED = "failed"
    SKIPPED = "skipped"  # something it needs did not go well, or the endpoint lacks it
    CANCELLED = "cancelled"  # the run was interrupted before it started
    UNKNOWN = "unknown"  # sent, and no answer came: the next run looks

    @property
    def good(self) -> bool:
        """Succeeded or already so."""
        return self in (Status.SUCCEEDED, Status.SETTLED)

    @property
    def later(self) -> bool:
        """A later run finishes it: it was put off, or AWS is at work on it."""
        return self in (Status.SUBMITTED, Status.DEFERRED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one operation.

    ``blocked_by`` is the id of the operation whose end made this one be skipped.  ``outputs`` are
    the values named by ``Operation.outputs``.  ``by_another`` says that somebody else did it at the
    same time, so that what stands there need not be what the operation carried.
    """

    operation: Operation
    status: Status
    attempts: int = 0
    error: ServiceError | None = None
    blocked_by: str = ""
    seconds: float = 0.0
    not_before: datetime | None = None
    detail: str = ""
    outputs: tuple[tuple[str, str], ...] = ()
    by_another: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """An executed plan and what was left over when the result was compared again.

    ``residual`` is the plan of the verifying comparison; ``None`` when none was made.  ``stopped``
    says why the run could not go on, or could not be verified (credentials, network).
    """

    plan: Plan
    fingerprint: str
    outcomes: tuple[Outcome, ...]
    interrupted: bool = False
    residual: Plan | None = None
    journal: str = ""
    stopped: Diagnostic | None = None

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Outcomes that are nobody's wish."""
        bad = (Status.FAILED, Status.SKIPPED, Status.CANCELLED, Status.UNKNOWN)
        return tuple(o for o in self.outcomes if o.status in bad)

    @property
    def deferred(self) -> tuple[Outcome, ...]:
        """Outcomes that a later run finishes."""
        return tuple(o for o in self.outcomes if o.status.later)

    @property
    def converged(self) -> bool:
        """Nothing failed and the fresh comparison found no change and nothing unread.

        Unmanaged parts that were kept are not left over.
        """
        left = self.residual
        return not self.failed and left is not None and not (left.changes or left.not_compared)


def without_deferred(
    changes: Iterable[Change], deferred: Iterable[Operation]
) -> tuple[Change, ...]:
    """The changes without the settings that deferred operations write.

    Deferred work is not left over: a later run finishes it.
    """
    waiting = tuple(deferred)
    # What is still being made took its tags along, and cannot be asked for them yet.
    carried = {each.address.child("tags") for each in waiting if each.creates}
    left = []
    for change in changes:
        if change.address in carried:
            continue
        writing = [each for each in waiting if each.writes(change.address, "")]
        settings = tuple(
            setting
            for setting in change.settings
            if not any(each.writes(change.address, setting.path) for each in writing)
        )
        if settings or (not change.settings and not writing):
            left.append(
                change if settings == change.settings else replace(change, settings=settings)
            )
    return tuple(left)
