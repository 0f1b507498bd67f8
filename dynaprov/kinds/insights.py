"""Contributor Insights: which keys of a table or an index are used and throttled most."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from dynaprov.model.setting import Noneable, Setting, Severity, State

Mode = Literal["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"]


class InsightsState(State):
    """Contributor Insights of one table or one global index."""

    enabled: Annotated[
        bool,
        Setting("a", Severity.MEDIUM),
        Field(description="Whether the most used and most throttled keys are recorded."),
    ]
    mode: Annotated[
        Mode | None,
        Setting("m", Severity.LOW),
        Field(
            description="ACCESSED_AND_THROTTLED_KEYS records both, THROTTLED_KEYS only throttled "
            "keys, which costs less."
        ),
    ] = None


class InsightsSection(State):
    """The ``insights`` section of a table: ``true``, or which parts and which mode."""

    table: Annotated[
        bool,
        Field(description="Whether Contributor Insights is on for the table itself."),
    ] = True
    indexes: Annotated[
        Noneable[Literal["*"] | list[str]],
        Field(
            description="Global indexes that it is on for: names, or `*` for all; `none` switches "
            "it off for all of them. An index that is not named is left as it is."
        ),
    ] = None
    mode: Annotated[
        Mode | None,
        Field(
            description="What is recorded, for the table and the indexes alike: "
            "ACCESSED_AND_THROTTLED_KEYS or THROTTLED_KEYS."
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _true(cls, value: Any) -> Any:
        return {} if value is True else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler.resolve_ref_schema(handler(schema)), {"const": True}]}
