"""Events: what a run tells while it is under way (for progress lines and the journal).

An event is a value; a listener is a function that takes one.  Listeners must be quick and must not
raise; they are called from the coordinating thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dynaprov.model.address import Address
from dynaprov.model.operation import Operation
from dynaprov.model.outcome import Outcome
from dynaprov.model.ports import ServiceError


class Stage(StrEnum):
    """The stages of the pipeline, in order."""

    LOADING = "loading"
    OBSERVING = "observing"
    PLANNING = "planning"
    EXECUTING = "executing"
    WAITING = "waiting"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage began; ``detail`` says on what ("4 tables")."""

    stage: Stage
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """A call is about to be sent."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class OperationWaiting:
    """AWS is still at work; ``seconds`` since the operation began.

    ``detail`` says what is under way at the moment.  ``sent`` is false while the call itself
    waits for something else that is under way.
    """

    operation: Operation
    until: str
    seconds: float
    detail: str = ""
    sent: bool = True


@dataclass(frozen=True, slots=True)
class ThingWaiting:
    """Something that this run did not begin is waited for; ``seconds`` since it was looked at."""

    address: Address
    until: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ThingReady:
    """What a ``ThingWaiting`` told of has come to its end."""

    address: Address
    seconds: float


@dataclass(frozen=True, slots=True)
class OperationRetried:
    """An attempt did not go through and will be repeated after ``delay_seconds``."""

    operation: Operation
    attempt: int
    error: ServiceError
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class OperationEnded:
    """An operation came to its end."""

    outcome: Outcome


Event = (
    StageStarted
    | OperationStarted
    | OperationWaiting
    | OperationRetried
    | OperationEnded
    | ThingWaiting
    | ThingReady
)
Listener = Callable[[Event], None]
