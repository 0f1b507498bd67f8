"""What has calls of its own: time to live, resource policies, Contributor Insights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from support.rules.dynamodb.life import (
    NEVER,
    Work,
    in_use,
    instant,
    life_of,
    moto_table,
    name_in,
    own,
)
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

TTL_COOLDOWN_SECONDS = 31 * 60  # refused at 1,811 s, taken at 1,871 s
POLICY_LOCK = timedelta(seconds=15)
POLICY_PENDING_SECONDS = 1.5  # 0.6-2.4 s
POLICY_LAG_SECONDS = 1.8  # 1-2.7 s
INSIGHTS_SECONDS = 3.0  # 1-16 s


# -- time to live ---------------------------------------------------------------------------------


@dataclass
class Expiry:
    """When time to live was last changed."""

    at: float = NEVER


def _refuse_expiry(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None:
        return
    asked = request.params["TimeToLiveSpecification"]
    on = table.ttl.get("TimeToLiveStatus") == "ENABLED"
    live = table.ttl.get("AttributeName")
    if on and live != asked["AttributeName"]:
        raise AwsError(
            "ValidationException",
            f"TimeToLive is active on a different AttributeName: current AttributeName is {live}",
        )
    if on == asked["Enabled"]:
        state = "enabled" if on else "disabled"
        raise AwsError("ValidationException", f"TimeToLive is already {state}")
    if world.now < own(request, world, Expiry).at + TTL_COOLDOWN_SECONDS:
        raise AwsError(
            "ValidationException",
            "Time to live has been modified multiple times within a fixed interval",
        )


def _note_expiry(request: Request, answer: dict[str, Any], world: World) -> None:
    own(request, world, Expiry).at = world.now


# -- resource policies ----------------------------------------------------------------------------


@dataclass
class PolicyWrites:
    """The last effective write of a table's resource policy; ``before`` is what reads show."""

    at: float = NEVER
    until: datetime | None = None
    before: str | None = None


def _live_policy(request: Request) -> str | None:
    backend = dynamodb_backends[request.account][request.region]
    found = backend.resource_policies.get(request.params["ResourceArn"])
    return None if found is None else str(found.policy_doc)


def _refuse_policy(request: Request, world: World) -> None:
    if moto_table(request) is None:
        return
    live = _live_policy(request)
    asked = request.params.get("Policy")
    if asked is not None and not json.loads(asked).get("Statement"):
        raise AwsError("ValidationException", "The policy document is not valid")
    same = _canonical(asked) == _canonical(live)
    request.notes["policy"], request.notes["effective"] = live, not same
    writes = own(request, world, PolicyWrites)
    if same or writes.until is None or world.time >= writes.until:
        return
    if world.now < writes.at + POLICY_PENDING_SECONDS:
        raise in_use(f"Table is pending previous resource-based policy update: {name_in(request)}")
    raise AwsError(
        "ThrottlingException",
        f"Resource-based policy for table {name_in(request)} modified within the previous 15000 "
        f"milliseconds. Please try again after {instant(writes.until)}.",
    )


def _canonical(policy: str | None) -> Any:
    return None if policy is None else json.loads(policy)


def _note_policy(request: Request, answer: dict[str, Any], world: World) -> None:
    if request.notes.get("effective"):
        writes = own(request, world, PolicyWrites)
        writes.at, writes.until = world.now, world.time + POLICY_LOCK
        writes.before = request.notes["policy"]


def _late_policy(request: Request, world: World) -> dict[str, Any] | None:
    if moto_table(request) is None:
        return None
    writes = own(request, world, PolicyWrites)
    if world.now >= writes.at + POLICY_LAG_SECONDS:
        return None
    if writes.before is None:
        raise AwsError(
            "PolicyNotFoundException",
            f"Resource-based policy not found for the provided ResourceArn: "
            f"{request.params['ResourceArn']}",
        )
    return {"Policy": writes.before, "RevisionId": "0"}


def _refuse_delete(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None or table.deletion_protection_enabled:
        return
    if world.now < own(request, world, PolicyWrites).at + POLICY_PENDING_SECONDS:
        raise in_use(f"Table: {name_in(request)} has a pending resource-based policy update.")


# -- Contributor Insights -------------------------------------------------------------------------


@dataclass
class Insights:
    """When the insights of a table or an index were last changed, and what they become."""

    until: float = NEVER
    status: str = ""


def _refuse_insights(request: Request, world: World) -> None:
    index = request.params.get("IndexName", "")
    if moto_table(request) is None or not index:
        return
    for under in life_of(request, world).under_way(world.now):
        if under.index != index:
            continue
        if under.work is Work.ALLOCATION:
            raise AwsError(
                "ResourceNotFoundException",
                f"Requested resource not found: Index: {index} not found for table: "
                f"{name_in(request)}",
            )
        if under.work in (Work.BACKFILL, Work.INDEX_UPDATE, Work.INDEX_DELETE):
            raise AwsError(
                "ValidationException",
                "Table or Index is not in a valid state to update Key Access Insights: "
                "IndexStatus must be ACTIVE to enable ContributorInsights.",
            )


def _insights_of(request: Request, world: World) -> Insights:
    return own(request, world, Insights, request.params.get("IndexName", ""))


def _note_insights(request: Request, answer: dict[str, Any], world: World) -> None:
    record = _insights_of(request, world)
    record.until, record.status = world.now + INSIGHTS_SECONDS, answer["ContributorInsightsStatus"]


def _show_insights(request: Request, answer: dict[str, Any], world: World) -> None:
    record = _insights_of(request, world)
    if world.now < record.until:
        answer["ContributorInsightsStatus"] = record.status


RULES = (
    Rule(
        "expiry-changes-seldom",
        "API UpdateTimeToLive: one change per table and hour; measured: a cooldown of 31 min, "
        "said as ValidationException after the other checks (DDB-TABLE-143, 146)",
        ("dynamodb:UpdateTimeToLive",),
        before=_refuse_expiry,
        after=_note_expiry,
    ),
    Rule(
        "policies-are-locked-for-15-seconds",
        "measured: first ResourceInUse, then ThrottlingException with a time; an equal policy is "
        "no write (DDB-TABLE-206, 347)",
        ("dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy"),
        before=_refuse_policy,
        after=_note_policy,
    ),
    Rule(
        "policies-are-read-late",
        "API PutResourcePolicy: eventually consistent; measured: 1-2.7 s (DDB-TABLE-248, 346)",
        ("dynamodb:GetResourcePolicy",),
        before=_late_policy,
    ),
    Rule(
        "a-table-whose-policy-is-written-is-not-deleted",
        "measured: ResourceInUseException for 1-2 s (DDB-TABLE-348)",
        ("dynamodb:DeleteTable",),
        before=_refuse_delete,
    ),
    Rule(
        "insights-take-their-time",
        "API ContributorInsightsStatus; measured: ENABLING 1-16 s; an index must be ACTIVE "
        "(DDB-TABLE-090, 094)",
        ("dynamodb:UpdateContributorInsights",),
        before=_refuse_insights,
        after=_note_insights,
    ),
    Rule(
        "insights-show-what-is-under-way",
        "API DescribeContributorInsights",
        ("dynamodb:DescribeContributorInsights",),
        after=_show_insights,
    ),
)
