"""A drift check as the title and body of a GitHub issue that later checks keep up to date.

Short, and the same as long as the findings are: neither the time of the check nor what is new in
it is told.  The first line of the body is a comment that nobody sees and that a program finds the
issue of this environment by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from dynaprov.model.visible import harmless
from dynaprov.report.drift_markdown import SIGNS, marker
from dynaprov.report.drift_words import (
    COUNTED,
    differs,
    has_values,
    pattern,
    shown_as,
    subject,
    title,
)
from dynaprov.report.markdown_text import LIMIT, Part, body, code, fenced, prose, shortened
from dynaprov.report.text import moment, plural, value
from dynaprov.report.wording import ENVIRONMENT

Document = Mapping[str, Any]

#: GitHub takes titles of at most 256 characters.
LONGEST_TITLE = 200


def issue_title(document: Document) -> str:
    """The title: the same for every check of one environment.  Plain text, not Markdown."""
    name = f"Drift in {title(document)} ({document['account']}, {document['region']})"
    return shortened(harmless(name), LONGEST_TITLE)


def github_issue(document: Document, limit: int = LIMIT) -> str:
    """The body: of at most ``limit`` bytes."""
    findings = [each for each in document["findings"] if shown_as(each) != "calm"]
    differing = sum(1 for each in findings if differs(each))
    counts = Counter(each["verdict"] for each in findings)
    said = ", ".join(f"{counts[each]} {COUNTED[each]}" for each in COUNTED if counts[each])
    head = "\n\n".join(
        [
            marker(document),
            f"**{_verdict(differing, len(findings))}** {said}.".removesuffix(" ."),
            f"Account {code(document['account'])}, {code(document['region'])}.",
        ]
    )
    expired = [
        f"- {code(pattern(each))}: {prose(each['reason'])} ({code(each['owner'])})"
        for each in document["expired_exceptions"]
    ]
    parts = [
        Part("### Findings\n", [_item(document, each) for each in findings]),
        Part("### Expired exceptions\n", expired),
    ]
    return body(head, parts, _tail(document), limit)


def _verdict(differing: int, found: int) -> str:
    if differing:
        return f"{plural(differing, 'difference')} between the spec and the account."
    return "Nothing is known of a part of it." if found else "In sync: this issue can be closed."


def _item(document: Document, finding: Document) -> str:
    table = finding["table"]
    where = code(" ".join([table or ENVIRONMENT, subject(finding)]))
    text = f"- {SIGNS[shown_as(finding)]} {where}: {finding['verdict']}"
    if has_values(finding):
        text += (
            f", live {code(value(finding['live']))}, declared {code(value(finding['declared']))}"
        )
    elif finding["detail"]:
        text += f", {prose(finding['detail'])}"
    for name in ("who", "commit"):
        if told := (finding.get(name) or {}).get("text"):
            text += f"; {prose(told)}"
    # Without a check before, everything is there since this very moment: that would never settle.
    if document["previous_at"] and finding["since"]:
        text += f"; since {moment(finding['since'])}"
    return text


def _tail(document: Document) -> str:
    steps = document.get("next", ())
    return "\n\n".join(f"{prose(step['why'])}:\n\n{fenced([step['command']])}" for step in steps)
