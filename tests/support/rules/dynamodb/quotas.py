"""How much there may be: capacity of a table and of the account, tables, tables in the making.

All but the number of indexes (``creation``, ``resends``) is adjustable on AWS, so it is here: a
test lowers what it wants to meet in ``layer.world.kept(Quotas, account, region)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from support.rules.dynamodb.life import Dying, TableLife, limited, moto_table
from support.rules.dynamodb.parts import ON_DEMAND, Part, index_changes
from support.rules.dynamodb.resends import UNITS
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

_ASK_FOR_MORE = (
    "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher "
    "limits."
)


@dataclass
class Quotas:
    """The quotas of an account in a region."""

    tables: int = 2500
    in_the_making: int = 500
    with_indexes_in_the_making: int = 250
    table_units: int = 40_000
    account_units: int = 80_000


def _quotas(request: Request, world: World) -> Quotas:
    return world.kept(Quotas, request.account, request.region)


# -- numbers of tables ----------------------------------------------------------------------------


def _refuse_one_more(request: Request, world: World) -> None:
    if moto_table(request) is not None:
        return
    there = len(dynamodb_backends[request.account][request.region].tables)
    there += len(_leaving(request, world))
    most = _quotas(request, world).tables
    if there >= most:
        raise limited(f"There is a limit of {most} tables per subscriber")


def _leaving(request: Request, world: World) -> list[str]:
    where = (request.account, request.region)
    tables = dynamodb_backends[request.account][request.region].tables
    return [
        name
        for (*of, name), record in world.all(Dying).items()
        if tuple(of) == where and world.now < record.until and name not in tables
    ]


def _refuse_more_at_once(request: Request, world: World) -> None:
    quotas, where = _quotas(request, world), (request.account, request.region)
    tables = dynamodb_backends[request.account][request.region].tables
    coming = [
        name
        for (*of, name), life in world.all(TableLife).items()
        if tuple(of) == where and name in tables and life.status(world.now) != "ACTIVE"
    ]
    if len(coming) + len(_leaving(request, world)) >= quotas.in_the_making:
        raise _at_once(quotas.in_the_making)
    if not request.params.get("GlobalSecondaryIndexes"):
        return
    indexed = [name for name in coming if tables[name].global_indexes]
    if len(indexed) >= quotas.with_indexes_in_the_making:
        raise _at_once(quotas.with_indexes_in_the_making)


def _at_once(most: int) -> AwsError:
    return limited(f"Only {most} tables can be created, updated, or deleted simultaneously")


# -- capacity -------------------------------------------------------------------------------------


def _refuse_capacity_of_table(request: Request, world: World) -> None:
    most = _quotas(request, world).table_units
    for index, asked in _asked(request):
        for unit in UNITS:
            if asked.get(unit, 0) > most:
                what, of = (f"for index {index}, ", "index") if index else ("", "table")
                raise AwsError(
                    "LimitExceededException",
                    f"The requested {unit}, {what}{asked[unit]}, is above the per {of} maximum for "
                    f"the account in {request.region}. Per {of} maximum: {most}. {_ASK_FOR_MORE}",
                )


def _refuse_capacity_of_account(request: Request, world: World) -> None:
    most = _quotas(request, world).account_units
    live = _live(moto_table(request))
    for unit in UNITS:
        more = sum(
            asked.get(unit, 0) - live.get(index, {}).get(unit, 0)
            for index, asked in _asked(request)
        )
        reserved = _reserved(request, unit)
        if more > 0 and reserved + more > most:
            raise AwsError(
                "LimitExceededException",
                f"This request would have caused the {unit} limit to be exceeded for the account "
                f"in {request.region}. Current {unit} reserved by the account: {reserved}. Limit: "
                f"{most}. Requested: {more}. {_ASK_FOR_MORE}",
            )


def _asked(request: Request) -> Iterator[tuple[str, Mapping[str, int]]]:
    """The throughput that is asked for the table (no name) and for indexes."""
    if Part.THROUGHPUT in request.params:
        yield "", request.params[Part.THROUGHPUT]
    for index in request.params.get("GlobalSecondaryIndexes") or ():
        if "ProvisionedThroughput" in index:
            yield index["IndexName"], index["ProvisionedThroughput"]
    for change in index_changes(request):
        if "ProvisionedThroughput" in change.asked:
            yield change.name, change.asked["ProvisionedThroughput"]


def _live(table: Any) -> dict[str, Mapping[str, int]]:
    if table is None or table.billing_mode == ON_DEMAND:
        return {}
    return {"": table.throughput, **{each.name: each.throughput for each in table.global_indexes}}


def _reserved(request: Request, unit: str) -> int:
    tables = dynamodb_backends[request.account][request.region].tables
    return sum(
        throughput.get(unit, 0) for table in tables.values() for throughput in _live(table).values()
    )


_CREATE, _BOTH = ("dynamodb:CreateTable",), ("dynamodb:CreateTable", "dynamodb:UpdateTable")
RULES = (
    Rule(
        "tables-per-region",
        "guide ServiceQuotas: 2,500; reported: the text, from the time of 256 tables",
        _CREATE,
        before=_refuse_one_more,
    ),
    Rule(
        "tables-in-the-making",
        "API LimitExceededException: 500 at a time, 250 of creations with indexes; reported: the "
        "text (terraform-provider-aws, from the time of 10)",
        (*_BOTH, "dynamodb:DeleteTable"),
        before=_refuse_more_at_once,
    ),
    Rule(
        "capacity-of-a-table",
        "guide ServiceQuotas: 40,000 units each way; measured: the text, for the table and for "
        "each index (DDB-TABLE-443)",
        _BOTH,
        before=_refuse_capacity_of_table,
    ),
    Rule(
        "capacity-of-the-account",
        "guide ServiceQuotas: 80,000 units each way; measured: the text (DDB-TABLE-443)",
        _BOTH,
        before=_refuse_capacity_of_account,
    ),
)
