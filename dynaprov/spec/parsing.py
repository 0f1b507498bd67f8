"""YAML text to a positioned tree; every deviation from what specs use is a diagnostic.

The events of PyYAML's parser are read one by one (libyaml's where it is there), so that nesting,
aliases, size and the number of problems are bounded before anything is built.  What a plain scalar
means is decided here and not by YAML 1.1: ``true`` and ``false`` are the only booleans (``yes``,
``on``, ``off`` are text), numbers are decimal (``010``, ``0x1f``, ``1_000`` and ``1:30`` are text),
dates are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

import yaml

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.spec.contents import LARGEST_FILE
from dynaprov.spec.nodes import Node, Scalar, Source, copied
from dynaprov.spec.problems import Problems, at_line

MOST_VALUES = 100_000  # scalars, lists and mappings of one file
DEEPEST = 40
ALIASED_NODES = 500

#: libyaml's parser where PyYAML was built with it; without it Python's, which is slower.
QUICKEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\Z")
_FLOAT = re.compile(
    r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)\Z"
)
_LEADING_TAB = re.compile(r" *\t[ \t]*\S")
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_NUMERIC = frozenset("+-.0123456789")

_LEVELS = "specs need six levels at most"
EMPTY_HINT = "write `none` to switch it off, or remove the line to leave it untouched"


def decoded(source: Source, data: bytes) -> tuple[str, list[Diagnostic]]:
    """The text of a file; a file that is too large or not UTF-8 gives a problem and no text."""
    if len(data) > LARGEST_FILE:
        detail = f"the file has more than {LARGEST_FILE:,} bytes, and no more are read"
        return "", [at_line("DP105", source, 0, 0, detail, "split it: one file per table")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        detail = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return "", [at_line("DP108", source, line, column, detail, "save the file as UTF-8")]


def parse(source: Source, loader: Any = QUICKEST) -> tuple[Node | None, list[Diagnostic]]:
    """The tree of a text and all problems of its form.

    The tree is ``None`` where the text cannot be read at all; an empty text is an empty mapping.
    """
    builder = _Builder(source, loader)
    return builder.build(), builder.problems


def scalar(text: str) -> Scalar | None:
    """What a plain scalar means; ``None`` is YAML's null."""
    if text in _EMPTY:
        return None
    if text == "true" or text == "false":
        return text == "true"
    if text[0] in _NUMERIC:
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text) and len(text) < 40 and isfinite(float(text)):
            return float(text)
    return text


class _Stop(Exception):
    """The rest of the text is not worth reading."""


class _Frame:
    """An open mapping or sequence; ``key`` is the key that waits for its value."""

    __slots__ = ("anchor", "as_key", "key", "key_place", "keys", "node", "size")

    def __init__(self, node: Node, anchor: str | None, as_key: bool) -> None:
        self.node = node
        self.anchor = anchor
        self.as_key = as_key  # it stands where a key should
        self.key: str | None = None
        self.key_place: tuple[int, int] | None = None
        self.keys: dict[str, int] = {}
        self.size = 1


