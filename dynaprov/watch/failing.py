"""Which findings make a check fail.  Pure.

A difference fails a check when ``FailOn`` says so; what could not be compared, and an exception
whose day is over, fail every check.
"""

from __future__ import annotations

from enum import StrEnum

from dynaprov.model.finding import Check, Phase, Tracked
from dynaprov.model.setting import Severity


class FailOn(StrEnum):
    """What a check fails for."""

    ANY = "any"  # every difference
    NEW = "new"  # differences that were not there, or not so, at the check before
    LOW = "low"  # from this severity on
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def failing(check: Check, fail_on: FailOn) -> tuple[Tracked, ...]:
    """The findings for which this check fails, worst first."""
    return tuple(
        each
        for each in check.findings
        if each.finding.verdict.differs and not each.finding.listed_only and _counts(each, fail_on)
    )


def _counts(each: Tracked, fail_on: FailOn) -> bool:
    if fail_on is FailOn.ANY:
        return True
    if fail_on is FailOn.NEW:
        return each.phase in (Phase.NEW, Phase.CHANGED)
    return each.finding.severity.rank >= Severity(fail_on.value).rank
