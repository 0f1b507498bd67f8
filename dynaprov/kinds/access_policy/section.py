"""What a spec says of access policies: the section and the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from dynaprov.kinds.access_policy.roles import Role
from dynaprov.model.setting import Setting, Severity, State

PART = "access-policy"


class AccessPolicyGroup(State):
    """One group of tables, and the roles that get a policy for it."""

    tables: Annotated[
        Literal["*"] | Annotated[list[str], Field(min_length=1)],
        Field(
            description="Tables of the group by their names in the spec; `*` means every table "
            "whose name begins with the project and the environment."
        ),
    ]
    roles: Annotated[
        Annotated[list[Role], Field(min_length=1)],
        Field(
            description="Roles that get a managed policy each: `reader` reads items, `writer` "
            "reads and writes items, `stream-consumer` reads the change streams, `administrator` "
            "changes the tables' settings and takes backups, but deletes no table and no backup."
        ),
    ]


class AccessPoliciesSection(State):
    """The ``access_policies`` section of an environment: groups by name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, AccessPolicyGroup] = Field(init=False)

    @property
    def groups(self) -> Mapping[str, AccessPolicyGroup]:
        """The groups by name."""
        return self.__pydantic_extra__


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
