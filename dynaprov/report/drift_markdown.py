"""A drift check as Markdown, for a comment on a pull request or the summary of a job.

Drawn from documents alone.  Order: the verdict, one table per table (worst first), what could not
be compared with the permissions to grant, exceptions, what is resolved, coverage, the next command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynaprov.report.drift_words import (
    COUNTED,
    LEADS,
    VERDICTS,
    by_table,
    coverage,
    environment_id,
    has_values,
    known,
    pattern,
    place,
    sentence,
    shown_as,
    state,
    subject,
    title,
    when,
)
from dynaprov.report.markdown_text import LIMIT, Part, body, code, fenced, prose
from dynaprov.report.text import moment, plural, value
from dynaprov.report.wording import ENVIRONMENT, short

Document = Mapping[str, Any]

SIGNS = {
    "critical": "🔴 **critical**",
    "high": "🟠 **high**",
    "medium": "🟡 medium",
    "low": "⚪ low",
    "unread": "❔ not compared",
    "calm": "➖",
}
#: What became of what the check put right by itself.
HEALED = {"failed": "🔴 not put right", "healed": "🟢 put right", "left": "➖ left as it is"}
STATE_SIGNS = {"drift": "🔴", "unknown": "❔", "expired": "🔴", "in-sync": "🟢"}


def drift_markdown(documents: Sequence[Document], limit: int = LIMIT) -> str:
    """The checks as one comment of at most ``limit`` bytes."""
    heads = "\n\n".join(_head(each) for each in documents)
    parts = [part for each in documents for part in _parts(each, alone=len(documents) == 1)]
    return body(heads, parts, _tail(documents), limit)


def marker(document: Document) -> str:
    """What a program finds the comment of this environment by; nobody sees it."""
    return f"<!-- dynaprov drift {environment_id(document)} -->"


def _head(document: Document) -> str:
    found = state(document)
    where = f"account {code(document['account'])}, {code(document['region'])}"
    return "\n\n".join(
        [
            marker(document),
            f"## {STATE_SIGNS[found]} {LEADS[found]}: {code(title(document))}",
            f"**{sentence(document)}**",
            f"{when(document)}, {where}.",
        ]
    )


def _parts(document: Document, *, alone: bool) -> Iterator[Part]:
    before = "" if alone else f"{code(title(document))} "
    heal = document.get("heal") or {}
    healed = [
        f"- {sign} {code(each['id'])}: {prose(each.get('reason') or 'it was ' + each['severity'])}"
        for name, sign in HEALED.items()
        for each in heal.get(name, ())
    ]
    if healed:
        yield Part(f"### {before}What healing did\n", healed)
    seen = [each for each in document["findings"] if shown_as(each) != "unread"]
    for name, found in by_table(seen).items():
        heading = f"### {before}{name if name == ENVIRONMENT else code(name)}"
        header = "| Severity | Setting | Live | Declared | What is known |\n|---|---|---|---|---|"
        yield Part(f"{heading}\n\n{header}", [_row(each) for each in found])
    unread = [each for each in document["findings"] if shown_as(each) == "unread"]
    if unread:
        opening = f"### {before}Not compared: nothing is known about these"
        yield Part(f"{opening}\n", [f"- {_what(each)}: {_told(each)}" for each in unread])
    if document["missing_permissions"]:
        actions = document["missing_permissions"]
        heading = f"{before}Grant {plural(len(actions), 'permission')} to this identity:"
        yield Part(f"{heading}\n", [f"- {code(each)}" for each in actions])
    if document["expired_exceptions"]:
        rules = [_rule(each) for each in document["expired_exceptions"]]
        yield Part(
            f"### {before}Expired exceptions: renew them, or put right what they cover\n", rules
        )
    yield from _folded(document, before)


def _row(finding: Document) -> str:
    both = has_values(finding)
    setting = code(" ".join([short(finding["address"]), finding["path"]]).strip(), cell=True)
    cells = [
        SIGNS[shown_as(finding)],
        setting,
        code(value(finding["live"]), cell=True) if both else "",
        code(value(finding["declared"]), cell=True) if both else "",
        "<br>".join(
            [
                VERDICTS[finding["verdict"]] + _phase(finding),
                *(f"{label}: {_fact(label, text)}" for label, text in known(finding)),
            ]
        ),
    ]
    return f"| {' | '.join(cells)} |"


def _fact(label: str, text: str) -> str:
    """Sentences may be plain words; names never are, so that they look alike."""
    if label == "since":  # a time that was written here
        return text
    return prose(text, cell=True) if label in ("note", "who") else code(text, cell=True)


def _phase(finding: Document) -> str:
    calm = shown_as(finding) == "calm" or finding["phase"] == "ongoing"
    return "" if calm else f" ({finding['phase']})"


def _what(finding: Document) -> str:
    return code(" ".join(filter(None, [finding["table"], subject(finding)])))


def _told(finding: Document) -> str:
    return prose(finding["detail"])


def _rule(rule: Document) -> str:
    where = place(rule["position"])
    return f"- {code(pattern(rule))}: {_reason(rule)}" + (f", {code(where)}" if where else "")


def _reason(rule: Document) -> str:
    return f"{prose(rule['reason'])} ({code(rule['owner'])}, until {code(rule['expires'])})"


def _folded(document: Document, before: str) -> Iterator[Part]:
    """What is told for completeness, behind a line to open it."""
    ignored, unused = document["ignored"], document["unused_exceptions"]
    rows = [
        f"- {code(e['id'])}: {COUNTED[e['verdict']]}, {_reason(e['exception'])}" for e in ignored
    ]
    yield from _details(f"{plural(len(ignored), 'finding')} ignored by exceptions", before, rows)
    rows = [_rule(each) for each in unused]
    yield from _details(f"{plural(len(unused), 'exception')} that cover nothing", before, rows)
    resolved = document["resolved"]
    rows = [
        f"- {code(e['id'])}: {COUNTED[e['verdict']]} since {moment(e['since'])}" for e in resolved
    ]
    yield from _details(f"{plural(len(resolved), 'finding')} resolved", before, rows)
    found = document["coverage"] or {}
    rows = [f"- {code(name)}" for name in found.get("unnamed", ())]
    yield from _details(f"{plural(len(rows), 'table')} in no spec", before, rows)


def _details(summary: str, before: str, rows: list[str]) -> Iterator[Part]:
    if rows:
        # The environment's name is Markdown, and stands below the summary.
        opening = f"<details><summary>{summary}</summary>\n"
        yield Part(f"{opening}\n{before}\n" if before else opening, rows, "\n</details>")


def _tail(documents: Sequence[Document]) -> str:
    said = [prose(text) for each in documents if (text := coverage(each))]
    steps = [step for each in documents for step in each.get("next", ())]
    for step in steps:
        said.append(f"{prose(step['why'])}:\n\n{fenced([step['command']])}")
    return "\n\n".join(said)
