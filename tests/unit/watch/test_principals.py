"""The person behind a recorded call: each form of ``userIdentity`` that AWS documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dynaprov.model.address import Address
from dynaprov.model.attribution import Attribution
from dynaprov.model.kind import Scope
from dynaprov.report.attribution import attribution_document, told
from dynaprov.watch.attribution import MOST_LOOKUPS, find
from dynaprov.watch.principals import is_made_up, needs_assume_role, principal_of
from dynaprov.watch.questions import Question, ask
from dynaprov.watch.trail import Event, events_of
from support.trail import ACCOUNT, NOW, REGION, History

RECORDS = sorted((Path(__file__).parent / "records").glob("*.json"))


def attributed(record: dict[str, Any]) -> Attribution:
    """The attribution to this very record."""
    scope = Scope("shop", "dev", ACCOUNT, REGION)
    question = ask(
        Address("orders", "pitr"), "pitr", "enabled", "shop-dev-orders", scope, live=False
    )
    if record["eventSource"] != "dynamodb.amazonaws.com":
        question = ask(Address("orders"), "table", "", "x", scope)
        return _of_event(question, record)
    [found] = find([question], History([record]).reader(), NOW, most_lookups=MOST_LOOKUPS)
    return found


def _of_event(question: Question, record: dict[str, Any]) -> Attribution:
    from dynaprov.watch.attribution import call_of

    [event] = events_of({"Events": [{"CloudTrailEvent": json.dumps(record)}]})
    return Attribution(question.address, "", call_of(event), proven=True)


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_a_record_says_who_it_was(file: Path) -> None:
    case = json.loads(file.read_text())

    found = attributed(case["record"])

    assert told(found) == case["says"]
    assert attribution_document(found)["call"]["event_id"] == case["record"]["eventID"]


@pytest.mark.parametrize(
    "session",
    [
        "i-0123456789abcdef0",
        "botocore-session-1763647380",
        "aws-sdk-js-1763647380123",
        "aws-go-sdk-1763647380123456789",
        "AWSCLI-Session",
        "1763647380123",
        "GitHubActions",
        "AutoScaling",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "",
    ],
)
def test_a_session_name_that_a_program_made_names_nobody(session: str) -> None:
    assert is_made_up(session)


@pytest.mark.parametrize("session", ["ana", "ana@example.com", "a.b-c", "deploy-42", "i-am-ana"])
def test_a_session_name_that_a_person_chose_names_that_person(session: str) -> None:
    assert not is_made_up(session)


def test_only_a_session_whose_person_is_not_vouched_for_is_followed() -> None:
    followed = {
        file.stem
        for file in RECORDS
        if needs_assume_role(principal_of(json.loads(file.read_text())["record"]["userIdentity"]))
    }

    assert followed == {
        "cross-account-role",
        "dynaprov",
        "identity-enhanced-role",
        "role-with-a-chosen-session-name",
        "role-with-a-made-up-session-name",
        "terraform",
    }


@pytest.mark.parametrize(
    "identity", [{}, {"type": None}, {"type": "AssumedRole", "sessionContext": None}, {"arn": []}]
)
def test_an_identity_that_says_little_breaks_nothing(identity: dict[str, Any]) -> None:
    assert principal_of(identity).person == ""


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"EventName": "DeleteTable"},
        {"CloudTrailEvent": "not JSON"},
        {"CloudTrailEvent": "[]"},
        {"CloudTrailEvent": '{"eventName": "DeleteTable", "eventTime": "yesterday"}'},
    ],
)
def test_an_event_without_name_or_time_is_left_out(entry: dict[str, Any]) -> None:
    assert events_of({"Events": [entry]}) == []


def test_an_event_whose_record_cannot_be_read_still_names_its_caller() -> None:
    entry = {
        "EventName": "DeleteTable",
        "EventTime": datetime(2026, 11, 20, tzinfo=UTC),
        "Username": "Ana",
        "Resources": [{"ResourceName": "shop-dev-orders"}],
        "CloudTrailEvent": "{",
    }

    [event] = events_of({"Events": [entry]})

    assert event.names("shop-dev-orders")
    assert principal_of(event.identity).person == "Ana"


@pytest.mark.parametrize(
    ("text", "name", "means"),
    [
        ("shop-dev-orders", "shop-dev-orders", True),
        ("arn:aws:dynamodb:eu-west-1:1:table/shop-dev-orders", "shop-dev-orders", True),
        ("arn:aws:dynamodb:eu-west-1:1:table/shop-dev-orders/index/A", "shop-dev-orders", True),
        ("arn:aws:dynamodb:eu-west-1:1:table/shop-dev-orders-2", "shop-dev-orders", False),
        ("arn:aws:dynamodb:eu-west-1:1:table/my-shop-dev-orders", "shop-dev-orders", False),
        ("arn:aws:sns:eu-west-1:1:shop-dev-alarms:0a1b", "shop-dev-alarms", True),
        (
            "arn:aws:sns:eu-west-1:1:shop-dev-alarms:0a1b",
            "arn:aws:sns:eu-west-1:1:shop-dev-alarms",
            True,
        ),
        ("about shop-dev-orders", "shop-dev-orders", False),
    ],
)
def test_a_name_is_found_whole_and_in_arns(text: str, name: str, means: bool) -> None:
    event = Event("1", "X", "dynamodb", NOW, parameters={"a": [{"b": text}]})

    assert event.names(name) is means


@pytest.mark.parametrize(
    ("arn", "via"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ana", "role Admin"),
        (f"arn:aws:iam::{ACCOUNT}:role/teams/ana", ""),
        (f"arn:aws:sts::{ACCOUNT}:zzz/Admin/ana", ""),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin", ""),
    ],
)
def test_a_role_without_its_issuer_is_known_by_its_arn(arn: str, via: str) -> None:
    assert principal_of({"type": "AssumedRole", "arn": arn}).via == via
