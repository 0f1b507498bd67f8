"""The gateway VPC endpoint for DynamoDB: traffic to the tables stays inside AWS's network."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.model.setting import Effect, Setting, Severity, State


class VpcEndpointSection(State):
    """The ``vpc_endpoint`` section of an environment."""

    vpc_id: Annotated[
        Annotated[str, Field(pattern=r"^vpc-[0-9a-f]+$")],
        Field(description="The VPC that gets the endpoint, `vpc-...`."),
    ]
    route_table_ids: Annotated[
        list[Annotated[str, Field(pattern=r"^rtb-[0-9a-f]+$")]],
        Field(
            description="Route tables of the VPC, `rtb-...`, that lead DynamoDB's addresses to the "
            "endpoint. Others that are attached live are reported, not detached."
        ),
    ] = []
    policy: Annotated[
        Literal["default", "tables"] | dict[str, Any] | None,
        Field(
            description="Who may call what through the endpoint: `default` is full access, "
            "`tables` only this environment's tables, or a policy document of your own."
        ),
    ] = None


class VpcEndpointState(State):
    """The gateway endpoint."""

    vpc_id: Annotated[
        str,
        Setting("v", Severity.HIGH, effect=Effect.FIXED),
        Field(description="The VPC of the endpoint; an endpoint cannot move to another one."),
    ]
    route_table_ids: Annotated[
        tuple[str, ...],
        Setting("r", Severity.HIGH),
        Field(description="Declared route tables that are attached, in alphabetical order."),
    ] = ()
    policy: Annotated[
        Any,
        Setting("p", Severity.HIGH),
        Field(description="The endpoint's policy, compared whole and canonically."),
    ] = None
