"""Whether an attempt that failed is repeated, and how an operation ends when it is not.

Pure: an error, what is known of the attempts so far, and the operation give a decision.  Reads are
not decided here (the gateway repeats them by itself).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dynaprov.model.operation import Operation
from dynaprov.model.ports import ErrorCategory, ServiceError


class Verdict(StrEnum):
    """What becomes of an operation whose attempt brought an error."""

    REPEAT = "repeat"
    SETTLED = "settled"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that brought an error, and what is known around it.

    Attributes:
        number: counts from 1.
        elapsed_seconds: since the first attempt began.
        now: the time of day.
        lost: whether the answer of an earlier attempt was lost, so that it may have taken effect.
        fresh: whether something that the operation needs was made in this very run; AWS may then
            say for a while that it does not exist.
    """

    error: ServiceError
    number: int
    elapsed_seconds: float
    now: datetime
    lost: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do; ``detail`` says why where the error alone does not."""

    verdict: Verdict
    delay_seconds: float = 0.0
    not_before: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one category of errors is repeated: delays double from ``first`` to ``longest``."""

    first_seconds: float
    longest_seconds: float
    total_seconds: float
    attempts: int = 1_000


PATIENCE: Mapping[ErrorCategory, Patience] = {
    ErrorCategory.THROTTLED: Patience(0.5, 20.0, 600.0),
    # The longest states last up to 17 minutes (an index being filled).
    ErrorCategory.BUSY: Patience(0.5, 10.0, 1800.0),
    ErrorCategory.CONFLICT: Patience(0.5, 5.0, 60.0),
    ErrorCategory.TRANSIENT: Patience(0.5, 10.0, 120.0, attempts=5),
    # Nothing was sent, so that even what must not be sent twice may be tried again.
    ErrorCategory.UNREACHABLE: Patience(0.5, 5.0, 30.0, attempts=5),
    # Only where ``fresh``: KMS, IAM and Application Auto Scaling see new things late.
    ErrorCategory.ABSENT: Patience(0.5, 5.0, 120.0),
}


def decide(operation: Operation, attempt: Attempt, jitter: Callable[[], float]) -> Decision:
    """What to do after an attempt that brought an error.

    Args:
        operation: what was attempted.
        attempt: the error and what is known around it.
        jitter: gives numbers in [0, 1); a delay is a random part of what it may be.
    """
    error = attempt.error
    if detail := _settled(operation, attempt):
        return Decision(Verdict.SETTLED, detail=detail)
    if error.category is ErrorCategory.DEFERRED:
        return Decision(Verdict.DEFERRED, not_before=error.not_before or _free_at(operation))
    if error.category is ErrorCategory.TRANSIENT and not operation.repeatable:
        return Decision(
            Verdict.UNKNOWN, detail="it may have taken effect; sending it again could make a second"
        )
    if error.category is ErrorCategory.ABSENT and not attempt.fresh:
        return Decision(Verdict.FAILED)
    patience = PATIENCE.get(error.category)
    if patience is None:
        return _refused(attempt)
    return _repeat(attempt, patience, jitter)


def _free_at(operation: Operation) -> datetime | None:
    """When the budgets that the plan knows of are free again, where the refusal names no time."""
    times = [budget.free_at for budget in operation.budgets if budget.free_at]
    return max(times, default=None)


def _settled(operation: Operation, attempt: Attempt) -> str:
    """Why the error means that it is already so; empty when it does not."""
    error = attempt.error
    for settled in operation.settled_by:
        codes = (settled.code, settled.code.removesuffix("Exception"))
        if error.code in codes and settled.text.lower() in error.message.lower():
            return "AWS says that it is already so"
    if error.category is ErrorCategory.UNCHANGED:
        return "AWS says that it is already so"
    if operation.deletes and error.category is ErrorCategory.ABSENT:
        return "it is gone already"
    # CreateTable takes effect, its answer is lost, and the repetition meets its own table.
    if operation.creates and attempt.lost and error.category is ErrorCategory.EXISTS:
        return "the answer of an earlier attempt was lost, and it exists now"
    return ""


def _refused(attempt: Attempt) -> Decision:
    if attempt.lost:
        return Decision(
            Verdict.UNKNOWN,
            detail="the answer of an earlier attempt was lost, and AWS refuses the repetition",
        )
    return Decision(Verdict.FAILED)


def _repeat(attempt: Attempt, patience: Patience, jitter: Callable[[], float]) -> Decision:
    error = attempt.error
    longest = min(patience.longest_seconds, patience.first_seconds * 2.0 ** (attempt.number - 1))
    delay = jitter() * longest
    if error.not_before is not None:
        delay += max(0.0, (error.not_before - attempt.now).total_seconds())
    enough = attempt.elapsed_seconds + delay > patience.total_seconds
    if attempt.number < patience.attempts and not enough:
        return Decision(Verdict.REPEAT, delay_seconds=delay)
    if error.not_before is not None and error.not_before > attempt.now:
        return Decision(Verdict.DEFERRED, not_before=error.not_before)
    spent = f"given up after {attempt.number} attempts in {_duration(attempt.elapsed_seconds)}"
    # Without a request id no answer of AWS came, so that the last attempt may have taken effect.
    if error.category is ErrorCategory.TRANSIENT and not error.request_id:
        return Decision(Verdict.UNKNOWN, detail=spent)
    return Decision(Verdict.FAILED, detail=spent)


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds))) if seconds >= 60 else f"{seconds:.0f} s"
