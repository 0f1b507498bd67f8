"""Settings: the declared properties of a kind, and the table that drives everything about them.

A kind's state is a frozen pydantic model.  Each of its fields is annotated with a ``Setting``; that
one declaration drives decoding, validation, JSON Schema, comparison, severity, the stamp and the
reference page.  Desired and observed are the same type, normalised, so comparing is ``==``.

*Declared, undeclared, explicitly none*: a field that is not in ``model_fields_set`` is undeclared
(never compared, never changed); a field set to ``None`` is explicitly none; anything else is
declared.  In YAML, explicitly none is the word ``none`` or ``false`` (see ``NoneWord``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import core_schema

T = TypeVar("T")


class Effect(StrEnum):
    """What changing a setting of a live resource does."""

    IN_PLACE = "in-place"  # AWS changes it on the live resource
    REPLACE = "replace"  # only by deleting and creating (an index's keys)
    FIXED = "fixed"  # not at all (a table's keys): refused


class Owner(StrEnum):
    """Who decides a value."""

    SPEC = "spec"
    AUTOSCALER = "autoscaler"  # anything within the declared band is right
    AWS = "aws"  # AWS may raise it; the spec declares a floor


class Severity(StrEnum):
    """How bad it is when the live value differs, from what the setting protects."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return _SEVERITY_RANKS[self]


_SEVERITY_RANKS = {each: rank for rank, each in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Setting:
    """What dynaprov must know of one field of a state.

    Attributes:
        code: the field's code in the stamp, one or two characters, unique within the kind and
            never reused for another meaning.  Empty: the field is not stamped.
        severity: how bad a difference is.
        effect: what changing it does.
        owner: who decides the value.
        compared: ``False`` for what AWS does not report (a deletion window) or what only steers
            creation (an initial capacity).
        part: for a mapping field, the address part of its entries: each entry is then compared on
            its own and reported under ``<table>/<part>/<key>``.  Live entries that the spec does
            not name are unmanaged, never removed by omission.
        keyed: for a mapping field without ``part``: compared key by key under ``<field>.<key>``;
            live keys that are not declared are not compared.  Otherwise compared whole.
        secret: the value is masked in every output.
    """

    code: str = ""
    severity: Severity = Severity.MEDIUM
    effect: Effect = Effect.IN_PLACE
    owner: Owner = Owner.SPEC
    compared: bool = True
    part: str = ""
    keyed: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that is known once another resource exists (``Ref("kms-key", "arn")``).

    Resolved from the observation where the resource is live, else from the outcome of the
    operation that creates it, just before the call that needs it.
    """

    address: str
    output: str

    def __str__(self) -> str:
        return f"({self.output} of {self.address}, known when it exists)"


@dataclass(frozen=True, slots=True)
class Band:
    """An inclusive range that an autoscaler may move in; in band is in sync."""

    low: int
    high: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


class State(BaseModel):
    """What every state and every spec section is: frozen, strict about unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        validate_default=False,
        populate_by_name=True,
        defer_build=True,  # most commands need few of the models
    )

    def declared(self, name: str) -> bool:
        """Whether the field was written (``None`` then means explicitly none)."""
        return name in self.model_fields_set


def has_own_text(value: object) -> bool:
    """Whether a model says itself how it is written (a key); it is then one value, not several."""
    return isinstance(value, BaseModel) and type(value).__str__ is not BaseModel.__str__


#: The default of a field that may stay undeclared though its type has no ``None``.
UNDECLARED: Any = None


class NoneWord:
    """Marks a field that may be *explicitly none*: YAML ``none`` or ``false`` becomes ``None``.

    The JSON Schema of such a field offers ``"none"`` and ``false`` beside the field's own type.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def read(value: Any) -> Any:
            return None if value is False or value == "none" else value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        inner = handler(schema)
        options = [option for option in inner.get("anyOf", [inner]) if option != {"type": "null"}]
        return {"anyOf": [*options, {"enum": ["none", False]}]}


#: A value that may be explicitly none: ``Noneable[int]``.
Noneable = Annotated[T | None, NoneWord()]


@cache
def path_names(state: type[State]) -> Mapping[str, str]:
    """Field name -> the word that stands for it in specs and in setting paths (its alias)."""
    return {name: info.alias or name for name, info in state.model_fields.items()}


@cache
def settings_of(state: type[State]) -> Mapping[str, Setting]:
    """The settings of a state by field name, in the order of declaration.

    A field without a ``Setting`` gets the default one.
    """
    return {name: _setting(info) for name, info in state.model_fields.items()}


def _setting(info: FieldInfo) -> Setting:
    return next((note for note in info.metadata if isinstance(note, Setting)), Setting())


@cache
def nested_state(state: type[State], name: str) -> type[State] | None:
    """The state type inside a field (of a mapping's values too), if there is one."""
    return next(_states_in(state.model_fields[name].annotation), None)


def _states_in(annotation: Any) -> Iterator[type[State]]:
    if isinstance(annotation, type) and issubclass(annotation, State):
        yield annotation
    for argument in get_args(annotation):
        yield from _states_in(argument)
