"""Diagnostics: what dynaprov tells a person about a spec, a plan or a run.

A diagnostic has a stable code, a summary that is the same text for every occurrence of its code, a
detail that names the thing, and a hint that can be done.  Functions collect diagnostics and return
all of them; they do not raise on the first.

Codes: ``DP1xx`` spec, ``DP2xx`` reading AWS, ``DP3xx`` plan and guards, ``DP4xx`` execution,
``DP5xx`` command line, ``DP9xx`` our own defects.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dynaprov.model.source import Position


class Level(StrEnum):
    """How a diagnostic is to be taken."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell.

    ``text`` is the line of the spec file that ``position`` points at, so that a report never has
    to open the file again.
    """

    code: str
    summary: str
    detail: str = ""
    hint: str = ""
    position: Position | None = None
    text: str = ""
    address: str = ""
    level: Level = Level.ERROR
