"""Events: what a run tells while it is under way (for progress lines and the journal).

An event is a value; a listener is a function that takes one.  Listeners must be quick and must not
raise; they are called from the coordinating thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dynaprov.model.operation import Operation
from dynaprov.model.outcome import Outcome
from dynaprov.model.ports import ServiceError


class Stage(StrEnum):
    """The stages of the pipeline, in order."""

    LOADING = "loading"
    OBSERVING = "observing"
    PLANNING = "planning"
    EXECUTING = "executing"
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
    """The call was accepted and AWS is still at work; ``seconds`` since it was sent."""

    operation: Operation
    until: str
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


Event = StageStarted | OperationStarted | OperationWaiting | OperationRetried | OperationEnded
Listener = Callable[[Event], None]
