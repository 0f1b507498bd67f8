"""Which missing rights a comparison or a run names, and which it may go without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ErrorCategory, ServiceError
from support.iam.evaluation import covers

#: Rights without which everything may be compared and done all the same: what they are for.
SPARED: Mapping[str, str] = {
    "cloudwatch:GetMetricStatistics": "shows how much of a new index is filled, and no more",
    "cloudwatch:DescribeAlarms": "where no table declares alarms: finds alarms that are left over, "
    "which are then not listed",
    "dynamodb:ListBackups": "keeps a destroy that was killed from taking a second final backup",
    "dynamodb:ListContributorInsights": "saves calls: else each table is described",
    "application-autoscaling:DescribeScalableTargets": "where no table declares scaling: finds "
    "targets that are left over, which are then not listed",
    "dynamodb:ListTagsOfResource": "confirms a stamp that was just written; where tags "
    "differ it is named",
    "sns:ListTagsForResource": "confirms a stamp that was just written; where tags differ it is "
    "named",
    "tag:GetResources": "saves calls: else each resource is asked; where leftovers need it "
    "it is named",
}


def rightly_named(action: str, made: Plan | Run, *, destroys: bool = False) -> bool:
    """Whether the action alone is named, or none where the work is done without it.

    A destroy does not need what it reads of settings; then everything has to be gone all the same.
    """
    names = named(made)
    if names:
        return len(names) == 1 and covers(action, names)
    if destroys and isinstance(made, Run):
        return all(outcome.status.good for outcome in made.outcomes)
    return action in SPARED


def named(made: Plan | Run) -> set[str]:
    """The actions that are told to be missing."""
    return {e.action for e in _errors(made) if e.category is ErrorCategory.DENIED}


def _errors(made: Plan | Run) -> Iterator[ServiceError]:
    if isinstance(made, Plan):
        yield from (each.error for each in made.not_compared)
        return
    yield from (outcome.error for outcome in made.outcomes if outcome.error)
    yield from _errors(made.plan)
    if made.residual is not None:
        yield from _errors(made.residual)
