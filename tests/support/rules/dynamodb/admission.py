"""What a table takes while something else is being done to it.

It depends on the change and on what is under way, not on TableStatus alone: protection is always
admitted, throughput never beside throughput, and DeleteTable wants everything at rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from support.rules.dynamodb.combinations import one_index_at_a_time
from support.rules.dynamodb.life import (
    TableLife,
    Under,
    Work,
    being,
    dying,
    in_use,
    internal_failure,
    life_of,
    moto_table,
    name_in,
)
from support.rules.dynamodb.parts import ON_DEMAND, Part, index_changes, parts_of
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

_IOPS = "Table IOPS are currently being updated. Table: {table}"
_IOPS_INDEX = (
    "Can't change table IOPS when an index is being {verb}. Table: {table} Indexes: [{index}]"
)
_IOPS_STREAM = (
    "Can't change table IOPS when stream status is being updated. Table: {table} "
    "Operation: {detail}"
)
_IOPS_CLASS = "Can't change table IOPS when a table class update is in progress. Table: {table}"
_STREAM_IOPS = "Can't enable or disable stream while table IOPS are being updated. Table: {table}"
_STREAM_INDEX = "Can't change stream status when an index is being {verb}. Table: {table}"
_CLASS_IOPS = "Can't update table class while table IOPS are being updated. Table: {table}"
_LIMITS = "OnDemandThroughput cannot be updated while {what} is in progress"
_INDEX_IOPS = "Can't create or delete indexes while table IOPS are being updated. Table: {table}"
_INDEX_STREAM = "Can't create or delete an index when stream status is being updated."
_INDEX_CLASS = "Can't create or delete an index when a table class update is in progress."

#: Which change is refused because of which work.
_REFUSED: Mapping[Part, Mapping[Work, str]] = {
    Part.THROUGHPUT: {
        Work.THROUGHPUT: _IOPS,
        Work.BILLING: _IOPS,
        Work.STREAM: _IOPS_STREAM,
        Work.CLASS: _IOPS_CLASS,
        Work.ALLOCATION: _IOPS_INDEX,
        Work.INDEX_DELETE: _IOPS_INDEX,
    },
    Part.STREAM: {
        Work.THROUGHPUT: _STREAM_IOPS,
        Work.BILLING: _STREAM_IOPS,
        Work.STREAM: "A stream status change is currently in progress. Table: {table} "
        "Operation: {detail}",
        Work.CLASS: "Can't change stream status when a table class update is in progress. "
        "Table: {table} TableClassUpdateInProgress: {detail}",
        Work.ALLOCATION: _STREAM_INDEX,
        Work.INDEX_DELETE: _STREAM_INDEX,
    },
    Part.CLASS: {
        Work.THROUGHPUT: _CLASS_IOPS,
        Work.BILLING: _CLASS_IOPS,
        Work.STREAM: "Can't update table class when stream status is being updated. Table: {table}",
        Work.CLASS: "Can't update table class when a table class update is in progress. "
        "Table: {table} TableClassUpdateInProgress: {detail}",
        Work.ALLOCATION: "Can't update table class when an index is being created. Table: {table}",
        Work.INDEX_DELETE: "Can't update table class when an index is being deleted. "
        "Table: {table}",
    },
    Part.LIMITS: {
        Work.BILLING: _LIMITS.format(what="BillingMode update"),
        Work.STREAM: _LIMITS.format(what="stream status update"),
        Work.CLASS: _LIMITS.format(what="TableClass update"),
        Work.ALLOCATION: _LIMITS.format(what="index creation"),
        Work.INDEX_DELETE: _LIMITS.format(what="index deletion"),
    },
    Part.ENCRYPTION: {Work.ENCRYPTION: "Server-Side Encryption is still being updated"},
    Part.INDEX_CREATE: {
        Work.THROUGHPUT: _INDEX_IOPS,
        Work.BILLING: _INDEX_IOPS,
        Work.STREAM: _INDEX_STREAM,
        Work.CLASS: _INDEX_CLASS,
    },
    Part.INDEX_DELETE: {
        Work.THROUGHPUT: _INDEX_IOPS,
        Work.BILLING: _INDEX_IOPS,
        Work.STREAM: _INDEX_STREAM,
        Work.CLASS: _INDEX_CLASS,
    },
    Part.INDEX_UPDATE: {Work.THROUGHPUT: _IOPS, Work.BILLING: _IOPS},
}

#: The same for one index and what is done to that very index.
_REFUSED_FOR_INDEX: Mapping[Work, str] = {
    Work.ALLOCATION: "Index is being created but is  not backfilling yet. "
    "Table: {table} Index: {index}",
    Work.INDEX_UPDATE: "Index is being updated. Table: {table} Index: {index}",
    Work.INDEX_DELETE: "Index is being deleted. Table: {table} Index: {index}",
}
_NOT_YET_DELETED = (
    "Index creation is in resource allocation phase. Retry deletion during backfilling phase or "
    "when the index is active. Table: {table} Index: {index}"
)
_BUILT = (Work.ALLOCATION, Work.BACKFILL, Work.INDEX_DELETE)


def _refuse_update(request: Request, world: World) -> None:
    if moto_table(request) is None:
        if dying(request, world):
            raise being("deleted", name_in(request))
        return
    life = life_of(request, world)
    if life.status(world.now) == "CREATING":
        raise being("created", name_in(request))
    parts = parts_of(request)
    under_way = life.under_way(world.now)
    if Part.WARM in parts and any(each.work is Work.ALLOCATION for each in under_way):
        raise internal_failure()
    _refuse_indexes(request, life, world.now)
    if Part.BILLING in parts and not _harmless_mode(request, life, world.now):
        parts |= {Part.THROUGHPUT}
    for part in Part:
        for under in under_way:
            text = _REFUSED.get(part, {}).get(under.work)
            if part in parts and text:
                raise _said(text, request, under)


def _harmless_mode(request: Request, life: TableLife, now: float) -> bool:
    """Whether a billing mode asks for nothing: what is so, or was so before the switch."""
    if request.params[Part.BILLING] != ON_DEMAND:
        return False
    switching = life.under_way(now, Work.BILLING)
    if switching:
        return switching[0].detail != ON_DEMAND  # 200, and lost
    return bool(moto_table(request).billing_mode == ON_DEMAND)


def _refuse_indexes(request: Request, life: TableLife, now: float) -> None:
    building = life.under_way(now, *_BUILT)
    for change in index_changes(request):
        mine = [each for each in life.under_way(now) if each.index == change.name]
        for under in mine:
            text = _REFUSED_FOR_INDEX.get(under.work)
            if change.part is Part.INDEX_DELETE and under.work is Work.ALLOCATION:
                text = _NOT_YET_DELETED
            if text and change.part is not Part.INDEX_CREATE:
                raise _said(text, request, under)
        others = [each for each in building if each.index != change.name]
        if change.part is Part.INDEX_CREATE and building:
            raise one_index_at_a_time()
        if change.part is Part.INDEX_DELETE and others:
            raise one_index_at_a_time()


def _refuse_delete(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None:
        if dying(request, world):
            raise being("deleted", name_in(request))
        return
    life = life_of(request, world)
    if life.status(world.now) == "CREATING":
        raise being("created", name_in(request))
    if table.deletion_protection_enabled:
        return  # moto, put right, says the rest
    if life.under_way(world.now, *_BUILT, Work.INDEX_UPDATE):
        raise in_use("Cannot delete table while indexes are being created, updated, or deleted.")
    if life.under_way(world.now, Work.STREAM):
        raise in_use("Cannot delete table while stream is being enabled/disabled.")
    if life.under_way(world.now):
        raise in_use(f"Table: {name_in(request)} is in the process of being updated.")


def _said(text: str, request: Request, under: Under) -> AwsError:
    return in_use(
        text.format(
            table=name_in(request),
            index=under.index,
            detail=under.detail,
            verb="deleted" if under.work is Work.INDEX_DELETE else "created",
        )
    )


RULES = (
    Rule(
        "a-busy-table-takes-few-updates",
        "API ResourceInUseException; measured: per change and work (DDB-TABLE-001, 119, 120, 149, "
        "175, 286, 369, 370, 375, 376, 444)",
        ("dynamodb:UpdateTable",),
        before=_refuse_update,
    ),
    Rule(
        "only-a-table-at-rest-is-deleted",
        "API DeleteTable; measured: also while an index is built, changed or deleted, and while "
        "encryption or warm throughput change under an ACTIVE table (DDB-TABLE-063, 069, 150)",
        ("dynamodb:DeleteTable",),
        before=_refuse_delete,
    ),
)
