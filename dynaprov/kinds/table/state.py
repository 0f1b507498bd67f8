"""The settings of a table and of its indexes: what may be declared, and how it is compared.

Only shapes and single-field rules.  Rules across fields are in ``checks``; AWS's shapes are in
``reading`` and ``operations``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, InstanceOf, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from dynaprov.model.setting import UNDECLARED, Effect, Noneable, Ref, Setting, Severity, State

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"
KMS_KEY = "kms-key"
AWS_OWNED = "aws-owned"
AWS_MANAGED = "aws-managed"

BillingMode = Literal["PAY_PER_REQUEST", "PROVISIONED"]
StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
TableClass = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]

AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=255)]
IndexName = Annotated[
    str, StringConstraints(min_length=3, max_length=255, pattern=r"^[a-zA-Z0-9_.-]+$")
]
TagKey = Annotated[str, StringConstraints(min_length=1, max_length=128)]
TagValue = Annotated[str, StringConstraints(max_length=256)]
Units = Annotated[int, Field(ge=1, le=40_000_000)]


def _key_from_name(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _one_or_many(value: Any) -> Any:
    if value is None or isinstance(value, tuple):
        return value
    return tuple(value) if isinstance(value, list) else (value,)


class Key(State):
    """One key attribute; written as its name alone, it is a string (type S)."""

    name: Annotated[AttributeName, Field(description="Name of the attribute.")]
    type: Annotated[
        Literal["S", "N", "B"],
        Field(description="S string, N number, B binary."),
    ] = "S"

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


OneKey = Annotated[Key, BeforeValidator(_key_from_name, json_schema_input_type=Key | AttributeName)]
Keys = Annotated[
    tuple[OneKey, ...],
    BeforeValidator(
        _one_or_many, json_schema_input_type=Key | AttributeName | list[Key | AttributeName]
    ),
    Field(max_length=4),
]


class Capacity(State):
    """Provisioned throughput, in capacity units per second."""

    read: Annotated[
        Units, Setting("r", Severity.HIGH), Field(description="Read capacity units, 1 or more.")
    ] = UNDECLARED
    write: Annotated[
        Units, Setting("w", Severity.HIGH), Field(description="Write capacity units, 1 or more.")
    ] = UNDECLARED


class Limits(State):
    """The most that an on-demand table or index may consume, in request units per second."""

    max_read: Annotated[
        Noneable[Units],
        Setting("r", Severity.HIGH),
        Field(description="Most read request units per second; `none` lifts the limit."),
    ] = None
    max_write: Annotated[
        Noneable[Units],
        Setting("w", Severity.HIGH),
        Field(description="Most write request units per second; `none` lifts the limit."),
    ] = None


def _projection(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(sorted(value))
    return value


Projection = Annotated[
    Literal["ALL", "KEYS_ONLY"]
    | Annotated[tuple[AttributeName, ...], Field(min_length=1, max_length=20)],
    BeforeValidator(
        _projection,
        json_schema_input_type=Literal["ALL", "KEYS_ONLY"] | list[AttributeName],
    ),
]


class LocalIndexState(State):
    """A local secondary index: the table's partition key with another sort key.

    AWS makes local indexes only together with the table and never changes them.
    """

    sort_key: Annotated[
        OneKey,
        Setting("s", Severity.HIGH, Effect.FIXED),
        Field(description="Sort key of the index."),
    ] = UNDECLARED
    projection: Annotated[
        Projection,
        Setting("p", Severity.HIGH, Effect.FIXED),
        Field(description="Attributes in the index: ALL, KEYS_ONLY, or a list of 1 to 20 names."),
    ] = UNDECLARED


class IndexState(State):
    """A global secondary index."""

    partition_key: Annotated[
        Keys,
        Setting("h", Severity.HIGH, Effect.REPLACE),
        Field(description="Partition key: one attribute, or a list of up to 4."),
    ] = UNDECLARED
    sort_key: Annotated[
        Noneable[Keys],
        Setting("s", Severity.HIGH, Effect.REPLACE),
        Field(description="Sort key: one attribute, a list of up to 4, or left out."),
    ] = None
    projection: Annotated[
        Projection,
        Setting("p", Severity.HIGH, Effect.REPLACE),
        Field(description="Attributes in the index: ALL, KEYS_ONLY, or a list of 1 to 20 names."),
    ] = UNDECLARED
    capacity: Annotated[
        Capacity,
        Setting("c", Severity.HIGH),
        Field(description="Capacity of the index; the table's where it is left out."),
    ] = UNDECLARED
    on_demand_limits: Annotated[
        Limits,
        Setting("o", Severity.HIGH),
        Field(description="Limits of the index when the table is on-demand."),
    ] = UNDECLARED


class TableState(State):
    """The settings of one table."""

    partition_key: Annotated[
        OneKey,
        Setting("h", Severity.CRITICAL, Effect.FIXED),
        Field(description="Partition key. It cannot be changed on a live table."),
    ] = UNDECLARED
    sort_key: Annotated[
        Noneable[OneKey],
        Setting("k", Severity.CRITICAL, Effect.FIXED),
        Field(description="Sort key, if any. It cannot be changed on a live table."),
    ] = None
    billing_mode: Annotated[
        BillingMode,
        Setting("b", Severity.HIGH),
        Field(description="PAY_PER_REQUEST (on-demand) or PROVISIONED."),
    ] = UNDECLARED
    capacity: Annotated[
        Capacity,
        Setting("c", Severity.HIGH),
        Field(description="Capacity of a PROVISIONED table. On-demand tables ignore it."),
    ] = UNDECLARED
    on_demand_limits: Annotated[
        Limits,
        Setting("o", Severity.HIGH),
        Field(description="Limits of an on-demand table. PROVISIONED tables ignore them."),
    ] = UNDECLARED
    indexes: Annotated[
        dict[IndexName, Noneable[IndexState]],
        Setting("i", Severity.HIGH, part="index"),
        Field(description="Global secondary indexes by name; `none` deletes a live one."),
    ] = UNDECLARED
    local_indexes: Annotated[
        dict[IndexName, LocalIndexState],
        Setting("l", Severity.HIGH, Effect.FIXED, part="local-index"),
        Field(description="Local secondary indexes by name, at most 5, only at creation."),
    ] = UNDECLARED
    stream: Annotated[
        Noneable[StreamView],
        Setting("s", Severity.HIGH),
        Field(description="What the change stream holds of an item; `none` switches it off."),
    ] = None
    encryption: Annotated[
        Annotated[
            str,
            Field(pattern=r"^(kms-key|aws-managed|aws-owned|arn:[a-z-]+:kms:[^:]+:\d{12}:key/.+)$"),
        ]
        | SkipJsonSchema[InstanceOf[Ref]],  # made by the kind, never written in a spec
        Setting("e", Severity.CRITICAL),
        Field(
            description="Key that encrypts the table: `kms-key` (the environment's own), "
            "`aws-managed`, `aws-owned`, or the ARN of a key."
        ),
    ] = UNDECLARED
    table_class: Annotated[
        TableClass,
        Setting("t", Severity.LOW),
        Field(alias="class", description="STANDARD or STANDARD_INFREQUENT_ACCESS."),
    ] = UNDECLARED
    deletion_protection: Annotated[
        bool,
        Setting("d", Severity.CRITICAL),
        Field(description="Whether AWS refuses to delete the table."),
    ] = UNDECLARED


class TableSection(TableState):
    """A table's document in the spec, but for the sections of other kinds."""

    attributes: Annotated[
        dict[AttributeName, Literal["S", "N", "B"]],
        Setting(compared=False),
        Field(
            description="Types of the key attributes by name. May be left out: keys then say their "
            "type themselves. If it is there, it must list exactly the key attributes."
        ),
    ] = UNDECLARED
    tags: Annotated[
        dict[TagKey, Noneable[TagValue]],
        Setting(compared=False),
        Field(description="Tags of the table, beside the project's; `none` removes a live one."),
    ] = UNDECLARED


def declared_only(model: type[State], values: dict[str, Any]) -> Any:
    """A state of which exactly these fields are declared; values must be valid already."""
    return model.model_construct(_fields_set=set(values), **values)
