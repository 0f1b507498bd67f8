"""The changes of a plan for a person: what takes something away first, then table by table.

Everything is drawn from the document; ``plan_view`` puts it between header and counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from dynaprov.report.text import (
    BAD,
    FAINT,
    STRONG,
    WARNING,
    cut,
    data,
    line,
    moment,
    print_labelled,
    print_line,
    print_wrapped,
    value,
)
from dynaprov.report.wording import (
    CAUSE_STYLES,
    CAUSES,
    ENVIRONMENT,
    RISK_STYLES,
    SIGNS,
    group_of,
    kind_of,
    short,
)

Document = Mapping[str, Any]

#: More new things of one kind in one table than this are named in one paragraph.
LISTED_NEW = 3
#: Actions that take something away.
DESTRUCTIVE = ("replace", "delete")


_GROUPED = ("changes", "operations", "not_compared", "in_progress")


def grouped(document: Document) -> dict[str, dict[str, list[Any]]]:
    """What a plan says, by table; the environment's own things come first."""
    groups: dict[str, dict[str, list[Any]]] = {}

    def group(address: str) -> dict[str, list[Any]]:
        return groups.setdefault(group_of(address), {each: [] for each in (*_GROUPED, "parts")})

    for resource in document["resources"]:
        group(resource["address"])
    for member in _GROUPED:
        for each in document[member]:
            group(each["address"])[member].append(each)
    for each in document["unmanaged"]:
        if each["part_of"]:
            group(each["part_of"])["parts"].append(each)
    return dict(sorted(groups.items(), key=lambda item: (item[0] != ENVIRONMENT, item[0])))


def print_destructive(document: Document, console: Console) -> None:
    """Print what takes something away, data first, each with what it means."""
    changes = [change for change in document["changes"] if change["action"] in DESTRUCTIVE]
    if not changes:
        return
    console.print(Text("Removes or replaces", style=BAD))
    many = _many(changes, "delete")
    for change in sorted(changes, key=_weight):
        if change["action"] != "delete" or kind_of(change) not in many:
            _print_change(document, change, change["address"], console)
    for kind in many:
        _print_many(kind, changes, console, "delete")
        example = next(each for each in changes if kind_of(each) == kind)
        print_labelled(console, _meaning(document, example), indent=6, least=10)
    console.print()


def _weight(change: Document) -> int:
    """Data first: tables, then indexes, then what stands around them."""
    return {"table": 0, "index": 1, "local-index": 1}.get(kind_of(change), 2)


def print_changes(document: Document, console: Console) -> None:
    """Print the other changes, table by table."""
    for name, found in grouped(document).items():
        changes = [each for each in found["changes"] if each["action"] not in DESTRUCTIVE]
        if not changes:
            continue
        table = next(
            (each["resource"] for each in changes if short(each["address"]) == "table"), ""
        )
        print_line(console, _group_line(name, table))
        many = _many(changes)
        for change in changes:
            if change["action"] != "create" or kind_of(change) not in many:
                _print_change(document, change, short(change["address"]), console)
        for kind in many:
            _print_many(kind, changes, console)
        console.print()
    _print_creation(document, console)


def _many(changes: Sequence[Document], action: str = "create") -> list[str]:
    """The kinds with so many things new (or gone) that one paragraph has to do; never tables."""
    kinds = [kind_of(change) for change in changes if change["action"] == action]
    return [
        kind for kind in dict.fromkeys(kinds) if kind != "table" and kinds.count(kind) > LISTED_NEW
    ]


def _print_many(
    kind: str, changes: Sequence[Document], console: Console, action: str = "create"
) -> None:
    found = [(each["address"], kind_of(each)) for each in changes if each["action"] == action]
    of_kind = [address for address, each in found if each == kind]
    if action == "create":
        of_kind = [short(address).removeprefix(f"{kind}/") for address in of_kind]
    sign, style = SIGNS[action]
    first = line((f"  {sign} ", style), data(f"{len(of_kind)} x {kind}", STRONG), "  ")
    print_wrapped(console, first + data(", ".join(of_kind), FAINT), hanging=6)


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
    elif change["action"] == "delete":
        first += line("  ", data(change["resource"], FAINT))
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
