"""A plan for a person: what differs, what each difference means, what to type next.

Drawn from the document alone.  Order: where we are, one line per table, what destroys, the changes,
what else there is to know, the counts, what is refused, the next command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

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
    plural,
    print_labelled,
    print_wrapped,
    value,
)
from dynaprov.report.wording import (
    CAUSE_STYLES,
    CAUSES,
    ENVIRONMENT,
    RISK_STYLES,
    SIGNS,
    counted,
    group_of,
    kind_of,
    removal,
    short,
    unread,
    worst,
)

Document = Mapping[str, Any]

#: More tables in sync than this are counted instead of listed.
LISTED_IN_SYNC = 12
#: More new things of one kind in one table than this are named in one paragraph.
LISTED_NEW = 3
#: Longer words about a table do not push the risk of the others to the right.
WIDEST_WORDS = 40
#: Actions that take something away.
DESTRUCTIVE = ("replace", "delete")


def print_plan(document: Document, console: Console, *, explain: bool = False) -> None:
    """Print a plan; ``explain`` adds every call with its parameters and its reason."""
    print_header(document, console)
    _print_tables(document, console)
    if document["in_sync"] and not document["operations"]:
        _print_surroundings(document, console)
        _print_in_sync(document, console)
        print_next(document, console)
        return
    _print_destructive(document, console)
    _print_changes(document, console)
    if explain:
        print_operations(document, console)
    _print_surroundings(document, console)
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
    width = min(max([len(name) for name in shown], default=0), max(console.width - 40, 16))
    said = {name: _said(groups[name]) for name in shown}
    wide = max([len(words) for words in said.values() if len(words) <= WIDEST_WORDS], default=0)
    for name in shown:
        words = said[name].ljust(wide)
        text = _table_line(cut(name, width).ljust(width), words, groups[name])
        print_wrapped(console, text, hanging=width + 6)
    if len(quiet) > LISTED_IN_SYNC:
        console.print(line(("  = ", FAINT), plural(len(quiet), "table"), " in sync"))
    if groups:
        console.print()


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


def grouped(document: Document) -> dict[str, dict[str, list[Any]]]:
    """What a plan says, by table; the environment's own things come first."""
    names = {group_of(each["address"]) for each in document["resources"]}
    for member in ("changes", "operations", "not_compared", "in_progress"):
        names |= {group_of(each["address"]) for each in document[member]}
    parts = [each for each in document["unmanaged"] if each["part_of"]]
    names |= {group_of(each["part_of"]) for each in parts}
    groups: dict[str, dict[str, list[Any]]] = {}
    for name in sorted(names, key=lambda name: (name != ENVIRONMENT, name)):
        groups[name] = {
            member: [each for each in document[member] if group_of(each["address"]) == name]
            for member in ("changes", "operations", "not_compared", "in_progress")
        }
        groups[name]["parts"] = [each for each in parts if group_of(each["part_of"]) == name]
    return groups


def _print_destructive(document: Document, console: Console) -> None:
    changes = [change for change in document["changes"] if change["action"] in DESTRUCTIVE]
    if not changes:
        return
    console.print(Text("Removes or replaces", style=BAD))
    for change in changes:
        _print_change(document, change, change["address"], console)
    console.print()


def _print_changes(document: Document, console: Console) -> None:
    for name, found in grouped(document).items():
        changes = [each for each in found["changes"] if each["action"] not in DESTRUCTIVE]
        if not changes:
            continue
        table = next(
            (each["resource"] for each in changes if short(each["address"]) == "table"), ""
        )
        console.print(_group_line(name, table), soft_wrap=True)
        many = _many(changes)
        for change in changes:
            if change["action"] != "create" or kind_of(change) not in many:
                _print_change(document, change, short(change["address"]), console)
        for kind in many:
            _print_many(kind, changes, console)
        console.print()
    _print_creation(document, console)


def _many(changes: Sequence[Document]) -> list[str]:
    """The kinds of which there are so many new things that one paragraph has to do."""
    new = [kind_of(change) for change in changes if change["action"] == "create"]
    return [kind for kind in dict.fromkeys(new) if new.count(kind) > LISTED_NEW]


def _print_many(kind: str, changes: Sequence[Document], console: Console) -> None:
    names = [
        short(change["address"]).removeprefix(f"{kind}/")
        for change in changes
        if change["action"] == "create" and kind_of(change) == kind
    ]
    first = line(("  + ", GOOD), data(f"{len(names)} x {kind}", STRONG), "  ")
    print_wrapped(console, first + data(", ".join(names), FAINT), hanging=6)


