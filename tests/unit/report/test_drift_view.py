"""A drift check as a person reads it: what is told besides the findings."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

from rich.console import Console

from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.finding import Coverage, ExceptionRule
from dynaprov.report.drift_view import LISTED, print_drift
from support.sample_checks import FIRST, HEALED, QUIET, document


def shown(made: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=160, color_system=None)
    print_drift(made, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def block(text: str, title: str) -> list[str]:
    """The lines below a title, up to the next empty one."""
    below = text.split(f"{title}\n")[1].split("\n\n")[0]
    return [" ".join(line.split()) for line in below.splitlines()]


def test_what_was_healed_what_failed_and_what_was_left_is_told_in_this_order() -> None:
    text = shown(document(heal=HEALED))

    titles = ["Could not be put right", "Put right: it had drifted", "Not put right now"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert [block(text, title) for title in titles] == [
        ["audit-trail#deletion_protection denied"],
        ["log-metadata/pitr#enabled critical"],
        ["user-sessions/ttl#attribute it drifted 2 minutes ago"],
    ]


def test_of_a_heal_without_anything_to_do_nothing_is_told() -> None:
    nothing = {"healed": [], "failed": [], "left": []}

    assert shown(document(heal=nothing)) == shown(document(heal=None))


def test_whom_the_notice_reached_and_whom_not_is_told() -> None:
    deliveries = [
        {"to": "slack hooks.example.com", "what": "message", "error": ""},
        {"to": "webhook example.com", "what": "message", "error": "it answered 500"},
        {"to": "metric drift", "what": "metrics", "error": ""},
    ]

    text = shown(document(deliveries=deliveries, notice={"held": 2}))

    assert "Told slack hooks.example.com" in text
    assert "Not delivered: message to webhook example.com: it answered 500" in text
    assert "metric drift" not in text
    assert "Quiet hours: 2 things will be told when they are over" in text


def test_what_no_spec_names_is_listed_up_to_a_number() -> None:
    unnamed = tuple(f"other-{number:02}" for number in range(LISTED + 3))
    left = tuple(
        Unmanaged(Address(f"old-{number:02}"), "table", f"shop-old-{number:02}", "still there")
        for number in range(LISTED + 1)
    )
    covered = replace(QUIET, coverage=Coverage(4, 17, unnamed, left))

    text = shown(document(covered))

    assert "Coverage: 4 of 17 tables managed." in text
    assert "in no spec" in text
    assert text.count("other-") == LISTED
    assert text.count("still there") == LISTED
    assert "and 3 more" in text
    assert "and 1 more" in text


def test_coverage_that_is_not_known_says_why() -> None:
    blind = replace(QUIET, coverage=Coverage(problem="dynamodb:ListTables was denied"))

    text = shown(document(blind))

    assert "Coverage not known: dynamodb:ListTables was denied" in text
    assert "managed" not in text


def test_exceptions_that_have_expired_come_before_those_that_cover_nothing() -> None:
    rule = ExceptionRule("orders", "*", "renaming", "team", date(2026, 5, 1))
    made = document(replace(QUIET, expired=(rule,), unused=(replace(rule, reason="moved"),)))

    text = shown(made)

    expired, unused = text.index("Expired exceptions"), text.index("can go")
    assert expired < unused
    assert "renaming" in text[expired:unused]
    assert "moved" in text[unused:]


def test_ignored_findings_are_counted_and_named() -> None:
    text = shown(document(FIRST))

    assert "Ignored by exceptions: 1 finding" in text
    assert "tags are being renamed" in text
