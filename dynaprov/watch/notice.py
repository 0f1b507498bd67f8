"""What people are told of a check, and when: transitions, reminders, quiet hours.  Pure.

People are told of a finding once when it appears or changes, and once when it is gone.  In between
they hear of it only as a reminder.  What is not told during quiet hours is told afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dynaprov.model.finding import Check, Remembered, Tracked, Verdict
from dynaprov.model.setting import Severity


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day in which only critical findings are told; they may span midnight."""

    start: time
    end: time
    zone: tzinfo

    def hold(self, now: datetime) -> bool:
        """Whether it is quiet now."""
        local = now.astimezone(self.zone).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


_HOURS = re.compile(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?(?:@(\S+))?")


def read_quiet_hours(text: str) -> QuietHours:
    """The quiet hours that a text means: ``22-07``, ``22:30-06:00@Europe/Berlin``.

    Raises:
        ValueError: when it means none, in words.
    """
    found = _HOURS.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        start, end = (time(int(found[at]), int(found[at + 1] or 0)) for at in (1, 3))
        zone = ZoneInfo(found[5]) if found[5] else UTC
    except ZoneInfoNotFoundError as problem:
        raise ValueError(f"this machine knows no time zone of the name in `{text}`") from problem
    except (ValueError, OSError) as problem:
        detail = f"`{text}` is not a time of day to another, such as 22-07@Europe/Berlin"
        raise ValueError(detail) from problem
    if start == end:
        raise ValueError(f"`{text}` begins when it ends")
    return QuietHours(start, end, zone)


@dataclass(frozen=True, slots=True)
class Policy:
    """When people are told.

    Attributes:
        least: milder differences are never told.
        remind_after: how long a finding may stand before people hear of it again; ``None``: never.
        quiet: hours in which only critical findings are told.
    """

    least: Severity = Severity.LOW
    remind_after: timedelta | None = None
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One message: what there is to tell after one check.

    Attributes:
        news: findings that people do not know yet, or not as they are now; worst first.
        resolved: what people know of and is gone.
        reminders: what people know of and stands for so long.
        held: how much is kept back until the quiet hours are over.
        at: when it is told.
    """

    at: datetime
    news: tuple[Tracked, ...] = ()
    resolved: tuple[Remembered, ...] = ()
    reminders: tuple[Tracked, ...] = ()
    held: int = field(default=0, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.news or self.resolved or self.reminders)


def notice(check: Check, policy: Policy) -> Notice:
    """What people are to be told after a check; findings under exceptions are never told."""
    now = check.checked_at
    worth = [each for each in check.findings if _worth_telling(each, policy)]
    news = tuple(each for each in worth if each.told is None)
    reminders = tuple(each for each in worth if _due(each, policy, now))
    gone = tuple(each for each in check.untold if not each.ignored)
    whole = Notice(now, news, gone, reminders)
    if policy.quiet is None or not policy.quiet.hold(now):
        return whole
    urgent = tuple(each for each in news if each.finding.severity is Severity.CRITICAL)
    return Notice(now, urgent, held=len(news) + len(gone) + len(reminders) - len(urgent))


def told(check: Check, given: Notice) -> Check:
    """The check after a notice has reached somebody."""
    ids = {each.finding.id for each in (*given.news, *given.reminders)}
    gone = {each.id for each in given.resolved}
    return replace(
        check,
        findings=tuple(_told(check.findings, ids, given.at)),
        untold=tuple(each for each in check.untold if each.id not in gone),
    )


def _told(findings: Iterable[Tracked], ids: set[str], now: datetime) -> Iterable[Tracked]:
    for each in findings:
        yield replace(each, told=now) if each.finding.id in ids else each


def _worth_telling(each: Tracked, policy: Policy) -> bool:
    finding = each.finding
    if finding.verdict is Verdict.NOT_COMPARED:
        return True
    if not finding.verdict.differs or finding.listed_only:
        return False
    return finding.severity.rank >= policy.least.rank


def _due(each: Tracked, policy: Policy, now: datetime) -> bool:
    if policy.remind_after is None or each.told is None:
        return False
    return now - each.told >= policy.remind_after
