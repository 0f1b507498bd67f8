"""Faults: what may go wrong with any call, each at the n-th call that fits.

A fault is counted over the calls that fit its pattern (``dynamodb:UpdateTable``, ``kms:*``, ``*``;
``mutating`` for those alone that change something) and hits the ``number``-th and the ``times - 1``
after it.  The codes are the ones that each service uses, as their models and guides say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from botocore.exceptions import ConnectionClosedError

from support.rules.request import AwsError, Request
from support.rules.world import World

FOR_EVER = 1_000_000

#: Code and status, by service; the guides' pages of common errors and the models.
_THROTTLED = {
    "cloudwatch": ("Throttling", 400),
    "ec2": ("RequestLimitExceeded", 503),
    "iam": ("Throttling", 400),
    "resourcegroupstaggingapi": ("ThrottledException", 429),
    "sns": ("Throttled", 429),
    "sts": ("Throttling", 400),
}
_SERVER = {
    "cloudwatch": "InternalServiceFault",
    "dynamodb": "InternalServerError",
    "ec2": "InternalError",
    "iam": "ServiceFailure",
    "kms": "KMSInternalException",
    "sns": "InternalError",
    "application-autoscaling": "InternalServiceException",
    "resourcegroupstaggingapi": "InternalServiceException",
}
_DENIED = {
    "cloudwatch": ("AccessDenied", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "iam": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sts": ("AccessDenied", 403),
}
_EXPIRED = {
    "cloudwatch": "ExpiredToken",
    "ec2": "RequestExpired",
    "iam": "ExpiredToken",
    "sns": "ExpiredToken",
    "sts": "ExpiredToken",
}


class Killed(BaseException):
    """The process died here: nothing after it happens in this process."""


class Lost(Exception):
    """The connection was closed without an answer."""


Strike = Callable[[Request, World], None]


@dataclass
class Fault:
    """One fault; ``before`` strikes ahead of the effect, ``after`` behind it."""

    name: str
    pattern: str
    before: Strike | None = None
    after: Strike | None = None
    number: int = 1
    times: int = 1
    mutating: bool = False
    met: int = field(default=0, init=False)
    struck: int = field(default=0, init=False)

    def meets(self, request: Request) -> bool:
        """Count this call; whether the fault hits it."""
        if self.mutating and not request.mutating:
            return False
        if not fnmatchcase(request.api, self.pattern):
            return False
        self.met += 1
        hit = self.number <= self.met < self.number + self.times
        self.struck += hit
        return hit


def throttled(pattern: str, number: int = 1, times: int = 1, message: str = "") -> Fault:
    """Too fast: ``Rate exceeded``, or the given text (which may hold a time to wait for)."""

    def strike(request: Request, world: World) -> None:
        raise throttling(request, message)

    return Fault("throttled", pattern, strike, number=number, times=times)


def throttling(request: Request, message: str = "") -> AwsError:
    """Too fast, in the words of the service."""
    code, status = _THROTTLED.get(request.service, ("ThrottlingException", 400))
    return AwsError(code, message or "Rate exceeded", status)


def server_error(pattern: str, number: int = 1, times: int = 1) -> Fault:
    """HTTP 500, without an effect."""

    def strike(request: Request, world: World) -> None:
        raise AwsError(_SERVER.get(request.service, "InternalFailure"), "Internal error", 500)

    return Fault("server-error", pattern, strike, number=number, times=times)


def denied(pattern: str, number: int = 1, times: int = FOR_EVER) -> Fault:
    """A permission is missing."""

    def strike(request: Request, world: World) -> None:
        code, status = _DENIED.get(request.service, ("AccessDeniedException", 400))
        prefix = "tag" if request.service == "resourcegroupstaggingapi" else request.service
        raise AwsError(
            code,
            f"User: arn:aws:iam::{request.account}:user/tester is not authorized to perform: "
            f"{prefix}:{request.action} because no identity-based policy allows the action",
            status,
        )

    return Fault("denied", pattern, strike, number=number, times=times)


def expired(pattern: str = "*", number: int = 1, times: int = FOR_EVER) -> Fault:
    """The token has expired."""

    def strike(request: Request, world: World) -> None:
        code = _EXPIRED.get(request.service, "ExpiredTokenException")
        raise AwsError(code, "The security token included in the request is expired", 403)

    return Fault("expired", pattern, strike, number=number, times=times)


@dataclass
class _Ending(Fault):
    """Hits the first call that fits and, whatever they are, all after it."""

    def meets(self, request: Request) -> bool:
        if not self.struck:
            return super().meets(request)
        self.struck += 1
        return True


def expired_from(pattern: str) -> Fault:
    """The token expires at the first call that fits: that one and every later one is refused."""
    return _Ending("expired", pattern, expired().before)


def lost(pattern: str, *, with_effect: bool, number: int = 1, times: int = 1) -> Fault:
    """The connection is closed before the answer; with or without the effect of the call."""

    def strike(request: Request, world: World) -> None:
        raise Lost(request.api)

    return Fault(
        "lost",
        pattern,
        None if with_effect else strike,
        strike if with_effect else None,
        number=number,
        times=times,
    )


def latency(pattern: str = "*", *, seconds: float, number: int = 1, times: int = FOR_EVER) -> Fault:
    """The answer takes so long, on the layer's clock."""

    def strike(request: Request, world: World) -> None:
        world.clock.sleep(seconds)

    return Fault("latency", pattern, strike, number=number, times=times)


def error(
    pattern: str, code: str, message: str = "", status: int = 400, number: int = 1, times: int = 1
) -> Fault:
    """Any other error."""

    def strike(request: Request, world: World) -> None:
        raise AwsError(code, message, status)

    return Fault("error", pattern, strike, number=number, times=times)


def killed(
    *,
    with_effect: bool,
    number: int,
    pattern: str = "*",
    victim: Callable[[], None] | None = None,
) -> Fault:
    """The process dies at the ``number``-th mutating call, before or after its effect.

    In this process ``Killed`` is raised from the SDK's call, and from every later one of whatever
    thread, until ``layer.revive()``.  A real process is the ``victim`` (its ``kill``, to be
    called): it gets no answer, and until ``layer.revive()`` nothing has an effect any more that was
    still on its way from it.
    """

    def strike(request: Request, world: World) -> None:
        if victim is not None:
            victim()
        raise Killed(request.api)

    return Fault(
        "killed",
        pattern,
        None if with_effect else strike,
        strike if with_effect else None,
        number=number,
        mutating=True,
    )


def connection_closed(request: Request) -> ConnectionClosedError:
    """What botocore raises when the connection is closed without an answer."""
    return ConnectionClosedError(endpoint_url=f"https://{request.service}.{request.region}")
