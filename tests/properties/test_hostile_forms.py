"""Whatever names, values and messages hold, no form of a report does anything but show it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dynaprov.report.document import plan_document
from dynaprov.report.drift_markdown import drift_markdown
from dynaprov.report.forms import OF_CHECK
from dynaprov.report.github_issue import github_issue, issue_title
from dynaprov.report.html_report import html_report
from dynaprov.report.junit import junit
from dynaprov.report.plan_markdown import plan_markdown
from dynaprov.report.prometheus import prometheus
from dynaprov.report.sarif import sarif
from support.hostile import ACTING
from support.sample_checks import FIRST, HEALED, SECOND, document
from support.sample_plans import EVERYTHING

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</code></pre></style></title>--><b>&lt;",
    '" onmouseover="x" \'',
    "]]><evil/><![CDATA[",
    "@everyone see #1, GH-2, https://evil.example, www.evil.example, a@evil.example :smile:",
    "[link](http://evil) ![image](http://evil) <http://evil>",
    "| a | b |\n|---|---|\n| c | d |",
    "\\| \\\\| \\` | `",
    "`` ` ``` ~~~~ ```",
    "\n\n# heading\n\n</details>\n\n---\n",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b31m",
    "\u202egnp.exe\u2066\u200b\ufeff שלום مرحبا",
    "🔥👩‍👩‍👧",
    "n" * 9_000,
    "{0} {{1}} \\n",
    "\udcff\ud800\x00",
    'a"b\\c\nd',
)
evils = st.sampled_from(EVIL) | st.text(min_size=1, max_size=20)

#: Members that dynaprov fills with one of a few words, and times.
OWN = frozenset(
    {
        *("format", "command", "verdict", "severity", "phase", "action", "cause", "effect"),
        *("owner", "status", "risk", "category", "level", "layer", "worst_risk"),
        *("since", "checked_at", "previous_at", "not_before", "expires", "told", "fail_on"),
    }
)
RULE = frozenset({"reason", "owner", "address", "path", "expires"})


def poisoned(value: Any, evil: str, name: str = "") -> Any:
    """The document with hostile text in every place that could come from elsewhere."""
    if isinstance(value, dict):
        rule = value.keys() >= RULE
        return {
            key: evil if rule and key in ("owner", "expires") else poisoned(each, evil, key)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [poisoned(each, evil, name) for each in value]
    if not isinstance(value, str) or not value or name in OWN:
        return value
    # A slash in an address is a boundary: with one more it would be another address.
    return (evil.replace("/", "") if name in ("address", "part_of") else evil) + value


def check(evil: str, of: Any = SECOND) -> dict[str, Any]:
    made = document(of, next=[{"why": "why", "command": "dynaprov apply"}])
    for finding in made["findings"]:
        finding["who"] = {"text": "somebody"}
        finding["commit"] = {"text": "commit"}
        finding["live"] = {evil: [evil, finding["live"]]}
    made["coverage"]["leftovers"] = [{"address": "a", "kind": "k", "resource": "r", "detail": "d"}]
    made["heal"] = HEALED
    return poisoned(made, evil)


def outline(text: str) -> tuple[list[str], str]:
    """What a reader of Markdown sees: its structure, and the text outside of code."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    shape, outside = [], []
    for token in tokens:
        shape.append(token.type)
        if token.type == "html_block":
            shape.append(re.sub(r"<code>[^<]*</code>", "", token.content))
        for child in token.children or ():
            if child.type == "text":
                outside.append(child.content)
            elif child.type != "code_inline":
                shape.append(child.type if child.type != "html_inline" else child.content)
    return shape, "".join(outside)


def a_check(word: str) -> str:
    return drift_markdown([check(word)])


def an_issue(word: str) -> str:
    return github_issue(check(word))


def a_plan(word: str) -> str:
    plan = plan_document(EVERYTHING, command="diff", next=[{"why": "w", "command": "c"}])
    return plan_markdown(poisoned(plan, word))


@cache
def plain_outline(draw: Callable[[str], str]) -> list[str]:
    return visible(outline(draw("_"))[0])


def visible(shape: list[str]) -> list[str]:
    return [each for each in shape if "<!--" not in each]


def judged_markdown(draw: Callable[[str], str], evil: str) -> None:
    """The structure is that of the same document with a plain word in the place of the evil."""
    text = draw(evil)
    shape, outside = outline(text)

    assert len(text.encode()) <= 65_536
    assert not ACTING.search(text)
    assert visible(shape) == plain_outline(draw)
    assert not re.search("@|http|#", outside)


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=30)
def test_markdown_is_code_where_it_is_data(evil: str) -> None:
    judged_markdown(a_check, evil)
    judged_markdown(an_issue, evil)
    judged_markdown(a_plan, evil)


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=20)
def test_the_title_of_an_issue_is_one_short_line(evil: str) -> None:
    title = issue_title(check(evil))

    assert not ACTING.search(title)
    assert "\n" not in title
    assert len(title) < 256


class Shape(HTMLParser):
    """The elements of a page, one after the other, with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, ...]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment",))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction",))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration",))

    def handle_data(self, data: str) -> None:
        self.text += data


@cache
def plain_elements() -> list[tuple[str, ...]]:
    return Shape(html_report([check("_"), check("_", FIRST)])).found


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=30)
def test_html_has_the_elements_that_it_would_have_with_plain_words(evil: str) -> None:
    text = html_report([check(evil), check(evil, FIRST)])

    page = Shape(text)
    assert page.found == plain_elements()
    assert not ACTING.search(text)
    if evil == EVIL[0]:
        assert EVIL[0] in page.text


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=40)
def test_junit_is_xml_with_the_same_elements(evil: str) -> None:
    def shape(text: str) -> list[tuple[str, ...]]:
        root = ElementTree.fromstring(text.encode())
        return [(each.tag, *sorted(each.attrib)) for each in root.iter()]

    text = junit([check(evil)])

    assert shape(text) == shape(junit([check("_")]))
    assert not ACTING.search(text)


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=40)
def test_sarif_is_json_of_plain_text_and_relative_files(evil: str) -> None:
    text = sarif([check(evil)])

    assert not ACTING.search(text)
    [run] = json.loads(text)["runs"]
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(file:///)?[A-Za-z0-9._~%/-]+", place)
        assert not re.search(r"(?<!\\)\[", result["message"]["text"].replace("\\\\", ""))
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=40)
def test_metrics_are_one_sample_a_line(evil: str) -> None:
    text = prometheus([check(evil)])

    label = r'[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(rf"dynaprov_drift_[a-z_]+\{{{label}(?:,{label})*\}} \d+")
    for line in text.splitlines():
        assert line.startswith("# ") or sample.fullmatch(line), line
    assert not ACTING.search(text)


@given(evil=evils)
@settings(settings.get_profile("properties"), max_examples=20)
def test_json_is_read_back_as_it_was(evil: str) -> None:
    made = check(evil)

    assert json.loads(OF_CHECK["json"](made)) == made
