"""What CreateTable refuses and moto takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from support.rules.dynamodb.life import invalid
from support.rules.dynamodb.parts import ON_DEMAND, PROVISIONED
from support.rules.dynamodb.projections import check_projections
from support.rules.dynamodb.resends import MOST_INDEXES
from support.rules.dynamodb.tagging import check_tags
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

_CREATE = ("dynamodb:CreateTable",)
_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
MOST_LOCAL_INDEXES = 5
MOST_KEYS_OF_A_KIND = 4
MOST_PROJECTED_TOGETHER = 100
_GLOBAL, _LOCAL = "GlobalSecondaryIndexes", "LocalSecondaryIndexes"


def _indexes(request: Request, *members: str) -> list[Mapping[str, Any]]:
    return [each for member in members for each in request.params.get(member) or ()]


def _refuse_names(request: Request, world: World) -> None:
    names = [each["IndexName"] for each in _indexes(request, _GLOBAL, _LOCAL)]
    for name in (request.params["TableName"], *names):
        if not _NAME.fullmatch(name):
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
            )
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"Duplicate index name: {name}")


def _refuse_counts(request: Request, world: World) -> None:
    if len(_indexes(request, _GLOBAL)) > MOST_INDEXES:
        raise invalid(f"GlobalSecondaryIndex count exceeds the per-table limit of {MOST_INDEXES}")
    if len(_indexes(request, _LOCAL)) > MOST_LOCAL_INDEXES:
        raise invalid(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL_INDEXES}"
        )
    for index in _indexes(request, _GLOBAL):
        kinds = [key["KeyType"] for key in index["KeySchema"]]
        for kind in ("HASH", "RANGE"):
            if kinds.count(kind) > MOST_KEYS_OF_A_KIND:
                raise invalid(
                    f"The KeySchema exceeds the maximum allowed number of {kind} key attributes"
                )


def _refuse_keys(request: Request, world: World) -> None:
    _check_order(request.params["KeySchema"])
    own_hash = request.params["KeySchema"][0]["AttributeName"]
    for index in _indexes(request, _LOCAL):
        _check_order(index["KeySchema"])
        if index["KeySchema"][0]["AttributeName"] != own_hash:
            raise invalid(
                f"Table KeySchema: The AttributeValue for a key attribute of index "
                f"{index['IndexName']} must be the table's own hash key"
            )
        if len(index["KeySchema"]) != 2:
            raise invalid(
                f"Index KeySchema does not have a range key for index: {index['IndexName']}"
            )
    for definition in request.params["AttributeDefinitions"]:
        if definition["AttributeType"] not in ("S", "N", "B"):
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{definition['AttributeType']}' at "
                "'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: "
                "Member must satisfy enum value set: [B, N, S]",
            )


def _check_order(schema: list[Mapping[str, str]]) -> None:
    kinds = [key["KeyType"] for key in schema]
    if kinds[0] != "HASH":
        raise AwsError(
            "ValidationException",
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        )
    if len(kinds) > 1 and kinds[1] != "RANGE":
        raise AwsError(
            "ValidationException",
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        )


def _refuse_projections(request: Request, world: World) -> None:
    indexes = _indexes(request, _GLOBAL, _LOCAL)
    check_projections(indexes)
    together = sum(len(each["Projection"].get("NonKeyAttributes", ())) for each in indexes)
    if together > MOST_PROJECTED_TOGETHER:
        raise invalid(
            f"The total number of NonKeyAttributes exceeds the limit of {MOST_PROJECTED_TOGETHER}"
        )


def _refuse_capacity(request: Request, world: World) -> None:
    mode = request.params.get("BillingMode", PROVISIONED)
    limits = request.params.get("OnDemandThroughput")
    if mode == PROVISIONED and limits:
        raise invalid(
            f"{next(iter(limits))} for OnDemandThroughput cannot be specified when the table "
            "BillingMode is PROVISIONED"
        )
    for index in _indexes(request, _GLOBAL):
        name, throughput = index["IndexName"], index.get("ProvisionedThroughput")
        if mode == ON_DEMAND and throughput:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {name} when BillingMode "
                "is PAY_PER_REQUEST"
            )
        if mode == PROVISIONED and not throughput:
            raise invalid(f"ProvisionedThroughput is not specified for index: {name}")
    units = [request.params.get("ProvisionedThroughput") or {}]
    units += [each.get("ProvisionedThroughput") or {} for each in _indexes(request, _GLOBAL)]
    if any(value < 1 for each in units for value in each.values()):
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' "
            "failed to satisfy constraint: Member must have value greater than or equal to 1",
        )


def _refuse_settings(request: Request, world: World) -> None:
    params = request.params
    stream = params.get("StreamSpecification") or {}
    if stream.get("StreamEnabled") and not stream.get("StreamViewType"):
        raise invalid("Table is being created with a stream enabled, UpdateViewType is required")
    if params.get("TableClass") not in (None, "STANDARD", "STANDARD_INFREQUENT_ACCESS"):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{params['TableClass']}' at 'tableClass' failed "
            "to satisfy constraint: Member must satisfy enum value set: [STANDARD, "
            "STANDARD_INFREQUENT_ACCESS]",
        )
    key = params.get("SSESpecification") or {}
    if key.get("Enabled") is False and (key.get("KMSMasterKeyId") or key.get("SSEType")):
        raise invalid("SSEType or KMSMasterKeyId cannot be specified when SSE is disabled")
    if params.get("Tags"):
        check_tags(params["Tags"])


RULES = (
    Rule(
        "names-of-tables-and-indexes",
        "API TableName, IndexName: 3 to 255 of letters, digits, _ . - ; one name space",
        _CREATE,
        before=_refuse_names,
    ),
    Rule(
        "counts-of-indexes",
        "guide ServiceQuotas: 20 global, 5 local; API CreateTable: up to 4 + 4 key attributes",
        _CREATE,
        before=_refuse_counts,
    ),
    Rule(
        "keys-of-tables-and-local-indexes",
        "API CreateTable: one HASH, then one RANGE; a local index shares the HASH and has a RANGE",
        _CREATE,
        before=_refuse_keys,
    ),
    Rule(
        "projections",
        "API Projection: NonKeyAttributes with INCLUDE alone, 1 to 20, 100 together; measured: "
        "ProjectionType has no default",
        _CREATE,
        before=_refuse_projections,
    ),
    Rule(
        "capacity-of-a-new-table",
        "API CreateTable.BillingMode; measured: index throughput where PROVISIONED and only "
        "there, limits only on demand (DDB-TABLE-024, 038)",
        _CREATE,
        before=_refuse_capacity,
    ),
    Rule(
        "settings-of-a-new-table",
        "API StreamSpecification, TableClass, SSESpecification, Tags; measured: one bad tag is no "
        "table (DDB-TABLE-110)",
        _CREATE,
        before=_refuse_settings,
    ),
)
