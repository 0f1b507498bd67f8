"""Whether an attempt that failed is repeated, and how an operation ends when it is not.

Pure: an error, what is known of the attempts so far, and the operation give a decision.  Reads are
not decided here (the gateway repeats them by itself).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dynaprov.model.kind import Sighting
from dynaprov.model.operation import Looks, Operation
from dynaprov.model.ports import ErrorCategory, ServiceError


class Verdict(StrEnum):
    """What becomes of an operation whose attempt brought an error."""

    REPEAT = "repeat"
    SETTLED = "settled"
    DEFERRED = "deferred"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


NOTHING_SEEN = Sighting()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that brought an error, and what is known around it.

    Attributes:
        number: counts the attempts that brought errors of this category, from 1.
        elapsed_seconds: since the first of them.
        now: the time of day.
        lost: whether the answer of an earlier attempt was lost, so that it may have taken effect.
        fresh: whether something that the operation needs was made in this very run; AWS may then
            say for a while that it does not exist.
        seen: what a look for the effect came to; found it is not.
    """

    error: ServiceError
    number: int
    elapsed_seconds: float
    now: datetime
    lost: bool = False
    fresh: bool = False
    seen: Sighting = NOTHING_SEEN


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do; ``detail`` says why where the error alone does not.

    ``by_another``: somebody else made it, so that it need not be as the operation would have it.
    """

    verdict: Verdict
    delay_seconds: float = 0.0
    not_before: datetime | None = None
    detail: str = ""
    by_another: bool = False


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
    ErrorCategory.TRANSIENT: Patience(0.5, 4.0, 120.0, attempts=5),
    # Eventual consistency of KMS and IAM; a principal that is misspelt looks the same.
    ErrorCategory.LAGGING: Patience(1.0, 10.0, 120.0),
    # Nothing was sent, so that even what must not be sent twice may be tried again.
    ErrorCategory.UNREACHABLE: Patience(0.5, 4.0, 30.0, attempts=5),
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
    if _made_by_another(operation, attempt):
        detail = "somebody else made it while this run was under way"
        return Decision(Verdict.SETTLED, detail=detail, by_another=True)
    if detail := _settled(operation, attempt):
        return Decision(Verdict.SETTLED, detail=detail)
    if error.category is ErrorCategory.DEFERRED:
        return Decision(Verdict.DEFERRED, not_before=error.not_before or _free_at(operation))
    if error.category is ErrorCategory.TRANSIENT and not _may_repeat(operation, attempt):
        return Decision(Verdict.UNKNOWN, detail=_doubt(attempt))
    if error.category is ErrorCategory.UNSUPPORTED and not attempt.lost:
        return Decision(Verdict.SKIPPED)
    if error.category is ErrorCategory.ABSENT and not attempt.fresh:
        return Decision(Verdict.FAILED)
    patience = PATIENCE.get(error.category)
    if patience is None:
        return _refused(operation, attempt)
    return _repeat(attempt, patience, jitter)


def _made_by_another(operation: Operation, attempt: Attempt) -> bool:
    """Whether a creation meets what was not there when the plan was made.

    Who meets it after a lost answer meets his own.
    """
    if not operation.creates or attempt.lost:
        return False
    return attempt.error.category is ErrorCategory.EXISTS or _told(operation, attempt.error)


def _told(operation: Operation, error: ServiceError) -> bool:
    """Whether the operation names the error as one that means "already so"."""
    return any(
        error.code in (each.code, each.code.removesuffix("Exception"))
        and each.text.lower() in error.message.lower()
        for each in operation.settled_by
    )


def _free_at(operation: Operation) -> datetime | None:
    """When the budgets that the plan knows of are free again, where the refusal names no time."""
    times = [budget.free_at for budget in operation.budgets if budget.free_at]
    return max(times, default=None)


def _settled(operation: Operation, attempt: Attempt) -> str:
    """Why the error means that it is already so; empty when it does not."""
    error = attempt.error
    if _told(operation, error) or error.category is ErrorCategory.UNCHANGED:
        return "AWS says that it is already so"
    # A stamp only explains differences; where nothing can be tagged there is none to write.
    if operation.stamp is not None and error.category is ErrorCategory.UNSUPPORTED:
        return "the endpoint keeps no tags"
    if operation.deletes and error.category is ErrorCategory.ABSENT:
        return "it is gone already"
    # CreateTable takes effect, its answer is lost, and the repetition meets its own table.  Where
    # a look could tell (an alias), it found something else.
    met_itself = attempt.lost and error.category is ErrorCategory.EXISTS
    if operation.creates and operation.looks is Looks.NEVER and met_itself:
        return "the answer of an earlier attempt was lost, and it exists now"
    return ""


def _may_repeat(operation: Operation, attempt: Attempt) -> bool:
    """Whether a call whose effect is unknown may be sent once more.

    What could make a second is repeated only when AWS itself said that it failed, and a look found
    nothing.  Without any answer nothing found proves nothing: it may still show up.
    """
    if operation.repeatable:
        return True
    looked = operation.looks is not Looks.NEVER and attempt.seen.problem is None
    return looked and bool(attempt.error.request_id)


def _doubt(attempt: Attempt) -> str:
    if attempt.seen.problem:
        return f"it may have taken effect, and looking for it failed: {attempt.seen.problem}"
    return "it may have taken effect; sending it again could make a second"


def _refused(operation: Operation, attempt: Attempt) -> Decision:
    another = operation.looks is not Looks.NEVER and attempt.error.category is ErrorCategory.EXISTS
    if attempt.lost and not another:
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
    most = min(patience.attempts, error.most_attempts or patience.attempts)
    if attempt.number < most and not enough:
        return Decision(Verdict.REPEAT, delay_seconds=delay)
    if (
        error.category is ErrorCategory.THROTTLED
        and (error.not_before or attempt.now) > attempt.now
    ):
        return Decision(Verdict.DEFERRED, not_before=error.not_before)
    spent = f"given up after {attempt.number} attempts in {_duration(attempt.elapsed_seconds)}"
    if error.most_attempts and attempt.number >= error.most_attempts:
        spent += "; AWS failed each time, so the request itself may be the reason"
    # Without a request id no answer of AWS came, so that the last attempt may have taken effect.
    if error.category is ErrorCategory.TRANSIENT and not error.request_id:
        return Decision(Verdict.UNKNOWN, detail=spent)
    return Decision(Verdict.FAILED, detail=spent)


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds))) if seconds >= 60 else f"{seconds:.0f} s"
