"""A plan as Markdown, for a comment on the pull request that changes the specs.

Drawn from the document alone.  Order: what would be done, what would be removed, the fingerprint
to approve, refusals, then behind lines to open them: the changes table by table, the calls, what
could not be compared, what is unmanaged, notes; at the end the next command.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynaprov.report.change_view import grouped
from dynaprov.report.drift_words import environment_id, place, title
from dynaprov.report.markdown_text import LIMIT, Part, body, code, fenced, in_html, prose
from dynaprov.report.text import moment, plural, value
from dynaprov.report.wording import CAUSES, ENVIRONMENT, api, counted, removal, short, unread

Document = Mapping[str, Any]

SIGNS = {"none": "", "create": "➕", "update": "✏️", "replace": "♻️", "delete": "🗑️"}
RISKS = {"none": "", "low": "low", "medium": "🟡 medium", "high": "🔴 **high**"}


def plan_markdown(document: Document, limit: int = LIMIT) -> str:
    """The plan as one comment of at most ``limit`` bytes."""
    return body(_head(document), list(_parts(document)), _tail(document), limit)


def plan_marker(document: Document) -> str:
    """What a program finds the comment of this environment by; nobody sees it."""
    return f"<!-- dynaprov plan {environment_id(document)} -->"


def _head(document: Document) -> str:
    summary = document["summary"]
    calls = plural(summary["operations"], "call")
    actions = counted([change["action"] for change in document["changes"]])
    said = (
        "In sync: nothing to do."
        if _quiet(document)
        else f"{actions or 'Nothing differs'}; {calls}."
    )
    place = f"account {code(document['account'])}, {code(document['region'])}"
    revision = f", specs {code(document['revision'])}" if document["revision"] else ""
    lines = [
        plan_marker(document),
        f"## Plan for {code(title(document))}",
        f"**{said}** {removal(summary)[0] if document['operations'] else ''}".rstrip(),
        f"{place}{revision}. Fingerprint {code(document['fingerprint'])}",
    ]
    worst = summary["worst_risk"]
    if worst in ("medium", "high"):
        lines.insert(3, f"Worst risk: {RISKS[worst]}.")
    if summary["not_compared"]:
        lines.insert(3, f"❔ **{plural(summary['not_compared'], 'thing')} could not be compared.**")
    return "\n\n".join(lines)


def _quiet(document: Document) -> bool:
    return bool(document["in_sync"] and not document["operations"])


def _parts(document: Document) -> Iterator[Part]:
    errors = [each for each in document["diagnostics"] if each["level"] == "error"]
    if errors:
        yield Part("### 🔴 Alarming\n", [_note(each) for each in errors])
    if document["refusals"]:
        heading = "### ⛔ Refused: apply stops here until these are settled\n"
        yield Part(heading, [_refusal(each) for each in document["refusals"]])
    for name, found in grouped(document).items():
        if found["changes"]:
            yield _changes(name, found["changes"])
    calls = [_call(each) for each in document["operations"]]
    yield from _details(plural(len(calls), "call"), calls, "| Call | What | Risk |\n|---|---|---|")
    rows = [
        f"- {code(' '.join(filter(None, [each['address'], each['path']])))}: {prose(unread(each))}"
        for each in document["not_compared"]
    ]
    yield from _details(f"{plural(len(rows), 'thing')} not compared", rows)
    actions = [f"- {code(each)}" for each in document["missing_permissions"]]
    yield from _details(f"{plural(len(actions), 'permission')} to grant", actions)
    rows = [f"- {code(e['address'])}: {prose(e['detail'])}" for e in document["in_progress"]]
    yield from _details(f"{len(rows)} under way in AWS", rows)
    rows = [f"- {code(e['address'])}: {prose(e['detail'])}" for e in document["unmanaged"]]
    yield from _details(f"{len(rows)} unmanaged: live, in no spec", rows)
    notes = [_note(each) for each in document["diagnostics"] if each["level"] != "error"]
    yield from _details(plural(len(notes), "note"), notes)


def _changes(name: str, changes: list[Document]) -> Part:
    shown = name if name == ENVIRONMENT else in_html(name)
    counts = counted([each["action"] for each in changes])
    opening = f"<details><summary>{shown}: {counts}</summary>\n"
    header = "| | Setting | Before | After | Why |\n|---|---|---|---|---|"
    rows = [row for change in changes for row in _change(change)]
    return Part(f"{opening}\n{header}", rows, "\n</details>")


def _change(change: Document) -> Iterator[str]:
    name = short(change["address"])
    sign = f"{SIGNS[change['action']]} {change['action']}".strip()
    if not change["settings"]:
        yield _line(sign, code(name, cell=True), "", "", _why(change, change))
    for setting in change["settings"]:
        yield _line(
            sign,
            code(f"{name} {setting['path']}".strip(), cell=True),
            "" if change["action"] == "create" else code(value(setting["before"]), cell=True),
            "" if change["action"] == "delete" else code(value(setting["after"]), cell=True),
            _why(change, setting),
        )


def _why(change: Document, setting: Document) -> str:
    cause = setting["cause"] if setting["cause"] != "unknown" else change["cause"]
    notes = [setting.get("reason", ""), *change["notes"]]
    said = [CAUSES[cause], *(prose(each, cell=True) for each in notes if each)]
    if where := place(setting["source"] or change["source"]):
        said.append(code(where, cell=True))
    return "<br>".join(said)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _call(operation: Document) -> str:
    later = operation["not_before"]
    risk = RISKS[operation["risk"]]
    meaning = operation["meaning"]
    said = [prose(operation["title"], cell=True)]
    if operation["risk"] in ("medium", "high"):
        said += [
            f"{name}: {prose(meaning[name], cell=True)}"
            for name in ("impact", "undo", "takes")
            if meaning[name]
        ]
    if later:
        said.append(f"not before {moment(later)}")
    return _line(code(api(operation), cell=True), "<br>".join(said), risk)


def _refusal(refusal: Document) -> str:
    lifted = refusal["allowed_by"]
    way = f"to allow it: {code(lifted)}" if lifted else "nothing lifts this"
    lines = [
        f"- {code(refusal['address'])} ({code(refusal['code'])}): {prose(refusal['detail'])}; {way}"
    ]
    if refusal["instead"]:
        lines.append("  or instead, without a gap: " + "; ".join(map(prose, refusal["instead"])))
    return "\n".join(lines)


def _note(diagnostic: Document) -> str:
    where = diagnostic["address"] or diagnostic["code"]
    return f"- {code(where)}: {prose(diagnostic['detail'] or diagnostic['summary'])}"


def _details(summary: str, rows: list[str], header: str = "") -> Iterator[Part]:
    if rows:
        opening = f"<details><summary>{summary}</summary>\n"
        yield Part(f"{opening}\n{header}" if header else opening, rows, "\n</details>")


def _tail(document: Document) -> str:
    steps = document.get("next", ())
    return "\n\n".join(f"{prose(step['why'])}:\n\n{fenced([step['command']])}" for step in steps)
