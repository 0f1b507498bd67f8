"""Finding and reading the spec files of a directory.

Reads files, and nothing else does.  What they add up to is ``resolve``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dynaprov.kinds import KINDS
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import SpecInvalid
from dynaprov.model.kind import Kind
from dynaprov.model.source import Layer, Position
from dynaprov.spec.contents import contents
from dynaprov.spec.documents import Grammar, check_environment, check_project, check_table, grammar
from dynaprov.spec.nodes import Node, Source, move
from dynaprov.spec.parsing import decoded, parse
from dynaprov.spec.problems import at_line, at_value, nearest, problem

PROJECT_FILE = "project.yaml"
TABLES = "tables"
ENVIRONMENTS = "environments"
#: Beside the spec files; only drift checks read it (see ``spec.exceptions``).
EXCEPTIONS_FILE = "drift-exceptions.yaml"


@dataclass(frozen=True, slots=True)
class SpecFiles:
    """The files of a specs directory as trees, with every problem that one file alone can have.

    Attributes:
        directory: as it is shown to people.
        project: the project's document.
        tables, environments: documents by the name of their file.
        problems: all that is wrong; ``resolve`` raises them together with its own.
        sources: every file by its name, for the lines of diagnostics.
        unread: the files whose text could not be read as a document; nothing is known of what they
            say, so that nothing is missing from them either.
    """

    directory: str
    project: Node
    tables: Mapping[str, Node]
    environments: Mapping[str, Node]
    problems: tuple[Diagnostic, ...]
    kinds: tuple[Kind, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def line(self, position: Position) -> str:
        """The line of a file that a position names."""
        source = self.sources.get(position.file)
        return source.line(position.line) if source else ""


def load(directory: str | Path = "specs", *, kinds: tuple[Kind, ...] = KINDS) -> SpecFiles:
    """Read every spec file below ``directory``.

    Problems inside files are collected, not raised.

    Raises:
        SpecInvalid: when there is no such directory or no project file in it.
    """
    root = Path(directory)
    shown = _shown(root)
    try:
        is_there, has_project = root.is_dir(), (root / PROJECT_FILE).is_file()
    except OSError as error:  # a name that is too long, a directory that may not be entered
        detail = f"`{shown}`: {error.strerror}"
        raise SpecInvalid(problem("DP123", detail, "check `--specs`")) from error
    if not is_there:
        detail = f"there is no directory `{shown}`"
        raise SpecInvalid(problem("DP100", detail, "`dynaprov init` writes starter specs"))
    if not has_project:
        detail = f"there is no file `{shown}/{PROJECT_FILE}`"
        raise SpecInvalid(problem("DP100", detail, "`dynaprov init` writes starter specs"))
    return _Reading(root, shown, kinds).files()


def _shown(root: Path) -> str:
    """The directory as people write it: relative to where they are, if it is below."""
    text = os.path.relpath(root) if root.is_absolute() else str(root)
    return str(root) if text.startswith("..") and root.is_absolute() else text


class _Reading:
    """The files of one directory while they are read."""

    def __init__(self, root: Path, shown: str, kinds: tuple[Kind, ...]) -> None:
        self.root = root
        self.shown = shown
        self.kinds = kinds
        self.words: Grammar = grammar(kinds)
        self.problems: list[Diagnostic] = []
        self.sources: dict[str, Source] = {}
        self.unread: set[str] = set()

    def files(self) -> SpecFiles:
        project = self._read(PROJECT_FILE, Layer.PROJECT)
        tables = {n: self._read(f, Layer.TABLE) for n, f in self._named(TABLES)}
        environments = {n: self._read(f, Layer.ENVIRONMENT) for n, f in self._named(ENVIRONMENTS)}
        self._strangers()
        for node in environments.values():
            parts = node.get("tables")
            if parts is not None:
                move(parts, node.source.in_layer(Layer.ENVIRONMENT_TABLE))
        self.problems.extend(check_project(project, self.words).problems)
        for name, node in tables.items():
            self.problems.extend(check_table(node, self.words, partial=True).problems)
            self._file_name(name, node)
        for node in environments.values():
            found = check_environment(node, self.words, tables, partial=True)
            self.problems.extend(found.problems)
        return SpecFiles(
            self.shown,
            project,
            tables,
            environments,
            tuple(self.problems),
            self.kinds,
            self.sources,
            frozenset(self.unread),
        )

    def _read(self, name: str, layer: Layer) -> Node:
        """A file's document; an empty mapping where it cannot be read."""
        source = Source(f"{self.shown}/{name}", layer)
        try:
            data = contents(self.root / name)
        except OSError as error:
            detail = f"{error.strerror or error}"
            self.problems.append(at_line("DP123", source, 0, 0, detail, "check its permissions"))
            self.unread.add(source.file)
            return Node({}, source)
        source.text, problems = decoded(source, data)
        self.sources[source.file] = source
        node: Node | None = None
        if not problems:
            node, problems = parse(source)
        self.problems.extend(problems)
        if node is None:
            self.unread.add(source.file)
            return Node({}, source)
        if node.mapping is None:
            self.unread.add(source.file)
            detail = "the document must be a mapping, keys with values"
            self.problems.append(at_value("DP111", node, detail, "write `key: value` lines"))
            return Node({}, source)
        # The document is the whole file: its origin has no line.
        return Node(node.value, source)

    def _named(self, folder: str) -> Iterator[tuple[str, str]]:
        """The documents of a folder by name, in alphabetical order."""
        for path in sorted((self.root / folder).glob("*.yaml")):
            if not path.name.startswith("."):
                yield path.stem, f"{folder}/{path.name}"

    def _file_name(self, name: str, node: Node) -> None:
        said = node.get("table")
        if said is not None and isinstance(said.value, str) and said.value != name:
            detail = f"the file is called `{name}.yaml`, the table in it `{said.value}`"
            hint = f"rename one of them; physical names follow the file (`{name}`)"
            self.problems.append(at_value("DP124", said, detail, hint))

    def _strangers(self) -> None:
        """Report YAML files that nothing reads: a misspelt folder, another ending."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            below = Path(folder).relative_to(self.root).as_posix()
            for name in sorted(names):
                file = name if below == "." else f"{below}/{name}"
                if name.startswith(".") or Path(name).suffix not in (".yaml", ".yml"):
                    continue
                if file == EXCEPTIONS_FILE:
                    continue
                if f"{self.shown}/{file}" not in self.sources:
                    self._stranger(file, below)

    def _stranger(self, file: str, below: str) -> None:
        source = Source(f"{self.shown}/{file}", Layer.PROJECT)
        if any(p.position and p.position.file == source.file for p in self.problems):
            return
        if below in (TABLES, ENVIRONMENTS):
            hint = f"rename it to end in `.yaml`: {Path(file).with_suffix('.yaml')}"
        elif below == ".":
            hint = nearest(file, [PROJECT_FILE])
        else:
            hint = nearest(below, [TABLES, ENVIRONMENTS])
        detail = f"specs are `{PROJECT_FILE}`, `{TABLES}/*.yaml` and `{ENVIRONMENTS}/*.yaml`"
        self.problems.append(at_line("DP116", source, 0, 0, detail, hint))
