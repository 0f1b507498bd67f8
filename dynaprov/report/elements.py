"""HTML that cannot be written wrong: elements of text that is escaped, always.

A ``Markup`` is only made by ``element``; whatever else is put into one is text from somewhere and
is escaped, with what cannot be seen written out.  No document is known here.
"""

from __future__ import annotations

from html import escape

from dynaprov.model.visible import harmless

#: Elements that have no end tag.
_VOID = frozenset({"meta", "br"})

#: More characters of one text are counted instead of shown; the JSON document has them all.
LONGEST = 4_000


class Markup(str):
    """HTML that is already escaped."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: str) -> Markup:
    """An element; children that are no ``Markup`` are text.

    ``class_`` and ``for_`` are written without their underscore, ``aria_label`` with a hyphen.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(harmless(value))}"'
        for name, value in attributes.items()
        if value
    )
    if tag in _VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{joined(*children)}</{tag}>")


def joined(*children: str | None) -> Markup:
    """Several children, one after the other."""
    return Markup("".join(_written(each) for each in children if each is not None))


def _written(child: str) -> str:
    return child if isinstance(child, Markup) else escape(_shown(child), quote=False)


def _shown(text: str) -> str:
    more = len(text) - LONGEST
    return harmless(text) if more <= 0 else f"{harmless(text[:LONGEST])}... ({more} more)"


def data(text: object) -> Markup:
    """A name or a value: monospaced, and with a direction of writing of its own."""
    return element("code", str(text), dir="auto")


def sheet(css: str) -> Markup:
    """A style sheet of ours; nothing of a document may get into it."""
    return Markup(f"<style>{css}</style>")
