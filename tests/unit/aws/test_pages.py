"""Long listings: what their pages say again and again is held once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dynaprov.aws.pages import once


def fresh(text: str) -> str:
    """A text that is equal to another one and not the same."""
    return "".join(list(text))


def page() -> list[dict[str, Any]]:
    return [
        {"Arn": "arn:a", "Tags": [{"Key": fresh("Owner"), "Value": fresh("team-a")}]},
        {"Arn": "arn:b", "Tags": [{"Key": fresh("Owner"), "Value": fresh("team-a")}]},
    ]


def test_equal_texts_of_all_pages_become_the_same_text() -> None:
    texts: dict[str, str] = {}
    first, second = once(page(), texts), once(page(), texts)
    tags = [each["Tags"][0] for each in (*first, *second)]
    assert len({id(tag["Key"]) for tag in tags}) == 1
    assert len({id(tag["Value"]) for tag in tags}) == 1


def test_a_listing_says_what_it_said() -> None:
    assert once(page(), {}) == page()


def test_what_is_no_text_stays_as_it_is() -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    value = {"At": when, "Count": 3, "None": None, "Bytes": b"x", "Of": [(1, "a")], "On": True}
    assert once(dict(value), {}) == value
