"""The HTML report: one page that needs nothing, can be read by anybody, and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from dynaprov.report.elements import data, element
from dynaprov.report.html_report import html_report
from dynaprov.report.html_style import DARK, LIGHT, READ_ON
from support.golden import Golden
from support.sample_checks import FIRST, QUIET, SECOND, document

NEXT = [{"why": "To put it right", "command": "dynaprov apply --env dev"}]
LOUD = document(SECOND, next=NEXT)
CALM = {**document(QUIET), "environment": "stage", "expired_exceptions": []}
EXPIRED = {**document(QUIET), "environment": "test"}
FLEET = [CALM, EXPIRED, LOUD]


class Page(HTMLParser):
    """What there is in a page: every element with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def tagged(self, *tags: str) -> Iterator[dict[str, str | None]]:
        return (attributes for tag, attributes in self.elements if tag in tags)


@pytest.fixture(
    params=[[LOUD], [document(FIRST)], [CALM], [EXPIRED], FLEET],
    ids=["loud", "first", "calm", "expired", "fleet"],
)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(html_report(request.param))


def test_a_fleet_reads_like_this(golden: Golden) -> None:
    golden("drift-fleet-html", html_report(FLEET))


def test_the_worst_environment_comes_first() -> None:
    text = Page(html_report(FLEET)).text

    places = [text.index(name) for name in ("streaming-logs dev", "streaming-logs test")]
    assert [*places, text.index("streaming-logs stage")] == sorted(
        [*places, text.index("streaming-logs stage")]
    )
    assert "Drift: 2 of 3 environments need a look" in text


def test_the_verdict_comes_first_and_the_worst_finding_before_the_others() -> None:
    text = Page(html_report([LOUD])).text

    order = [
        "Drift: 9 differences",
        "5 drifted, 2 pending, 1 missing, 1 unmanaged",
        "dynaprov apply --env dev",
        "deletion_protection",
        "read-throttles",
        "Not compared",
        "dynamodb:DescribeTimeToLive",
        "Expired exceptions",
        "Ignored by exceptions",
        "Resolved since the check before",
        "Coverage: 4 of 6 tables managed.",
        "legacy-orders",
    ]
    at = 0
    for each in order:
        at = text.index(each, at)


def test_nothing_runs_and_nothing_is_loaded(page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg"}
    for _, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert not {"src", "style", "srcset", "action"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_the_policy_lets_only_this_style_sheet_in() -> None:
    text = html_report([LOUD])

    css = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    [policy] = [
        each["content"]
        for each in Page(text).tagged("meta")
        if each.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in css
    assert "@import" not in css


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_tables_have_captions_and_headers(page: Page) -> None:
    counts = {tag: len(list(page.tagged(tag))) for tag in ("table", "caption", "thead")}
    assert counts["table"] == counts["caption"] == counts["thead"]
    assert all(each.get("scope") in ("col", "row") for each in page.tagged("th"))


def test_links_lead_to_what_is_there_and_marks_are_unique(page: Page) -> None:
    marks = [mark for _, attributes in page.elements if (mark := attributes.get("id"))]

    assert len(marks) == len(set(marks))
    for each in page.tagged("a"):
        assert (each["href"] or "").removeprefix("#") in marks


def test_the_page_says_its_language_and_fits_a_phone(page: Page) -> None:
    assert next(page.tagged("html")) == {"lang": "en"}
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in list(
        page.tagged("meta")
    )
    assert {"name": "color-scheme", "content": "light dark"} in list(page.tagged("meta"))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", READ_ON, ids="-on-".join)
def test_text_has_enough_contrast(colours: dict[str, str], pair: tuple[str, str]) -> None:
    light, dark = sorted((luminance(colours[name]) for name in pair), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_both_schemes_name_the_same_colours() -> None:
    assert list(LIGHT) == list(DARK)


def test_an_element_escapes_whatever_is_no_markup() -> None:
    made = element("p", "<b>&\u202e", data('"x"'), None, title='"><i>')

    assert made == (
        '<p title="&quot;&gt;&lt;i&gt;">&lt;b&gt;&amp;\\u202e<code dir="auto">"x"</code></p>'
    )


def test_a_very_long_value_is_cut_and_counted() -> None:
    made: dict[str, Any] = {**LOUD, "findings": [{**LOUD["findings"][0], "live": "x" * 10_000}]}

    assert "x... (6000 more)" in html_report([made])
