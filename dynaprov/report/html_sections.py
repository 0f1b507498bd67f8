"""The closing sections of the HTML report: what is told once the findings are.

Not compared with the permissions to grant, exceptions (expired, in force, without use), resolved
findings, coverage.  Each is drawn from the document and is left out where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.report.drift_words import COUNTED, coverage, pattern, place, subject
from dynaprov.report.elements import Markup, data, element, joined
from dynaprov.report.text import moment, plural
from dynaprov.report.wording import ENVIRONMENT

Document = Mapping[str, Any]
Cell = str | None


def closing_sections(document: Document, level: int) -> Markup:
    """All that there is to tell beside the findings; headings are of this level."""
    return joined(
        _unread(document, level),
        _expired(document, level),
        _ignored(document, level),
        _unused(document, level),
        _resolved(document, level),
        _coverage(document, level),
    )


def table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, numbers: int = 10**6
) -> Markup:
    """A table with headers; columns from ``numbers`` on hold numbers; phones stack its rows."""

    def kind(column: int) -> str:
        return "number" if column >= numbers else ""

    head = [element("th", name, scope="col", class_=kind(at)) for at, name in enumerate(columns)]
    lines = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(
                element("td", cell, class_=kind(at), data_label=columns[at])
                for at, cell in enumerate(row[1:], start=1)
            ),
        )
        for row in rows
    ]
    inside = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *lines),
        class_="stack",
    )
    return element("div", inside, class_="scroll")


def _section(level: int, heading: str, *inside: Markup | None) -> Markup:
    return element("section", element(f"h{level}", heading), *inside)


def healing(document: Document, level: int) -> Markup | None:
    """What the check put right by itself, could not, and left alone."""
    heal = document.get("heal")
    rows = [
        [data(each["id"]), element("span", words, class_=f"badge {tone}"), _said(each)]
        for name, words, tone in HEALED
        for each in (heal or {}).get(name, ())
    ]
    if not rows:
        return None
    columns = ["Finding", "Outcome", "Known of it"]
    return _section(level, "What healing did", table("What healing did", columns, rows))


#: Members of ``heal``: what each says, and how it is shown.
HEALED = (
    ("failed", "could not be put right", "critical"),
    ("healed", "put right: it had drifted", "good"),
    ("left", "not put right now", "calm"),
)


def _said(each: Document) -> Markup:
    return element("span", each.get("reason") or f"it was {each['severity']}", dir="auto")


def _unread(document: Document, level: int) -> Markup | None:
    found = [each for each in document["findings"] if each["verdict"] == "not-compared"]
    actions = document["missing_permissions"]
    if not found and not actions:
        return None
    rows = [
        [data(f"{each['table'] or ENVIRONMENT} {subject(each)}"), data(each["detail"])]
        for each in found
    ]
    grant = None
    if actions:
        text = f"Grant {plural(len(actions), 'permission')} to this identity:"
        grant = joined(
            element("p", text), element("pre", *(_line(each, actions) for each in actions))
        )
    return _section(
        level,
        "Not compared",
        element("p", "Nothing is known about these, and that is no success.", class_="hint"),
        table("What could not be compared", ["What", "Why"], rows) if rows else None,
        grant,
    )


def _line(action: str, actions: Sequence[str]) -> Markup:
    end = "" if action == actions[-1] else element("br")
    return joined(element("code", action), end)


def _expired(document: Document, level: int) -> Markup | None:
    rules = document["expired_exceptions"]
    if not rules:
        return None
    hint = "Each fails the check: renew it, or put right what it covers."
    return _section(
        level,
        "Expired exceptions",
        element("p", hint, class_="hint"),
        table("Expired exceptions", RULES, [_rule(each) for each in rules]),
    )


RULES = ["Exception", "Reason", "Owner", "Until", "Written in"]


def _rule(rule: Document) -> list[Cell]:
    where = place(rule["position"])
    return [data(pattern(rule)), *_why(rule), data(where) if where else ""]


def _why(rule: Document) -> list[Cell]:
    until = element("span", rule["expires"], class_="whole")
    return [element("span", rule["reason"], dir="auto"), data(rule["owner"]), until]


def _ignored(document: Document, level: int) -> Markup | None:
    found = document["ignored"]
    if not found:
        return None
    rows = [
        [data(each["id"]), COUNTED[each["verdict"]], *_why(each["exception"])] for each in found
    ]
    columns = ["Finding", "Verdict", "Reason", "Owner", "Until"]
    return _section(level, "Ignored by exceptions", table("Ignored findings", columns, rows))


def _unused(document: Document, level: int) -> Markup | None:
    rules = document["unused_exceptions"]
    if not rules:
        return None
    rows = [_rule(each) for each in rules]
    return _section(level, "Exceptions that can go", table("Exceptions without use", RULES, rows))


def _resolved(document: Document, level: int) -> Markup | None:
    found = document["resolved"]
    if not found:
        return None
    rows = [
        [
            data(each["id"]),
            COUNTED[each["verdict"]],
            each["severity"],
            element("span", moment(each["since"]), class_="whole"),
        ]
        for each in found
    ]
    columns = ["Finding", "Was", "Severity", "Since"]
    return _section(
        level, "Resolved since the check before", table("Resolved findings", columns, rows)
    )


def _coverage(document: Document, level: int) -> Markup | None:
    found = document["coverage"]
    if found is None:
        return None
    inside = [element("p", coverage(document))]
    if found["unnamed"]:
        inside.append(element("p", "Live, and in no spec:", class_="hint"))
        names = [element("li", data(each)) for each in found["unnamed"]]
        inside.append(element("ul", *names, class_="names"))
    if found["leftovers"]:
        rows = [
            [data(each["address"]), data(each["resource"]), data(each["detail"])]
            for each in found["leftovers"]
        ]
        text = "Carries the project's tags or name, and is in no spec:"
        inside.append(element("p", text, class_="hint"))
        inside.append(table("Leftovers", ["Address", "Resource", "What"], rows))
    return _section(level, "Coverage", *inside)
