"""``--set PATH=VALUE``: the strongest layer, written as the environment's document would be.

Paths are dotted as in the environment file (``tables.log-metadata.capacity.read=10``); a step with
dots of its own stands in double quotes.  Values are YAML: scalars, ``[lists]``, ``{mappings}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.source import Layer
from dynaprov.spec.layers import merged
from dynaprov.spec.nodes import Node, Source
from dynaprov.spec.parsing import DEEPEST, EMPTY_HINT, parse
from dynaprov.spec.problems import at_line

_STEP = re.compile(r'"([^"]*)"|([^."]+)')
_FORM = "write `--set PATH=VALUE`, as in `--set enable_streams=true`"


def read_overrides(
    sets: Sequence[str], tables: Iterable[str] = ()
) -> tuple[Node | None, list[Diagnostic]]:
    """All ``--set`` words as one document; of two that set the same, the later wins."""
    document: Node | None = None
    problems: list[Diagnostic] = []
    names = sorted(tables, key=len, reverse=True)
    for word in sets:
        node, found = _one(word, names)
        problems.extend(found)
        document = merged(document, node)
    return document, problems


def _one(word: str, tables: Sequence[str]) -> tuple[Node | None, list[Diagnostic]]:
    path, equals, text = word.partition("=")
    source = Source(f"--set {word}", Layer.COMMAND_LINE, text, whole=True)
    steps = _steps(path.strip(), tables)
    if not equals or not steps or len(steps) > DEEPEST:
        detail = f"`{word}` is not of the form PATH=VALUE"
        return None, [at_line("DP122", source, 0, 0, detail, _FORM)]
    if not text.strip():
        return None, [at_line("DP109", source, 0, 0, f"`{path}` has no value", EMPTY_HINT)]
    node, problems = parse(Source(source.file, Layer.COMMAND_LINE, f"- {text}", whole=True))
    items = node.value if node is not None else None
    if problems or not isinstance(items, list) or len(items) != 1:
        found = [Diagnostic(p.code, p.summary, p.detail, p.hint, p.position) for p in problems]
        detail = f"the value of `{path}` is not one YAML value"
        return None, found or [at_line("DP122", source, 0, 0, detail, _FORM)]
    [value] = items
    for step in reversed(steps):
        value = Node({step: value}, value.source)
    return value, []


def _steps(path: str, tables: Sequence[str]) -> list[str]:
    """The steps of a path; empty when it is malformed."""
    steps: list[str] = []
    rest = path
    while rest:
        if steps == ["tables"]:
            known = next((t for t in tables if rest == t or rest.startswith(t + ".")), None)
            if known:
                steps.append(known)
                rest = rest[len(known) :].removeprefix(".")
                continue
        match = _STEP.match(rest)
        if match is None or (match.end() < len(rest) and rest[match.end()] != "."):
            return []
        steps.append(match.group(1) or match.group(2))
        if rest.endswith(".") and match.end() == len(rest) - 1:
            return []
        rest = rest[match.end() + 1 :]
    return steps
