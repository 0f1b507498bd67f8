"""Diagnostics for people and machines: code, place, the line itself, why, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.errors import DynaprovError
from dynaprov.model.masking import masked_line
from dynaprov.model.visible import harmless
from dynaprov.report.document import FORMAT, diagnostic_document
from dynaprov.report.text import (
    BAD,
    FAINT,
    NAME,
    STRONG,
    WARNING,
    cut,
    data,
    line,
    plural,
    print_wrapped,
)

__all__ = ["diagnostic_document", "print_diagnostics", "problem_document"]

#: So much of a line before its shown part tells whether that is inside a credential.
_CONTEXT = 2000
_STYLES = {Level.ERROR: BAD, Level.WARNING: WARNING, Level.NOTE: NAME}


def problem_document(problem: DynaprovError, *, command: str) -> dict[str, Any]:
    """What stopped a command, as a document."""
    return {
        "format": FORMAT,
        "command": command,
        "exit_code": problem.exit_code,
        "problems": [diagnostic_document(each) for each in problem.diagnostics],
    }


def print_diagnostics(diagnostics: Sequence[Diagnostic], console: Console) -> None:
    """Print all of them in order, and how many there were when there is more than one."""
    for number, diagnostic in enumerate(diagnostics):
        if number:
            console.print()
        _print(diagnostic, console)
    if len(diagnostics) > 1:
        console.print()
        console.print(_count(diagnostics))


def _print(diagnostic: Diagnostic, console: Console) -> None:
    style = _STYLES[diagnostic.level]
    console.print(
        line((f"{diagnostic.level}[{diagnostic.code}]", style), ": ", (diagnostic.summary, STRONG))
    )
    if diagnostic.position is not None:
        console.print(line("  ", ("-->", FAINT), " ", data(diagnostic.position, NAME)))
        if diagnostic.text:
            _print_place(diagnostic, console, style)
    elif diagnostic.address:
        console.print(line("  ", ("at", FAINT), " ", data(diagnostic.address, NAME)))
    for paragraph in diagnostic.detail.splitlines():
        print_wrapped(console, data(paragraph), indent=2)
    if diagnostic.hint:
        first, *rest = diagnostic.hint.splitlines()
        print_wrapped(console, line(("hint: ", NAME), data(first)), indent=2, hanging=6)
        for more in rest:
            print_wrapped(console, data(more), indent=8)


def _print_place(diagnostic: Diagnostic, console: Console, style: str) -> None:
    """The line of the file with a caret under the column; long lines are cut around it."""
    position = diagnostic.position
    assert position is not None
    number = str(position.line)
    column = max(position.column, 1)
    room = max(console.width - len(number) - 6, 20)
    start = max(0, column - room + 10) if len(diagnostic.text) > room else 0
    # A tab is one column of the file and must stay one under the caret.
    text = diagnostic.text[: start + room].replace("\t", " ")
    far = max(0, start - _CONTEXT)
    text = text[:far] + masked_line(text[far:])
    shown = cut(text[start : start + room], room)
    gutter = " " * len(number)
    console.print(line("  ", (f"{number} | ", FAINT), data(shown)), soft_wrap=True)
    # What is written out (a control character) or wide takes more columns than it has characters.
    before = cell_len(harmless(text[start : column - 1].ljust(column - 1 - start)))
    if before >= room:
        return
    caret = Text(" " * before + "^", style=style)
    console.print(line("  ", (f"{gutter} | ", FAINT), caret), soft_wrap=True)


def _count(diagnostics: Sequence[Diagnostic]) -> str:
    levels = [diagnostic.level for diagnostic in diagnostics]
    counts = [
        plural(levels.count(level), level.value) for level in Level if levels.count(level) > 0
    ]
    return ", ".join(counts)
