"""A way to the embedded endpoint on which AWS refuses what a test says, and the program on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Lock
from typing import Any, cast

from dynaprov.aws.gateway import Gateway
from dynaprov.cli.door import Door
from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.local import LOCAL_REGION
from dynaprov.model.ports import Answer, Call, ErrorCategory, Read, ServiceError
from dynaprov.model.spec import Spec
from support.clock import VirtualClock

Request = Read | Call
USER = "arn:aws:iam::123456789012:user/ci"


class Refusing:
    """Implements ``Reader`` and ``Caller`` over a gateway; ``refuses`` is asked before each.

    ``calls`` holds every call in order, and ``refused`` what was refused.
    """

    def __init__(self, inner: Gateway, refuses: Callable[[Request], ServiceError | None]) -> None:
        self._inner = inner
        self._refuses = refuses
        self._lock = Lock()
        self.calls: list[Call] = []
        self.refused: list[Request] = []

    def _refusal(self, request: Request) -> Answer | None:
        with self._lock:
            if isinstance(request, Call):
                self.calls.append(request)
            error = self._refuses(request)
            if error is None:
                return None
            self.refused.append(request)
            return Answer(error=error)

    def submit(self, read: Read) -> Future[Answer]:
        refused = self._refusal(read)
        if refused is None:
            return self._inner.submit(read)
        future: Future[Answer] = Future()
        future.set_result(refused)
        return future

    def call(self, call: Call) -> Answer:
        return self._refusal(call) or self._inner.call(call)

    def prepare(self, services: tuple[str, ...]) -> None:
        """Clients are made when they are first used."""

    def endpoint(self, service: str = "dynamodb") -> str:
        """As on AWS itself."""
        return ""


def denied(*actions: str) -> Callable[[Request], ServiceError | None]:
    """Refuses these IAM actions, as a policy without them does."""

    def refusal(request: Request) -> ServiceError | None:
        if request.action not in actions:
            return None
        return ServiceError(
            ErrorCategory.DENIED,
            request.service,
            request.method,
            "AccessDeniedException",
            f"User: {USER} is not authorized to perform: {request.action}",
            "req-1",
        )

    return refusal


class Expiring:
    """Refuses everything from the ``number``-th mutating call on; 0: from the ``reads``-th read."""

    def __init__(self, number: int = 0, *, reads: int = 0) -> None:
        self._calls_left = number or 10**9
        self._reads_left = reads or 10**9

    def __call__(self, request: Request) -> ServiceError | None:
        if isinstance(request, Call):
            self._calls_left -= 1
        else:
            self._reads_left -= 1
        if self._calls_left > 0 and self._reads_left > 0:
            return None
        return ServiceError(
            ErrorCategory.CREDENTIALS,
            request.service,
            request.method,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "req-1",
        )


class RefusingStages(Stages):
    """The real stages on the embedded endpoint in this process, over a way that refuses."""

    def __init__(self, way: Refusing, clock: VirtualClock) -> None:
        super().__init__()
        self._way = way
        self._clock = clock

    @property
    def clock(self) -> Any:  # type: ignore[override]
        return self._clock

    @contextlib.contextmanager
    def door(self, options: Options, spec: Spec, *, writes: bool) -> Iterator[Door]:
        yield Door(cast("Any", self._way), LOCAL_REGION, pinned=False)
