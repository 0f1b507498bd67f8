"""What may stand in one UpdateTable at all: the form of a request, whatever the table's state.

All of it is checked before the table is looked up, and nothing of a refused request is applied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from support.rules.dynamodb.life import internal_failure, invalid, limited
from support.rules.dynamodb.parts import (
    ON_DEMAND,
    PROVISIONED,
    Part,
    index_changes,
    parts_of,
)
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

_UPDATE = ("dynamodb:UpdateTable",)

#: Alone in their request; the first that is there names the error.
_ALONE = (
    (Part.ENCRYPTION, "Server-Side Encryption modification must be the only operation in"),
    (Part.CLASS, "TableClass modification must be the only operation in"),
    (Part.PROTECTION, "DeletionProtection modification must be the only operation in"),
    (Part.REPLICAS, "Replica modification must be the only operation in"),
)


def _refuse_nothing(request: Request, world: World) -> None:
    if parts_of(request):
        return
    if any(request.params.get(each) == {} for each in (Part.WARM, Part.LIMITS)):
        raise internal_failure()
    raise AwsError(
        "ValidationException",
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
    )


def _refuse_together(request: Request, world: World) -> None:
    parts = parts_of(request)
    for part, text in _ALONE:
        if part in parts and len(parts) > 1:
            raise invalid(f"{text} the request")
    if Part.WARM in parts and len(parts) > 1:
        if Part.INDEX_CREATE in parts:
            raise invalid(
                "Create global secondary index cannot be specified when updating WarmThroughput"
            )
        raise invalid("WarmThroughput must be the only operation in the request")
    if Part.LIMITS in parts and not parts <= {Part.LIMITS, Part.BILLING}:
        raise invalid(
            "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
        )
    _refuse_with_throughput(request, parts)


def _refuse_with_throughput(request: Request, parts: frozenset[Part]) -> None:
    moves = Part.THROUGHPUT in parts or request.params.get(Part.BILLING) == PROVISIONED
    built = parts & {Part.INDEX_CREATE, Part.INDEX_DELETE}
    if Part.STREAM in parts and moves:
        raise invalid("You cannot modify stream status while updating table IOPS")
    if built and moves:
        raise invalid("You cannot create or delete index while updating table IOPS")
    if built and Part.STREAM in parts:
        raise invalid("You cannot create or delete index while changing stream status")
    if Part.INDEX_DELETE in parts and parts != {Part.INDEX_DELETE}:
        # Whether a deletion may go with index updates or a billing mode was not measured.
        raise invalid("You cannot create or delete index while updating table IOPS")


def _refuse_two_indexes(request: Request, world: World) -> None:
    changes = index_changes(request)
    if sum(each.part is not Part.INDEX_UPDATE for each in changes) > 1:
        raise one_index_at_a_time()
    names = [each.name for each in changes]
    if len(set(names)) != len(names):
        raise invalid("Only one global secondary index update per index is allowed simultaneously")


def one_index_at_a_time() -> AwsError:
    """Another index is being created or deleted."""
    return limited("Only 1 online index can be created or deleted simultaneously per table")


def _refuse_bad_values(request: Request, world: World) -> None:
    params = request.params
    if params.get(Part.BILLING) == ON_DEMAND and Part.THROUGHPUT in params:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            "PAY_PER_REQUEST"
        )
    if params.get(Part.BILLING) == PROVISIONED and Part.THROUGHPUT not in params:
        raise invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    for where, throughput in _throughputs(request):
        for unit in ("ReadCapacityUnits", "WriteCapacityUnits"):
            if throughput.get(unit, 0) < 1:
                raise AwsError(
                    "ValidationException",
                    f"1 validation error detected: Value '{throughput.get(unit)}' at "
                    f"'{where}.{unit[0].lower()}{unit[1:]}' failed to satisfy constraint: Member "
                    "must have value greater than or equal to 1",
                )
    _refuse_bad_stream(params.get(Part.STREAM) or {})
    _refuse_bad_key(params.get(Part.ENCRYPTION) or {})


def _refuse_bad_stream(stream: dict[str, Any]) -> None:
    if stream.get("StreamEnabled") and not stream.get("StreamViewType"):
        raise invalid("If stream is being enabled then UpdateViewType is required")
    if stream.get("StreamEnabled") is False and stream.get("StreamViewType"):
        raise invalid("If stream is being disabled, then UpdateViewType must not be specified")


def _refuse_bad_key(key: dict[str, Any]) -> None:
    if not key.get("Enabled", bool(key)) and (key.get("KMSMasterKeyId") or key.get("SSEType")):
        raise invalid("SSEType or KMSMasterKeyId cannot be specified when SSE is disabled")
    if key.get("SSEType") == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if key.get("KMSMasterKeyId") and key.get("SSEType") != "KMS":
        raise invalid("KMSMasterKeyId can only be specified when SSEType is KMS")


def _throughputs(request: Request) -> Iterable[tuple[str, dict[str, int]]]:
    if Part.THROUGHPUT in request.params:
        yield "provisionedThroughput", request.params[Part.THROUGHPUT]
    for each in index_changes(request):
        if "ProvisionedThroughput" in each.asked:
            where = "globalSecondaryIndexUpdates.1.member.provisionedThroughput"
            yield where, each.asked["ProvisionedThroughput"]


RULES = (
    Rule(
        "an-update-asks-for-something",
        "measured: a request for nothing is a ValidationException, {} of warm throughput or "
        "on-demand limits alone is InternalFailure, always",
        _UPDATE,
        before=_refuse_nothing,
    ),
    Rule(
        "one-index-created-or-deleted-per-update",
        "API UpdateTable: one Create or Delete per call; measured: LimitExceededException",
        _UPDATE,
        before=_refuse_two_indexes,
    ),
    Rule(
        "one-logical-change-per-update",
        "API UpdateTable: one at a time of throughput, index deletion, index creation; measured: "
        "the whole matrix (DDB-TABLE-174, 382, 433)",
        _UPDATE,
        before=_refuse_together,
    ),
    Rule(
        "values-that-no-update-takes",
        "API UpdateTable, StreamSpecification, SSESpecification; measured: the texts",
        _UPDATE,
        before=_refuse_bad_values,
    ),
)
