"""What is found late: aliases, tags in bulk, IAM policies, subscriptions; and alarms in writing.

The services say that these reads are eventually consistent and seldom how late they are; the
figures here are small ones, so that whoever does not wait is found out, and whoever does is quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.resource_tagging import iter_taggable_backends
from moto.iam.models import iam_backends
from moto.sns.models import sns_backends
from moto.utilities.utils import get_partition

from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

ALIAS_SECONDS = 3.0
TAG_INDEX_SECONDS = 4.0
GHOST_SECONDS = 20 * 60.0
POLICY_SECONDS = 2.0
SUBSCRIPTION_SECONDS = 2.0
ALARM_SECONDS = 0.3
NEVER = float("-inf")


# -- aliases --------------------------------------------------------------------------------------


@dataclass
class NewAlias:
    """When an alias was made."""

    at: float = NEVER


def _alias_made(request: Request, answer: dict[str, Any], world: World) -> None:
    name = request.params["AliasName"]
    world.kept(NewAlias, request.account, request.region, name).at = world.now


def _without_new_aliases(request: Request, answer: dict[str, Any], world: World) -> None:
    answer["Aliases"] = [
        each
        for each in answer["Aliases"]
        if world.now
        >= world.kept(NewAlias, request.account, request.region, each["AliasName"]).at
        + ALIAS_SECONDS
    ]


# -- the index of tags ----------------------------------------------------------------------------


@dataclass
class Indexed:
    """What the index of tags still says of a resource: what was so before the last change.

    ``tags`` is None for a resource that was not there yet.
    """

    at: float = NEVER
    until: float = NEVER
    tags: dict[str, str] | None = None
    kind: str = ""


#: Where each tag-changing call names its resource.
_TOUCHED = {
    "dynamodb:CreateTable": ("dynamodb", "TableName"),
    "dynamodb:DeleteTable": ("dynamodb", "TableName"),
    "dynamodb:TagResource": ("dynamodb", "ResourceArn"),
    "dynamodb:UntagResource": ("dynamodb", "ResourceArn"),
    "cloudwatch:PutMetricAlarm": ("cloudwatch", "AlarmName"),
    "cloudwatch:DeleteAlarms": ("cloudwatch", "AlarmNames"),
    "cloudwatch:TagResource": ("cloudwatch", "ResourceARN"),
    "cloudwatch:UntagResource": ("cloudwatch", "ResourceARN"),
    "sns:CreateTopic": ("sns", "Name"),
    "sns:DeleteTopic": ("sns", "TopicArn"),
    "sns:TagResource": ("sns", "ResourceArn"),
    "sns:UntagResource": ("sns", "ResourceArn"),
    "kms:TagResource": ("kms", "KeyId"),
    "kms:UntagResource": ("kms", "KeyId"),
}
_DELETING = ("dynamodb:DeleteTable", "cloudwatch:DeleteAlarms", "sns:DeleteTopic")


def _arns(request: Request) -> list[str]:
    _, member = _TOUCHED[request.api]
    given = request.params[member]
    before = f"arn:aws:{request.service}:{request.region}:{request.account}:"
    kinds = {
        "TableName": "table/",
        "AlarmName": "alarm:",
        "AlarmNames": "alarm:",
        "KeyId": "key/",
        "Name": "",
    }
    names = given if isinstance(given, list) else [given]
    return [
        each if each.startswith("arn:") else f"{before}{kinds.get(member, '')}{each}"
        for each in names
    ]


def _tags_of(request: Request, arn: str) -> tuple[str, dict[str, str]] | None:
    for backend in iter_taggable_backends(request.account, request.region):
        if request.service != backend.SERVICE_NAMESPACE:
            continue
        for resource in backend.iter_tagged_resources():
            if resource.arn == arn:
                return resource.resource_type, dict(resource.tags)
    return None


def _before_a_change(request: Request, world: World) -> None:
    request.notes["index"] = {
        arn: None if _is_new(request, arn) else _tags_of(request, arn) for arn in _arns(request)
    }


def _is_new(request: Request, arn: str) -> bool:
    # Looking for one among many takes time, and most of what is made was not there before.
    if request.api == "dynamodb:CreateTable":
        return True
    if request.api == "cloudwatch:PutMetricAlarm":
        alarms = cloudwatch_backends[request.account][request.region].alarms
        return request.params["AlarmName"] not in alarms
    if request.api == "sns:CreateTopic":
        return arn not in sns_backends[request.account][request.region].topics
    return False


def _changed(request: Request, answer: dict[str, Any], world: World) -> None:
    for arn, found in request.notes["index"].items():
        if found and found == _tags_of(request, arn):
            continue
        record = world.kept(Indexed, request.account, request.region, arn)
        if world.now >= record.until:
            record.kind, record.tags = found or ("", None)
        gone = request.api in _DELETING
        record.at = world.now
        record.until = world.now + (GHOST_SECONDS if gone else TAG_INDEX_SECONDS)


def _key_made(request: Request, answer: dict[str, Any], world: World) -> None:
    record = world.kept(Indexed, request.account, request.region, answer["KeyMetadata"]["Arn"])
    record.at, record.until = world.now, world.now + TAG_INDEX_SECONDS


def _late(request: Request, answer: dict[str, Any], world: World) -> None:
    late = {
        arn: record
        for (account, region, arn), record in world.all(Indexed).items()
        if (account, region) == (request.account, request.region) and world.now < record.until
    }
    listed = answer["ResourceTagMappingList"]
    shown = [each for each in listed if each["ResourceARN"] not in late]
    if not request.params.get("PaginationToken"):
        shown += [
            {
                "ResourceARN": arn,
                "Tags": [{"Key": key, "Value": value} for key, value in record.tags.items()],
            }
            for arn, record in late.items()
            if record.tags is not None and _asked_for(request, arn, record)
        ]
    answer["ResourceTagMappingList"] = shown


def _asked_for(request: Request, arn: str, record: Indexed) -> bool:
    types = request.params.get("ResourceTypeFilters") or ()
    arns = request.params.get("ResourceARNList") or ()
    if types and not any(
        record.kind == each or record.kind.split(":")[0] == each for each in types
    ):
        return False
    if arns and arn not in arns:
        return False
    return all(
        each["Key"] in (record.tags or {})
        and (not each.get("Values") or (record.tags or {})[each["Key"]] in each["Values"])
        for each in request.params.get("TagFilters") or ()
    )


# -- policies of IAM ------------------------------------------------------------------------------


@dataclass
class NewPolicy:
    """When an IAM policy was made."""

    at: float = NEVER


def _policy_made(request: Request, answer: dict[str, Any], world: World) -> None:
    world.kept(NewPolicy, request.account, answer["Policy"]["Arn"]).at = world.now


def _no_such_policy_yet(request: Request, world: World) -> None:
    arn = str(request.params["PolicyArn"])
    if world.now < world.kept(NewPolicy, request.account, arn).at + POLICY_SECONDS:
        known = iam_backends[request.account][get_partition(request.region)].managed_policies
        if arn in known:
            raise AwsError("NoSuchEntity", f"Policy {arn} was not found.", 404)


# -- subscriptions and alarms ---------------------------------------------------------------------


@dataclass
class NewSubscription:
    """When a subscription was made."""

    at: float = NEVER


def _subscription(request: Request, world: World, topic: str, params: Any) -> NewSubscription:
    key = (topic, params["Protocol"], params["Endpoint"])
    return world.kept(NewSubscription, request.account, request.region, *key)


def _subscribed(request: Request, answer: dict[str, Any], world: World) -> None:
    record = _subscription(request, world, request.params["TopicArn"], request.params)
    if record.at == NEVER:
        record.at = world.now


def _without_new_subscriptions(request: Request, answer: dict[str, Any], world: World) -> None:
    answer["Subscriptions"] = [
        each
        for each in answer["Subscriptions"]
        if world.now
        >= _subscription(request, world, each["TopicArn"], each).at + SUBSCRIPTION_SECONDS
    ]


@dataclass
class AlarmWrite:
    """When an alarm was last written."""

    at: float = NEVER


def _alarm(request: Request, world: World) -> AlarmWrite:
    name = request.params["AlarmName"]
    return world.kept(AlarmWrite, request.account, request.region, name)


def _one_writer(request: Request, world: World) -> None:
    if world.now < _alarm(request, world).at + ALARM_SECONDS:
        raise AwsError("ValidationError", "A separate request to update this alarm is in progress")


def _alarm_written(request: Request, answer: dict[str, Any], world: World) -> None:
    _alarm(request, world).at = world.now


RULES = (
    Rule(
        "a-subscription-is-made",
        "SNS: reads of subscriptions are eventual (not documented; an inference)",
        ("sns:Subscribe",),
        after=_subscribed,
    ),
    Rule(
        "subscriptions-are-listed-late",
        "SNS: reads of subscriptions are eventual (not documented; an inference)",
        ("sns:ListSubscriptions", "sns:ListSubscriptionsByTopic"),
        after=_without_new_subscriptions,
    ),
    Rule(
        "one-writer-of-an-alarm",
        "CloudWatch user guide: ValidationError of a second request in progress",
        ("cloudwatch:PutMetricAlarm",),
        before=_one_writer,
        after=_alarm_written,
    ),
    Rule(
        "an-alias-is-made",
        "guide programming-eventual-consistency: usually seconds, aliases included",
        ("kms:CreateAlias",),
        after=_alias_made,
    ),
    Rule(
        "aliases-are-listed-late",
        "guide programming-eventual-consistency",
        ("kms:ListAliases",),
        after=_without_new_aliases,
    ),
    Rule(
        "tags-are-indexed",
        "API GetResources: eventually consistent, the lag unspecified",
        tuple(_TOUCHED),
        before=_before_a_change,
        after=_changed,
    ),
    Rule(
        "the-tags-of-a-new-key-are-indexed",
        "API GetResources: eventually consistent, the lag unspecified",
        ("kms:CreateKey",),
        after=_key_made,
    ),
    Rule(
        "the-index-of-tags-is-late",
        "API GetResources; aws-cli#4173, boto3#3341: deleted resources for 20 min and longer",
        ("resourcegroupstaggingapi:GetResources",),
        after=_late,
    ),
    Rule(
        "an-iam-policy-is-made",
        "guide IAM eventual consistency: world-wide, seconds and longer",
        ("iam:CreatePolicy",),
        after=_policy_made,
    ),
    Rule(
        "an-iam-policy-is-found-late",
        "guide IAM eventual consistency",
        ("iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyTags"),
        before=_no_such_policy_yet,
    ),
)
