"""Nodes against states: a validated section, or problems in our own words, each at its place.

Pydantic decides what is valid; this module says it to people.  No text of pydantic gets out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.setting import State
from dynaprov.spec.nodes import Node, Steps, child, dotted, leaves, plain
from dynaprov.spec.problems import MOST_SEARCHED, at_key, at_value, nearest
from dynaprov.spec.shapes import Shape, coercions, of_state

_BOUNDS = {
    "greater_than_equal": ("ge", "at least {}"),
    "greater_than": ("gt", "more than {}"),
    "less_than_equal": ("le", "at most {}"),
    "less_than": ("lt", "less than {}"),
    "multiple_of": ("multiple_of", "a multiple of {}"),
    "string_too_short": ("min_length", "at least {} characters long"),
    "string_too_long": ("max_length", "at most {} characters long"),
    "too_short": ("min_length", "at least {} long"),
    "too_long": ("max_length", "at most {} long"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation of one node gave; ``state`` is ``None`` when there are problems."""

    state: State | None
    problems: tuple[Diagnostic, ...] = ()
    faulty: tuple[Steps, ...] = ()


def check(model: type[State], node: Node, at: Steps, *, partial: bool = False) -> Checked:
    """Validate ``node`` as a ``model``.

    Args:
        model: the state.
        node: the section.
        at: the section's path in its document, for the texts.
        partial: the document is one layer of several, so keys may be missing and rules across
            keys are not judged.
    """
    shape = of_state(model)
    wrong = {id(each): (each, expected) for each, expected in coercions(node, shape)}
    try:
        state = model.model_validate(plain(node))
        errors: list[Any] = []
    except ValidationError as error:
        state = None
        errors = error.errors(include_url=False)
    if not errors and not wrong:
        return Checked(state)
    found = list(islice(_problems(errors, wrong, node, shape, at, partial), MOST_SEARCHED))
    if not found:
        return Checked(None)
    return Checked(None, tuple(each for each, _ in found), tuple(path for _, path in found))


@dataclass(slots=True)
class _Place:
    """All errors of one path; ``parent`` is the shape of what holds it."""

    path: Steps
    node: Node
    shape: Shape
    parent: Shape
    errors: list[Any]


def _problems(
    errors: list[Any],
    wrong: Mapping[int, tuple[Node, Shape]],
    node: Node,
    shape: Shape,
    at: Steps,
    partial: bool,
) -> Iterator[tuple[Diagnostic, Steps]]:
    for path, each in [((), node), *leaves(node)]:
        if id(each) in wrong:
            yield _wrong_type(each, wrong[id(each)][1], at + path), path
    places = _grouped(errors, node, shape)
    above = {path[:length] for path in places for length in range(len(path))}
    for place in places.values():
        if id(place.node) not in wrong:
            for problem in _of_place(place, at + place.path, partial, place.path in above):
                yield problem, place.path


def _grouped(errors: list[Any], node: Node, shape: Shape) -> dict[Steps, _Place]:
    """The errors by the path in the document; steps that only pydantic knows are left out."""
    places: dict[Steps, _Place] = {}
    for error in errors:
        here, below, parent = node, shape, shape
        path: Steps = ()
        for step in error["loc"]:
            next_node = child(here, step)
            if next_node is not None:
                here, path, parent = next_node, (*path, step), below
                below = below.below(step) or Shape(anything=True)
        place = places.setdefault(path, _Place(path, here, below, parent, []))
        place.errors.append(error)
    return places


def _of_place(place: _Place, where: Steps, partial: bool, deeper: bool) -> Iterator[Diagnostic]:
    values = []
    for error in place.errors:
        kind, word = error["type"], str(error["loc"][-1]) if error["loc"] else ""
        if kind == "missing":
            if not partial:
                yield _missing(place.node, word, where)
        elif kind == "extra_forbidden":
            yield unknown_key(place.node, where, place.parent.keys())
        elif word == "[key]":
            yield _bad_key(error, place.node, where)
        else:
            values.append(error)
    if values and not deeper:  # else another form of the value fits better, and says more
        found = _one_value(values, place.node, place.shape, where, partial)
        if found:
            yield found


def unknown_key(node: Node, where: Steps, known: Iterable[str]) -> Diagnostic:
    """The problem of a key that nothing reads."""
    above = f" in `{dotted(where[:-1])}`" if len(where) > 1 else ""
    detail = f"nothing is called `{where[-1]}`{above}"
    return at_key("DP110", node, detail, nearest(str(where[-1]), known))


def _missing(node: Node, word: str, where: Steps) -> Diagnostic:
    subject = f"`{dotted(where)}`" if where else "the document"
    return at_key("DP114", node, f"{subject} needs the key `{word}`", f"add `{word}:`")


def _bad_key(error: Any, node: Node, where: Steps) -> Diagnostic:
    detail = f"`{where[-1]}` cannot be a name in `{dotted(where[:-1])}`"
    if error["type"] in _BOUNDS:
        name, words = _BOUNDS[error["type"]]
        detail = f"{detail}: it must be {words.format(error['ctx'][name])}"
    elif error["type"] == "string_pattern_mismatch":
        detail = f"{detail}: it does not match {error['ctx']['pattern']}"
    return at_key("DP119", node, detail, "rename it")


def _one_value(
    errors: list[Any], node: Node, shape: Shape, where: Steps, partial: bool
) -> Diagnostic | None:
    """One problem for all that pydantic has against one value."""
    own = [error for error in errors if error["type"] in ("value_error", "assertion_error")]
    if own:
        if partial and isinstance(node.value, dict):
            return None
        said = str(own[0]["ctx"]["error"]) or "the value is not possible"
        return at_value("DP115", node, f"`{dotted(where)}`: {said}", shape.description)
    for error in errors:
        if error["type"] in _BOUNDS:
            name, words = _BOUNDS[error["type"]]
            bound = words.format(error["ctx"][name])
            detail = f"`{dotted(where)}` must be {bound}; it is {_shown(node)}"
            return at_value("DP112", node, detail, shape.description)
    if any(error["type"] == "string_pattern_mismatch" for error in errors):
        detail = f"`{dotted(where)}` cannot be {_shown(node)}"
        return at_value("DP115", node, detail, shape.description)
    if shape.words and isinstance(node.value, str):
        possible = [*map(str, shape.words), *(["none"] if shape.noneable else [])]
        detail = f"`{dotted(where)}` must be {shape.expected()}; it is {_shown(node)}"
        return at_value("DP113", node, detail, nearest(node.value, possible))
    return _wrong_type(node, shape, where)


def _wrong_type(node: Node, shape: Shape, where: Steps) -> Diagnostic:
    subject = f"`{dotted(where)}`" if where else "the document"
    detail = f"{subject} must be {shape.expected()}; it is {_shown(node)}"
    return at_value("DP111", node, detail, _type_hint(node.value, shape))


def _type_hint(value: object, shape: Shape) -> str:
    if bool in shape.scalars and isinstance(value, str):
        word = value.lower()
        if word in ("yes", "on", "y", "true"):
            return "write `true`"
        if word in ("no", "off", "n", "false"):
            return "write `false`"
    if str in shape.scalars and isinstance(value, int | float):
        return "put it in quotes to make it text"
    if isinstance(value, str) and (int in shape.scalars or float in shape.scalars):
        return "write a decimal number without quotes, underscores or units"
    return shape.description


def _shown(node: Node) -> str:
    value = node.value
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        cut = value if len(value) <= 60 else value[:57] + "..."
        return f'the text "{cut}"'
    return f"the number {value}"
