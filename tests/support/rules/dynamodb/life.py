"""What a table goes through: one record per table, and how long everything takes.

Lives here: durations, the record, and moto's own table behind a request.  Must not live here:
what is shown of it and what is refused (``states`` and the modules beside it).

Durations are typical ones, measured on small tables in one account by third parties
(aws-controllers-k8s/dynamodb-controller, docs/api-quirks): no contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from support.rules.request import AwsError, Request
from support.rules.world import World

CREATE_SECONDS = 4.0
CREATE_WITH_INDEXES_SECONDS = 18.0

NEVER = float("-inf")


@dataclass
class TableLife:
    """One table from CreateTable to DeleteTable; times are seconds on the clock."""

    created_at: float = NEVER
    active_at: float = NEVER
    updating_until: float = NEVER

    def status(self, now: float) -> str:
        """The TableStatus at this time."""
        if now < self.active_at:
            return "CREATING"
        return "UPDATING" if now < self.updating_until else "ACTIVE"


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


def in_use(name: str, status: str) -> AwsError:
    """What UpdateTable and DeleteTable answer at the wrong moment."""
    return AwsError(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being "
        f"{status.removesuffix('ING').lower()}ed: {name}"
        if status != "CREATING"
        else f"Attempt to change a resource which is still in use: Table is being created: {name}",
    )


def table_not_found(name: str) -> AwsError:
    """What backups and point-in-time recovery say of a table that is not there."""
    return AwsError("TableNotFoundException", f"Table not found: {name}")


def not_found(name: str) -> AwsError:
    """What everything else says of a table that is not there."""
    return AwsError(
        "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
    )