class _Builder:
    def __init__(self, source: Source, loader: Any) -> None:
        self.source = source
        self.loader = loader
        self.problems = Problems()
        self.values = 0
        self.frames: list[_Frame] = []
        self.root: Node | None = None
        self.anchors: dict[str, tuple[Node | None, int]] = {}
        self.aliased = 0
        self.documents = 0

    def build(self) -> Node | None:
        try:
            for event in self._events():
                self._take(event)
        except _Stop:
            return None
        if self.root is None:
            return Node({}, self.source)
        return self.root

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self.source.text, Loader=self.loader)
        except UnicodeEncodeError as error:
            self._add("DP108", 0, 0, f"it holds {error.object[error.start]!r}, which is not text")
        except yaml.reader.ReaderError as error:
            line, column = self._place_of(error.character)
            shown = f"U+{error.character:04X}" if isinstance(error.character, int) else "it"
            detail = f"the character {shown} is not allowed in YAML"
            self._add("DP101", line, column, detail, "remove it")
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        except (ValueError, OverflowError):
            # Python's parser computes the character of an escape before it looks at it.
            self._add("DP101", 0, 0, "an escape names a character that does not exist", "remove it")
        else:
            return
        raise _Stop

    def _place_of(self, character: object) -> tuple[int, int]:
        if not isinstance(character, int):
            return 0, 0
        before = self.source.text.partition(chr(character))[0]
        lines = Source("", self.source.layer, before).lines
        return len(lines), len(lines[-1]) + 1

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        if self._tabs(line):
            return
        detail = error.problem or "the text cannot be read"
        # libyaml from 0.2.6 on ends at a depth of its own, before it tells of what it has read.
        if "maximum nesting depth" in detail:
            self._add("DP105", line, column, f"more than {DEEPEST} levels", _LEVELS)
            return
        if error.context:
            begun = error.context_mark
            at = f" begun on line {begun.line + 1}" if begun and begun.line + 1 != line else ""
            detail = f"{error.context}{at}: {detail}"
        hint = "look at the indentation, the colons and the quotes of this line and the one above"
        self._add("DP101", line, column, detail, hint)

    def _tabs(self, line: int) -> bool:
        """Report every tab that indents, when a tab is what the parser stumbled over."""
        lines = self.source.lines
        if not any(_LEADING_TAB.match(self.source.line(n)) for n in (line - 1, line)):
            return False
        for number, text in enumerate(lines, 1):
            if _LEADING_TAB.match(text):
                column = text.index("\t") + 1
                self._add("DP102", number, column, "YAML indents with spaces", "use spaces")
        return True

    def _add(self, code: str, line: int, column: int, detail: str, hint: str = "") -> None:
        if not self.problems.full:
            self.problems.append(at_line(code, self.source, line, column, detail, hint))
        else:
            self.problems.overflowed = True
            raise _Stop

    def _take(self, event: Any) -> None:
        kind = type(event)
        self.values += 1
        if self.values > MOST_VALUES:
            mark = event.start_mark
            detail = f"the file holds more than {MOST_VALUES:,} values"
            hint = "split it: one file per table"
            self._add("DP105", mark.line + 1, mark.column + 1, detail, hint)
            raise _Stop
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._document(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            mark = event.start_mark
            detail = "the file holds more than one document"
            self._add("DP107", mark.line + 1, mark.column + 1, detail, "remove what follows `---`")
            raise _Stop

    def _tag(self, event: Any) -> None:
        if event.tag is not None:
            mark = event.start_mark
            detail = f"the tag `{event.tag}` means nothing here"
            self._add("DP107", mark.line + 1, mark.column + 1, detail, "remove the tag")

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        self._tag(event)
        value = scalar(event.value) if event.implicit[0] and not event.style else event.value
        if self._wants_key():
            self._key(event.value, value, line, column)
            return
        if value is None:
            self._empty(line, column)
            if event.anchor:
                self.anchors[event.anchor] = (None, 0)
            return
        node = Node(value, self.source, line, column)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1)
        self._attach(node, 1)

    def _wants_key(self) -> bool:
        if not self.frames:
            return False
        frame = self.frames[-1]
        return isinstance(frame.node.value, dict) and frame.key_place is None

    def _key(self, text: str, value: Scalar | None, line: int, column: int) -> None:
        frame = self.frames[-1]
        frame.key_place = (line, column)
        frame.key = None
        if text == "<<":
            hint = "write the keys out, or put what tables share under `defaults:`"
            self._add("DP107", line, column, "merge keys (`<<`) are not read", hint)
        elif not isinstance(value, str):
            shown = text or "an empty key"
            self._add("DP106", line, column, f"`{shown}` is not text", f'write "{text}" in quotes')
        elif text in frame.keys:
            first = frame.keys[text]
            detail = f"`{text}` is already there on line {first}"
            self._add("DP103", line, column, detail, "keep one of the two")
        else:
            frame.key = text
            frame.keys[text] = line

    def _empty(self, line: int, column: int) -> None:
        if not self.frames:
            self.root = Node({}, self.source)
            return
        frame = self.frames[-1]
        if frame.key_place:
            place = frame.key_place
            if frame.key is not None:
                self._add("DP109", *place, f"`{frame.key}` has no value", EMPTY_HINT)
            frame.key_place = None
        else:
            self._add("DP109", line, column, "an item of the list has no value", "remove the item")

    def _open(self, event: Any, value: dict[str, Node] | list[Node]) -> None:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if len(self.frames) >= DEEPEST:
            detail = f"more than {DEEPEST} levels deep"
            self._add("DP105", line, column, detail, _LEVELS)
            raise _Stop
        self._tag(event)
        if self._wants_key():
            self._add("DP106", line, column, "a list or a mapping cannot be a key", "name it")
            as_key = True
        else:
            as_key = False
        if event.anchor:
            self.anchors[event.anchor] = (None, -1)
        self.frames.append(_Frame(Node(value, self.source, line, column), event.anchor, as_key))

    def _close(self) -> None:
        frame = self.frames.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.node, frame.size)
        if frame.as_key:
            self.frames[-1].key_place = (frame.node.line, frame.node.column)
            self.frames[-1].key = None
            return
        self._attach(frame.node, frame.size)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        node, size = self.anchors.get(event.anchor, (None, -2))
        if self._wants_key():
            self._add("DP106", line, column, "an alias cannot be a key", "write the key out")
            self.frames[-1].key_place = (line, column)
            self.frames[-1].key = None
            return
        self.aliased += max(size, 0)
        if node is None or self.aliased > ALIASED_NODES:
            reason = {-1: "holds itself", -2: "is not defined above", 0: "has no value"}
            grown = f"makes the file grow by more than {ALIASED_NODES} values"
            detail = f"`*{event.anchor}` {reason[size] if node is None else grown}"
            hint = "write the values out, or put what tables share under `defaults:`"
            self._add("DP104", line, column, detail, hint)
            if node is not None:
                raise _Stop
            if self.frames:
                self.frames[-1].key_place = None
            return
        self._attach(copied(node), size)

    def _attach(self, node: Node, size: int) -> None:
        if not self.frames:
            self.root = node
            return
        frame = self.frames[-1]
        frame.size += size
        value = frame.node.value
        if isinstance(value, list):
            value.append(node)
        elif isinstance(value, dict):
            if frame.key is not None and frame.key_place:
                node.key_line, node.key_column = frame.key_place
                value[frame.key] = node
            frame.key_place = None
