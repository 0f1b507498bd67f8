"""Point-in-time recovery: when it can be read and written at all."""

from __future__ import annotations

from support.rules.dynamodb.life import life_of, moto_table, name_in, table_not_found
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

#: How long before a table is ACTIVE the answer changes, and how long after it goes on.
SEEN_BEFORE_SECONDS = 2.0
UNAVAILABLE_SECONDS = 2.5

_APIS = (
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:CreateBackup",
)


def _refuse_early(request: Request, world: World) -> None:
    life = life_of(request, world)
    if moto_table(request) is None or world.now < life.active_at - SEEN_BEFORE_SECONDS:
        raise table_not_found(name_in(request))
    if world.now < life.active_at + UNAVAILABLE_SECONDS:
        raise AwsError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {name_in(request)}. Please retry later",
        )


RULES = (
    Rule(
        "backups-come-after-the-table",
        "API error lists: TableNotFoundException for backups and PITR; measured: not found while "
        "CREATING, ContinuousBackupsUnavailable in the last 1-2.6 s and for 0-6 s after ACTIVE; "
        "terraform-provider-aws repeats it for 20 min",
        _APIS,
        before=_refuse_early,
    ),
)
