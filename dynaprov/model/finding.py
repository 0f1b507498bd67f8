"""Findings: what a drift check has to say, setting by setting.

A plan says what differs and what would be called; a finding is one difference of it (or one thing
that could not be compared) as a check judges it: whose it is, how bad it is, since when it stands,
and whether a reviewed exception covers it.  Values only; judging is ``watch``'s work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Unmanaged
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Band, Owner, Ref, Severity
from dynaprov.model.source import Origin, Position


class Verdict(StrEnum):
    """What a finding is; each needs another reaction."""

    DRIFT = "drift"  # the live side was changed behind the spec's back
    PENDING = "pending"  # the spec was changed and is not applied yet
    CONFLICT = "conflict"  # both were changed
    UNKNOWN = "unknown"  # it differs, and no stamp tells why
    MISSING = "missing"  # it is not there: never applied, or deleted with its stamp
    UNMANAGED = "unmanaged"  # it is live and in no spec
    NOT_COMPARED = "not-compared"  # it could not be read: nothing is known, which is no success
    IN_PROGRESS = "in-progress"  # AWS is still at work on it
    TOLERATED = "tolerated"  # somebody else owns the value; shown by a strict check only

    @property
    def differs(self) -> bool:
        """Whether it says that spec and account differ."""
        return self in DIFFERENCES


#: The verdicts that are a difference; the others are not known yet, or nobody's fault.
DIFFERENCES = frozenset(
    {
        Verdict.DRIFT,
        Verdict.PENDING,
        Verdict.CONFLICT,
        Verdict.UNKNOWN,
        Verdict.MISSING,
        Verdict.UNMANAGED,
    }
)

#: The verdicts that say that nothing is known: what was found there before may still be so.
UNSEEN = frozenset({Verdict.NOT_COMPARED, Verdict.IN_PROGRESS})


#: Stands for all of an environment, where nothing at all could be looked at.
WHOLE = Address("(environment)")


class Phase(StrEnum):
    """How a finding stands to the check before."""

    NEW = "new"  # not there at the last check, or there was none
    ONGOING = "ongoing"  # as it was at the last check
    CHANGED = "changed"  # there at the last check, and different since
    RESOLVED = "resolved"  # there at the last check, and gone


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        path: of the setting, relative to the address; empty for the thing itself.
        resource: the physical name.
        action: what ``apply`` would do; ``none`` where it would do nothing.
        live, declared: both sides, JSON values or ``Ref``/``Band``; ``None`` means none.
        detail: what there is to know beside the values, in words.
        permission: of what was denied, the IAM action that is missing.
        listed_only: it is told and never makes a check fail (a whole unmanaged resource).
        secret: its values must not be shown.
    """

    address: Address
    kind: str
    verdict: Verdict
    severity: Severity
    path: str = ""
    resource: str = ""
    action: Action = Action.NONE
    live: Any = None
    declared: Any = None
    owner: Owner = Owner.SPEC
    detail: str = ""
    origin: Origin | None = None
    permission: str = ""
    listed_only: bool = False
    secret: bool = False

    @property
    def id(self) -> str:
        """What it is the same by from check to check: ``log-metadata/pitr#enabled``.

        That nothing is known, or that another owns the value, is another finding than what was
        known before.
        """
        place = f"{self.address}#{self.path}" if self.path else str(self.address)
        return place if self.verdict.differs else f"{place} ({self.verdict})"

    @property
    def digest(self) -> str:
        """Twelve characters that change when what it says changes; no value can be read off."""
        said = [self.verdict.value, self.severity.value, _plain(self.live), _plain(self.declared)]
        text = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    """A value as JSON, for a digest only."""
    if isinstance(value, Ref):
        return ["$ref", value.address, value.output]
    if isinstance(value, Band):
        return ["$band", value.low, value.high]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


@dataclass(frozen=True, slots=True)
class ExceptionRule:
    """A reviewed exception: findings that a check does not fail for, and until when.

    Attributes:
        address, path: shell patterns; ``*`` for any.  An address means all that is below it.
        reason, owner: why, and who answers for it.
        expires: the last day (UTC) on which it holds.
        environments: patterns; empty for every one.
        digest: holds only while the finding says exactly this (see ``Finding.digest``); empty
            for whatever it says.
        position: where it is written.
    """

    address: str
    path: str
    reason: str
    owner: str
    expires: date
    environments: tuple[str, ...] = ()
    digest: str = ""
    position: Position | None = None

    def covers(self, finding: Finding, environment: str) -> bool:
        """Whether the finding is meant, be the rule expired or not."""
        if self.environments and not any(fnmatchcase(environment, e) for e in self.environments):
            return False
        if self.digest and self.digest != finding.digest:
            return False
        return finding.address.matches(self.address) and fnmatchcase(finding.path, self.path)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A finding over time.

    Attributes:
        since: when a check found it first.
        told: when somebody was last notified of it as it is now; ``None``: not yet.
        rule: the exception that covers it.
    """

    finding: Finding
    phase: Phase = Phase.NEW
    since: datetime | None = None
    told: datetime | None = None
    rule: ExceptionRule | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a later check needs to know of a finding of an earlier one."""

    id: str
    digest: str
    verdict: Verdict
    severity: Severity
    since: datetime
    told: datetime | None = None
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What one check hands on to the next; all that is ever remembered between two.

    Attributes:
        checked_at: when that check was made.
        findings: by id; those under an exception too.
        present: addresses that were there, whether as the spec said or not, and those that have
            been deleted since and are still missing.
        resolved: findings that are gone, of which people know and have not been told that.
    """

    checked_at: datetime
    findings: Mapping[str, Remembered] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    resolved: tuple[Remembered, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what is live a spec names.

    Attributes:
        managed: tables of this account and region that the spec names and that are there.
        live: all tables there.
        unnamed: the physical names of the others.
        leftovers: what carries the project's tags or names and is in no spec.
        problem: why it could not be told, in words; then the rest is empty, and the check is not
            whole.
        permission: the IAM action that it needed, where that is why.
    """

    managed: int = 0
    live: int = 0
    unnamed: tuple[str, ...] = ()
    leftovers: tuple[Unmanaged, ...] = ()
    problem: str = ""
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A drift check of one environment: its plan, and what was judged of it.

    Attributes:
        plan: the comparison that it judges.
        checked_at: when (UTC).
        findings: all that count, worst first; those under a living exception are in ``ignored``.
        ignored: what exceptions cover.
        resolved: what the check before had found and this one has not.
        untold: of all that was ever resolved, what people know of and have not been told is gone.
        expired: exceptions whose day is over; each fails the check.
        unused: living exceptions that covered nothing.
        previous_at: when the check before was made; ``None``: nothing is known of one.
        coverage: how much of what is live a spec names; ``None``: not asked.
    """

    plan: Plan
    checked_at: datetime
    findings: tuple[Tracked, ...] = ()
    ignored: tuple[Tracked, ...] = ()
    resolved: tuple[Remembered, ...] = ()
    untold: tuple[Remembered, ...] = ()
    expired: tuple[ExceptionRule, ...] = ()
    unused: tuple[ExceptionRule, ...] = ()
    previous_at: datetime | None = None
    coverage: Coverage | None = None
