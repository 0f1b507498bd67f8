"""Callers that lose answers, and what must not be there twice afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock

from dynaprov.model.ports import Answer, Call, Caller, ErrorCategory, ServiceError
from support.converging import client


@dataclass
class Losing:
    """Implements ``Caller``: the call has its effect, and for some calls nobody says so.

    ``loses`` is asked with the call and how often an equal one went well before.
    """

    inner: Caller
    loses: Callable[[Call, int], bool]
    request_id: str = ""
    lost: list[Call] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def call(self, call: Call) -> Answer:
        answer = self.inner.call(call)
        if answer.error:
            return answer
        with self._lock:
            before = self._times[repr(call)]
            self._times[repr(call)] += 1
            if not self.loses(call, before):
                return answer
            self.lost.append(call)
        return Answer(
            error=ServiceError(
                ErrorCategory.TRANSIENT,
                call.service,
                call.method,
                "ReadTimeout",
                "Read timeout on endpoint URL",
                self.request_id,
            )
        )


def things() -> Counter[str]:
    """How often there is what dynaprov could make twice, by what ought to be unique."""
    return Counter([*_keys(), *_messages(), *_documents(), *_tables(), *_alarms()])


def _keys() -> Iterator[str]:
    kms = client("kms")
    for each in kms.list_keys()["Keys"]:
        key = kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"]
        tags = kms.list_resource_tags(KeyId=each["KeyId"])["Tags"]
        owner = {tag["TagKey"]: tag["TagValue"] for tag in tags}.get("dynaprov:environment")
        yield f"key of {owner} {key['KeyState']}"
    for each in kms.list_aliases()["Aliases"]:
        yield each["AliasName"]


def _messages() -> Iterator[str]:
    sns = client("sns")
    for each in sns.list_topics()["Topics"]:
        yield each["TopicArn"]
    for each in sns.list_subscriptions()["Subscriptions"]:
        yield f"{each['TopicArn']} {each['Protocol']}:{each['Endpoint']}"


def _documents() -> Iterator[str]:
    iam = client("iam")
    for each in iam.list_policies(Scope="Local")["Policies"]:
        versions = iam.list_policy_versions(PolicyArn=each["Arn"])["Versions"]
        yield from (each["Arn"] for _ in versions)
    for each in client("ec2").describe_vpc_endpoints()["VpcEndpoints"]:
        if each["State"] != "deleted":
            yield "endpoint"
    for each in client("cloudwatch").list_dashboards()["DashboardEntries"]:
        yield each["DashboardName"]


def _tables() -> Iterator[str]:
    dynamodb = client("dynamodb")
    for each in dynamodb.list_backups()["BackupSummaries"]:
        yield f"backup of {each['TableName']}"
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        yield name
        for index in table.get("GlobalSecondaryIndexes", ()):
            yield f"{name} {index['IndexName']}"


def _alarms() -> Iterator[str]:
    scaling = client("application-autoscaling")
    for each in scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]:
        yield f"{each['ResourceId']} {each['ScalableDimension']} policy"
    pages = client("cloudwatch").get_paginator("describe_alarms").paginate()
    for page in pages:
        for each in page["MetricAlarms"]:
            name = each["AlarmName"]
            # Those of a scaling policy end in an id.
            yield name[:-37] if name.startswith("TargetTracking") else name
