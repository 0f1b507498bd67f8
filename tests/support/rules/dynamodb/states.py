"""The states of a table, as DescribeTable shows them, and what they refuse."""

from __future__ import annotations

from typing import Any

from support.rules.dynamodb.life import (
    CREATE_SECONDS,
    CREATE_WITH_INDEXES_SECONDS,
    TableLife,
    in_use,
    life_of,
    moto_table,
    name_in,
)
from support.rules.request import Request
from support.rules.rule import Rule
from support.rules.world import World


def _begin(request: Request, answer: dict[str, Any], world: World) -> None:
    # A new table of an old name begins a new life: its budgets begin anew with it.
    world.forget(TableLife, request.account, request.region, name_in(request))
    life = life_of(request, world)
    life.created_at = world.now
    indexed = request.params.get("GlobalSecondaryIndexes")
    life.active_at = world.now + (CREATE_WITH_INDEXES_SECONDS if indexed else CREATE_SECONDS)
    shown = answer["TableDescription"]
    shown.pop("WarmThroughput", None)
    _show(shown, life, world.now)


def _described(request: Request, answer: dict[str, Any], world: World) -> None:
    member = "Table" if request.action == "DescribeTable" else "TableDescription"
    _show(answer[member], life_of(request, world), world.now)


def _show(shown: dict[str, Any], life: TableLife, now: float) -> None:
    status = life.status(now)
    shown["TableStatus"] = status
    if status == "CREATING":
        for index in shown.get("GlobalSecondaryIndexes", ()):
            index["IndexStatus"] = "CREATING"


def _refuse_busy(request: Request, world: World) -> None:
    if moto_table(request) is None:
        return
    status = life_of(request, world).status(world.now)
    if status != "ACTIVE":
        raise in_use(name_in(request), status)


RULES = (
    Rule(
        "a-new-table-is-creating",
        "API CreateTable: returns immediately with TableStatus CREATING; measured: 2-6 s, 14-22 s "
        "with global indexes; the answer may lack WarmThroughput",
        ("dynamodb:CreateTable",),
        after=_begin,
    ),
    Rule(
        "a-busy-table-takes-no-update",
        "API ResourceInUseException (UpdateTable, DeleteTable): the table is in the CREATING or "
        "UPDATING state",
        ("dynamodb:UpdateTable", "dynamodb:DeleteTable"),
        before=_refuse_busy,
    ),
    Rule(
        "describe-shows-the-state",
        "API TableDescription.TableStatus",
        ("dynamodb:DescribeTable", "dynamodb:UpdateTable"),
        after=_described,
    ),
)
