"""A request as the rules see it, an error as AWS says it, and both ways over the wire.

Everything that knows protocols is here: whatever the service speaks (JSON, query, EC2's own), a
request's parameters and an answer's members are those of boto3.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
from botocore.model import OperationNotFoundError
from botocore.utils import parse_timestamp
from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model

#: What moto's ``call_action`` gives back: status, headers, body.
Wire = tuple[int, dict[str, str], Any]

READING = ("BatchGet", "Describe", "Get", "List", "Lookup", "Query", "Scan", "Simulate")


@dataclass(frozen=True)
class Request:
    """One request: the API (``dynamodb:UpdateTable``), boto3's parameters, and where it goes.

    ``connection`` names the HTTP connection, where there is one; in ``notes`` a rule's ``before``
    may leave word for its ``after``.
    """

    service: str
    action: str
    params: Mapping[str, Any]
    account: str
    region: str
    time: datetime
    connection: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return f"{self.service}:{self.action}"

    @property
    def mutating(self) -> bool:
        return not self.action.startswith(READING)


class AwsError(Exception):
    """An error that goes over the wire with this code, text and HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class _Said(ServiceException):
    """An error for moto's serialiser, which looks for the model of the module that raises it."""


@dataclass
class Answer:
    """What moto answered, parsed when asked for."""

    members: dict[str, Any] = field(default_factory=dict)
    error: AwsError | None = None


def parsed_request(response: BaseResponse, time: datetime) -> Request | None:
    """What was asked; None for what the SDK does not know."""
    model = get_service_model(response.boto3_service_name)
    raw = response.normalized_request
    try:
        operation = model.operation_model(response._get_action())
    except OperationNotFoundError:
        return None
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, raw.content_type)](operation)
    params = parser.parse(
        {
            "method": raw.method,
            "values": raw.values,
            "headers": raw.headers,
            "body": raw.data,
            "url_path": raw.path,
            "url_params": response.uri_match,
        }
    )
    connection = (raw.environ.get("REMOTE_ADDR"), raw.environ.get("REMOTE_PORT"))
    return Request(
        response.boto3_service_name,
        operation.name,
        params or {},
        response.current_account,
        response.region,
        time,
        f"{connection[0]}:{connection[1]}" if connection[1] else "",
    )


def parsed_answer(response: BaseResponse, wire: Wire) -> Answer:
    """The members of an answer, or its error."""
    status, headers, body = wire
    model = get_service_model(response.boto3_service_name)
    operation = model.operation_model(response._get_action())
    protocol = response.determine_response_protocol(model)
    parsers = botocore.parsers.ResponseParserFactory()
    parsers.set_parser_defaults(
        timestamp_parser=lambda value: parse_timestamp(value).astimezone(UTC)
    )
    parser = parsers.create_parser(protocol)
    parsed = parser.parse(
        {
            "status_code": int(status),
            "headers": {name.lower(): str(value) for name, value in headers.items()},
            "body": body.encode() if isinstance(body, str) else body,
        },
        operation.output_shape,
    )
    parsed.pop("ResponseMetadata", None)
    if int(status) >= 300:
        error = parsed.get("Error", {})
        return Answer(
            error=AwsError(error.get("Code", ""), error.get("Message") or "", int(status))
        )
    return Answer(parsed)


def wire_of(response: BaseResponse, answer: Answer) -> Wire:
    """An answer in the protocol of the request."""
    result: Any = answer.members
    if answer.error is not None:
        result = _Said(answer.error.code, answer.error.message)
    with warnings.catch_warnings():
        # moto warns of codes that no model declares; AWS has many (the cooldown of TTL is one).
        warnings.simplefilter("ignore")
        status, headers, body = response.serialized(ActionResult(result))
    if answer.error is not None:
        status = answer.error.status
    headers, body = response._enrich_response(headers, body)
    return status, headers, body
