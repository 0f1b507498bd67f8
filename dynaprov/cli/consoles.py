"""The two consoles: stdout carries the result, stderr everything else.

Colour: ``--color`` decides; on ``auto`` it is used on a terminal unless ``NO_COLOR`` is set or the
terminal is dumb.  Nothing that is printed is ever read as markup.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console as Console

#: Width where there is no terminal to ask: logs of a build are read at about this width.
PLAIN_WIDTH = 100


def wants_color(stream: TextIO, color: str) -> bool:
    """Whether to write colours to the stream."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def width_of(stream: TextIO) -> int:
    """How many columns there are: ``COLUMNS``, the terminal, or the width for logs."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or PLAIN_WIDTH
    except (OSError, ValueError):
        return PLAIN_WIDTH


def console_for(stream: TextIO, color: str, *, live: bool = False) -> Console:
    """A console that writes to the stream; ``live`` when lines are to be redrawn in place."""
    from rich.console import Console

    colored = wants_color(stream, color)
    return Console(
        file=stream,
        width=width_of(stream),
        force_terminal=colored or live,
        color_system="standard" if colored else None,
        no_color=not colored,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


def stdout(color: str = "auto") -> Console:
    """The console of the result."""
    return console_for(sys.stdout, color)


def stderr(color: str = "auto") -> Console:
    """The console of everything else."""
    return console_for(sys.stderr, color)


def live(color: str = "auto") -> Console:
    """The console of progress on a terminal, which may have no colour and still be redrawn."""
    return console_for(sys.stderr, color, live=True)
