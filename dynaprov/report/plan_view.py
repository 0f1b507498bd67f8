"""A plan for a person: what differs, what each difference means, what to type next.

Drawn from the document alone.  Order: where we are, one line per table, what destroys, the changes,
what else there is to know, the counts, what is refused, the next command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dynaprov.model.visible import harmless
from dynaprov.report.alarms import print_alarms
from dynaprov.report.budgets import print_budgets
from dynaprov.report.change_view import grouped, print_changes, print_destructive
from dynaprov.report.explanation import print_operations
from dynaprov.report.text import (
    BAD,
    FAINT,
    GOOD,
    NAME,
    STRONG,
    WARNING,
    cut,
    data,
    line,
    moment,
    padded,
    plural,
    print_labelled,
    print_wrapped,
)
from dynaprov.report.wording import (
    ENVIRONMENT,
    RISK_STYLES,
    SIGNS,
    counted,
    removal,
    unread,
    worst,
)

Document = Mapping[str, Any]

#: More tables in sync than this are counted instead of listed.
LISTED_IN_SYNC = 12
#: Longer words about a table do not push the risk of the others to the right.
WIDEST_WORDS = 40


def print_plan(document: Document, console: Console, *, explain: bool = False) -> None:
    """Print a plan; ``explain`` adds every call with its parameters and its reason."""
    print_alarms(document, console)
    print_header(document, console)
    _print_tables(document, console)
    if document["in_sync"] and not document["operations"]:
        _print_surroundings(document, console)
        print_missing(document, console)
        _print_in_sync(document, console)
        print_next(document, console)
        return
    print_destructive(document, console)
    print_changes(document, console)
    print_budgets(document, console)
    if explain:
        print_operations(document, console)
    _print_surroundings(document, console)
    print_missing(document, console)
    _print_counts(document, console)
    _print_refusals(document, console)
    print_next(document, console)


def print_header(document: Document, console: Console) -> None:
    """Print where this plan holds."""
    title = f"{document['project']} {document['environment']}"
    console.print(line(("dynaprov ", FAINT), document["command"], "  ", data(title, STRONG)))
    rows = [("account", data(document["account"])), ("region", data(document["region"]))]
    if document["caller"]:
        rows.append(("identity", data(document["caller"])))
    if document["revision"]:
        rows.append(("specs", line("revision ", data(document["revision"]))))
    if document["endpoint"]:
        rows.append(("endpoint", line(data(document["endpoint"]), " (not AWS)")))
    print_labelled(console, rows, indent=2)
    console.print()


def _print_tables(document: Document, console: Console) -> None:
    groups = grouped(document)
    quiet = [name for name, found in groups.items() if not any(found.values())]
    shown = [name for name in groups if name not in quiet or len(quiet) <= LISTED_IN_SYNC]
    width = min(max([cell_len(harmless(name)) for name in shown], default=0), _most(console))
    said = {name: _said(groups[name]) for name in shown}
    wide = max([len(words) for words in said.values() if len(words) <= WIDEST_WORDS], default=0)
    for name in shown:
        words = said[name].ljust(wide)
        text = _table_line(padded(cut(name, width), width), words, groups[name])
        print_wrapped(console, text, hanging=width + 6)
    if len(quiet) > LISTED_IN_SYNC:
        console.print(line(("  = ", FAINT), plural(len(quiet), "table"), " in sync"))
    if groups:
        console.print()


def _most(console: Console) -> int:
    return max(console.width - 40, 16)


def _said(found: Mapping[str, list[Any]]) -> str:
    """How a table stands, in words."""
    actions = [change["action"] for change in found["changes"]]
    words = [counted(actions)] if actions else []
    if found["in_progress"]:
        words.append(f"{len(found['in_progress'])} under way")
    if found["not_compared"]:
        words.append(f"{len(found['not_compared'])} not compared")
    if found["parts"]:
        words.append(f"{len(found['parts'])} unmanaged")
    if not words and found["operations"]:
        words.append("in sync, its record is renewed")
    return ", ".join(words) or "in sync"


def _table_line(name: str, words: str, found: Mapping[str, list[Any]]) -> Text:
    actions = [change["action"] for change in found["changes"]]
    sign, style = SIGNS[_worst_action(actions)]
    if found["not_compared"] and not actions:
        sign, style = "?", WARNING
    calm = not any(found.values())
    text = line((f"  {sign} ", style), data(name, STRONG), "  ", data(words, GOOD if calm else ""))
    if actions and found["operations"]:
        risk = worst([operation["risk"] for operation in found["operations"]])
        text += line("  ", (f"{risk} risk", RISK_STYLES[risk]))
    text.rstrip()
    return text


def _worst_action(actions: Sequence[str]) -> str:
    return next(
        (each for each in ("delete", "replace", "update", "create") if each in actions), "none"
    )


def _print_surroundings(document: Document, console: Console) -> None:
    _print_block(
        "Under way in AWS",
        [(each["address"], data(each["detail"])) for each in document["in_progress"]],
        console,
    )
    _print_block(
        "Not compared: nothing is known about these",
        [
            ("  ".join(filter(None, [each["address"], each["path"]])), data(unread(each), WARNING))
            for each in document["not_compared"]
        ],
        console,
        WARNING,
    )
    parts = [each for each in document["unmanaged"] if each["part_of"]]
    whole = [each for each in document["unmanaged"] if not each["part_of"]]
    _print_block("Unmanaged parts: live, in no spec; kept unless --prune", _named(parts), console)
    _print_block("Unmanaged: live, in no spec; only listed", _named(whole), console)
    _print_block(
        "Notes",
        [
            (each["address"] or each["code"], data(each["detail"] or each["summary"]))
            for each in document["diagnostics"]
            if each["level"] != "error"
        ],
        console,
    )


def _named(unmanaged: Sequence[Document]) -> list[tuple[str, Text]]:
    return [
        (each["address"], data("  ".join(filter(None, [each["resource"], each["detail"]]))))
        for each in unmanaged
    ]


def _print_block(
    title: str, rows: list[tuple[str, Text]], console: Console, style: str = STRONG
) -> None:
    if not rows:
        return
    console.print(Text(title, style=style))
    longest = max(len(label) for label, _ in rows)
    if longest > console.width // 2:
        for label, text in rows:
            print_wrapped(console, data(label), indent=2)
            print_wrapped(console, text, indent=6)
    else:
        print_labelled(console, rows, indent=2)
    console.print()


def _print_in_sync(document: Document, console: Console) -> None:
    tables = [name for name in grouped(document) if name != ENVIRONMENT]
    looked = f"{plural(len(document['resources']), 'resource')} of {plural(len(tables), 'table')}"
    text = f"{looked} and the environment are as the spec says. Nothing to do."
    print_wrapped(console, line(("In sync: ", GOOD), text))


def _print_counts(document: Document, console: Console) -> None:
    summary = document["summary"]
    actions = [change["action"] for change in document["changes"]]
    calls = plural(summary["operations"], "call")
    made = f"{counted(actions) or 'Nothing differs'}; {calls} to make{_later(document)}."
    print_wrapped(console, line(made))
    console.print(Text(*removal(summary)))
    if document["operations"]:
        console.print(line(("Fingerprint ", FAINT), data(document["fingerprint"][:16], FAINT)))


def _later(document: Document) -> str:
    """How many of the calls wait for their time, and for when."""
    times = [each["not_before"] for each in document["operations"] if each["not_before"]]
    if not times:
        return ""
    first = "the first " if len(times) > 1 else ""
    return f", {len(times)} of them later: {first}not before {moment(min(times))}"


def _print_refusals(document: Document, console: Console) -> None:
    if not document["refusals"]:
        return
    console.print()
    console.print(Text("Refused: apply stops here until these are settled", style=BAD))
    for refusal in document["refusals"]:
        first = line(
            ("  x ", BAD), data(refusal["address"], STRONG), "  ", (refusal["code"], FAINT)
        )
        console.print(first, soft_wrap=True)
        print_wrapped(console, data(refusal["detail"]), indent=6)
        if refusal["allowed_by"]:
            text = line("to allow it: ", data(refusal["allowed_by"], NAME))
        else:
            text = line("nothing lifts this")
        print_wrapped(console, text, indent=6, hanging=2)
        if refusal["instead"]:
            console.print(line("      or instead, without a gap:"))
        for each in refusal["instead"]:
            # As it stands, for it is to be copied.
            console.print(Text("      ") + data(each), soft_wrap=True)


def print_missing(document: Document, console: Console) -> None:
    """Print every IAM action that was found missing, each once, ready to be copied."""
    actions = document.get("missing_permissions", ())
    if not actions:
        return
    title = f"Missing {plural(len(actions), 'permission')}: grant these to this identity"
    console.print(Text(title, style=WARNING))
    for action in actions:
        console.print(line("  ", data(action, NAME)), soft_wrap=True)
    console.print()


def print_next(document: Document, console: Console) -> None:
    """Print the commands to type next, each alone on its line so that it can be copied."""
    for step in document.get("next", ()):
        console.print()
        console.print(line(f"{step['why']}:"), soft_wrap=True)
        console.print(line("  ", data(step["command"], NAME)), soft_wrap=True)
