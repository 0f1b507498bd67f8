"""``--explain``: every call of a plan with its parameters, its order and its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from dynaprov.report.budgets import said
from dynaprov.report.text import (
    FAINT,
    STRONG,
    data,
    line,
    moment,
    print_labelled,
    print_wrapped,
    value,
)
from dynaprov.report.wording import CAUSES, RISK_STYLES, api

Document = Mapping[str, Any]


def print_operations(document: Document, console: Console) -> None:
    """Print all operations in the order of the plan."""
    if not document["operations"]:
        return
    console.print(Text("Calls", style=STRONG))
    changes = {change["address"]: change for change in document["changes"]}
    for number, operation in enumerate(document["operations"], start=1):
        risk = operation["risk"]
        first = line(
            (f"  {number}. ", FAINT),
            data(api(operation), STRONG),
            "  ",
            data(operation["title"]),
            "  ",
            (f"{'no' if risk == 'none' else risk} risk", RISK_STYLES[risk]),
        )
        print_wrapped(console, first, hanging=6)
        print_labelled(console, list(_facts(operation, changes)), indent=6)
        for shown in _params(operation["params"], 0):
            print_wrapped(console, data(shown, FAINT), indent=6, hanging=4)
    console.print()


def _facts(operation: Document, changes: Mapping[str, Document]) -> Iterator[tuple[str, Text]]:
    yield "id", data(operation["id"])
    for reason in _reasons(operation, changes):
        yield "why", data(reason)
    if operation["needs"]:
        yield "needs", data(", ".join(operation["needs"]))
    if operation["after"]:
        yield "after", data(", ".join(operation["after"]))
    if operation["waits"]:
        yield "waits", data("until " + ", ".join(wait["until"] for wait in operation["waits"]))
    if operation["not_before"]:
        yield "not before", data(moment(operation["not_before"]))
    for budget in operation["budgets"]:
        yield (
            "budget",
            data(f"{budget['what']} of {budget['of']}: {said(budget)} ({budget['rule']})"),
        )
    for name in ("impact", "undo", "takes", "watch"):
        if operation["meaning"][name]:
            yield name, data(operation["meaning"][name])


def _reasons(operation: Document, changes: Mapping[str, Document]) -> Iterator[str]:
    """Each setting that the call is for, with its cause and where the spec says so."""
    if operation["stamp"]:
        yield "renews the record of what was last applied"
        return
    change = changes.get(operation["address"])
    if change is None:
        return
    if not change["settings"]:
        yield _sourced(CAUSES[change["cause"]], change["source"])
    for setting in change["settings"]:
        covered = operation["covers"]
        if "" in covered or any(_below(setting["path"], path) for path in covered):
            before, after = value(setting["before"]), value(setting["after"])
            what = f"{setting['path']}: {before} -> {after}"
            if change["action"] == "create":
                what = f"{setting['path']}: {after}"
            cause = setting["cause"] if setting["cause"] != "unknown" else change["cause"]
            yield _sourced(f"{what} ({cause})", setting["source"] or change["source"])


def _below(path: str, other: str) -> bool:
    return path == other or path.startswith(other + ".")


def _sourced(text: str, source: Document | None) -> str:
    if source is None:
        return text
    place = source["file"]
    if source["line"]:
        place = f"{place}:{source['line']}:{source['column']}"
    return f"{text}, {place} ({source['layer']})"


def _params(params: Any, depth: int) -> Iterator[str]:
    """Parameters as indented lines; what fits on one line stays on it."""
    lead = "  " * depth
    for name, each in params.items():
        if isinstance(each, dict) and each and not any(key.startswith("$") for key in each):
            yield f"{lead}{name}:"
            yield from _params(each, depth + 1)
        elif isinstance(each, list) and any(isinstance(item, dict) for item in each):
            yield f"{lead}{name}:"
            for item in each:
                yield f"{lead}  - {_exact(item)}"
        else:
            yield f"{lead}{name}: {_exact(each)}"


def _exact(param: Any) -> str:
    """A parameter as it is sent; only what is not known yet is put in words."""
    if isinstance(param, dict) and any(key.startswith("$") for key in param):
        return value(param)
    if isinstance(param, dict):
        return "{" + ", ".join(f"{name}: {_exact(each)}" for name, each in param.items()) + "}"
    if isinstance(param, list):
        return "[" + ", ".join(_exact(each) for each in param) + "]"
    return param if isinstance(param, str) and param else json.dumps(param)
