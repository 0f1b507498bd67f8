"""The positioned tree: the values of a YAML file, each with the place where it was written.

Values only.  How text becomes a tree is ``parsing``, how trees are laid over each other ``layers``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from dynaprov.model.source import Layer, Origin, Position

Scalar: TypeAlias = str | int | float | bool
Plain: TypeAlias = "Scalar | dict[str, Plain] | list[Plain]"
Steps: TypeAlias = tuple[str | int, ...]


#: What ends a line for YAML 1.1, and so for the lines that its parser counts; ``str.splitlines``
#: knows more.
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Source:
    """A file, or a word of the command line, as one layer of the spec."""

    def __init__(self, file: str, layer: Layer, text: str = "", *, whole: bool = False) -> None:
        self.file = file
        self.layer = layer
        self.text = text
        self.whole = whole  # positions inside it mean nothing to a reader

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file, without their ends."""
        return _LINE_END.split(self.text)

    def position(self, line: int = 0, column: int = 0) -> Position:
        """A place in this source; the whole of it where lines mean nothing."""
        return Position(self.file) if self.whole else Position(self.file, line, column)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; empty when there is none to show."""
        if self.whole or not 0 < number <= len(self.lines):
            return ""
        return self.lines[number - 1]

    def in_layer(self, layer: Layer) -> Source:
        """The same text as another layer."""
        return Source(self.file, layer, self.text, whole=self.whole)


class Node:
    """A value with the place of itself and of its key.

    ``value`` is a scalar, a list of nodes or a mapping of nodes by key.  Lines and columns count
    from 1; a key's line of 0 means that the value has no key.
    """

    __slots__ = ("_origin", "column", "key_column", "key_line", "line", "source", "value")

    def __init__(
        self,
        value: Scalar | dict[str, Node] | list[Node],
        source: Source,
        line: int = 0,
        column: int = 0,
        key: tuple[int, int] = (0, 0),
    ) -> None:
        self.value = value
        self.source = source
        self.line = line
        self.column = column
        self.key_line, self.key_column = key
        self._origin: Origin | None = None

    @property
    def mapping(self) -> dict[str, Node] | None:
        """The entries of a mapping; ``None`` for anything else."""
        return self.value if isinstance(self.value, dict) else None

    @property
    def is_none(self) -> bool:
        """Whether it says *explicitly none*."""
        return self.value is False or self.value == "none"

    @property
    def position(self) -> Position:
        """Where the value stands."""
        return self.source.position(self.line, self.column)

    @property
    def key_position(self) -> Position:
        """Where its key stands; the value's place when it has none."""
        if self.key_line:
            return self.source.position(self.key_line, self.key_column)
        return self.position

    @property
    def origin(self) -> Origin:
        """Where the value comes from: of a mapping or a list its key, of a scalar itself."""
        if self._origin is None:
            inner = isinstance(self.value, dict | list)
            place = self.key_position if inner else self.position
            self._origin = Origin(place, self.source.layer)
        return self._origin

    def with_value(self, value: Scalar | dict[str, Node] | list[Node]) -> Node:
        """Another value at the same place."""
        key = (self.key_line, self.key_column)
        return Node(value, self.source, self.line, self.column, key)

    def get(self, key: str) -> Node | None:
        """The entry of a mapping, if it is one and has it."""
        return self.value.get(key) if isinstance(self.value, dict) else None


def child(node: Node, step: object) -> Node | None:
    """The entry or item of a node that a step of a path names, if it is there."""
    value = node.value
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def plain(node: Node) -> Plain:
    """The bare values of a tree."""
    value = node.value
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def leaves(node: Node, path: Steps = ()) -> Iterator[tuple[Steps, Node]]:
    """Every node below ``node`` with its path, mappings and lists before their contents."""
    value = node.value
    if isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key), each
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield (*path, index), each
            yield from leaves(each, (*path, index))


def collect_origins(node: Node, prefix: str, into: dict[str, Origin]) -> None:
    """Add the origin of everything below ``node`` under its dotted path."""
    value = node.value
    if isinstance(value, dict):
        for key, each in value.items():
            path = f"{prefix}.{key}" if prefix else key
            into[path] = each.origin
            if isinstance(each.value, dict | list):
                collect_origins(each, path, into)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            path = f"{prefix}.{index}"
            into[path] = each.origin
            if isinstance(each.value, dict | list):
                collect_origins(each, path, into)


def move(node: Node, source: Source) -> None:
    """Give a whole tree another source (its layer, that is)."""
    node.source = source
    value = node.value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        move(each, source)


def copied(node: Node) -> Node:
    """A tree of its own with the same places."""
    value = node.value
    if isinstance(value, dict):
        return node.with_value({key: copied(each) for key, each in value.items()})
    if isinstance(value, list):
        return node.with_value([copied(each) for each in value])
    return node.with_value(value)


def dotted(path: Steps) -> str:
    """A path as people write it."""
    return ".".join(str(step) for step in path)
