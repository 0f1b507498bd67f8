"""What a spec says of the endpoint: the section, the state, and the policy that is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.kinds.policies import canonical
from dynaprov.model.address import Address
from dynaprov.model.kind import Scope
from dynaprov.model.setting import UNDECLARED, Effect, Setting, Severity, State

PART = "vpc-endpoint"
HERE = Address("", PART)
FULL_ACCESS = canonical(
    {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)


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
    ] = UNDECLARED
    policy: Annotated[
        Literal["default", "tables"] | dict[str, Any],
        Field(
            description="Who may call what through the endpoint: `default` is full access, "
            "`tables` only this environment's tables, or a policy document of your own."
        ),
    ] = UNDECLARED


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


def policy_of(policy: str | Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The policy that the spec asks for, canonical."""
    if policy == "default":
        return FULL_ACCESS
    if isinstance(policy, str):
        anyone = {"Effect": "Allow", "Principal": "*"}
        tables = [scope.table_arn("*"), scope.table_arn("*") + "/*"]
        listings = ["dynamodb:DescribeEndpoints", "dynamodb:DescribeLimits", "dynamodb:List*"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "UseTables", **anyone, "Action": "dynamodb:*", "Resource": tables},
                {"Sid": "ListEverything", **anyone, "Action": listings, "Resource": "*"},
            ],
        }
    return compared(policy, scope)


def compared(policy: str | Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The canonical form; full access is the same in either version of the policy language."""
    found = canonical(policy, scope.partition)
    same = found.get("Statement") == FULL_ACCESS["Statement"] and "Id" not in found
    return FULL_ACCESS if same else found
