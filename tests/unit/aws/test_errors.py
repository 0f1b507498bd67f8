"""The table of errors: one case for each meaning that AWS gives a code."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from dynaprov.aws.errors import hidden_error, service_error, times_in
from dynaprov.model.ports import Call, ErrorCategory, Read, ServiceError

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
E = ErrorCategory


def of_wire(
    service: str, code: str, text: str = "", *, method: str = "put_thing", status: int = 400
) -> ServiceError:
    response = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "req-1"},
    }
    exc = sdk.ClientError(response, "PutThing")  # type: ignore[arg-type]
    return service_error(exc, Call(service, method, {}), NOW)


DYNAMODB = [
    ("ResourceInUseException", "Table is being updated: t", E.BUSY),
    ("ResourceInUseException", "Table already exists: t", E.EXISTS),
    ("ResourceInUseException", "Cannot enable stream", E.INVALID),
    ("LimitExceededException", "Table tags are being updated", E.BUSY),
    ("LimitExceededException", "Only 1 online index can be created or deleted", E.BUSY),
    ("LimitExceededException", "Only 500 tables can be updated simultaneously", E.BUSY),
    ("LimitExceededException", "Provisioned throughput decreases are limited", E.DEFERRED),
    ("LimitExceededException", "Number of SSE changes exceeded", E.DEFERRED),
    ("LimitExceededException", "Too many table class updates", E.DEFERRED),
    ("LimitExceededException", "Capacity of the account is processed", E.QUOTA),
    (
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
        E.DEFERRED,
    ),
    ("ValidationException", "Cannot describe time to live while table is in CREATING", E.BUSY),
    ("ValidationException", "Status must be ACTIVE", E.BUSY),
    (
        "ValidationException",
        "The provisioned throughput for the table will not change",
        E.UNCHANGED,
    ),
    ("ValidationException", "TimeToLive is already enabled", E.UNCHANGED),
    ("ValidationException", "TimeToLive is active on a different AttributeName", E.INVALID),
    ("ValidationException", "Table is already encrypted by default", E.UNCHANGED),
    ("ValidationException", "Table already has an enabled stream", E.UNCHANGED),
    ("ValidationException", "Table has no stream to disable", E.UNCHANGED),
    ("ValidationException", "Some AttributeDefinitions are not used", E.INVALID),
    ("ContinuousBackupsUnavailableException", "Backups are being enabled", E.BUSY),
    ("TableInUseException", "", E.BUSY),
    ("ResourceNotFoundException", "", E.ABSENT),
    ("ResourceNotFound", "", E.ABSENT),  # moto's TTL calls
    ("TableNotFoundException", "", E.ABSENT),
    ("PolicyNotFoundException", "", E.ABSENT),
    ("TableAlreadyExistsException", "", E.EXISTS),
    ("ReplicatedWriteConflictException", "", E.CONFLICT),
    ("AccessDeniedException", "not authorized", E.DENIED),
    ("UnrecognizedClientException", "The security token is invalid", E.CREDENTIALS),
    ("ExpiredTokenException", "", E.CREDENTIALS),
    ("UnknownOperationException", "", E.UNSUPPORTED),
    ("ThrottlingException", "Rate exceeded", E.THROTTLED),
    ("InternalServerError", "", E.TRANSIENT),
]
OTHERS = [
    ("kms", "NotFoundException", "", E.ABSENT),
    ("kms", "AlreadyExistsException", "", E.EXISTS),
    ("kms", "KMSInvalidStateException", "arn is pending deletion.", E.INVALID),
    ("kms", "KMSInvalidStateException", "arn is creating", E.BUSY),
    ("kms", "MalformedPolicyDocumentException", "one or more invalid principals", E.BUSY),
    ("kms", "MalformedPolicyDocumentException", "syntax", E.INVALID),
    ("kms", "DependencyTimeoutException", "", E.TRANSIENT),
    ("kms", "LimitExceededException", "", E.QUOTA),
    ("kms", "AccessDeniedException", "", E.DENIED),
    ("iam", "NoSuchEntity", "", E.ABSENT),
    ("iam", "EntityAlreadyExists", "", E.EXISTS),
    ("iam", "LimitExceeded", "", E.QUOTA),
    ("iam", "ConcurrentModification", "", E.CONFLICT),
    ("iam", "DeleteConflict", "", E.BUSY),
    ("iam", "MalformedPolicyDocument", "Invalid principal in policy", E.BUSY),
    ("iam", "Throttling", "Rate exceeded", E.THROTTLED),
    ("iam", "AccessDenied", "", E.DENIED),
    ("iam", "InvalidClientTokenId", "", E.CREDENTIALS),
    ("sns", "NotFound", "", E.ABSENT),
    ("sns", "InvalidParameter", "Topic already exists with different tags", E.EXISTS),
    ("sns", "InvalidParameter", "PrincipalNotFound", E.BUSY),
    ("sns", "InvalidParameter", "Policy", E.INVALID),
    ("sns", "Throttled", "Rate exceeded", E.THROTTLED),
    ("sns", "ConcurrentAccess", "", E.CONFLICT),
    ("sns", "AuthorizationError", "", E.DENIED),
    ("cloudwatch", "ResourceNotFound", "", E.ABSENT),
    ("cloudwatch", "ValidationError", "A separate request to update it is in progress", E.BUSY),
    ("cloudwatch", "ValidationError", "", E.INVALID),
    ("cloudwatch", "LimitExceeded", "", E.QUOTA),
    ("cloudwatch", "InternalServiceFault", "", E.TRANSIENT),
    ("application-autoscaling", "ObjectNotFoundException", "", E.ABSENT),
    ("application-autoscaling", "ConcurrentUpdateException", "", E.CONFLICT),
    ("application-autoscaling", "FailedResourceAccessException", "Rate exceeded (AmazonCloudWatch)",
     E.THROTTLED),
    ("application-autoscaling", "FailedResourceAccessException", "is not authorized to perform",
     E.DENIED),
    ("application-autoscaling", "FailedResourceAccessException", "Unable to retrieve", E.BUSY),
    ("application-autoscaling", "ValidationException", "User is not authorized", E.DENIED),
    ("ec2", "InvalidVpcEndpointId.NotFound", "", E.ABSENT),
    ("ec2", "RequestLimitExceeded", "", E.THROTTLED),
    ("ec2", "Client.RequestLimitExceeded", "", E.THROTTLED),
    ("ec2", "UnauthorizedOperation", "", E.DENIED),
    ("ec2", "AuthFailure", "", E.CREDENTIALS),
    ("ec2", "RouteAlreadyExists", "", E.EXISTS),
    ("ec2", "InvalidGroup.Duplicate", "", E.EXISTS),
    ("ec2", "InvalidVpcID.Malformed", "", E.INVALID),
    ("ec2", "RulesPerSecurityGroupLimitExceeded", "", E.QUOTA),
    ("resourcegroupstaggingapi", "ThrottledException", "", E.THROTTLED),
    ("resourcegroupstaggingapi", "InternalServiceException", "", E.TRANSIENT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "code", "text", "category"), [("dynamodb", *row) for row in DYNAMODB] + OTHERS
)
def test_a_code_and_its_text_have_a_meaning(
    service: str, code: str, text: str, category: ErrorCategory
) -> None:
    assert of_wire(service, code, text).category is category


def test_create_table_in_use_means_that_the_name_is_taken_whatever_it_says() -> None:
    error = of_wire("dynamodb", "ResourceInUseException", "", method="create_table")

    assert error.category is E.EXISTS


@pytest.mark.parametrize(
    ("status", "category"),
    [(429, E.THROTTLED), (500, E.TRANSIENT), (403, E.DENIED), (400, E.UNKNOWN)],
)
def test_an_unknown_code_is_judged_by_its_status(status: int, category: ErrorCategory) -> None:
    assert of_wire("kms", "NeverSeen", "x", status=status).category is category


def test_an_error_names_its_request_on_one_line() -> None:
    error = of_wire("dynamodb", "ValidationException", "one\n  two", method="update_table")

    assert str(error) == ("dynamodb UpdateTable: ValidationException: one two (request req-1)")


def test_the_cooldown_of_time_to_live_says_when() -> None:
    error = of_wire("dynamodb", "ValidationException", "modified within a fixed interval")

    assert error.not_before == datetime(2026, 1, 1, 13, tzinfo=UTC)


def test_the_budget_of_decreases_says_when() -> None:
    text = (
        "Provisioned throughput decreases are limited. Last decrease at Thursday, January 1, 2026 "
        "12:21:00 PM UTC. Next decrease can be made at Thursday, January 1, 2026 1:21:00 PM UTC"
    )

    error = of_wire("dynamodb", "LimitExceededException", text)

    assert error.not_before == datetime(2026, 1, 1, 13, 21, tzinfo=UTC)


def test_without_the_time_of_day_a_delay_has_no_end() -> None:
    response = {"Error": {"Code": "ValidationException", "Message": "within a fixed interval"}}
    exc = sdk.ClientError(response, "UpdateTimeToLive")  # type: ignore[arg-type]

    assert service_error(exc, Read("dynamodb", "x")).not_before is None


@pytest.mark.parametrize(
    "text",
    [
        "after 2026-01-01T00:00:15Z",
        "after 2026-01-01T00:00:15.000+00:00.",
        "after 2026-01-01 00:00:15 UTC",
        "after 2026-01-01T00:00:15",
        "after 1767225615000",
        "at January 1, 2026 at 12:00:15 AM UTC",
    ],
)
def test_times_are_read_in_all_their_forms(text: str) -> None:
    assert times_in(text) == [datetime(2026, 1, 1, 0, 0, 15, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("exc", "category"),
    [
        (sdk.NoCredentialsError(), E.CREDENTIALS),
        (sdk.PartialCredentialsError(provider="x", cred_var="y"), E.CREDENTIALS),
        (sdk.UnauthorizedSSOTokenError(), E.CREDENTIALS),
        (sdk.ProfileNotFound(profile="x"), E.CREDENTIALS),
        (sdk.EndpointConnectionError(endpoint_url="x"), E.UNREACHABLE),
        (sdk.ConnectTimeoutError(endpoint_url="x"), E.UNREACHABLE),
        (sdk.ProxyConnectionError(proxy_url="x"), E.UNREACHABLE),
        (sdk.ReadTimeoutError(endpoint_url="x"), E.TRANSIENT),
        (sdk.ConnectionClosedError(endpoint_url="x"), E.TRANSIENT),
        (sdk.ParamValidationError(report="x"), E.INVALID),
        (sdk.NoRegionError(), E.INVALID),
        (sdk.UnknownServiceError(service_name="x", known_service_names="y"), E.UNSUPPORTED),
        (NotImplementedError("x"), E.UNSUPPORTED),
        (ResponseParserError("broken"), E.TRANSIENT),
        (ResponseParserError("invalid XML received: b''"), E.UNSUPPORTED),
        # DynamoDB Local, asked for SNS.
        (ResponseParserError('invalid XML received.\nb\'{"__type": "x"}\''), E.UNSUPPORTED),
        (KeyError("moto"), E.UNKNOWN),
        (AttributeError("moto"), E.UNKNOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_sdk_raises_has_a_meaning(exc: Exception, category: ErrorCategory) -> None:
    assert service_error(exc, Read("dynamodb", "describe_table")).category is category


def test_a_vpc_endpoint_that_was_not_deleted_is_an_error() -> None:
    answer = {
        "Unsuccessful": [
            {
                "ResourceId": "vpce-1",
                "Error": {"Code": "InvalidVpcEndpoint.NotFound", "Message": "no such endpoint"},
            },
            {"ResourceId": "vpce-2", "Error": {"Code": "x", "Message": "y"}},
        ],
        "ResponseMetadata": {"RequestId": "req-2"},
    }

    error = hidden_error(Call("ec2", "delete_vpc_endpoints", {}), answer)

    assert error is not None
    assert error.category is E.ABSENT
    assert error.message == "vpce-1: no such endpoint (and 1 more)"
    assert error.request_id == "req-2"


def test_an_answer_without_failures_hides_nothing() -> None:
    assert hidden_error(Call("ec2", "delete_vpc_endpoints", {}), {"Unsuccessful": []}) is None
    assert hidden_error(Call("dynamodb", "x", {}), {"Unsuccessful": [{}]}) is None
