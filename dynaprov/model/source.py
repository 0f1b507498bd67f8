"""Where a value was written: file, line and column of a spec, and the layer it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """The layers of a spec, weakest first; a later one overrides an earlier one."""

    PROJECT = "project"
    TABLE = "table"
    ENVIRONMENT = "environment"
    ENVIRONMENT_TABLE = "environment table"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a spec file; ``line`` and ``column`` count from 1, 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a resolved value came from: its position and the layer that won."""

    position: Position
    layer: Layer

    def __str__(self) -> str:
        return f"{self.position} ({self.layer})"
