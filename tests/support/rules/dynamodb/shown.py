"""What is shown of a table: its states, and the values that are not there yet.

DescribeTable and the answers of CreateTable, UpdateTable and DeleteTable all show the same: moto's
description, with the members of every work under way laid over it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from support.rules.dynamodb.life import (
    ABSENT,
    CREATE_SECONDS,
    CREATE_WITH_INDEXES_SECONDS,
    DELETE_SECONDS,
    Dying,
    TableLife,
    Under,
    Work,
    being,
    dying,
    life_of,
    moto_table,
    name_in,
)
from support.rules.request import Request
from support.rules.rule import Rule
from support.rules.world import World

_INDEXES = "GlobalSecondaryIndexes"


def show(shown: dict[str, Any], life: TableLife, now: float) -> dict[str, Any]:
    """Lay what is under way over a description."""
    status = shown["TableStatus"] = life.status(now)
    if life.created is not None:
        shown["CreationDateTime"] = life.created
    for index in shown.get(_INDEXES, ()):
        index["IndexStatus"] = "CREATING" if status == "CREATING" else "ACTIVE"
        index.pop("Backfilling", None)
    for under in life.under_way(now):
        _lay(shown, under)
    if not shown.get(_INDEXES, True):
        del shown[_INDEXES]
    return shown


def _lay(shown: dict[str, Any], under: Under) -> None:
    if under.work is Work.INDEX_DELETE:
        gone = deepcopy(dict(under.shows["Index"]))
        shown.setdefault(_INDEXES, []).append({**gone, "IndexStatus": "DELETING"})
        shown["AttributeDefinitions"] = under.shows["AttributeDefinitions"]
        return
    target: dict[str, Any] | None = shown
    if under.index:
        found = (each for each in shown.get(_INDEXES, ()) if each["IndexName"] == under.index)
        target = next(found, None)
    if target is None:
        return
    for member, value in under.shows.items():
        if value is ABSENT:
            target.pop(member, None)
        else:
            target[member] = deepcopy(value)
    if under.work in (Work.ALLOCATION, Work.BACKFILL):
        target["IndexStatus"] = "CREATING"
        target["Backfilling"] = under.work is Work.BACKFILL
    elif under.work is Work.INDEX_UPDATE:
        target["IndexStatus"] = "UPDATING"


# -- the rules ----------------------------------------------------------------------------------


def _begin(request: Request, answer: dict[str, Any], world: World) -> None:
    # A new table of an old name begins a new life: its budgets begin anew with it.
    world.forget(TableLife, request.account, request.region, name_in(request))
    life = life_of(request, world)
    life.created_at, life.created = world.now, world.time
    life.was_on_demand = request.params.get("BillingMode") == "PAY_PER_REQUEST"
    indexed = request.params.get("GlobalSecondaryIndexes")
    life.active_at = world.now + (CREATE_WITH_INDEXES_SECONDS if indexed else CREATE_SECONDS)
    shown = show(answer["TableDescription"], life, world.now)
    if "WarmThroughput" not in request.params:
        shown.pop("WarmThroughput", None)
    shown.get("BillingModeSummary", {}).pop("LastUpdateToPayPerRequestDateTime", None)


def _exists(request: Request, world: World) -> None:
    name = name_in(request)
    if moto_table(request) is None:
        if dying(request, world):
            raise being("deleted", name)
    elif life_of(request, world).status(world.now) == "CREATING":
        raise being("created", name)


def _described(request: Request, answer: dict[str, Any], world: World) -> None:
    member = "Table" if request.action == "DescribeTable" else "TableDescription"
    show(answer[member], life_of(request, world), world.now)


def _still_there(request: Request, world: World) -> dict[str, Any] | None:
    gone = dying(request, world) if moto_table(request) is None else None
    return {"Table": deepcopy(gone.description)} if gone else None


def _dies(request: Request, answer: dict[str, Any], world: World) -> None:
    shown = answer["TableDescription"]
    show(shown, life_of(request, world), world.now)
    shown["TableStatus"] = "DELETING"
    key = (request.account, request.region, name_in(request))
    record = world.kept(Dying, *key)
    record.since, record.until = world.now, world.now + DELETE_SECONDS
    record.description = deepcopy(shown)
    world.forget(TableLife, *key)


def _listed(request: Request, answer: dict[str, Any], world: World) -> None:
    if "LastEvaluatedTableName" in answer:
        return
    begin = request.params.get("ExclusiveStartTableName", "")
    still = {
        name
        for (account, region, name), record in world.all(Dying).items()
        if (account, region) == (request.account, request.region)
        and world.now < record.until
        and name > begin
    }
    answer["TableNames"] = sorted(still.union(answer["TableNames"]))


RULES = (
    Rule(
        "a-name-is-taken-while-a-table-comes-or-goes",
        "measured: CreateTable is ResourceInUseException in every state",
        ("dynamodb:CreateTable",),
        before=_exists,
    ),
    Rule(
        "a-new-table-is-creating",
        "API CreateTable: returns immediately with TableStatus CREATING; measured: 2-6 s, 14-22 s "
        "with global indexes, all ACTIVE together; the answer lacks WarmThroughput",
        ("dynamodb:CreateTable",),
        after=_begin,
    ),
    Rule(
        "describe-shows-what-is-under-way",
        "API TableDescription (TableStatus, IndexStatus, Backfilling, SSEDescription.Status, "
        "WarmThroughput.Status); measured: which work shows where, and old values till the end",
        ("dynamodb:DescribeTable",),
        before=_still_there,
        after=_described,
    ),
    Rule(
        "a-deleted-table-is-deleting",
        "API DeleteTable: goes into the DELETING state; measured: gone after 4-6 s, listed so long",
        ("dynamodb:DeleteTable",),
        after=_dies,
    ),
    Rule(
        "a-deleting-table-is-listed",
        "measured: ListTables drops a name when DescribeTable does",
        ("dynamodb:ListTables",),
        after=_listed,
    ),
)
