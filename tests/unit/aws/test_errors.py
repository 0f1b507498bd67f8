"""What errors mean beside the rows of the table, which ``test_error_rows`` looks at."""

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


@pytest.mark.parametrize(
    ("status", "category"),
    [(429, E.THROTTLED), (500, E.TRANSIENT), (403, E.DENIED), (400, E.UNKNOWN)],
)
def test_an_unknown_code_is_judged_by_its_status(status: int, category: ErrorCategory) -> None:
    assert of_wire("kms", "NeverSeen", "x", status=status).category is category


def test_an_error_names_its_request_on_one_line() -> None:
    error = of_wire("dynamodb", "ValidationException", "one\n  two", method="update_table")

    assert str(error) == ("dynamodb UpdateTable: ValidationException: one two (request req-1)")


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
        "at Thu Jan 01 00:00:15 UTC 2026",
    ],
)
def test_times_are_read_in_all_their_forms(text: str) -> None:
    assert times_in(text) == [datetime(2026, 1, 1, 0, 0, 15, tzinfo=UTC)]


def test_of_several_times_the_promised_one_counts() -> None:
    error = of_wire(
        "dynamodb",
        "LimitExceededException",
        "Encryption mode changes are limited in the 24h window ending at 2026-01-02T11:00:00Z. "
        "Last change at 2026-01-01T11:50:00Z. Next changes can be made at 2026-01-01T17:50:00Z.",
    )

    assert error.category is E.DEFERRED
    assert error.not_before == datetime(2026, 1, 1, 17, 50, tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("code", "category"),
    [("InternalServiceException", E.TRANSIENT), ("InvalidParameterException", E.INVALID)],
)
def test_a_resource_that_was_not_tagged_is_an_error(code: str, category: ErrorCategory) -> None:
    failed = {"StatusCode": 400, "ErrorCode": code, "ErrorMessage": "no such table"}
    answer = {"FailedResourcesMap": {"arn:aws:dynamodb:x": failed}}

    error = hidden_error(Call("resourcegroupstaggingapi", "tag_resources", {}), answer)

    assert error is not None
    assert error.category is category
    assert error.message == "arn:aws:dynamodb:x: no such table"


def test_an_answer_without_failures_hides_nothing() -> None:
    assert hidden_error(Call("ec2", "delete_vpc_endpoints", {}), {"Unsuccessful": []}) is None
    assert hidden_error(Call("dynamodb", "x", {}), {"Unsuccessful": [{}]}) is None
