"""What the calls beside UpdateTable say while the table comes, and while it goes.

DescribeTable knows a table at once.  Each of the others has a mind of its own: *not found* for
most of CREATING, and something else in the last moments.
"""

from __future__ import annotations

from support.rules.dynamodb.life import (
    being,
    dying,
    life_of,
    moto_table,
    name_in,
    not_found,
    table_not_found,
)
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

#: So long before ACTIVE a table becomes known to the other parts of DynamoDB (1-2.6 s).
KNOWN_SECONDS = 1.5
#: So long after ACTIVE backups are still being enabled (0-6 s, typically 1.4-2.7).
BACKUPS_SECONDS = 2.5
#: So long after DeleteTable tags are still known.
TAGS_SECONDS = 1.6


def _seconds_to_active(request: Request, world: World) -> float:
    return life_of(request, world).active_at - world.now


def _expiry(request: Request, world: World) -> None:
    name = name_in(request)
    gone = dying(request, world) if moto_table(request) is None else None
    if gone and request.action == "DescribeTimeToLive":
        raise _state_of_expiry("DELETING")
    if moto_table(request) is None:
        raise not_found(request)
    left = _seconds_to_active(request, world)
    if left > KNOWN_SECONDS:
        raise not_found(request)
    if left > 0 and request.action == "DescribeTimeToLive":
        raise _state_of_expiry("CREATING")
    if left > 0:
        raise AwsError(
            "ResourceInUseException",
            f"Attempt to change a resource which is still in use: Table {name} is being created",
        )


def _state_of_expiry(state: str) -> AwsError:
    return AwsError(
        "ValidationException",
        f"Cannot describe time to live while table is in {state} state: Current table state is "
        f"{state}",
    )


def _tags(request: Request, world: World) -> None:
    gone = dying(request, world) if moto_table(request) is None else None
    if gone and world.now < gone.since + TAGS_SECONDS and request.action != "ListTagsOfResource":
        raise being("deleted", name_in(request))
    if moto_table(request) is None:
        raise not_found(request)
    left = _seconds_to_active(request, world)
    if left > KNOWN_SECONDS:
        raise not_found(request)
    if left > 0 and request.action == "TagResource":
        raise being("created", name_in(request))


def _policy(request: Request, world: World) -> None:
    if moto_table(request) is None:
        if dying(request, world) and request.action != "GetResourcePolicy":
            raise being("deleted", name_in(request))
        raise not_found(request)
    if _seconds_to_active(request, world) > KNOWN_SECONDS:
        raise not_found(request)


def _insights(request: Request, world: World) -> None:
    if "TableName" not in request.params:
        return
    if moto_table(request) is None or _seconds_to_active(request, world) > KNOWN_SECONDS:
        raise not_found(request)
    if _seconds_to_active(request, world) > 0 and request.action == "UpdateContributorInsights":
        raise AwsError(
            "ValidationException",
            "Table or Index is not in a valid state to update Key Access Insights: TableStatus "
            "must be ACTIVE to enable ContributorInsights.",
        )


def _backups(request: Request, world: World) -> None:
    if moto_table(request) is None:
        raise table_not_found(request)
    left = _seconds_to_active(request, world)
    if left > KNOWN_SECONDS:
        raise table_not_found(request)
    if left > -BACKUPS_SECONDS and request.action != "DescribeContinuousBackups":
        raise AwsError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {name_in(request)}. Please retry later",
        )


def _items(request: Request, world: World) -> None:
    if moto_table(request) is not None and _seconds_to_active(request, world) > 0:
        raise AwsError("ResourceNotFoundException", "Requested resource not found")


RULES = (
    Rule(
        "expiry-comes-with-the-table",
        "measured: ResourceNotFound while CREATING, then ResourceInUse, and ValidationException "
        "of DescribeTimeToLive (DDB-TABLE-115, 145)",
        ("dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive"),
        before=_expiry,
    ),
    Rule(
        "tags-come-with-the-table",
        "measured: ResourceNotFound while CREATING, ResourceInUse just before ACTIVE; forgotten "
        "1.6 s after DeleteTable (DDB-TABLE-101, 104)",
        ("dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:ListTagsOfResource"),
        before=_tags,
    ),
    Rule(
        "policies-come-with-the-table",
        "measured: ResourceNotFound while CREATING, ResourceInUse while DELETING (DDB-TABLE-234)",
        (
            "dynamodb:GetResourcePolicy",
            "dynamodb:PutResourcePolicy",
            "dynamodb:DeleteResourcePolicy",
        ),
        before=_policy,
    ),
    Rule(
        "insights-come-with-the-table",
        "measured: ResourceNotFound while CREATING, then it must be ACTIVE (DDB-TABLE-116)",
        ("dynamodb:DescribeContributorInsights", "dynamodb:UpdateContributorInsights"),
        before=_insights,
    ),
    Rule(
        "backups-come-after-the-table",
        "API error lists: TableNotFoundException for backups and PITR; measured: so while "
        "CREATING, ContinuousBackupsUnavailable in the last moments and 0-6 s after ACTIVE "
        "(DDB-BACKUP-001, 002); terraform-provider-aws repeats it for 20 min",
        (
            "dynamodb:DescribeContinuousBackups",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:CreateBackup",
        ),
        before=_backups,
    ),
    Rule(
        "items-come-with-the-table",
        "API ResourceNotFoundException of the item calls: the status might not be ACTIVE",
        (
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:Query",
            "dynamodb:Scan",
        ),
        before=_items,
    ),
)
