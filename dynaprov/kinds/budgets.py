"""What AWS takes only so often: each budget once, with its source, and what is left of it.  Pure.

The kinds say what their calls spend; here stand the numbers.  What a description shows of a budget
decides what can be said: the count (capacity decreases), only the time of the last change (billing
mode, table class), or nothing (time to live, encryption, deletion protection).  Nothing is
remembered between runs, so what AWS does not show is not known before it is tried; AWS's refusal
then names the time, or the window does.

All rules are modelled from AWS's documentation and from measurements that others published; none
has been run on AWS yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dynaprov.model.operation import Budget, Seen


@dataclass(frozen=True, slots=True)
class Limit:
    """One budget of AWS.

    Attributes:
        name: its stable word.
        what: what is counted.
        rule: the rule in words, with what it is counted for.
        limit: how many AWS takes in a window.
        window: how long one counts.
        seen: how much of it AWS shows, and where (``shown``).
        source: where the rule is written down.
    """

    name: str
    what: str
    rule: str
    limit: int
    window: timedelta
    seen: Seen
    shown: str
    source: str


CAPACITY_DECREASE = Limit(
    "capacity-decrease",
    "decreases of provisioned capacity",
    "4 a UTC day for each table and each index, then one an hour after the last, 27 at most",
    4,
    timedelta(days=1),
    Seen.COUNT,
    "ProvisionedThroughput.NumberOfDecreasesToday and LastDecreaseDateTime",
    "DynamoDB developer guide, ServiceQuotas",
)
#: Most decreases of a UTC day, and the time that has to pass for one beyond the first four.
MOST_DECREASES = 27
DECREASE_PAUSE = timedelta(hours=1)

ON_DEMAND_SWITCH = Limit(
    "on-demand-switch",
    "switches to on-demand",
    "4 in 24 hours for each table; the way back at any time",
    4,
    timedelta(hours=24),
    Seen.LAST,
    "BillingModeSummary.LastUpdateToPayPerRequestDateTime",
    "DynamoDB developer guide, switching.capacitymode",
)
ENCRYPTION_CHANGE = Limit(
    "encryption-change",
    "changes of the encryption key",
    "4 in 24 hours for each table, then one in 6 hours; the key that AWS owns at any time",
    4,
    timedelta(hours=24),
    Seen.NOTHING,
    "",
    "DynamoDB developer guide, encryption.usagenotes",
)
CLASS_CHANGE = Limit(
    "class-change",
    "changes of the table class",
    "2 in 30 days for each table",
    2,
    timedelta(days=30),
    Seen.LAST,
    "TableClassSummary.LastUpdateDateTime",
    "DynamoDB developer guide, WorkingWithTables.tableclasses",
)
TTL_CHANGE = Limit(
    "ttl-change",
    "changes of time to live",
    "one an hour for each table",
    1,
    timedelta(hours=1),
    Seen.NOTHING,
    "",
    "UpdateTimeToLive, DynamoDB API reference; about 31 minutes were measured",
)
#: So short that a run waits for it (the refusal names the time).
PROTECTION_TOGGLE = Limit(
    "protection-toggle",
    "switches of deletion protection",
    "one in 15 seconds for each table",
    1,
    timedelta(seconds=15),
    Seen.NOTHING,
    "",
    "measured: aws-controllers-k8s/dynamodb-controller, docs/api-quirks",
)

LIMITS: Mapping[str, Limit] = {
    each.name: each
    for each in (
        CAPACITY_DECREASE,
        ON_DEMAND_SWITCH,
        ENCRYPTION_CHANGE,
        CLASS_CHANGE,
        TTL_CHANGE,
        PROTECTION_TOGGLE,
    )
}


def moment(value: object) -> datetime | None:
    """A time of a description in UTC; endpoints give it with a zone, without one, or not at all."""
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def decreases(of: str, now: datetime, used: int, last: datetime | None) -> Budget:
    """The decreases of one table or index, from the count and the last time that AWS shows."""
    midnight = datetime.combine(now.date(), datetime.min.time(), UTC) + timedelta(days=1)
    if last is not None and last.date() < now.date():
        used = 0  # AWS counts UTC days; the figure may be of yesterday
    if used < CAPACITY_DECREASE.limit:
        return _budget(CAPACITY_DECREASE, of, used, CAPACITY_DECREASE.limit - used)
    if used >= MOST_DECREASES:
        return _budget(CAPACITY_DECREASE, of, used, 0, midnight)
    if last is None:
        return _budget(CAPACITY_DECREASE, of, used, None)
    due = last + DECREASE_PAUSE
    if due <= now:
        return _budget(CAPACITY_DECREASE, of, used, 1)
    return _budget(CAPACITY_DECREASE, of, used, 0, min(due, midnight))


def since_last(limit: Limit, of: str, now: datetime, last: datetime | None) -> Budget:
    """A budget of which AWS shows only the last time: one at least was used, or none was."""
    if last is None or last + limit.window <= now:
        return _budget(limit, of, 0, limit.limit)
    return _budget(limit, of, 1, None, last + limit.window)


def unseen(limit: Limit, of: str, *, used: int | None = None) -> Budget:
    """A budget of which AWS shows nothing; ``used`` where something else gives it away."""
    spent = used is not None and used >= limit.limit
    return _budget(limit, of, used, 0 if spent else None)


def after_own(limit: Limit, of: str, now: datetime) -> Budget:
    """A budget that a call before in the same plan will have used up by then."""
    return _budget(limit, of, limit.limit, 0, now + limit.window)


def _budget(
    limit: Limit, of: str, used: int | None, left: int | None, free_at: datetime | None = None
) -> Budget:
    return Budget(
        name=limit.name,
        of=of,
        what=limit.what,
        rule=limit.rule,
        limit=limit.limit,
        window_seconds=int(limit.window.total_seconds()),
        seen=limit.seen,
        used=used,
        left=left,
        free_at=free_at,
    )
