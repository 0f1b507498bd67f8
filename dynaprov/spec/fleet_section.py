"""The section `fleet` of the project file.  What its entries add up to is ``fleet``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dynaprov.model.setting import UNDECLARED, State

Name = Annotated[str, Field(min_length=1)]
Account = Annotated[str, Field(pattern=r"^\d{12}$")]

#: What stands for the account in the name of a role.
ACCOUNT = "{account}"


class FleetEntry(State):
    """Environments in accounts and regions: every one of the first in each of the others."""

    environments: Annotated[
        list[Name], Field(min_length=1, description="Names of environments of this project.")
    ]
    accounts: Annotated[
        list[Account],
        Field(
            min_length=1,
            description="Account ids, in quotes; that of the credentials where it is left out.",
        ),
    ] = UNDECLARED
    regions: Annotated[
        list[Name],
        Field(min_length=1, description="Regions; the environment's own where it is left out."),
    ] = UNDECLARED
    role: Annotated[
        Name,
        Field(
            description="ARN of the role to assume; `{account}` stands for each of the accounts."
        ),
    ] = UNDECLARED
    external_id: Annotated[
        Name, Field(description="The external id that the role's trust policy asks for.")
    ] = UNDECLARED
    session_tags: Annotated[
        dict[str, str], Field(description="Tags of the session of the role.")
    ] = UNDECLARED
