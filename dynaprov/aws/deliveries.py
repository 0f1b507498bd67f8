"""The second door to AWS: it knows only deliveries, and only to the targets that were named.

A check that only reads may still report.  This gateway sends ``sns:Publish``,
``cloudwatch:PutMetricData``, ``s3:PutObject`` and ``ssm:PutParameter``, and reads back what an
earlier check has left; whatever else is asked of it is a defect, and nothing is sent.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from dynaprov.aws.clock import SystemClock
from dynaprov.aws.opening import Opening
from dynaprov.aws.session import Session
from dynaprov.model.delivery import DELIVERING, RECALLING, Targets
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import InternalProblem
from dynaprov.model.ports import Answer, Call, Clock, ErrorCategory, Read

#: How often a delivery is sent at most.  All four take the same thing twice without harm: objects
#: and parameters are written anew, a metric is a gauge, and a message that comes twice is better
#: than one that never comes.
ATTEMPTS = 4
_FIRST_DELAY_SECONDS = 0.5
_REPEATED = frozenset(
    {
        ErrorCategory.THROTTLED,
        ErrorCategory.TRANSIENT,
        ErrorCategory.UNREACHABLE,
        ErrorCategory.CONFLICT,
    }
)


class Deliveries:
    """Implements the port ``Deliverer``; see the module docstring.

    Args:
        opening: the account and how it is reached.
        targets: all that may be delivered to.
        clock: time; only repeating uses it.
        jitter: gives numbers in [0, 1); every delay is a random part of what it may be.
    """

    def __init__(
        self,
        opening: Opening,
        targets: Targets,
        *,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._opening = opening
        self._targets = targets
        self._clock: Clock = clock or SystemClock()
        self._jitter = jitter
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def deliver(self, call: Call, *, region: str = "") -> Answer:
        """Send a delivery.

        Args:
            call: one of ``DELIVERING``, to one of the targets.
            region: of the target, where it is not that of the check.

        Raises:
            InternalProblem: for any other call; nothing is sent.
        """
        if (call.service, call.method) not in DELIVERING or not self._is_target(call):
            raise _not_allowed(call)
        return self._repeated(call, region)

    def recall(self, read: Read, *, region: str = "") -> Answer:
        """Read what an earlier check has left.

        Args:
            read: one of ``RECALLING``, of one of the targets.
            region: of the target, where it is not that of the check.

        Raises:
            InternalProblem: for any other read; nothing is sent.
        """
        if (read.service, read.method) not in RECALLING or not self._is_target(read):
            raise _not_allowed(read)
        return self._repeated(read, region)

    def _is_target(self, request: Call | Read) -> bool:
        targets, params = self._targets, request.params
        match request.service:
            case "sns":
                # A message may also go to a phone number or an endpoint: never from here.
                return params.keys() <= _PUBLISHED and params.get("TopicArn") in targets.topics
            case "cloudwatch":
                return params.get("Namespace") in targets.namespaces
            case "s3":
                key = f"{params.get('Bucket')}/{params.get('Key')}"
                return any(key.startswith(each) for each in targets.objects)
            case "ssm":
                name = str(params.get("Name"))
                return any(name.startswith(each) for each in targets.parameters)
        return False

    def _repeated(self, request: Call | Read, region: str) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._once(request, region)
            error = answer.error
            if error is None or error.category not in _REPEATED or attempt == ATTEMPTS:
                break
            self._clock.sleep(self._jitter() * _FIRST_DELAY_SECONDS * 2.0**attempt)
        return answer

    def _once(self, request: Call | Read, region: str) -> Answer:
        from dynaprov.aws.errors import service_error

        try:
            client = self._session(region or self._opening.region).client(request.service)
            value: Mapping[str, Any] = getattr(client, request.method)(**request.params)
            body = value.get("Body")
            return Answer(value if body is None else {**value, "Body": body.read()})
        # The boundary to the SDK, as in the gateway: every failure is an answer.
        except Exception as exc:  # noqa: BLE001
            return Answer(error=service_error(exc, request, self._clock.now()))

    def _session(self, region: str) -> Session:
        with self._lock:
            if region not in self._sessions:
                self._sessions[region] = Session(
                    profile=self._opening.profile,
                    region=region,
                    endpoint_url=self._opening.endpoint_url,
                    workers=2,
                )
            return self._sessions[region]


#: The parameters of Publish that a report needs.
_PUBLISHED = frozenset({"TopicArn", "Subject", "Message", "MessageAttributes"})


def _not_allowed(request: Call | Read) -> InternalProblem:
    return InternalProblem(
        Diagnostic(
            code="DP901",
            summary="a call that must not be sent was stopped",
            detail=f"`{request.action}` is no delivery to a target that was named",
        )
    )
