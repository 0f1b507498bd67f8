"""Data inside of Markdown: shown as it is, and never read as Markdown or HTML.

A code span is the one place where GitHub reads nothing: no markup, no mention (``@name``), no
reference (``#12``, a commit), no link.  So every piece of data is one, except for words so plain
that nothing in them could be read as anything.  A body that would be longer than GitHub takes is
cut, and says how much was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from dynaprov.model.visible import harmless
from dynaprov.report.text import plural

#: What GitHub takes as the body of a comment or an issue: 65,536 characters ("Body is too long").
#: Counted in bytes here, which are never fewer.
LIMIT = 65_536

#: More characters of one value are counted instead of shown.
LONGEST = 300

#: Words of which GitHub makes nothing: letters and digits, no dots inside of words (links), no
#: hexadecimal numbers (commits), no ``GH-12``.
_PLAIN = re.compile(r"(?:(?![0-9a-f]{7,40}\b)[A-Za-z0-9]+(?:-[a-z]+)*(?:[,;:.]? |[.]?\Z))+")
_TICKS = re.compile("`+")


def code(text: object, *, cell: bool = False) -> str:
    """Data as a code span; in a ``cell`` of a table no bar of it ends the cell."""
    shown = shortened(harmless(str(text)))
    if not shown.strip():
        shown = f'"{shown}"'
    if cell:
        # Behind a backslash an escaped bar would be read as one that is not.
        shown = re.sub(r"(?<=\\)\|", r"\\x7c", shown).replace("|", r"\|")
    longest = max((len(each) for each in _TICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    room = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{room}{shown}{room}{fence}"


def prose(text: object, *, cell: bool = False) -> str:
    """A sentence: as it is where it holds nothing but plain words, else like any data."""
    plain = str(text)
    is_plain = len(plain) <= LONGEST and _PLAIN.fullmatch(plain)
    return plain if is_plain else code(text, cell=cell)


def shortened(text: str, most: int = LONGEST) -> str:
    """The text, or its beginning and how much more there is."""
    if len(text) <= most:
        return text
    return f"{text[:most]}... ({len(text) - most} more characters)"


def in_html(text: object) -> str:
    """Data inside of an HTML block, where Markdown is not read: a ``summary``."""
    return f"<code>{escape(shortened(harmless(str(text))))}</code>"


def fenced(lines: Iterable[str]) -> str:
    """Lines to be copied, as a block of code that none of them can end."""
    shown = [harmless(each) for each in lines]
    ticks = [len(each) for line in shown for each in _TICKS.findall(line)]
    fence = "`" * max(3, max(ticks, default=0) + 1)
    return "\n".join([fence, *shown, fence])


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body that may be cut: what opens it, its rows, what closes it."""

    opening: str
    rows: Sequence[str]
    closing: str = ""


def body(head: str, parts: Sequence[Part], tail: str, limit: int = LIMIT) -> str:
    """Put a body together; rows that would make it too long are counted instead of shown.

    ``head`` and ``tail`` are always there; parts come in the order of their weight.
    """
    room = limit - _size(head) - _size(tail) - _size(_left_out(10**9)) - 3
    shown, missing = [head], 0
    for part in parts:
        rows, used = [], _size(part.opening) + _size(part.closing) + 3
        for row in part.rows:
            if missing or used + _size(row) + 1 > room:
                break
            rows.append(row)
            used += _size(row) + 1
        missing += len(part.rows) - len(rows)
        if rows:
            shown.append("\n".join([part.opening, *rows, *filter(None, [part.closing])]))
            room -= used
    if missing:
        shown.append(_left_out(missing))
    return "\n\n".join(filter(None, [*shown, tail])) + "\n"


def _left_out(count: int) -> str:
    return f"**{plural(count, 'entry', 'entries')} more: too long for a comment.**"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace")) + 2
