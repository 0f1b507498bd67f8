"""CloudTrail's event history: what is asked of it, and what an event says.

``LookupEvents`` takes one lookup attribute, gives the newest events first, 50 on a page, and holds
90 days of management events of one region (API reference; no data events, so no reads or writes of
items).  Events come up to about 15 minutes late ("CloudTrail typically delivers events within an
average of about 5 minutes"; no bound is promised).  Two lookups a second are allowed per account
and region; the gateway keeps to that.

Pure.  Which events explain what is ``recorded``'s table; who is behind one is ``principals``'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from dynaprov.model.ports import Read

#: How far back the event history reaches.
HISTORY = timedelta(days=90)
#: How late an event may be (FAQ of CloudTrail: "typically ... within 15 minutes").
DELAY = timedelta(minutes=15)
#: Events on one page, the most that LookupEvents gives.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is searched, both ends included."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """One question to the event history: an attribute and its value.

    ``globally``: it is put to the history of the partition's global region.
    """

    attribute: str  # "ResourceName" or "EventName"
    value: str
    globally: bool = False

    def read(self, window: Window, token: str = "") -> Read:
        """One page of the answer; a token goes with the same parameters as the page before."""
        params: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": self.attribute, "AttributeValue": self.value}],
            "StartTime": window.since,
            "EndTime": window.until,
            "MaxResults": PAGE,
        }
        if token:
            params["NextToken"] = token
        return Read("cloudtrail", "lookup_events", params)


@dataclass(frozen=True, eq=False)
class Event:
    """One event of the history.

    Attributes:
        service: without its domain: ``dynamodb``, ``monitoring``.
        parameters: of the request, as recorded.
        identity: who called, as recorded.
        console: whether the credentials came from a console session.
        error: the code with which the call failed; empty when it had its effect.
    """

    id: str
    name: str
    service: str
    time: datetime
    parameters: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    resources: frozenset[str] = frozenset()
    identity: Mapping[str, Any] = field(default_factory=dict)
    source_ip: str = ""
    user_agent: str = ""
    console: bool = False
    error: str = ""

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every text of request, answer and resources: what the call was about."""
        return self.resources | {*_texts(self.parameters), *_texts(self.response)}

    def names(self, name: str) -> bool:
        """Whether the call was about the resource: by this name, or by an ARN that ends in it."""
        return any(_means(text, name) for text in self.texts)


def events_of(answer: Mapping[str, Any]) -> list[Event]:
    """The events of a page, newest first; what is not readable is left out."""
    found = (_event(each) for each in answer.get("Events") or ())
    return sorted((each for each in found if each), key=lambda each: each.time, reverse=True)


def _event(entry: Mapping[str, Any]) -> Event | None:
    try:
        record = json.loads(entry.get("CloudTrailEvent") or "{}")
    except ValueError:
        record = {}
    if not isinstance(record, Mapping):
        record = {}
    time = _time(entry.get("EventTime")) or _time(record.get("eventTime"))
    name = str(record.get("eventName") or entry.get("EventName") or "")
    if time is None or not name:
        return None
    source = str(record.get("eventSource") or entry.get("EventSource") or "")
    return Event(
        id=str(record.get("eventID") or entry.get("EventId") or ""),
        name=name,
        service=source.removesuffix(".amazonaws.com"),
        time=time,
        parameters=_unwrapped(name, _mapping(record.get("requestParameters"))),
        response=_mapping(record.get("responseElements")),
        resources=frozenset(_resources(entry, record)),
        identity=_mapping(record.get("userIdentity")) or _named(entry),
        source_ip=str(record.get("sourceIPAddress") or ""),
        user_agent=str(record.get("userAgent") or ""),
        console=str(record.get("sessionCredentialFromConsole")).lower() == "true",
        error=str(record.get("errorCode") or ""),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _named(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """All that is known of the caller when the record itself cannot be read."""
    return {"userName": entry["Username"]} if entry.get("Username") else {}


def _unwrapped(name: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters; newer APIs of EC2 are recorded inside ``ModifyVpcEndpointRequest``."""
    inner = parameters.get(f"{name}Request")
    return inner if len(parameters) == 1 and isinstance(inner, Mapping) else parameters


def _resources(entry: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[str]:
    for each in entry.get("Resources") or ():
        if each.get("ResourceName"):
            yield str(each["ResourceName"])
    for each in record.get("resources") or ():
        if isinstance(each, Mapping):
            yield str(each.get("ARN") or each.get("arn") or "")


def _time(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _means(text: str, name: str) -> bool:
    if text == name:
        return True
    if not text.startswith("arn:"):
        return False
    # arn:...:table/NAME, arn:...:NAME, and what is below it: /index/..., :subscription
    at = text.find(name)
    while at > 0:
        after = text[at + len(name) : at + len(name) + 1]
        if text[at - 1] in ":/" and after in ("", ":", "/"):
            return True
        at = text.find(name, at + 1)
    return name.startswith("arn:") and text.startswith((f"{name}/", f"{name}:"))
