"""What AWS's errors mean: one table from code and text to a category, and who reads it.

``service_error`` turns whatever botocore raises into a ``ServiceError``; ``hidden_error`` finds the
failures that some services report inside a successful answer.  Nothing else in dynaprov looks at
codes or texts of errors (an operation's ``settled_by`` excepted).

The code is the one on the wire (``NoSuchEntity``), which is not always the name of the model's
shape (``NoSuchEntityException``); rows leave the ending ``Exception`` out.  A row's text is a
stable fragment of AWS's message in lower case.  Where each row is known from stands in the row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import exceptions as sdk

from dynaprov.aws.error_rows import FRAGMENTS, ROWS, Row
from dynaprov.model.masking import known_credentials, masked_text
from dynaprov.model.ports import Call, ErrorCategory, Read, ServiceError

_BY_CODE: Mapping[str, tuple[Row, ...]] = {
    code: tuple(row for row in ROWS if row.code == code) for code in {row.code for row in ROWS}
}

#: What the SDK itself raises, before or instead of an answer; the first match counts.
_SDK_ERRORS: tuple[tuple[type[BaseException], ErrorCategory], ...] = (
    (sdk.NoCredentialsError, ErrorCategory.CREDENTIALS),
    (sdk.PartialCredentialsError, ErrorCategory.CREDENTIALS),
    (sdk.CredentialRetrievalError, ErrorCategory.CREDENTIALS),
    (sdk.MetadataRetrievalError, ErrorCategory.CREDENTIALS),
    (sdk.UnknownCredentialError, ErrorCategory.CREDENTIALS),
    (sdk.RefreshWithMFAUnsupportedError, ErrorCategory.CREDENTIALS),
    (sdk.NoAuthTokenError, ErrorCategory.CREDENTIALS),
    (sdk.TokenRetrievalError, ErrorCategory.CREDENTIALS),
    (sdk.SSOError, ErrorCategory.CREDENTIALS),
    (sdk.ProfileNotFound, ErrorCategory.CREDENTIALS),
    (sdk.InvalidConfigError, ErrorCategory.CREDENTIALS),
    (sdk.ConfigParseError, ErrorCategory.CREDENTIALS),
    # No connection was made, so nothing was sent.
    (sdk.ConnectionError, ErrorCategory.UNREACHABLE),
    # Sent, and the answer was lost on the way: the effect is unknown.
    (sdk.HTTPClientError, ErrorCategory.TRANSIENT),
    (sdk.IncompleteReadError, ErrorCategory.TRANSIENT),
    (sdk.ChecksumError, ErrorCategory.TRANSIENT),
    (sdk.UnknownServiceError, ErrorCategory.UNSUPPORTED),
    (sdk.UnknownEndpointError, ErrorCategory.UNSUPPORTED),
    # ReadTimeoutError is one of urllib3's too; a refused parameter is our own or the spec's.
    (sdk.ParamValidationError, ErrorCategory.INVALID),
    (sdk.BotoCoreError, ErrorCategory.INVALID),
    # The emulator in process has not implemented the operation (moto), or the gateway found that
    # the installed botocore is older than it.
    (NotImplementedError, ErrorCategory.UNSUPPORTED),
)

#: Statuses of gateways in between: nothing can be said of the service behind them.
_GATEWAY_STATUSES = frozenset({"502", "503", "504"})
_PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
_GATEWAY_PAGE = re.compile(r"\b50[234]\b")
_JSON = re.compile(r"invalid XML received.*b'\s*\{", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Raised:
    """The parts of an exception that the table looks at."""

    code: str
    message: str
    status: int
    request_id: str


def service_error(
    exc: BaseException, request: Read | Call, now: datetime | None = None
) -> ServiceError:
    """What an exception of the SDK means for this request.

    Args:
        exc: whatever the client raised.
        request: what was asked.
        now: the time of day, for errors that say how long and not until when.
    """
    if not isinstance(exc, sdk.ClientError):
        code = type(exc).__name__.removesuffix("Error")
        category = _of_sdk_error(exc)
        return ServiceError(category, request.service, request.method, code, _one_line(str(exc)))
    raised = _parts(exc)
    if _is_foreign(raised):
        return ServiceError(
            ErrorCategory.UNSUPPORTED,
            request.service,
            request.method,
            raised.code,
            "the endpoint does not know this operation",
            raised.request_id,
        )
    return _judged(request, raised, now)


def hidden_error(request: Read | Call, answer: Mapping[str, Any]) -> ServiceError | None:
    """The first failure that a successful answer carries.

    TagResources and UntagResources answer 200 with ``FailedResourcesMap``, DeleteVpcEndpoints and
    others of EC2 with ``Unsuccessful`` (API references).
    """
    failed: list[tuple[str, Mapping[str, Any]]] = [
        (name, {"Code": about.get("ErrorCode", ""), "Message": about.get("ErrorMessage", "")})
        for name, about in answer.get("FailedResourcesMap", {}).items()
    ]
    if request.service == "ec2":
        failed += [
            (str(each.get("ResourceId", "")), each.get("Error", {}))
            for each in answer.get("Unsuccessful", [])
        ]
    if not failed:
        return None
    name, about = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    raised = _Raised(
        code=str(about.get("Code", "")) or "Failed",
        message=_one_line(f"{name}: {about.get('Message', '')}{more}"),
        status=400,
        request_id=str(answer.get("ResponseMetadata", {}).get("RequestId", "")),
    )
    return _judged(request, raised, None)


def _judged(request: Read | Call, raised: _Raised, now: datetime | None) -> ServiceError:
    row = _row(request.service, request.method, raised)
    category = row.category if row else _fallback(raised)
    return ServiceError(
        category=category,
        service=request.service,
        method=request.method,
        code=raised.code,
        message=_one_line(raised.message),
        request_id=raised.request_id,
        not_before=_not_before(row, raised.message, now),
        missing=missing_action(raised.message) if category is ErrorCategory.DENIED else "",
        most_attempts=row.most_attempts if row else 0,
    )


def _parts(exc: sdk.ClientError) -> _Raised:
    error = exc.response.get("Error", {})
    about = exc.response.get("ResponseMetadata", {})
    return _Raised(
        code=str(error.get("Code", "")),
        message=str(error.get("Message") or ""),
        status=int(about.get("HTTPStatusCode", 0)),
        request_id=str(about.get("RequestId", "")),
    )


def row_of(service: str, method: str, code: str, message: str) -> Row | None:
    """The row that decides what a code with its message means; ``None`` when no row knows it."""
    return _row(service, method, _Raised(code, message, 0, ""))


def _row(service: str, method: str, raised: _Raised) -> Row | None:
    # Some protocols write the model's shape, others leave "Exception" out; EC2 may say "Client.".
    code = raised.code.removeprefix("Client.").removeprefix("Server.")
    text = raised.message.lower()
    rows = _BY_CODE.get(code) or _BY_CODE.get(code.removesuffix("Exception"), ())
    for row in rows:
        right_place = row.service in ("", service) and row.method in ("", method)
        if right_place and row.text in text:
            return row
    return next((row for row in FRAGMENTS if code.endswith(row.code)), None)


#: How AWS says which action a caller lacks (IAM user guide, "Troubleshoot access denied error
#: messages"); EC2 names it only in a part that has to be decoded.
_MISSING = re.compile(r"not authorized to perform: ([A-Za-z0-9-]+):([A-Za-z0-9]+)")


def missing_action(message: str) -> str:
    """The IAM action that a message of denial names; empty when it names none.

    It need not be the action of the call: CreateTable with a key needs kms:CreateGrant.  SNS writes
    its prefix in capitals.
    """
    found = _MISSING.search(message)
    return f"{found[1].lower()}:{found[2]}" if found else ""


def _fallback(raised: _Raised) -> ErrorCategory:
    """By HTTP status, for codes that no row knows."""
    if raised.status == 429:
        return ErrorCategory.THROTTLED
    if raised.status >= 500:
        return ErrorCategory.TRANSIENT
    if raised.status in (401, 403):
        return ErrorCategory.DENIED
    return ErrorCategory.UNKNOWN


def _is_foreign(raised: _Raised) -> bool:
    """Whether the answer is none of AWS's: a page of HTML or nothing, with a bare status.

    moto's server answers an operation that it lacks with a page and status 500, ministack a
    service that it lacks with status 400 and no body.  botocore then takes the status as the code.
    """
    if not raised.code.isdigit() or raised.code in _GATEWAY_STATUSES:
        return False
    if _PAGE.search(raised.message):
        return True
    return not raised.message and raised.code in ("400", "404", "405", "501")


def _of_sdk_error(exc: BaseException) -> ErrorCategory:
    if type(exc).__name__ == "ResponseParserError":
        # What _is_foreign describes, on services that speak XML: the body is in the text.
        text = str(exc)
        # DynamoDB Local answers every other service with a JSON error of its own.
        if _JSON.search(text):
            return ErrorCategory.UNSUPPORTED
        if "b''" in text or (_PAGE.search(text) and not _GATEWAY_PAGE.search(text)):
            return ErrorCategory.UNSUPPORTED
        return ErrorCategory.TRANSIENT
    return next(
        (category for kind, category in _SDK_ERRORS if isinstance(exc, kind)),
        ErrorCategory.UNKNOWN,
    )


def _one_line(text: str) -> str:
    """A message on one line and without credentials.

    SignatureDoesNotMatch quotes the whole canonical request, x-amz-security-token included (guide:
    "Troubleshoot request signatures"); the SDK's own errors quote URLs.
    """
    return masked_text(" ".join(text.split()), known_credentials(os.environ))


_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d| ?UTC)?")
_LONG_TIME = re.compile(r"[A-Z][a-z]+ \d{1,2}, \d{4},? (?:at )?\d{1,2}:\d\d:\d\d [AP]M")
_UNIX_TIME = re.compile(r"[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d UTC \d{4}")
_EPOCH_MILLISECONDS = re.compile(r"\b1\d{12}\b")
#: What stands before the time that counts, where a message names several.
_PROMISE = re.compile(r"can be made at|try again after")


def times_in(message: str) -> list[datetime]:
    """The points in time that a message names, in AWS's several ways of writing them."""
    found = []
    for text in _ISO_TIME.findall(message):
        written = text.replace(" UTC", "Z").replace("UTC", "Z").replace(" ", "T")
        time = datetime.fromisoformat(written)
        found.append(time if time.tzinfo else time.replace(tzinfo=UTC))
    for text in _LONG_TIME.findall(message):
        plain = text.replace(",", "").replace(" at ", " ")
        found.append(datetime.strptime(plain, "%B %d %Y %I:%M:%S %p").replace(tzinfo=UTC))
    for text in _UNIX_TIME.findall(message):
        found.append(datetime.strptime(text, "%b %d %H:%M:%S UTC %Y").replace(tzinfo=UTC))
    for text in _EPOCH_MILLISECONDS.findall(message):
        found.append(datetime.fromtimestamp(int(text) / 1000, UTC))
    return found


#: Categories whose delay counts; only the first two believe the times of a message.
_TIMED = (ErrorCategory.THROTTLED, ErrorCategory.DEFERRED)
_DELAYED = (*_TIMED, ErrorCategory.BUSY)


def _not_before(row: Row | None, message: str, now: datetime | None) -> datetime | None:
    """When repeating makes sense: a time that the message names, or the row's delay.

    Of several it is the one that is promised, else the latest: the text on encryption names the
    end of its window of 24 hours, too, which comes later.  A message that names only the last
    time, which is over, leaves the delay to count from there.
    """
    if row is None or row.category not in _DELAYED:
        return None
    named = _promised(message) if row.category in _TIMED else []
    delay = timedelta(seconds=row.delay_seconds)
    if named:
        latest = max(named)
        return latest + delay if now is not None and latest < now else latest
    return now + delay if delay and now is not None else None


def _promised(message: str) -> list[datetime]:
    promise = _PROMISE.search(message)
    return (times_in(message[promise.end() :]) if promise else []) or times_in(message)
