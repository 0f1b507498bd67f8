"""What a table goes through: one record per table, and how long everything takes.

Lives here: durations, the record, and moto's own table behind a request.  Must not live here:
what is shown of it (``shown``), what is refused meanwhile (``admission``), what begins a work
(``works``).

Durations are typical ones, measured on small tables in one account by third parties
(aws-controllers-k8s/dynamodb-controller, docs/api-quirks): no contract.  "measured" in the source
of a rule means these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any, TypeVar

from moto.dynamodb.models import dynamodb_backends

from support.rules.request import AwsError, Request
from support.rules.world import World

CREATE_SECONDS = 6.0  # 2-6 s
CREATE_WITH_INDEXES_SECONDS = 18.0  # 14-22 s
THROUGHPUT_SECONDS = 2.0  # 1-2 s
INDEX_UPDATE_SECONDS = 3.0  # 2-4 s
ALLOCATION_SECONDS = 40.0  # 24-56 s
BACKFILL_SECONDS = 600.0  # 8-17 min, even when empty
INDEX_DELETE_SECONDS = 4.6  # 2.6-5 s
TO_PROVISIONED_SECONDS = 80.0  # 60-98 s
TO_ON_DEMAND_SECONDS = 150.0  # 129-172 s
TO_ON_DEMAND_AGAIN_SECONDS = 5.0
ENCRYPTION_SECONDS = 22.0  # 21-23 s
OLD_KEY_SECONDS = 8.5  # the old key is shown for 8-9 s
WARM_SECONDS = 390.0  # 4.5-8.5 min
STREAM_SECONDS = 4.7  # 4-5 s
CLASS_SECONDS = 4.0  # 3.6-6.1 s
DELETE_SECONDS = 5.0  # 4-6 s

NEVER = float("-inf")

_Own = TypeVar("_Own")
_births = count(1)


class Work(StrEnum):
    """What AWS may be doing to a table."""

    THROUGHPUT = "throughput"
    BILLING = "billing"
    STREAM = "stream"
    CLASS = "class"
    ALLOCATION = "allocation"  # the first part of an index's creation
    BACKFILL = "backfill"  # the second
    INDEX_DELETE = "index-delete"
    INDEX_UPDATE = "index-update"
    ENCRYPTION = "encryption"
    WARM = "warm"
    REPLICA = "replica"
    REPLICA_LEAVES = "replica-leaves"  # while the table is ACTIVE again


#: While these are under way TableStatus is UPDATING; the others leave it ACTIVE.
SEEN_IN_STATUS = frozenset(
    {
        Work.THROUGHPUT,
        Work.BILLING,
        Work.STREAM,
        Work.CLASS,
        Work.ALLOCATION,
        Work.INDEX_DELETE,
        Work.REPLICA,
    }
)
ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Under:
    """One work under way, from ``begins`` to ``until``.

    ``shows`` are the members that DescribeTable shows instead of the live ones (``ABSENT`` for
    those that it does not show), of the index or of the table.
    """

    work: Work
    begins: float
    until: float
    index: str = ""
    detail: str = ""
    shows: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class TableLife:
    """One table from CreateTable to DeleteTable; times are seconds on the clock."""

    born: str = field(default_factory=lambda: str(next(_births)))
    created_at: float = NEVER
    created: datetime | None = None
    active_at: float = NEVER
    works: list[Under] = field(default_factory=list)
    was_on_demand: bool = True

    def under_way(self, now: float, *works: Work) -> list[Under]:
        """What is being done at this time, of these works or of all."""
        return [
            each
            for each in self.works
            if each.begins <= now < each.until and (not works or each.work in works)
        ]

    def status(self, now: float) -> str:
        """The TableStatus at this time."""
        if now < self.active_at:
            return "CREATING"
        return "UPDATING" if self.under_way(now, *SEEN_IN_STATUS) else "ACTIVE"


@dataclass
class Dying:
    """A table that was deleted and is still shown."""

    since: float = NEVER
    until: float = NEVER
    description: dict[str, Any] = field(default_factory=dict)


def name_in(request: Request) -> str:
    """The table that a request names, by name or by ARN; empty when it names none."""
    given = str(request.params.get("TableName") or request.params.get("ResourceArn") or "")
    return given.partition("table/")[2].split("/")[0] if given.startswith("arn:") else given


def moto_table(request: Request, name: str = "") -> Any:
    """moto's table behind a request, or None."""
    backend = dynamodb_backends[request.account][request.region]
    return backend.tables.get(name or name_in(request))


def life_of(request: Request, world: World, name: str = "") -> TableLife:
    """The record of the table behind a request."""
    return world.kept(TableLife, request.account, request.region, name or name_in(request))


def own(request: Request, world: World, kind: type[_Own], *more: str) -> _Own:
    """A rule's own record of this very table: a new table of the name has a new one."""
    key = (request.account, request.region, name_in(request))
    return world.kept(kind, *key, life_of(request, world).born, *more)


def dying(request: Request, world: World) -> Dying | None:
    """The table of that name that is going away, if one is."""
    record = world.kept(Dying, request.account, request.region, name_in(request))
    return record if world.now < record.until else None


# -- what AWS says ------------------------------------------------------------------------------


def invalid(text: str) -> AwsError:
    """A ValidationException with AWS's usual beginning."""
    return AwsError("ValidationException", f"One or more parameter values were invalid: {text}")


def in_use(detail: str) -> AwsError:
    """A ResourceInUseException with its usual beginning."""
    return AwsError(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: {detail}",
    )


def limited(detail: str) -> AwsError:
    """A LimitExceededException with its usual beginning."""
    return AwsError("LimitExceededException", f"Subscriber limit exceeded: {detail}")


def being(verb: str, name: str) -> AwsError:
    """The table is being created or deleted."""
    return in_use(f"Table is being {verb}: {name}")


def not_found(request: Request) -> AwsError:
    """What most APIs say of a table that is not there."""
    arn = request.params.get("ResourceArn")
    what = f"ResourceArn: {arn}" if arn else f"Table: {name_in(request)}"
    return AwsError("ResourceNotFoundException", f"Requested resource not found: {what} not found")


def table_not_found(request: Request) -> AwsError:
    """What backups and point-in-time recovery say of it."""
    return AwsError("TableNotFoundException", f"Table not found: {name_in(request)}")


def internal_failure() -> AwsError:
    """The 500 that certain requests always meet."""
    return AwsError("InternalFailure", "", 500)


def instant(time: datetime) -> str:
    """A time as AWS writes it in most texts."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def long_time(time: datetime) -> str:
    """A time as AWS writes it in the text on capacity decreases."""
    hour = time.hour % 12 or 12
    return (
        f"{time:%A, %B} {time.day}, {time.year} at {hour}:{time:%M:%S %p} "
        "Coordinated Universal Time"
    )
