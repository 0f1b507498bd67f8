"""Text for terminals: fixed meanings of colours, and data that cannot do harm.

Every view is understandable without colour.  Data (names, values, messages of AWS) becomes a rich
``Text`` of its own: it is never parsed as markup, and what cannot be seen is written out.  Widths
are those of the terminal, where an ideogram takes two columns.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from dynaprov.model.visible import harmless

#: What each colour means; nothing else is coloured.
GOOD = "green"
WARNING = "yellow"
BAD = "bold red"
NAME = "cyan"
FAINT = "dim"
STRONG = "bold"


def data(text: object, style: str = "") -> Text:
    """A piece of data as it is, in one style."""
    return Text(harmless(str(text)), style=style)


def line(*parts: str | Text | tuple[str, str]) -> Text:
    """One line put together from words, styled words and data."""
    return Text.assemble(*(_part(part) for part in parts))


def _part(part: str | Text | tuple[str, str]) -> str | Text | tuple[str, str]:
    if isinstance(part, str):
        return harmless(part)
    return (harmless(part[0]), part[1]) if isinstance(part, tuple) else part


def plural(count: int, one: str, many: str = "") -> str:
    """``1 table``, ``2 tables``, ``3 indexes``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def moment(text: str) -> str:
    """A time of a document for a reader: ``2026-05-04 14:05 UTC``."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def value(encoded: Any) -> str:
    """A value of a document for a reader: short, on one line, unmistakable."""
    if encoded is None:
        return "none"
    if isinstance(encoded, bool):
        return "on" if encoded else "off"
    if isinstance(encoded, str):
        return encoded if encoded and encoded == encoded.strip() else json.dumps(encoded)
    if isinstance(encoded, list):
        return "[" + ", ".join(value(each) for each in encoded) + "]"
    if isinstance(encoded, dict):
        return _object(encoded)
    return str(encoded)


def _object(encoded: dict[str, Any]) -> str:
    if "$ref" in encoded:
        return f"({encoded['output']} of {encoded['$ref']}, known when it exists)"
    if "$band" in encoded:
        low, high = encoded["$band"]
        return f"{low}..{high}"
    plain = encoded.get("$map", encoded)
    return "{" + ", ".join(f"{name}: {value(each)}" for name, each in plain.items()) + "}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``1 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def print_line(console: Console, text: Text) -> None:
    """Print one line as it is, however long.

    Where there is neither colour nor a screen to keep in order (a log), what rich would print is
    the plain text; its measuring and styling costs most of a large report.
    """
    if console.color_system is None and not console.is_terminal:
        console.file.write(f"{text.plain}\n")
    else:
        console.print(text, soft_wrap=True)


def print_wrapped(console: Console, text: Text, *, indent: int = 0, hanging: int = 0) -> None:
    """Print a paragraph wrapped to the console, indented, without spaces at the ends of lines.

    ``hanging`` is how much further the second and later lines are indented.
    """
    lead, room = Text(" " * indent), max(console.width - indent, 20)
    first, *rest = _wrapped(console, text, room) or [Text()]
    for each in rest:
        each.rstrip()
    below = Text(" ").join(rest)
    lines = [first, *(_wrapped(console, below, max(room - hanging, 20)) if rest else [])]
    for number, each in enumerate(lines):
        each.rstrip()
        print_line(console, lead + Text(" " * (hanging if number else 0)) + each)


def _wrapped(console: Console, text: Text, width: int) -> list[Text]:
    """The lines of a text; most are one, and need no wrapping."""
    plain = text.plain
    if "\n" not in plain and cell_len(plain) <= width:
        return [text.copy()]
    return list(text.wrap(console, width))


def print_labelled(
    console: Console, rows: list[tuple[str, Text]], *, indent: int, least: int = 0
) -> None:
    """Print label and text in two columns; long texts are wrapped inside of theirs.

    A label that would leave no room for its text gets lines of its own above it.
    """
    most = max(console.width - indent - 22, 20)
    shown = [(harmless(label), text) for label, text in rows]
    labels = max([least, *(width for label, _ in shown if (width := cell_len(label)) <= most)])
    room = max(console.width - indent - labels - 2, 20)
    for label, text in shown:
        if cell_len(label) > most:
            print_wrapped(console, Text(label, style=FAINT), indent=indent)
            label = ""
        for number, wrapped in enumerate(_wrapped(console, text, room)):
            wrapped.rstrip()
            lead = Text(padded(label if number == 0 else "", labels), style=FAINT)
            print_line(console, Text(" " * indent) + lead + Text("  ") + wrapped)


def padded(text: str, width: int) -> str:
    """The text with spaces up to the width; longer texts stay whole."""
    return text + " " * max(width - cell_len(text), 0)


def cut(text: str, width: int) -> str:
    """The text, shortened to the width with dots at its end."""
    shown = harmless(text)
    return shown if cell_len(shown) <= width else set_cell_size(shown, max(width - 3, 0)) + "..."
