"""Which missing rights a comparison or a run names, and which it may go without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set

from dynaprov.kinds import TAGS
from dynaprov.model.address import Address
from dynaprov.model.change import Action
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ErrorCategory, ServiceError
from support.iam.evaluation import covers

#: Rights without which everything may be compared and done all the same: what they are for.
SPARED: Mapping[str, str] = {
    "cloudwatch:GetMetricStatistics": "shows how much of a new index is filled, and no more",
    "dynamodb:ListBackups": "keeps a destroy that was killed from taking a second final backup",
    "dynamodb:ListContributorInsights": "saves calls: else each table is described",
}

#: Rights that tell more of what another read finds, by the part of its address: where that read
#: finds nothing there is nothing more to tell.
DETAILS: Mapping[str, str] = {
    "application-autoscaling:DescribeScalingPolicies": "scaling",
    "sns:ListSubscriptionsByTopic": "topic",
}


#: Rights that only tell sooner what the listing over all services shows in the end: a run that has
#: waited for that, and converged, has missed nothing.
SOONER = frozenset(TAGS.reads) - {"tag:GetResources"}

_ACTION = re.compile(r"\b[a-z][a-z-]*:[A-Z][A-Za-z]+\b")


def rightly_named(
    action: str, made: Plan | Run, beside: Set[str] = frozenset(), *, destroys: bool = False
) -> bool:
    """Whether the action alone is named, or none where the work is done without it.

    ``beside``: what is named beside the comparison, by the coverage of a check.
    A destroy does not need what it reads of settings; then everything has to be gone all the same.
    """
    names = named(made) | beside
    if names:
        return len(names) == 1 and covers(action, names)
    if destroys and isinstance(made, Run):
        return all(outcome.status.good for outcome in made.outcomes)
    if isinstance(made, Run):
        return action in SPARED or (action in SOONER and made.converged)
    return action in SPARED or _of_nothing(action, made)


def _of_nothing(action: str, plan: Plan) -> bool:
    """Whether the action only tells more of what is not there yet."""
    part = DETAILS.get(action)
    created = {each.address for each in plan.changes if each.action is Action.CREATE}
    addresses = (Address.parse(address) for address, _ in plan.resources)
    return part is not None and all(each in created for each in addresses if each.part == part)


def named(made: Plan | Run) -> set[str]:
    """The actions that are told to be missing, also by a guard that could not look for itself.

    Where such a guard is lifted by name, a warning tells it.
    """
    missing = {e.action for e in _errors(made) if e.category is ErrorCategory.DENIED}
    plan = made if isinstance(made, Plan) else made.plan
    for each in (*plan.refusals, *plan.diagnostics):
        missing.update(_ACTION.findall(each.detail))
    return missing


def _errors(made: Plan | Run) -> Iterator[ServiceError]:
    if isinstance(made, Plan):
        yield from (each.error for each in made.not_compared)
        return
    yield from (outcome.error for outcome in made.outcomes if outcome.error)
    yield from _errors(made.plan)
    if made.residual is not None:
        yield from _errors(made.residual)
