"""Values that a table refuses because of what it is now; sending what is so is often an error."""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends

from support.rules.dynamodb.life import invalid, limited, moto_table
from support.rules.dynamodb.parts import ON_DEMAND, PROVISIONED, Part, index_changes, parts_of
from support.rules.dynamodb.projections import check_projections
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

MOST_INDEXES = 20
UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")
_UPDATE = ("dynamodb:UpdateTable",)


def _refuse_same_throughput(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None or _mode(request, table) != table.billing_mode:
        return
    asked = request.params.get("ProvisionedThroughput")
    if asked and _same(table.throughput, asked):
        raise _unchanged("table", table.throughput, asked)
    live = {index.name: index for index in table.global_indexes}
    for change in index_changes(request):
        if change.part is not Part.INDEX_UPDATE or change.name not in live:
            continue
        asked = change.asked.get("ProvisionedThroughput")
        if asked and _same(live[change.name].throughput, asked):
            raise _unchanged(f"index {change.name}", live[change.name].throughput, asked)


def _same(live: dict[str, Any], asked: dict[str, int]) -> bool:
    return all(live.get(unit) == asked[unit] for unit in UNITS)


def _unchanged(what: str, live: dict[str, Any], asked: dict[str, int]) -> AwsError:
    figures = " ".join(
        f"Current {unit} provisioned for the {what}: {live.get(unit)}. "
        f"Requested {unit}: {asked[unit]}."
        for unit in UNITS
    )
    return AwsError(
        "ValidationException",
        f"The provisioned throughput for the {what} will not change. The requested value equals "
        f"the current value. {figures} Refer to the Amazon DynamoDB Developer Guide for current "
        "limits and how to request higher limits.",
    )


def _mode(request: Request, table: Any) -> str:
    return str(request.params.get("BillingMode") or table.billing_mode)


def _refuse_capacity_of_the_other_mode(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None:
        return
    mode = _mode(request, table)
    if mode == PROVISIONED:
        _refuse_limits(request)
        if table.billing_mode != PROVISIONED:
            _want_every_index(request, table)
    for change in index_changes(request):
        throughput = change.asked.get("ProvisionedThroughput")
        if mode == ON_DEMAND and throughput:
            raise invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: "
                f"{change.name} when BillingMode is PAY_PER_REQUEST"
            )
        if mode == PROVISIONED and change.part is Part.INDEX_CREATE and not throughput:
            raise invalid(f"ProvisionedThroughput is not specified for index: {change.name}")


def _refuse_limits(request: Request) -> None:
    asked = [("", request.params.get("OnDemandThroughput"))]
    asked += [
        (f" for index : {each.name}", each.asked.get("OnDemandThroughput"))
        for each in index_changes(request)
    ]
    for where, limits in asked:
        for member in limits or ():
            raise invalid(
                f"{member} for OnDemandThroughput cannot be specified{where} when the table "
                "BillingMode is PROVISIONED"
            )


def _want_every_index(request: Request, table: Any) -> None:
    given = {
        each.name for each in index_changes(request) if each.asked.get("ProvisionedThroughput")
    }
    for index in table.global_indexes:
        if index.name not in given:
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def _refuse_limits_out_of_range(request: Request, world: World) -> None:
    asked = [("table", request.params.get("OnDemandThroughput"))]
    asked += [
        (f"index : {each.name}", each.asked.get("OnDemandThroughput"))
        for each in index_changes(request)
    ]
    for what, limits in asked:
        for member, value in (limits or {}).items():
            if value < 1 and value != -1:
                raise invalid(
                    f"Requested {member} for OnDemandThroughput for {what} is outside of valid "
                    "range"
                )


def _refuse_same_key(request: Request, world: World) -> None:
    table = moto_table(request)
    asked = request.params.get("SSESpecification")
    if table is None or asked is None:
        return
    live = (table.sse_specification or {}).get("KMSMasterKeyId", "")
    if not asked.get("Enabled", bool(asked.get("SSEType"))):
        if not live:
            raise invalid("Table is already encrypted by default")
        return
    # Only the very ARN is known again; an alias or an id encrypts anew.
    if live and asked.get("KMSMasterKeyId") == live:
        raise invalid(
            "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter "
            "if you want to change Master Key"
        )


def _refuse_unfit_key(request: Request, world: World) -> None:
    asked = request.params.get("SSESpecification") or {}
    key_id = str(asked.get("KMSMasterKeyId", ""))
    if not key_id:
        return
    try:
        key = kms_backends[request.account][request.region].describe_key(key_id)
    except (KeyError, AttributeError):  # moto, put right, says the rest
        return
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise AwsError("InternalServerError", "Internal server error", 500)


def _refuse_less_warmth(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None:
        return
    asked = [("table", table.warm_throughput, request.params.get("WarmThroughput"))]
    for index in table.global_indexes:
        asked += [
            (f"index {index.name}", index.warm_throughput, each.asked.get("WarmThroughput"))
            for each in index_changes(request)
            if each.name == index.name
        ]
    for what, live, wanted in asked:
        for member, value in (wanted or {}).items():
            if value < live.get(member, 0):
                raise invalid(
                    f"Requested {member} for WarmThroughput for {what} is lower than current "
                    "WarmThroughput, decreasing WarmThroughput is not supported"
                )


def _refuse_too_many_indexes(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None or Part.INDEX_CREATE not in parts_of(request):
        return
    if len(table.global_indexes) >= MOST_INDEXES:
        raise limited(
            f"Number of global secondary indexes exceeds per-table limit of {MOST_INDEXES}"
        )


def _refuse_bad_index(request: Request, world: World) -> None:
    check_projections(
        each.asked for each in index_changes(request) if each.part is Part.INDEX_CREATE
    )


RULES = (
    Rule(
        "projections-of-new-indexes",
        "API Projection; measured: as at CreateTable",
        _UPDATE,
        before=_refuse_bad_index,
    ),
    Rule(
        "throughput-must-change",
        "measured: the same figures are a ValidationException (DDB-TABLE-057, 164)",
        _UPDATE,
        before=_refuse_same_throughput,
    ),
    Rule(
        "capacity-fits-the-billing-mode",
        "API UpdateTable.BillingMode; measured: a switch to PROVISIONED names the throughput of "
        "every index, limits are for on-demand tables (DDB-TABLE-024, 152)",
        _UPDATE,
        before=_refuse_capacity_of_the_other_mode,
    ),
    Rule(
        "limits-are-positive",
        "API OnDemandThroughput: at least 1, or -1 to take the limit away",
        _UPDATE,
        before=_refuse_limits_out_of_range,
    ),
    Rule(
        "the-same-key-is-no-change",
        "measured: only the same key ARN and the default again are refused (DDB-TABLE-078, 082)",
        _UPDATE,
        before=_refuse_same_key,
    ),
    Rule(
        "tables-want-a-symmetric-key",
        "guide encryption.usagenotes; measured: any other is InternalServerError, always",
        (*_UPDATE, "dynamodb:CreateTable"),
        before=_refuse_unfit_key,
    ),
    Rule(
        "warm-throughput-never-falls",
        "measured: lower values are a ValidationException (DDB-TABLE-155, 179)",
        _UPDATE,
        before=_refuse_less_warmth,
    ),
    Rule(
        "twenty-indexes",
        "guide ServiceQuotas; measured: the 21st is LimitExceededException at UpdateTable",
        _UPDATE,
        before=_refuse_too_many_indexes,
    ),
)
