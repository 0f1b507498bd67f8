"""All that an account holds, told so that two accounts can be compared, and what is in it twice.

Ids that AWS chooses are replaced by words, times are left out; what is left follows from the specs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

#: The client of a service, by its name.
Clients = Callable[[str], Any]
Inventory = dict[str, list[Any]]

#: Members that say when and by which id, and those of an emulator alone.
_CHANCE = frozenset(
    {
        "BackupArn",
        "DefaultVersionId",
        "LatestStreamLabel",
        "PolicyId",
        "ResponseMetadata",
        "ScalableTargetARN",
        "TableId",
        "VersionId",
    }
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STREAM = re.compile(r"/stream/[0-9T:.\-]+")
_ADDRESS = "dynaprov:address"


def inventory(clients: Clients) -> Inventory:
    """What there is, by sort."""
    found = {
        "keys": list(_keys(clients("kms"))),
        "aliases": _own_aliases(clients("kms")),
        "topics": list(_topics(clients("sns"))),
        "subscriptions": list(_subscriptions(clients("sns"))),
        "tables": list(_tables(clients("dynamodb"))),
        "backups": clients("dynamodb").list_backups()["BackupSummaries"],
        "policies": list(_policies(clients("iam"))),
        "endpoints": _endpoints(clients("ec2")),
        "alarms": list(_alarms(clients("cloudwatch"))),
        "dashboards": list(_dashboards(clients("cloudwatch"))),
        "targets": _scaling(clients, "describe_scalable_targets", "ScalableTargets"),
        "scaling policies": _scaling(clients, "describe_scaling_policies", "ScalingPolicies"),
    }
    keys = {each["KeyId"]: f"<key of {each[_ADDRESS]}>" for each in found["keys"]}
    return {sort: _plain(each, keys) for sort, each in found.items()}


def twice(found: Inventory) -> list[str]:
    """What there may be one of and is more than once."""
    return sorted(name for name, times in Counter(_names(found)).items() if times > 1)


def unlike(found: Inventory, expected: Inventory) -> list[str]:
    """What one has and the other has not, for the message of a failed test."""
    lines = []
    for sort in expected:
        had = Counter(json.dumps(each, sort_keys=True) for each in found[sort])
        wanted = Counter(json.dumps(each, sort_keys=True) for each in expected[sort])
        lines += [f"{sort}: + {each}" for each in (had - wanted).elements()]
        lines += [f"{sort}: - {each}" for each in (wanted - had).elements()]
    return lines


#: Of which members there is one, by sort.
_UNIQUE = {
    "keys": (_ADDRESS,),
    "aliases": ("AliasName",),
    "topics": ("TopicArn",),
    "subscriptions": ("TopicArn", "Protocol", "Endpoint"),
    "tables": ("TableName",),
    "backups": ("TableName",),
    "policies": ("Arn",),
    "endpoints": ("VpcId",),
    "alarms": ("AlarmName",),
    "dashboards": ("DashboardName",),
    "targets": ("ResourceId", "ScalableDimension"),
    "scaling policies": ("ResourceId", "ScalableDimension"),
}


def _names(found: Inventory) -> Iterator[str]:
    for sort, members in _UNIQUE.items():
        for each in found[sort]:
            yield " ".join([sort, *(str(each[member]) for member in members)])


def _plain(value: Any, keys: Mapping[str, str]) -> Any:
    """Without what chance says, and in an order of its own."""
    if isinstance(value, Mapping):
        return {
            name: _plain(each, keys)
            for name, each in value.items()
            if name not in _CHANCE and not isinstance(each, datetime)
        }
    if isinstance(value, list | tuple):
        plain = [_plain(each, keys) for each in value]
        return sorted(plain, key=lambda each: json.dumps(each, sort_keys=True))
    if not isinstance(value, str):
        return value
    for id, name in keys.items():
        value = value.replace(id, name)
    return _STREAM.sub("/stream/<time>", _UUID.sub("<id>", value))


def _keys(kms: Any) -> Iterator[dict[str, Any]]:
    for each in kms.list_keys()["Keys"]:
        key = dict(kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"])
        if key["KeyManager"] == "CUSTOMER":
            tags = kms.list_resource_tags(KeyId=each["KeyId"])["Tags"]
            key["Tags"] = {tag["TagKey"]: tag["TagValue"] for tag in tags}
            key[_ADDRESS] = key["Tags"].get(_ADDRESS, "nobody")
            key["Rotation"] = _asked(kms.get_key_rotation_status, KeyId=each["KeyId"])
            key["Policy"] = _asked(kms.get_key_policy, KeyId=each["KeyId"], PolicyName="default")
            yield key


def _asked(call: Callable[..., Any], **params: Any) -> Any:
    """The answer, or the code of the error: of a key on its way out little can be read."""
    try:
        return call(**params)
    except ClientError as problem:
        return problem.response["Error"]["Code"]


def _own_aliases(kms: Any) -> list[Any]:
    listed = kms.list_aliases()["Aliases"]
    return [each for each in listed if not each["AliasName"].startswith("alias/aws/")]


def _topics(sns: Any) -> Iterator[dict[str, Any]]:
    for each in sns.list_topics()["Topics"]:
        arn = each["TopicArn"]
        shown = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        yield {**shown, "Tags": sns.list_tags_for_resource(ResourceArn=arn)["Tags"]}


def _subscriptions(sns: Any) -> Iterator[dict[str, Any]]:
    for each in sns.list_subscriptions()["Subscriptions"]:
        asked = _asked(sns.get_subscription_attributes, SubscriptionArn=each["SubscriptionArn"])
        yield {**each, "Shown": asked}


def _tables(dynamodb: Any) -> Iterator[dict[str, Any]]:
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        arn = table["TableArn"]
        yield {
            **table,
            "Ttl": dynamodb.describe_time_to_live(TableName=name),
            "Recovery": dynamodb.describe_continuous_backups(TableName=name),
            "Insights": dynamodb.describe_contributor_insights(TableName=name),
            "Tags": dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"],
        }


def _policies(iam: Any) -> Iterator[dict[str, Any]]:
    for each in iam.list_policies(Scope="Local")["Policies"]:
        versions = iam.list_policy_versions(PolicyArn=each["Arn"])["Versions"]
        bodies = []
        for version in versions:
            got = iam.get_policy_version(PolicyArn=each["Arn"], VersionId=version["VersionId"])
            document = json.dumps(got["PolicyVersion"]["Document"], sort_keys=True)
            bodies.append({"Default": version["IsDefaultVersion"], "Document": document})
        tags = iam.list_policy_tags(PolicyArn=each["Arn"])["Tags"]
        yield {**each, "Versions": bodies, "Tags": tags}


def _endpoints(ec2: Any) -> list[Any]:
    listed = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    return [each for each in listed if each["State"] != "deleted"]


def _alarms(cloudwatch: Any) -> Iterator[dict[str, Any]]:
    for page in cloudwatch.get_paginator("describe_alarms").paginate():
        for each in page["MetricAlarms"]:
            tags = cloudwatch.list_tags_for_resource(ResourceARN=each["AlarmArn"])["Tags"]
            yield {**each, "Tags": tags}


def _dashboards(cloudwatch: Any) -> Iterator[dict[str, Any]]:
    for each in cloudwatch.list_dashboards()["DashboardEntries"]:
        shown = cloudwatch.get_dashboard(DashboardName=each["DashboardName"])
        yield {"DashboardName": each["DashboardName"], "Body": shown["DashboardBody"]}


def _scaling(clients: Clients, method: str, member: str) -> list[Any]:
    scaling = clients("application-autoscaling")
    return list(getattr(scaling, method)(ServiceNamespace="dynamodb")[member])
