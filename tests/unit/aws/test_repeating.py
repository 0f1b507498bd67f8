"""What each error that is worth repeating leads to, from the code to the decision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaprov.aws.errors import service_error
from dynaprov.execution.retry import Attempt, Decision, Verdict, decide
from dynaprov.model.ports import Call, ServiceError
from support.error_answers import NOW
from support.operations import an_operation

CASES = Path(__file__).parents[2] / "cases"
HOUR = timedelta(hours=1)


def error_of(service: str, code: str, text: str, method: str) -> ServiceError:
    response: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": "req-1"},
    }
    return service_error(ClientError(response, "Do"), Call(service, method, {}), NOW)


def decided(error: ServiceError, *, elapsed: float = 0.0, fresh: bool = False) -> Decision:
    attempt = Attempt(error, 1, elapsed, NOW, fresh=fresh)
    return decide(an_operation(), attempt, lambda: 1.0)


REPEATED = [
    ("dynamodb", "ResourceInUseException", "Table is being updated", "update_table"),
    ("dynamodb", "LimitExceededException", "Table tags are being updated", "tag_resource"),
    ("dynamodb", "LimitExceededException", "Only 1 online index can be created", "update_table"),
    ("dynamodb", "LimitExceededException", "updated, or deleted simultaneously", "create_table"),
    ("dynamodb", "ContinuousBackupsUnavailableException", "", "update_continuous_backups"),
    ("dynamodb", "TableInUseException", "", "create_backup"),
    ("dynamodb", "BackupInUseException", "", "create_backup"),
    ("application-autoscaling", "ConcurrentUpdateException", "", "put_scaling_policy"),
    ("application-autoscaling", "FailedResourceAccessException", "Rate exceeded", "put_it"),
    ("application-autoscaling", "ThrottlingException", "", "register_scalable_target"),
    # Registered by this run, or by one that was killed right after it.
    ("application-autoscaling", "ObjectNotFoundException", "", "put_scaling_policy"),
    ("kms", "KMSInvalidStateException", "is creating", "enable_key_rotation"),
    ("kms", "MalformedPolicyDocumentException", "invalid principals", "put_key_policy"),
    ("kms", "DependencyTimeoutException", "", "create_alias"),
    ("kms", "KMSInternalException", "", "create_alias"),
    ("iam", "ConcurrentModification", "", "tag_policy"),
    ("iam", "EntityTemporarilyUnmodifiable", "", "delete_policy"),
    ("iam", "DeleteConflict", "", "delete_policy"),
    ("iam", "MalformedPolicyDocument", "Invalid principal in policy", "create_policy"),
    ("sns", "ConcurrentAccess", "", "tag_resource"),
    ("sns", "StaleTag", "", "tag_resource"),
    ("sns", "Throttled", "", "create_topic"),
    ("cloudwatch", "ConcurrentModificationException", "", "tag_resource"),
    ("cloudwatch", "ValidationError", "A separate request ... is in progress", "put_metric_alarm"),
    ("cloudwatch", "Throttling", "Rate exceeded", "put_metric_alarm"),
    ("resourcegroupstaggingapi", "ThrottledException", "", "tag_resources"),
    ("ec2", "RequestLimitExceeded", "", "create_vpc_endpoint"),
]
#: Repeated only where the thing was made in this run.
WHILE_FRESH = [
    ("dynamodb", "ResourceNotFoundException", "", "update_time_to_live"),
    ("dynamodb", "TableNotFoundException", "", "update_continuous_backups"),
    ("kms", "NotFoundException", "", "create_alias"),
    ("iam", "NoSuchEntity", "", "tag_policy"),
    # A run that was killed while its table was CREATING; the next one registers at once.
    ("application-autoscaling", "ValidationException", "table does not exist", "register_it"),
]
#: What may be repeated for two minutes, since a wrong name looks the same as a new one.
_LATE = ("KMSInvalid", "Malformed", "Delete", "Object")
LAGGING = [each for each in REPEATED if each[1].startswith(_LATE)]


@pytest.mark.parametrize("error", REPEATED, ids=lambda each: f"{each[0]}-{each[1]}-{each[2]}")
def test_it_is_repeated(error: tuple[str, str, str, str]) -> None:
    assert decided(error_of(*error)).verdict is Verdict.REPEAT


@pytest.mark.parametrize("error", WHILE_FRESH, ids=lambda each: f"{each[0]}-{each[1]}")
def test_it_is_repeated_after_a_creation(error: tuple[str, str, str, str]) -> None:
    assert decided(error_of(*error)).verdict is Verdict.FAILED
    assert decided(error_of(*error), fresh=True).verdict is Verdict.REPEAT


@pytest.mark.parametrize("error", LAGGING, ids=lambda each: f"{each[0]}-{each[1]}")
def test_what_may_as_well_be_wrong_is_repeated_for_two_minutes(
    error: tuple[str, str, str, str],
) -> None:
    assert decided(error_of(*error), elapsed=100).verdict is Verdict.REPEAT
    assert decided(error_of(*error), elapsed=120).verdict is Verdict.FAILED


def test_the_lock_of_tags_is_waited_for() -> None:
    delay = decided(error_of(*REPEATED[1])).delay_seconds

    assert 2.0 <= delay <= 3.0


def test_a_throttle_with_a_time_is_slept_until_then() -> None:
    error = error_of(
        "dynamodb", "ThrottlingException", "after 2026-01-01T12:00:15Z", "update_table"
    )

    assert decided(error).delay_seconds == 15.5


def test_the_cooldown_of_time_to_live_is_put_off_by_an_hour() -> None:
    text = "Time to live has been modified multiple times within a fixed interval"

    decision = decided(error_of("dynamodb", "ValidationException", text, "update_time_to_live"))

    assert decision == Decision(Verdict.DEFERRED, not_before=NOW + HOUR)


@pytest.mark.parametrize(
    "text", ["There is a limit of 2500 tables per subscriber", "exceeds the per-table limit of 20"]
)
def test_a_quota_is_not_repeated(text: str) -> None:
    error = error_of("dynamodb", "LimitExceededException", text, "create_table")

    assert decided(error).verdict is Verdict.FAILED


def planned_calls() -> Iterator[tuple[str, Any]]:
    """Every call to DynamoDB in the plans of the cases: method and parameters."""
    for path in sorted(CASES.glob("*/*/plan.json")):
        for operation in json.loads(path.read_text(encoding="utf-8")).get("operations", ()):
            if operation["call"].startswith("dynamodb "):
                yield operation["call"], operation["params"]


def empty_in(value: Any) -> bool:
    """Whether an empty structure or list stands anywhere in it."""
    if isinstance(value, dict | list):
        within = value.values() if isinstance(value, dict) else value
        return not value or any(empty_in(each) for each in within)
    return False


def test_no_call_carries_an_empty_structure_which_dynamodb_answers_with_a_fault() -> None:
    calls = list(planned_calls())

    assert len(calls) > 20
    assert [call for call, params in calls if empty_in(params)] == []
