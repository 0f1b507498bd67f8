"""Settings of a DynamoDB table that have calls of their own: TTL, PITR, tags.

Lives here: those three. Must not live here: cooldowns and rates of these calls.
"""

from typing import Any

from moto.dynamodb.exceptions import (
    MockValidationException,
    ResourceNotFoundException,
    TableNotFoundException,
)
from moto.dynamodb.models import DynamoDBBackend

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

_PERIODS = range(1, 36)


@PATCHES.around(DynamoDBBackend, "update_time_to_live")
def _update_time_to_live(original: Any, backend: Any, table_name: str, ttl_spec: Any) -> None:
    _existing(backend, table_name)
    original(backend, table_name, ttl_spec)


@PATCHES.around(DynamoDBBackend, "describe_time_to_live")
def _describe_time_to_live(_original: Any, backend: Any, table_name: str) -> dict[str, Any]:
    ttl = dict(_existing(backend, table_name).ttl)
    if ttl["TimeToLiveStatus"] == "DISABLED":
        ttl.pop("AttributeName", None)  # AWS names the attribute only while TTL is on
    return ttl


def _existing(backend: Any, name: str) -> Any:
    # For a missing table moto's TTL calls say "ResourceNotFound", a code which AWS does not have.
    try:
        return backend.get_table(name)
    except ResourceNotFoundException:
        raise ResourceNotFoundException(table_name=name) from None


@PATCHES.around(DynamoDBBackend, "update_continuous_backups")
def _update_continuous_backups(
    original: Any, backend: Any, table_name: str, point_in_time_spec: dict[str, Any]
) -> dict[str, Any]:
    asked = dict(point_in_time_spec)
    period = asked.get("RecoveryPeriodInDays")
    try:
        backend.get_table(table_name)
    except ResourceNotFoundException:
        raise TableNotFoundException(table_name) from None
    if period is not None and (not asked["PointInTimeRecoveryEnabled"] or period not in _PERIODS):
        # moto takes 36 days, and a period together with "off".
        raise MockValidationException(
            "One or more parameter values were invalid: RecoveryPeriodInDays must be between 1 and "
            "35 and can be given only when point in time recovery is enabled"
        )
    if asked["PointInTimeRecoveryEnabled"]:
        asked.setdefault("RecoveryPeriodInDays", 35)  # moto keeps the period of last time
    found: dict[str, Any] = original(backend, table_name, asked)
    return found


@PATCHES.around(DynamoDBBackend, "tag_resource")
def _tag_resource(_original: Any, backend: Any, arn: str, tags: dict[str, str]) -> None:
    # moto appends: a key given again is then listed twice, and no value is ever replaced.
    table = backend.get_table(arn)
    values = {tag["Key"]: tag["Value"] for tag in table.tags}
    values.update(tags)
    table.tags = [{"Key": key, "Value": value} for key, value in values.items()]


@PATCHES.around(DynamoDBBackend, "untag_resource")
def _untag_resource(_original: Any, backend: Any, arn: str, tag_keys: list[str]) -> None:
    table = backend.get_table(arn)  # moto says nothing when there is no such table
    table.tags = [tag for tag in table.tags if tag["Key"] not in tag_keys]


PATCHES.serialised(DynamoDBBackend, "list_tags_of_resource", "describe_continuous_backups")
