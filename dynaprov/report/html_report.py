"""Drift checks as one HTML page that needs nothing else: no script, no font, no picture.

Drawn from documents alone.  It is read at night on a phone, so the order is: the verdict, how
many of what, what to type, then table by table from the worst on, what could not be compared with
the permissions to grant, exceptions, what is resolved, coverage.  Several environments are told
apart in a table first, and each has a section of its own, the worst first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.model.visible import harmless
from dynaprov.report.drift_words import (
    LEADS,
    SEVERITIES,
    VERDICTS,
    by_table,
    differs,
    has_values,
    known,
    shown_as,
    state,
    subject,
    title,
    when,
    worst,
)
from dynaprov.report.drift_words import sentence as said
from dynaprov.report.elements import Markup, data, element, joined, sheet
from dynaprov.report.html_sections import closing_sections, healing, table
from dynaprov.report.html_style import policy, style_sheet
from dynaprov.report.text import moment, plural, value
from dynaprov.report.wording import ENVIRONMENT
from dynaprov.version import __version__

Document = Mapping[str, Any]

TONES = {"drift": "critical", "expired": "critical", "unknown": "unread", "in-sync": "good"}
_STATES = tuple(TONES)

#: What is known of a finding in words; the rest are names.
SENTENCES = ("note", "since", "who", "commit")


def html_report(documents: Sequence[Document]) -> str:
    """The page of all checks; at least one."""
    ordered = sorted(documents, key=_worst_first)
    one = ordered[0]
    if len(ordered) == 1:
        heading = f"{LEADS[state(one)]}: {title(one)}"
        inside = _environment(one, "e1", 1)
    else:
        heading = f"{LEADS[state(one)]}: {len(ordered)} environments"
        sections = [_environment(each, f"e{n}", 2) for n, each in enumerate(ordered, start=1)]
        inside = joined(
            _fleet(ordered),
            *(element("section", each, class_="environment") for each in sections),
        )
    css = style_sheet()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy(css)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", heading),
        sheet(css),
    )
    page = element(
        "html", head, element("body", element("main", inside, _footer(ordered))), lang="en"
    )
    return f"<!DOCTYPE html>\n{page}\n"


def _worst_first(document: Document) -> tuple[int, list[int], str]:
    counts = [-document["severities"][each] for each in SEVERITIES]
    return _STATES.index(state(document)), counts, title(document)


def _environment(document: Document, mark: str, level: int) -> Markup:
    """One check; ``level`` is that of its heading."""
    return joined(
        _verdict(document, mark, level),
        _counts(document),
        _next(document, level + 1),
        healing(document, level + 1),
        _tables(document, mark, level + 1),
        closing_sections(document, level + 1),
    )


def _verdict(document: Document, mark: str, level: int) -> Markup:
    found = state(document)
    differing = sum(1 for each in document["findings"] if differs(each))
    more = f": {plural(differing, 'difference')}" if differing else ""
    heading = element(f"h{level}", element("span", LEADS[found]), more, id=mark)
    facts = [
        ("Account", document["account"]),
        ("Region", document["region"]),
        ("Identity", document["caller"]),
        ("Specs", f"revision {document['revision']}" if document["revision"] else ""),
        ("Endpoint", f"{document['endpoint']} (not AWS)" if document["endpoint"] else ""),
    ]
    return element(
        "header",
        element("p", "dynaprov drift ", data(title(document)), class_="where"),
        heading,
        element("p", said(document), class_="lead"),
        element("p", f"{when(document)}.", class_="where"),
        _pairs([(label, data(text)) for label, text in facts if text], "facts"),
        class_=f"verdict {TONES[found]}",
    )


def _pairs(rows: Sequence[tuple[str, Markup]], name: str) -> Markup | None:
    if not rows:
        return None
    inside = (element("div", element("dt", label), element("dd", text)) for label, text in rows)
    return element("dl", *inside, class_=name)


def _counts(document: Document) -> Markup | None:
    counts = [
        *((each, each, document["severities"][each]) for each in SEVERITIES),
        ("not compared", "unread", document["verdicts"]["not-compared"]),
        ("ignored", "calm", len(document["ignored"])),
        ("resolved", "good", len(document["resolved"])),
    ]
    if not any(count for _, _, count in counts):
        return None
    items = [
        element("li", element("b", str(count)), word, class_=tone if count else f"{tone} none")
        for word, tone, count in counts
    ]
    return element("ul", *items, class_="counts", aria_label="How many of what")


def _next(document: Document, level: int) -> Markup | None:
    steps = document.get("next", ())
    if not steps:
        return None
    inside = [
        joined(element("p", f"{each['why']}:"), element("pre", element("code", each["command"])))
        for each in steps
    ]
    return element("section", element(f"h{level}", "What to do"), *inside, class_="do")


def _tables(document: Document, mark: str, level: int) -> Markup:
    seen = [each for each in document["findings"] if each["verdict"] != "not-compared"]
    groups = by_table(seen)
    sections = [
        element(
            "section",
            element(f"h{level}", _name(name), id=f"{mark}-{number}"),
            *(_finding(each, level + 1) for each in found),
        )
        for number, (name, found) in enumerate(groups.items(), start=1)
    ]
    return joined(_overview(groups, mark, level) if len(groups) > 2 else None, *sections)


def _name(name: str) -> Markup | str:
    return "The environment itself" if name == ENVIRONMENT else data(name)


def _overview(groups: Mapping[str, list[Document]], mark: str, level: int) -> Markup:
    rows = [
        [
            element("a", _name(name), href=f"#{mark}-{number}"),
            _badge(worst(found)),
            plural(len(found), "finding"),
        ]
        for number, (name, found) in enumerate(groups.items(), start=1)
    ]
    heading = element(f"h{level}", plural(len(groups), "part") + " with findings")
    return joined(heading, table("Parts with findings", ["Part", "Worst", "Found"], rows))


def _badge(shown: str) -> Markup:
    words = {"unread": "not compared", "calm": "for information"}
    return element("span", words.get(shown, shown), class_=f"badge {shown}")


def _finding(finding: Document, level: int) -> Markup:
    shown = shown_as(finding)
    phase = None
    if shown != "calm":
        phase = element("span", finding["phase"], class_="phase")
    sides = None
    if has_values(finding):
        both = [("Live in AWS", finding["live"]), ("In the spec", finding["declared"])]
        sides = _pairs([(label, data(value(each))) for label, each in both], "sides")
    facts = [
        (label, element("span", text, dir="auto") if label in SENTENCES else data(text))
        for label, text in known(finding)
    ]
    return element(
        "article",
        element("header", _badge(shown), element(f"h{level}", data(subject(finding))), phase),
        element("p", _sentence(VERDICTS[finding["verdict"]]), class_="what"),
        sides,
        _pairs(facts, "known"),
        class_=f"finding {shown}",
    )


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _fleet(documents: Sequence[Document]) -> Markup:
    """All environments in one table."""
    states = [state(each) for each in documents]
    bad = [each for each in states if each != "in-sync"]
    lead = LEADS[states[0]] if bad else "In sync"
    header = element(
        "header",
        element("p", "dynaprov drift", class_="where"),
        element("h1", element("span", lead), f": {_need(len(bad), len(states))}"),
        element("p", _checked(documents), class_="where"),
        class_=f"verdict {TONES[states[0]]}",
    )
    rows = [
        [
            element("a", data(title(each)), href=f"#e{number}"),
            element("span", data(each["account"]), class_="whole"),
            element("span", data(each["region"]), class_="whole"),
            element("span", LEADS[states[number - 1]], class_=f"badge {TONES[states[number - 1]]}"),
            *(str(each["severities"][severity]) for severity in SEVERITIES),
            str(each["verdicts"]["not-compared"]),
        ]
        for number, each in enumerate(documents, start=1)
    ]
    columns = ["Environment", "Account", "Region", "Verdict", *map(str.title, SEVERITIES)]
    return joined(header, table("All environments", [*columns, "Not compared"], rows, numbers=4))


def _need(bad: int, of: int) -> str:
    if not bad:
        return plural(of, "environment")
    return f"{bad} of {plural(of, 'environment')} {'needs' if bad == 1 else 'need'} a look"


def _checked(documents: Sequence[Document]) -> str:
    times = sorted(each["checked_at"] for each in documents)
    first, last = moment(times[0]), moment(times[-1])
    return f"Checked {first}." if first == last else f"Checked {first} to {last}."


def _footer(documents: Sequence[Document]) -> Markup:
    prints = [f"Fingerprint {each['fingerprint']}" for each in documents[:1]]
    text = [f"dynaprov {__version__}", *(prints if len(documents) == 1 else [])]
    return element("footer", harmless(". ".join(text) + "."))
