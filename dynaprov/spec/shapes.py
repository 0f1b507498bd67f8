"""Which plain values a field takes, read off its annotation.

Pydantic turns `"7"` into 7 and `"yes"` into true; a spec means what it says.  A shape lets the
validation tell such a value from a right one, name what was expected, and find the nearest key.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo

from dynaprov.model.setting import NoneWord
from dynaprov.spec.nodes import Node

_SCALARS = (bool, int, float, str)
_REWRITING = (BeforeValidator, PlainValidator, WrapValidator)


@dataclass(slots=True)
class Shape:
    """What a value may be.

    Attributes:
        scalars: plain types.
        words: possible words of an enumeration.
        models: states, whose fields say what a mapping holds.
        values, items: what a free mapping and a list hold.
        noneable: ``none`` and ``false`` mean explicitly none.
        anything: a validator rewrites the value first; nothing can be said.
    """

    scalars: set[type] = field(default_factory=set)
    words: list[object] = field(default_factory=list)
    models: list[type[BaseModel]] = field(default_factory=list)
    values: Shape | None = None
    items: Shape | None = None
    noneable: bool = False
    anything: bool = False
    description: str = ""

    def takes(self, value: object) -> bool:
        """Whether a plain scalar is of a type that the field has."""
        if self.anything or not self.scalars:
            return True
        if value is False and self.noneable:
            return True
        kind = type(value)
        if kind is str:
            return str in self.scalars or bool(self.words) or (self.noneable and value == "none")
        if kind is int:
            return int in self.scalars or float in self.scalars or value in self.words
        return kind in self.scalars or value in self.words

    def below(self, step: object) -> Shape | None:
        """The shape of an entry or item; ``None`` where it is not known."""
        if isinstance(step, int):
            return self.items
        for model in self.models:
            found = fields(model).get(str(step)) or extra(model)
            if found:
                return found
        if self.values is None and self.items is not None:  # one item written without the list
            return self.items.below(step)
        return self.values

    def keys(self) -> list[str]:
        """The keys that a mapping of this shape may have, where they are fixed."""
        if not self.models and self.items is not None:
            return self.items.keys()
        return [key for model in self.models for key in fields(model)]

    def expected(self) -> str:
        """What the field takes, in words."""
        named = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        parts = [named[kind] for kind in _SCALARS if kind in self.scalars]
        if self.words:
            parts.append(one_of([*self.words, "none"] if self.noneable else self.words))
        if self.models or self.values:
            parts.append("a mapping")
        if self.items:
            parts.append("a list")
        if self.noneable and not self.words:
            parts.append("`none`")
        return " or ".join(parts) or "something else"


def one_of(words: Iterable[object]) -> str:
    """``A, B or C``."""
    shown = [f"`{word}`" for word in words]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1]


@cache
def fields(model: type[BaseModel]) -> Mapping[str, Shape]:
    """The fields of a state by the key that they have in a spec."""
    rewritten = {
        name
        for decorator in model.__pydantic_decorators__.field_validators.values()
        if decorator.info.mode != "after"
        for name in decorator.info.fields
    }
    found = {}
    for name, info in model.model_fields.items():
        shape = _of_field(info)
        shape.anything = shape.anything or name in rewritten
        found[info.alias or name] = shape
    return found


@cache
def renamed(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Keys of a spec whose fields have another name (``class`` is a word of Python)."""
    return tuple(
        (info.alias, name)
        for name, info in model.model_fields.items()
        if info.alias and info.alias != name
    )


@cache
def extra(model: type[BaseModel]) -> Shape | None:
    """The shape of the further keys of a state that takes any (``__pydantic_extra__``)."""
    if model.model_config.get("extra") != "allow":
        return None
    arguments = get_args(get_type_hints(model, include_extras=True)["__pydantic_extra__"])
    return shape_of(arguments[1]) if len(arguments) == 2 else Shape(anything=True)


def of_state(model: type[BaseModel]) -> Shape:
    """The shape of a section."""
    return Shape(models=[model])


def _of_field(info: FieldInfo) -> Shape:
    shape = shape_of(info.annotation)
    copy = Shape(
        shape.scalars,
        shape.words,
        shape.models,
        shape.values,
        shape.items,
        shape.noneable,
        shape.anything,
    )
    _note(copy, info.metadata)
    copy.description = info.description or ""
    return copy


def shape_of(annotation: Any) -> Shape:
    """The shape of an annotation."""
    shape = Shape()
    _add(shape, annotation)
    return shape


def _note(shape: Shape, metadata: Sequence[object]) -> None:
    if any(isinstance(note, _REWRITING) for note in metadata):
        shape.anything = True
    if any(isinstance(note, NoneWord) for note in metadata):
        shape.noneable = True


def _add(shape: Shape, annotation: Any) -> None:
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Annotated:
        _note(shape, arguments[1:])
        _add(shape, arguments[0])
    elif origin in (Union, types.UnionType):
        for each in arguments:
            _add(shape, each)
    elif origin is Literal:
        shape.words.extend(arguments)
    elif annotation is Any:
        shape.anything = True
    elif isinstance(origin, type):
        _add_container(shape, origin, arguments)
    elif isinstance(annotation, type):
        _add_class(shape, annotation)


def _add_container(shape: Shape, origin: type, arguments: tuple[Any, ...]) -> None:
    if issubclass(origin, Mapping):
        shape.values = shape_of(arguments[1])
    elif issubclass(origin, Sequence | AbstractSet):
        shape.items = shape_of(arguments[0])


def _add_class(shape: Shape, annotation: type) -> None:
    if annotation in _SCALARS:
        shape.scalars.add(annotation)
    elif issubclass(annotation, Enum):
        shape.words.extend(member.value for member in annotation)
    elif issubclass(annotation, BaseModel):
        shape.models.append(annotation)


def coercions(node: Node, shape: Shape) -> Iterable[tuple[Node, Shape]]:
    """The scalars below ``node`` whose type is not one that their field has."""
    value = node.value
    if isinstance(value, dict):
        for key, each in value.items():
            below = shape.below(key)
            if below:
                yield from coercions(each, below)
    elif isinstance(value, list):
        below = shape.items
        if below:
            for each in value:
                yield from coercions(each, below)
    elif not shape.takes(value):
        yield node, shape
