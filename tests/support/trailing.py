"""The plain boto3 calls of a test, as CloudTrail would record them.

Parameters get the spelling of CloudTrail, ``SSESpecification`` becomes ``sSESpecification``; what
EC2 records otherwise (``tagSet.items``) is written so.  Answers are not recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from support.converging import client
from support.trail import NOW, record

SERVICES = (
    "dynamodb",
    "kms",
    "sns",
    "cloudwatch",
    "application-autoscaling",
    "iam",
    "ec2",
)
_READING = ("Describe", "Get", "List")


@contextmanager
def trail() -> Iterator[list[dict[str, Any]]]:
    """The records of the calls that are made meanwhile through ``support.converging.client``."""
    found: list[dict[str, Any]] = []

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(_READING):
            return
        service = model.service_model.service_name
        at = NOW - timedelta(minutes=30) + timedelta(seconds=len(found))
        found.append(record(service, model.name, _recorded(service, params), at.isoformat()))

    events = [client(service).meta.events for service in SERVICES]
    for each in events:
        each.register("provide-client-params", note)
    try:
        yield found
    finally:
        for each in events:
            each.unregister("provide-client-params", note)


def _recorded(service: str, params: Mapping[str, Any]) -> dict[str, Any]:
    spelled = dict(_spelled(params))
    if service == "ec2" and "tags" in spelled:
        resources = [{"resourceId": each} for each in spelled.pop("resources")]
        spelled |= {
            "resourcesSet": {"items": resources},
            "tagSet": {"items": spelled.pop("tags")},
        }
    return spelled


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {f"{key[:1].lower()}{key[1:]}": _spelled(each) for key, each in value.items()}
    return [_spelled(each) for each in value] if isinstance(value, list) else value
