"""IAM managed policies for those who use the tables: reader, writer, stream consumer, ..."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from dynaprov.model.setting import Setting, Severity, State


class Role(StrEnum):
    """What the holder of a policy may do with its tables."""

    READER = "reader"
    WRITER = "writer"
    STREAM_CONSUMER = "stream-consumer"
    ADMINISTRATOR = "administrator"


class AccessPolicyGroup(State):
    """One group of tables, and the roles that get a policy for it."""

    tables: Annotated[
        Literal["*"] | Annotated[list[str], Field(min_length=1)],
        Field(description="Tables of the group by their names in the spec; `*` means all."),
    ]
    roles: Annotated[
        Annotated[list[Role], Field(min_length=1)],
        Field(
            description="Roles that get a managed policy each: `reader` reads items, `writer` "
            "reads and writes items, `stream-consumer` reads the change streams, `administrator` "
            "changes the tables' settings but never deletes a table, an index or a backup."
        ),
    ]


class AccessPoliciesSection(State):
    """The ``access_policies`` section of an environment: groups by name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, AccessPolicyGroup] = Field(init=False)


class AccessPolicyState(State):
    """One IAM managed policy."""

    document: Annotated[
        Any,
        Setting("d", Severity.HIGH),
        Field(
            description="The policy document, made from the group's tables and the role; compared "
            "whole and canonically."
        ),
    ]
