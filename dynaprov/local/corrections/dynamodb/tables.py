"""Creating, deleting and listing DynamoDB tables, and which key encrypts one.

Lives here: the settings that CreateTable takes and moto drops, the key of SSESpecification, what
DeleteTable leaves behind, the order of ListTables. Must not live here: UpdateTable (``updates``).
"""

from bisect import bisect_right
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import GlobalSecondaryIndex
from moto.dynamodb.responses import DynamoHandler, DynamoResult
from moto.kms.models import kms_backends

from dynaprov.local.corrections.dynamodb.description import merged_limits
from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)


def resolved_encryption(asked: dict[str, Any], account: str, region: str) -> dict[str, Any] | None:
    """Return an SSESpecification with the key's ARN in it, or None for AWS's own key.

    moto gives the key back as it was sent (id, alias, alias ARN) and takes one that does not exist;
    AWS resolves it once, when it is written, and refuses a key that cannot encrypt.

    Args:
        asked: The SSESpecification of the request.
        account: The account of the table.
        region: The region of the table.

    Raises:
        MockValidationException: There is no such key, or it is not enabled.
    """
    if not asked.get("Enabled"):
        return None
    key_id = asked.get("KMSMasterKeyId", "alias/aws/dynamodb")
    if key_id.startswith("arn:"):
        region, account = key_id.split(":")[3:5]
    backend = kms_backends[account][region]
    try:
        key = backend.describe_key(key_id)
    except (KeyError, AttributeError):  # what moto raises for an unknown id and an unknown alias
        raise _unusable(f"Key '{key_id}' does not exist") from None
    if key.key_state != "Enabled":
        raise _unusable(f"{key.arn} is {key.key_state}")
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key.arn}


def _unusable(why: str) -> MockValidationException:
    return MockValidationException(
        f"One or more parameter values were invalid: KMS validation error: {why}"
    )


@PATCHES.around(DynamoHandler, "create_table")
def _create_table(original: Any, handler: Any) -> Any:
    body = dict(handler.body)
    if "SSESpecification" in body:
        body["SSESpecification"] = resolved_encryption(
            body["SSESpecification"], handler.current_account, handler.region
        )
    handler.body = body
    original(handler)
    table: Any = handler.dynamodb_backend.get_table(body["TableName"])
    # moto takes these without a word and keeps none of them.
    table.table_class = body.get("TableClass")
    table.on_demand_limits = merged_limits({}, body.get("OnDemandThroughput"))
    return DynamoResult(table.describe())


@PATCHES.around(GlobalSecondaryIndex, "create")
def _create_index(original: Any, asked: dict[str, Any], table_key_attrs: list[str]) -> Any:
    # As above: the on-demand limits of an index, at CreateTable and at UpdateTable.
    index = original(asked, table_key_attrs)
    index.on_demand_limits = merged_limits({}, asked.get("OnDemandThroughput"))
    return index


@PATCHES.around(DynamoDBBackend, "delete_table")
def _delete_table(original: Any, backend: Any, name: str) -> Any:
    table = backend.get_table(name)
    if table.deletion_protection_enabled:
        raise MockValidationException(PROTECTED)  # moto has words of its own
    # moto keeps the policy by ARN: the next table of that name would start with it.
    for arn in [each for each in backend.resource_policies if each == table.table_arn]:
        del backend.resource_policies[arn]
    return original(backend, name)


@PATCHES.around(DynamoDBBackend, "list_tables")
def _list_tables(
    _original: Any, backend: Any, limit: int, exclusive_start_table_name: str | None
) -> tuple[list[str], str | None]:
    # AWS sorts by name and starts after the given one even when it is gone; moto gives the order
    # of creation, and nothing at all after a name that is gone.
    names = sorted(backend.tables)
    start = bisect_right(names, exclusive_start_table_name) if exclusive_start_table_name else 0
    found = names[start : start + limit] if limit else names[start:]
    more = start + len(found) < len(names)
    return found, found[-1] if more else None


PATCHES.serialised(DynamoDBBackend, "create_table", "get_table", "describe_table")