def _group_line(name: str, table: str) -> Text:
    return line(data(name, STRONG), "  ", data(table, FAINT)) if table else data(name, STRONG)


def _print_change(document: Document, change: Document, name: str, console: Console) -> None:
    sign, style = SIGNS[change["action"]]
    creates = change["action"] == "create"
    first = line((f"  {sign} ", style), data(name, STRONG))
    if creates:
        brief = "  ".join(f"{s['path']}: {_brief(s['after'])}" for s in change["settings"])
        if change["kind"] != "table" and change["cause"] == "new":
            brief = cut(brief, max(console.width - first.cell_len - 3, 16))
        if change["cause"] != "new":
            first += line("  ", (CAUSES[change["cause"]], CAUSE_STYLES[change["cause"]]))
        first += line("  ", data(brief, FAINT))
    else:
        first += line("  ", (CAUSES[change["cause"]], CAUSE_STYLES[change["cause"]]))
    print_wrapped(console, first, hanging=6)
    for note in change["notes"]:
        print_wrapped(console, data(note), indent=6)
    if not creates:
        _print_settings(change, console)
        print_labelled(console, _meaning(document, change), indent=6, least=10)


def _brief(after: Any) -> str:
    """A value of something new: of a mapping of things (indexes) only their names."""
    if isinstance(after, dict) and after and all(isinstance(e, dict) for e in after.values()):
        return ", ".join(after)
    return value(after)


def _print_settings(change: Document, console: Console) -> None:
    rows = []
    for setting in change["settings"]:
        text = line(
            data(value(setting["before"]), BAD if change["action"] == "delete" else ""),
            (" -> ", FAINT),
            data(value(setting["after"]), STRONG),
        )
        if setting["cause"] not in (change["cause"], "unknown"):
            text += line("  ", (setting["cause"], CAUSE_STYLES[setting["cause"]]))
        if setting["reason"]:
            text += line("  ", data(f"({setting['reason']})", FAINT))
        rows.append((setting["path"] or "(all)", text))
    print_labelled(console, rows, indent=6, least=10)


def _meaning(document: Document, change: Document) -> list[tuple[str, Text]]:
    """What the calls for a change mean; where there are several, step by step."""
    steps = [
        operation
        for operation in document["operations"]
        if not operation["stamp"] and _covers(operation, change)
    ]
    rows: list[tuple[str, Text]] = []
    for number, operation in enumerate(steps, start=1):
        if len(steps) > 1:
            rows.append((f"step {number}", data(operation["title"], STRONG)))
        if operation["risk"] in ("medium", "high"):
            rows.append(("risk", data(operation["risk"], RISK_STYLES[operation["risk"]])))
        for name in ("impact", "undo", "takes", "watch"):
            if text := operation["meaning"][name]:
                rows.append((name, data(text)))
        if operation["not_before"]:
            rows.append(("not before", data(moment(operation["not_before"]), WARNING)))
    return rows


def _covers(operation: Document, change: Document) -> bool:
    if operation["address"] == change["address"]:
        return True
    # A part (an index) is changed by an operation of the resource that it is a part of.
    covered = [f"{operation['address']}/{path}" for path in operation["covers"] if path]
    return change["address"] in covered


def _print_creation(document: Document, console: Console) -> None:
    """What creating means, once per kind instead of once per thing."""
    created = {each["address"] for each in document["changes"] if each["action"] == "create"}
    found: dict[str, list[str]] = {}
    for operation in document["operations"]:
        if operation["address"] not in created or operation["stamp"]:
            continue
        meaning = operation["meaning"]
        text = "; ".join(filter(None, [meaning["impact"], meaning["takes"]]))
        what = kind_of(operation)
        if text and text not in found.setdefault(what, []):
            found[what].append(text)
    rows = [
        ("" if number else kind, data(text))
        for kind, texts in found.items()
        for number, text in enumerate(texts)
    ]
    if rows:
        console.print(Text("What creating means", style=STRONG))
        print_labelled(console, rows, indent=2)
        console.print()


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
    print_wrapped(console, line(f"{counted(actions) or 'Nothing differs'}; {calls} to make."))
    console.print(Text(*removal(summary)))
    if document["operations"]:
        console.print(line(("Fingerprint ", FAINT), data(document["fingerprint"][:16], FAINT)))


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


def print_next(document: Document, console: Console) -> None:
    """Print the commands to type next, each alone on its line so that it can be copied."""
    for step in document.get("next", ()):
        console.print()
        console.print(line(f"{step['why']}:"), soft_wrap=True)
        console.print(line("  ", data(step["command"], NAME)), soft_wrap=True)
