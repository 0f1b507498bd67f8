"""Who it was, in one line and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dynaprov.model.address import Address
from dynaprov.model.attribution import (
    Attribution,
    Channel,
    Commit,
    Identity,
    Principal,
    RecordedCall,
    Unknown,
)
from dynaprov.model.source import Position
from dynaprov.report.attribution import (
    attribution_document,
    commit_document,
    committed,
    told,
    who,
)

AT = datetime(2026, 11, 20, 14, 3, 21, tzinfo=UTC)
ANA = Principal(Identity.ROLE, "Ana", "role Admin", session="ana")
CALL = RecordedCall("e-1", "UpdateTable", "dynamodb.amazonaws.com", AT, ANA, Channel.CONSOLE)
FOUND = Attribution(Address("orders"), "class", CALL, proven=True)
NOBODY = Attribution(Address("orders"), "class")


def test_a_proven_call_is_told_without_reserve() -> None:
    assert told(FOUND) == (
        "by Ana (role Admin) from the console, 2026-11-20 14:03 UTC: UpdateTable"
    )
    assert told(replace(FOUND, proven=False)).endswith("UpdateTable (the last call that sets it)")


@pytest.mark.parametrize(
    ("channel", "line"),
    [
        (Channel.CONSOLE, "by Ana (role Admin) from the console"),
        (Channel.CLI, "by Ana (role Admin) with the AWS CLI"),
        (Channel.SDK, "by Ana (role Admin) with an AWS SDK"),
        (Channel.TERRAFORM, "by Ana (role Admin) with Terraform"),
        (Channel.UNKNOWN, "by Ana (role Admin)"),
        (Channel.DYNAPROV, "dynaprov apply by Ana (role Admin)"),
        (Channel.SERVICE, "by Ana (role Admin) through cloudformation.amazonaws.com"),
    ],
)
def test_it_is_told_with_what(channel: Channel, line: str) -> None:
    invoked = "cloudformation.amazonaws.com" if channel is Channel.SERVICE else ""

    assert who(replace(CALL, channel=channel, invoked_by=invoked)) == line


@pytest.mark.parametrize(
    ("principal", "line"),
    [
        (
            Principal(Identity.ROLE, session="i-0abc", via="role App"),
            "by session i-0abc (role App)",
        ),
        (
            Principal(Identity.ACCOUNT, via="account 4"),
            "by somebody of another account (account 4)",
        ),
        (Principal(Identity.UNKNOWN, arn="arn:aws:x"), "by arn:aws:x"),
        (Principal(Identity.UNKNOWN), "by somebody"),
    ],
)
def test_a_caller_without_a_name_is_told_by_what_is_known(principal: Principal, line: str) -> None:
    assert who(replace(CALL, principal=principal, channel=Channel.UNKNOWN)) == line


@pytest.mark.parametrize("why", Unknown)
def test_every_reason_has_words(why: Unknown) -> None:
    line = told(replace(NOBODY, why=why))

    assert line.startswith("by whom: ")
    assert len(line) > len("by whom: ") + 10


def test_a_reason_may_have_a_detail_and_credentials_in_it_are_hidden() -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    failed = replace(NOBODY, why=Unknown.FAILED, detail=f"Throttling of {key}")

    assert told(failed).startswith("by whom: the event history could not be read: Throttling of ")
    assert key not in told(failed)


def test_a_document_holds_the_line_and_what_it_is_made_of() -> None:
    document = json.loads(json.dumps(attribution_document(FOUND)))

    assert document["text"] == told(FOUND)
    assert (document["found"], document["why"]) == (True, None)
    assert document["call"]["time"] == "2026-11-20T14:03:21+00:00"
    assert document["call"]["channel"] == "console"


def test_a_document_without_a_call_says_why() -> None:
    searched = replace(NOBODY, why=Unknown.DENIED, action="cloudtrail:LookupEvents", since=AT)
    document = json.loads(json.dumps(attribution_document(searched)))

    assert (document["found"], document["call"], document["why"]) == (False, None, "denied")
    assert document["permission"] == "cloudtrail:LookupEvents"
    assert (document["since"], document["until"]) == ("2026-11-20T14:03:21+00:00", None)


def test_a_commit_is_told_and_documented() -> None:
    position = Position("specs/orders.yaml", 3, 9)
    commit = Commit(position, "1a2b3c4d5e6f", "Ana", "ana@example.com", AT, "Keep the stream")

    assert committed(commit) == (
        "declared in 1a2b3c4d by Ana, 2026-11-20 14:03 UTC: Keep the stream"
    )
    assert json.loads(json.dumps(commit_document(commit)))["line"] == 3


def test_a_declaration_in_no_file_says_so() -> None:
    commit = Commit(Position(""), problem="it is not written in a file")

    assert committed(commit) == "declared; by whom: it is not written in a file"
