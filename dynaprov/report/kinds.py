"""The kinds for people and machines, from the tables of settings that the code itself runs on."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem
from dynaprov.model.kind import Kind
from dynaprov.model.setting import Setting, State, nested_state, path_names, settings_of
from dynaprov.report.text import FAINT, NAME, STRONG, data, line, print_labelled, print_wrapped

Document = Mapping[str, Any]


def chosen(name: str | None) -> Sequence[Kind]:
    """The kind of that name, or all of them.

    Raises:
        UsageProblem: when there is none of that name.
    """
    if name is None:
        return tuple(KIND_BY_NAME.values())
    if name in KIND_BY_NAME:
        return (KIND_BY_NAME[name],)
    near = difflib.get_close_matches(name, list(KIND_BY_NAME), n=1)
    raise UsageProblem(
        Diagnostic(
            code="DP502",
            summary="there is no such kind",
            detail=name,
            hint=f"did you mean {near[0]}?" if near else "dynaprov kinds",
        )
    )


def kind_document(kind: Kind) -> dict[str, Any]:
    """A kind as JSON: where it stands in the spec, its settings, its permissions."""
    return {
        "name": kind.name,
        "title": kind.title,
        "section": kind.section_name,
        "per_table": kind.per_table,
        "missing": kind.missing.value,
        "settings": list(_settings(kind.state, "")),
        "reads": list(kind.reads),
        "writes": list(kind.writes),
    }


def _settings(state: type[State], lead: str) -> Iterator[dict[str, Any]]:
    words = path_names(state)
    for name, setting in settings_of(state).items():
        field = state.model_fields[name]
        yield {
            "path": f"{lead}{words[name]}",
            "description": field.description or "",
            "severity": setting.severity.value,
            "effect": setting.effect.value,
            "owner": setting.owner.value,
            "compared": setting.compared,
            "secret": setting.secret,
        }
        inner = nested_state(state, name)
        if inner is not None and _has_settings(inner):
            below = f"{lead}{words[name]}.<name>." if setting.part else f"{lead}{words[name]}."
            yield from _settings(inner, below)


def _has_settings(state: type[State]) -> bool:
    """Whether its fields are settings, or only the parts of one value (a key's name and type)."""
    return any(
        isinstance(note, Setting) for info in state.model_fields.values() for note in info.metadata
    )


def print_list(kinds: Sequence[Document], console: Console) -> None:
    """Print one line per kind."""
    wide = max(len(kind["title"]) for kind in kinds)
    rows = [
        (kind["name"], line(data(kind["title"].ljust(wide)), "  ", data(_where(kind), FAINT)))
        for kind in kinds
    ]
    print_labelled(console, rows, indent=0)
    console.print()
    console.print(line("Every setting of one: ", ("dynaprov kinds KIND", NAME)))


def print_kind(kind: Document, console: Console) -> None:
    """Print every setting of a kind, and what it needs permission for."""
    console.print(line(data(kind["name"], STRONG), "  ", data(kind["title"])))
    console.print(data(_where(kind), FAINT))
    console.print(data(f"severity of one that is gone: {kind['missing']}", FAINT))
    for setting in kind["settings"]:
        console.print()
        facts = [f"severity {setting['severity']}", setting["effect"]]
        facts += [] if setting["compared"] else ["not compared"]
        facts += ["secret"] if setting["secret"] else []
        facts += [f"owned by {setting['owner']}"] if setting["owner"] != "spec" else []
        first = line("  ", data(setting["path"], STRONG), "  ", data(", ".join(facts), FAINT))
        console.print(first, soft_wrap=True)
        print_wrapped(console, data(setting["description"]), indent=6)
    console.print()
    rows = [
        ("reads", data(", ".join(kind["reads"]))),
        ("writes", data(", ".join(kind["writes"]))),
    ]
    print_labelled(console, rows, indent=2)


def _where(kind: Document) -> str:
    if not kind["section"]:
        return "in each table's document" if kind["per_table"] else "no section of its own"
    place = "each table's document" if kind["per_table"] else "the environment's document"
    return f"section `{kind['section']}` of {place}"
