"""CloudTrail's event history as LookupEvents documents it, over records that a test writes.

One lookup attribute, newest first, pages of at most 50, a token that goes with the same parameters.
Records have the form of "CloudTrail record contents" (CloudTrail User Guide).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dynaprov.model.ports import Answer, Read
from support.endpoint import Reply, error_reply, json_reply
from support.ports import FakeReader

ACCOUNT, REGION = "111122223333", "eu-west-1"
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

ANA = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLEANA",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/Ana",
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAEXAMPLEANA",
    "userName": "Ana",
}
BEN = {**ANA, "arn": f"arn:aws:iam::{ACCOUNT}:user/Ben", "userName": "Ben"}
CLI = "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1 lang/python#3.13"

_SOURCES = {"cloudwatch": "monitoring", "application-autoscaling": "autoscaling"}
_ids = itertools.count(1)


def session(role: str, name: str, key: str = "ASIAEXAMPLE", **context: Any) -> dict[str, Any]:
    """The identity of a role's session."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{name}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-11-20T13:00:00Z", "mfaAuthenticated": "false"},
            **context,
        },
    }


def record(
    service: str,
    name: str,
    parameters: Mapping[str, Any],
    at: str = "2026-11-20T14:03:00Z",
    by: Mapping[str, Any] = ANA,
    **more: Any,
) -> dict[str, Any]:
    """A record of a call that succeeded."""
    return {
        "eventVersion": "1.11",
        "userIdentity": dict(by),
        "eventTime": at,
        "eventSource": f"{_SOURCES.get(service, service)}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": CLI,
        "requestParameters": dict(parameters),
        "responseElements": None,
        "requestID": "d9472f40-63bc-11e4-bc2b-4198b6150d5c",
        "eventID": f"00000000-0000-4000-8000-{next(_ids):012}",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }


def assumed(by: Mapping[str, Any], key: str, name: str = "AssumeRole") -> dict[str, Any]:
    """The record of the call by which somebody got a role's temporary key."""
    return record(
        "sts",
        name,
        {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/Admin", "roleSessionName": "x"},
        "2026-11-20T13:00:00Z",
        by,
        readOnly=True,
        responseElements={"credentials": {"accessKeyId": key, "sessionToken": "..."}},
        resources=[{"ARN": f"arn:aws:iam::{ACCOUNT}:role/Admin", "type": "AWS::IAM::Role"}],
    )


class History:
    """The history: answers a ``Read`` as AWS would; ``asked`` holds every lookup's parameters.

    Args:
        records: in any order.
        unlisted: whether events are listed under no resource at all, so that only the lookup by
            name of the call finds them.
    """

    def __init__(self, records: Iterable[Mapping[str, Any]], *, unlisted: bool = False) -> None:
        self._records = sorted(records, key=lambda each: str(each["eventTime"]), reverse=True)
        self._unlisted = unlisted
        self.asked: list[Mapping[str, Any]] = []

    def reader(self) -> FakeReader:
        """A reader of this history."""
        return FakeReader({"lookup_events": self.answer})

    def answer(self, read: Read) -> Answer:
        """What LookupEvents gives."""
        self.asked.append(read.params)
        return Answer(self._page(read.params))

    def reply(self, body: bytes) -> Reply:
        """The same over HTTP: times are numbers there."""
        params = json.loads(body)
        self.asked.append(params)
        for name in ("StartTime", "EndTime"):
            params[name] = datetime.fromtimestamp(params[name], UTC)
        if params["StartTime"] > params["EndTime"]:
            return error_reply("InvalidTimeRangeException")
        page = self._page(params)
        for each in page["Events"]:
            each["EventTime"] = each["EventTime"].timestamp()
        return json_reply(**page)

    def looked_up(self) -> list[tuple[str, str]]:
        """Attribute and value of every lookup in order."""
        found = [each["LookupAttributes"][0] for each in self.asked]
        return [(each["AttributeKey"], each["AttributeValue"]) for each in found]

    def _page(self, params: Mapping[str, Any]) -> dict[str, Any]:
        [attribute] = params["LookupAttributes"]
        key, value = attribute["AttributeKey"], attribute["AttributeValue"]
        found = [
            entry
            for entry in map(self._entry, self._records)
            if params["StartTime"] <= entry["EventTime"] <= params["EndTime"]
            and value in _attributes(entry, key)
        ]
        first = int(params.get("NextToken", 0))
        size = params.get("MaxResults", 50)
        page: dict[str, Any] = {"Events": found[first : first + size]}
        if first + size < len(found):
            page["NextToken"] = str(first + size)
        return page

    def _entry(self, each: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "EventId": each["eventID"],
            "EventName": each["eventName"],
            "EventSource": each["eventSource"],
            "EventTime": datetime.fromisoformat(each["eventTime"]),
            "Username": each["userIdentity"].get("userName", ""),
            "Resources": [] if self._unlisted else [*_resources(each)],
            "CloudTrailEvent": json.dumps(each),
        }


def _attributes(entry: Mapping[str, Any], key: str) -> Sequence[str]:
    if key == "ResourceName":
        return [each["ResourceName"] for each in entry["Resources"]]
    return [str(entry.get(key))]


def _resources(each: Mapping[str, Any]) -> Iterable[dict[str, str]]:
    """By the names in the request, by the ARNs of the record, by the key that STS gave out."""
    for name, value in (each["requestParameters"] or {}).items():
        if name in ("tableName", "alarmName", "topicArn", "keyId", "resourceArn", "policyArn"):
            yield {"ResourceName": value}
    for resource in each.get("resources") or ():
        yield {"ResourceName": resource["ARN"]}
    given = (each.get("responseElements") or {}).get("credentials", {})
    if "accessKeyId" in given:
        yield {"ResourceName": given["accessKeyId"]}
