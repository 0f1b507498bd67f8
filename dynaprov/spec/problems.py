"""The diagnostics of specs: their codes and how one is made.  ``docs/reference/diagnostics.md``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.masking import masked_text
from dynaprov.model.source import Position
from dynaprov.model.visible import harmless
from dynaprov.spec.nodes import Node, Source

#: What each code means, in the same words for every occurrence.
SUMMARIES: dict[str, str] = {
    "DP100": "no specs here",
    "DP101": "not YAML",
    "DP102": "tab in the indentation",
    "DP103": "key written twice",
    "DP104": "alias that is not read",
    "DP105": "file too large or too deep",
    "DP106": "key that is not text",
    "DP107": "part of YAML that specs do not use",
    "DP108": "not UTF-8",
    "DP109": "key without a value",
    "DP110": "unknown key",
    "DP111": "wrong type",
    "DP112": "out of bounds",
    "DP113": "not one of the possible values",
    "DP114": "key missing",
    "DP115": "value not possible",
    "DP116": "file that nothing reads",
    "DP117": "unknown environment",
    "DP118": "unknown table",
    "DP119": "name that AWS does not take",
    "DP120": "tag that AWS does not take",
    "DP121": "malformed region or account",
    "DP122": "malformed --set",
    "DP123": "file cannot be read",
    "DP124": "file name and table name differ",
    "DP125": "name reserved by dynaprov",
    "DP126": "more problems than are shown",
    "DP127": "table that cannot hold a lease",
}

#: Most problems that one file, and one document, are searched for; and most that are told.
MOST_SEARCHED = 500
MOST_TOLD = 100
#: Most characters of a detail, which may quote a value of any length.
_LONGEST = 500


class Problems(list[Diagnostic]):
    """The problems of one document: of more than anybody reads, not all are made.

    Finding the nearest known word for each of a hundred thousand misspelt keys takes minutes.
    """

    overflowed = False

    @property
    def full(self) -> bool:
        """Whether further problems are not worth finding."""
        return len(self) >= MOST_SEARCHED

    def extend(self, found: Iterable[Diagnostic]) -> None:
        """Take what there is room for; an iterator is not run beyond that."""
        for each in found:
            if self.full:
                self.overflowed = True
                return
            self.append(each)


def problem(
    code: str,
    detail: str,
    hint: str = "",
    *,
    position: Position | None = None,
    text: str = "",
    address: str = "",
    level: Level = Level.ERROR,
) -> Diagnostic:
    """A diagnostic with the summary of its code."""
    return Diagnostic(
        code, SUMMARIES[code], _brief(detail), _brief(hint), position, text, address, level
    )


def _brief(text: str) -> str:
    """On one line, so that no value can pass for a line of ours, and short enough to read."""
    text = masked_text(text[: 4 * _LONGEST])
    return harmless(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...")


def at_value(code: str, node: Node, detail: str, hint: str = "") -> Diagnostic:
    """A problem with a value, at its place."""
    text = node.source.line(node.line)
    return problem(code, detail, hint, position=node.position, text=text)


def at_key(code: str, node: Node, detail: str, hint: str = "") -> Diagnostic:
    """A problem with a key, at the key's place."""
    position = node.key_position
    return problem(code, detail, hint, position=position, text=node.source.line(position.line))


def at_line(
    code: str, source: Source, line: int, column: int, detail: str, hint: str = ""
) -> Diagnostic:
    """A problem at a place of a file that is no node."""
    position = source.position(line, column)
    return problem(code, detail, hint, position=position, text=source.line(line))


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint for a misspelt word: the nearest known ones, else all of them."""
    names = sorted(set(known))
    word = word[:_LONGEST]
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if not near:  # a case slip or a dash for an underscore is nearer than difflib thinks
        flat = {name.lower().replace("-", "_"): name for name in names}
        near = [flat[key] for key in (word.lower().replace("-", "_"),) if key in flat]
    if near:
        return f"did you mean `{near[0]}`?"
    if not names:
        return ""
    return "known here: " + ", ".join(f"`{name}`" for name in names)


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The problems in the order of files and lines, each place and code once.

    Of very many only the first are told, and how many more there are.
    """
    once: dict[tuple[object, ...], Diagnostic] = {}
    for each in found:
        where = (each.position, each.code) if each.position else (each.code, each.detail)
        if each.position and not each.position.line:
            where = (*where, each.detail)
        once.setdefault(where, each)
    nowhere = Position("")
    ordered = sorted(once.values(), key=lambda d: (d.position or nowhere, d.code, d.detail))
    return tuple(_told(ordered))


def _told(ordered: list[Diagnostic]) -> Iterator[Diagnostic]:
    yield from ordered[:MOST_TOLD]
    more = len(ordered) - MOST_TOLD
    if more > 0:
        yield problem("DP126", f"and {more:,} more", "settle these first", level=ordered[-1].level)
