"""UpdateTable: each of its settings kept, and the requests on which moto crashes refused.

Lives here: the whole of UpdateTable, since what moto drops (encryption, class, on-demand limits)
and what it keeps (billing mode, indexes, streams) go through one call. A request is checked before
anything of it is applied, as on AWS. Must not live here: which settings may go together, states,
budgets; a correction does not say *no* to what moto can do.
"""

from typing import Any

from moto.core.utils import utcnow
from moto.dynamodb.exceptions import MockValidationException, ResourceNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import GlobalSecondaryIndex
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from dynaprov.local.corrections.dynamodb.description import (
    ON_DEMAND,
    changed_throughput,
    merged_limits,
)
from dynaprov.local.corrections.dynamodb.tables import resolved_encryption
from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

_NOTHING = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
_INVALID = "One or more parameter values were invalid: "


@PATCHES.around(DynamoHandler, "update_table")
def _update_table(_original: Any, handler: Any) -> Any:
    body: dict[str, Any] = handler.body
    backend: DynamoDBBackend = handler.dynamodb_backend
    table: Any = backend.get_table(body["TableName"])

    _check_billing(table, body)
    _check_indexes(table, body)
    _check_stream(table, body.get("StreamSpecification"))
    encryption = body.get("SSESpecification")
    if encryption is not None:
        encryption = resolved_encryption(encryption, handler.current_account, handler.region)

    _apply_billing(table, body)
    if updates := body.get("GlobalSecondaryIndexUpdates"):
        backend.update_table_global_indexes(table, updates)
    table.attr = _used_definitions(table, body.get("AttributeDefinitions") or [])
    if (stream := body.get("StreamSpecification")) is not None:
        _apply_stream(table, stream)
    if "SSESpecification" in body:  # dropped by moto
        table.sse_specification = encryption
    if "TableClass" in body:  # dropped by moto
        table.table_class = body["TableClass"]
    if "OnDemandThroughput" in body:  # dropped by moto
        table.on_demand_limits = merged_limits(table.on_demand_limits, body["OnDemandThroughput"])
    if "DeletionProtectionEnabled" in body:
        table.deletion_protection_enabled = body["DeletionProtectionEnabled"]
    if warm := body.get("WarmThroughput"):
        # moto replaces the pair when only one of the two is given.
        table.warm_throughput = {**table.warm_throughput, **warm, "Status": "ACTIVE"}
    return DynamoResult(table.describe())


def _check_billing(table: Any, body: dict[str, Any]) -> None:
    # moto stores throughput on an on-demand table, which then shows it for ever.
    mode = body.get("BillingMode") or table.billing_mode
    if mode == ON_DEMAND and "ProvisionedThroughput" in body:
        raise MockValidationException(
            f"{_INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
            "BillingMode is PAY_PER_REQUEST"
        )
    leaves_on_demand = table.billing_mode == ON_DEMAND and mode != ON_DEMAND
    if leaves_on_demand and "ProvisionedThroughput" not in body:
        raise MockValidationException(
            f"{_INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        )


def _check_indexes(table: Any, body: dict[str, Any]) -> None:
    # moto raises ValueError for each of these, an HTML page with status 500 on its server.
    names = {index.name for index in table.all_indexes()}
    defined = {each["AttributeName"] for each in table.attr}
    defined |= {each["AttributeName"] for each in body.get("AttributeDefinitions") or ()}
    for update in body.get("GlobalSecondaryIndexUpdates") or ():
        for action, asked in update.items():
            if action != "Create":
                if asked["IndexName"] not in {index.name for index in table.global_indexes}:
                    raise ResourceNotFoundException()
                continue
            if asked["IndexName"] in names:
                raise MockValidationException(
                    f"{_INVALID}Attempting to create an index which already exists"
                )
            if missing := [
                key["AttributeName"]
                for key in asked["KeySchema"]
                if key["AttributeName"] not in defined
            ]:
                raise MockValidationException(
                    f"{_INVALID}Some index key attributes are not defined in "
                    f"AttributeDefinitions. Keys: {missing}"
                )


def _check_stream(table: Any, asked: dict[str, Any] | None) -> None:
    # moto answers ResourceInUseException to the first and accepts the other two.
    if asked is None:
        return
    enabled = table.stream_specification["StreamEnabled"]
    if asked.get("StreamEnabled"):
        if enabled:
            raise MockValidationException(
                f"Table already has an enabled stream: TableName: {table.name}"
            )
        if not asked.get("StreamViewType"):
            raise MockValidationException(
                f"{_INVALID}StreamViewType is required when StreamEnabled is true"
            )
    elif not enabled:
        raise MockValidationException(f"Table has no stream to disable: TableName: {table.name}")


def _apply_billing(table: Any, body: dict[str, Any]) -> None:
    mode = body.get("BillingMode") or table.billing_mode
    if mode != table.billing_mode:
        table.billing_mode = mode
        if mode == ON_DEMAND:
            # moto keeps the old figures of table and indexes; AWS shows zeros.
            table.on_demand_since = utcnow()
            for owner in (table, *table.global_indexes):
                owner.throughput = {**owner.throughput, **_NOTHING}
        else:
            # On-demand limits do not survive the switch.
            for owner in (table, *table.global_indexes):
                owner.on_demand_limits = {}
    if asked := body.get("ProvisionedThroughput"):
        table.throughput = changed_throughput(table.throughput, asked)


def _used_definitions(table: Any, given: list[dict[str, str]]) -> list[dict[str, str]]:
    # moto replaces the definitions by those of the request, losing the table's own keys, and never
    # prunes those of a deleted index.
    types = {each["AttributeName"]: each["AttributeType"] for each in given}
    types.update({each["AttributeName"]: each["AttributeType"] for each in table.attr})
    used = set(table.attribute_keys)
    return [
        {"AttributeName": name, "AttributeType": types[name]} for name in sorted(used & set(types))
    ]


def _apply_stream(table: Any, asked: dict[str, Any]) -> None:
    # moto refuses for ever to enable a stream again, as it takes the label of the last one for a
    # stream; and it crashes on the next write after a stream was disabled.
    if asked.get("StreamEnabled"):
        table.set_stream_specification(dict(asked))
    else:
        table.stream_specification = {"StreamEnabled": False}
        table.stream_shard = None


@PATCHES.around(DynamoDBBackend, "update_table_global_indexes")
def _update_indexes(
    original: Any, backend: Any, table: Any, global_index_updates: list[dict[str, Any]]
) -> None:
    original(backend, table, global_index_updates)
    gone = set(table.insights) - {index.name for index in table.global_indexes} - {None}
    for name in gone:
        del table.insights[name]


@PATCHES.around(GlobalSecondaryIndex, "update")
def _update_index(_original: Any, index: Any, asked: dict[str, Any]) -> None:
    # moto drops OnDemandThroughput, forgets the count of decreases and replaces half a pair of
    # warm throughput by the other half.
    if throughput := asked.get("ProvisionedThroughput"):
        index.throughput = changed_throughput(index.throughput, throughput)
    if warm := asked.get("WarmThroughput"):
        index.warm_throughput = {**index.warm_throughput, **warm, "Status": "ACTIVE"}
    index.on_demand_limits = merged_limits(
        getattr(index, "on_demand_limits", {}), asked.get("OnDemandThroughput")
    )
