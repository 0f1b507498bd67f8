"""Until when a refused operation is deferred."""

from __future__ import annotations

from datetime import datetime, timedelta

from dynaprov.execution.retry import Attempt, decide
from dynaprov.kinds.budgets import CLASS_CHANGE, since_last, unseen
from dynaprov.model.ports import ErrorCategory
from support.clock import START
from support.operations import an_operation
from support.ports import an_error

SOON = START + timedelta(minutes=10)
LAST = START - timedelta(days=3)
SPENDING = an_operation(
    "a",
    budgets=(since_last(CLASS_CHANGE, "orders", START, LAST), unseen(CLASS_CHANGE, "orders")),
)


def deferred_until(named: datetime | None) -> datetime | None:
    error = an_error(ErrorCategory.DEFERRED, not_before=named)
    return decide(SPENDING, Attempt(error, 1, 0.0, START), lambda: 1.0).not_before


def test_a_refusal_without_a_time_waits_for_what_the_plan_knows_of_the_budget() -> None:
    assert deferred_until(None) == LAST + CLASS_CHANGE.window


def test_the_time_of_the_refusal_counts_first() -> None:
    assert deferred_until(SOON) == SOON
