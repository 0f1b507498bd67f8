"""Ports: how the pure parts of dynaprov reach AWS and the clock, without knowing either.

``aws`` implements ``Reader`` and ``Caller``; tests give their own.  The values that pass through
the ports (``Read``, ``Call``, ``Answer``, ``ServiceError``) are plain data.  The categories of
errors are listed here; the table that maps AWS's errors to them lives in ``aws/errors.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

#: IAM prefixes that differ from boto3's client names.
_IAM_PREFIX = {"resourcegroupstaggingapi": "tag"}


def api_name(method: str) -> str:
    """The API's name of a boto3 method: ``describe_table`` -> ``DescribeTable``."""
    return "".join(word.capitalize() for word in method.split("_"))


def iam_action(service: str, method: str) -> str:
    """The IAM action of a call: ``dynamodb``, ``describe_table`` -> ``dynamodb:DescribeTable``."""
    return f"{_IAM_PREFIX.get(service, service)}:{api_name(method)}"


class ErrorCategory(StrEnum):
    """What an error means for the one who has to react to it."""

    THROTTLED = "throttled"  # too fast: the same call may be repeated later
    BUSY = "busy"  # the resource is changing: repeat when it has settled
    LAGGING = "lagging"  # what it refers to is too new to be seen, or not gone yet: repeat a while
    TRANSIENT = "transient"  # connection or server fault; the effect is unknown
    DEFERRED = "deferred"  # a budget or cooldown is used up: a later run
    ABSENT = "absent"  # the thing does not exist
    EXISTS = "exists"  # the thing exists already
    UNCHANGED = "unchanged"  # AWS says that it is already so
    CONFLICT = "conflict"  # somebody else changed it at the same time
    DENIED = "denied"  # a permission is missing
    CREDENTIALS = "credentials"  # none, expired or invalid credentials
    INVALID = "invalid"  # AWS refuses the request; repeating is pointless
    QUOTA = "quota"  # an account limit that waiting does not lift
    UNSUPPORTED = "unsupported"  # the endpoint lacks the operation or the service
    UNREACHABLE = "unreachable"  # no connection to the endpoint at all
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error of AWS as a value.

    ``not_before`` is the earliest time (UTC) at which repeating makes sense, where AWS says so.
    ``missing`` is the IAM action that the message of a denial names, which need not be the call's
    own.  ``most_attempts`` is how often the call is worth sending at all, where the category alone
    does not say; 0 where it does.
    """

    category: ErrorCategory
    service: str
    method: str
    code: str
    message: str
    request_id: str = ""
    not_before: datetime | None = None
    missing: str = ""
    most_attempts: int = field(default=0, compare=False)

    @property
    def action(self) -> str:
        """The IAM action that is missing after a denial: the one AWS names, else the call's."""
        return self.missing or iam_action(self.service, self.method)

    @property
    def reason(self) -> str:
        """Why it failed, for somebody who can do something about it: of a denial, what to grant."""
        return f"needs {self.action}" if self.category is ErrorCategory.DENIED else str(self)

    @property
    def hides(self) -> bool:
        """Whether something may be there that this failed to tell.

        What is absent is not there; an endpoint that lacks the operation altogether holds nothing
        of it.
        """
        return self.category not in (ErrorCategory.ABSENT, ErrorCategory.UNSUPPORTED)

    def __str__(self) -> str:
        text = f"{self.service} {api_name(self.method)}: {self.code}: {self.message}"
        return f"{text} (request {self.request_id})" if self.request_id else text


@dataclass(frozen=True, eq=False)
class Read:
    """One reading request; equal requests are sent once per observation.

    ``pages`` names the response member that is collected over all pages
    (``"ResourceTagMappingList"``); then the answer's value is ``{pages: [all items]}``.
    """

    service: str
    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    pages: str = ""

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """Identity of the request: equal keys are the same question."""
        return (self.service, self.method, self.pages, _freeze(self.params))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Read) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def action(self) -> str:
        """The IAM action that this read needs."""
        return iam_action(self.service, self.method)


def _freeze(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(sorted((k, _freeze(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_freeze(v) for v in value)
    return value


@dataclass(frozen=True, slots=True)
class Call:
    """One mutating request: boto3 client name, method, parameters.

    Parameters may hold ``Ref`` values (see ``model.setting``), which the executor replaces just
    before the call.
    """

    service: str
    method: str
    params: Mapping[str, Any]

    @property
    def action(self) -> str:
        """The IAM action that this call needs."""
        return iam_action(self.service, self.method)


@dataclass(frozen=True, slots=True)
class Request:
    """One request that went out for an answer; times are those of the clock that never goes back.

    Attributes:
        page, attempt: both count from 1.
        waited: seconds until its API's rate and the number of requests under way let it go.
        started: when it went.
        seconds: how long AWS took.
        error: the code of the error that came back.
    """

    page: int
    attempt: int
    waited: float
    started: float
    seconds: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a value or an error, never both; and the requests that it took."""

    value: Mapping[str, Any] = field(default_factory=dict)
    error: ServiceError | None = None
    requests: tuple[Request, ...] = field(default=(), compare=False, repr=False)

    @property
    def absent(self) -> bool:
        """AWS said that the thing does not exist."""
        return self.error is not None and self.error.category is ErrorCategory.ABSENT

    @property
    def untold(self) -> bool:
        """Whether something may be there that this failed to tell."""
        return self.error is not None and self.error.hides


def first_untold(answers: Iterable[Answer]) -> ServiceError | None:
    """The first error behind which there may be something."""
    return next((each.error for each in answers if each.untold), None)


class Reader(Protocol):
    """Reads AWS.  Pages, paces and repeats by itself; never writes; never raises an AWS error."""

    def submit(self, read: Read) -> Future[Answer]:
        """Start a read on a worker thread.  Equal reads are *not* merged here."""
        ...

    def prepare(self, services: tuple[str, ...]) -> None:
        """Make the clients of these services, in the background, before they are needed."""
        ...

    def endpoint(self, service: str = "dynamodb") -> str:
        """The URL of a service's endpoint when it is not AWS's own, else empty."""
        ...


class Caller(Protocol):
    """Sends mutating calls, one attempt each; repeating is the executor's decision."""

    def call(self, call: Call) -> Answer:
        """Send the call once and wait for its answer.  Never raises an AWS error."""
        ...


class Clock(Protocol):
    """Time, so that tests need not wait."""

    def now(self) -> datetime:
        """The time of day in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; returns early when the run is interrupted."""
        ...
