"""What a plan spends of AWS's budgets, for a person: what is left, and what has to wait for when.

Drawn from the document alone.  A budget that AWS shows nothing of is told as such, once for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from dynaprov.report.text import FAINT, STRONG, WARNING, data, line, moment, plural, print_wrapped

Document = Mapping[str, Any]

#: A run waits for these by itself, so they are no news in a plan (``--explain`` tells them).
WAITED_OUT_SECONDS = 60
#: More addresses than this are counted.
NAMED = 4


def print_budgets(document: Document, console: Console) -> None:
    """Print each budget once, with what is known of it where it is spent."""
    spent: dict[str, list[tuple[Document, Document]]] = {}
    for operation in document["operations"]:
        for budget in operation["budgets"]:
            if budget["window_seconds"] >= WAITED_OUT_SECONDS:
                spent.setdefault(budget["name"], []).append((operation, budget))
    if not spent:
        return
    console.print(Text("Budgets: AWS takes these only so often", style=STRONG))
    for found in spent.values():
        _, one = found[0]
        print_wrapped(
            console, line(data(one["what"]), ": ", data(one["rule"])), indent=2, hanging=2
        )
        for text in _lines(found):
            print_wrapped(console, text, indent=4, hanging=2)
    console.print()


def _lines(found: list[tuple[Document, Document]]) -> Iterator[Text]:
    """One line for each owner of which something is known, and one for all the others."""
    unknown = []
    for operation, budget in found:
        if budget["used"] is None:
            unknown.append(budget["of"])
            continue
        words = said(budget)
        if operation["not_before"]:
            words += f"; not before {moment(operation['not_before'])}"
        style = WARNING if budget["left"] == 0 else ""
        yield line(data(budget["of"], STRONG), "  ", data(words, style))
    if unknown:
        named = ", ".join(unknown[:NAMED])
        more = len(unknown) - NAMED
        yield line(
            data(named, STRONG),
            f" and {plural(more, 'other')}" if more > 0 else "",
            "  ",
            (said({"seen": "nothing", "used": None}), FAINT),
        )


def said(budget: Document) -> str:
    """What is known of one budget, in words."""
    used = budget["used"]
    if used is None:
        return "not visible: AWS shows only when it is tried whether one is left"
    if budget["seen"] == "count":
        left = budget["left"]
        rest = "whether one is left cannot be told" if left is None else f"{left} left"
        return f"{used} used today (UTC), {rest}"
    if budget["seen"] == "last":
        if not used:
            return "none used in this time"
        until = moment(budget["free_at"])
        return f"at least 1 used: AWS shows only the last, which counts until {until}"
    if budget["free_at"]:
        return "used up by the step before"
    return "one is still taking effect, so AWS will put this off"
