"""Exceptions: which findings a check does not fail for.  Pure; they never touch ``apply``.

Reading and writing their file is ``spec``'s work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase

from dynaprov.model.finding import ExceptionRule, Finding, Tracked

#: For how many days a baseline silences what it found.
BASELINE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Excepted:
    """Findings parted by the exceptions that cover them.

    Attributes:
        counted: those that no living exception covers.
        ignored: the others, each with its rule.
        expired: rules for this environment whose day is over, whether they cover anything or not.
        unused: living rules for this environment that cover nothing.
    """

    counted: tuple[Tracked, ...]
    ignored: tuple[Tracked, ...]
    expired: tuple[ExceptionRule, ...]
    unused: tuple[ExceptionRule, ...]


def except_for(
    found: Iterable[Tracked], rules: Sequence[ExceptionRule], environment: str, today: date
) -> Excepted:
    """Part findings by the rules.

    Only differences can be excepted: what could not be compared stays what it is.  A rule holds to
    the end of its last day, UTC.
    """
    living = [each for each in rules if each.expires >= today]
    counted: list[Tracked] = []
    ignored: list[Tracked] = []
    used: set[int] = set()
    for each in found:
        rule = _rule_for(each.finding, living, environment)
        if rule is None:
            counted.append(each)
        else:
            used.add(id(rule))
            ignored.append(replace(each, rule=rule))
    meant = [each for each in rules if _means(each, environment)]
    return Excepted(
        tuple(counted),
        tuple(ignored),
        tuple(each for each in meant if each.expires < today),
        tuple(each for each in meant if each.expires >= today and id(each) not in used),
    )


def baseline(
    found: Iterable[Finding], environment: str, owner: str, today: date
) -> tuple[ExceptionRule, ...]:
    """An exception for each difference of today, exactly as it is today.

    When a setting changes once more, its exception no longer covers it.
    """
    return tuple(
        ExceptionRule(
            address=_literal(str(each.address)),
            path=_literal(each.path),
            reason=f"as it was found on {today.isoformat()}; to be decided",
            owner=owner,
            expires=today + timedelta(days=BASELINE_DAYS),
            environments=(_literal(environment),),
            digest=each.digest,
        )
        for each in found
        if each.verdict.differs
    )


def _rule_for(
    finding: Finding, rules: Sequence[ExceptionRule], environment: str
) -> ExceptionRule | None:
    if not finding.verdict.differs:
        return None
    return next((each for each in rules if each.covers(finding, environment)), None)


def _means(rule: ExceptionRule, environment: str) -> bool:
    return not rule.environments or any(fnmatchcase(environment, e) for e in rule.environments)


def _literal(text: str) -> str:
    """A pattern that means exactly this text."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
