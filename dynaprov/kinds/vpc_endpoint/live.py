"""What is live of the endpoint.  Pure: answers in, readings out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaprov.kinds.identity import ENVIRONMENT, PROJECT
from dynaprov.kinds.vpc_endpoint.section import FULL_ACCESS, HERE, PART, VpcEndpointState, compared
from dynaprov.model.change import Unmanaged
from dynaprov.model.kind import Desired, Presence, Reading, Scope
from dynaprov.model.ports import Read

#: States of an endpoint that is there or about to be, best first; in any other it is gone.
LIVE = ("available", "pending", "partial", "pendingacceptance")


def service_name(scope: Scope) -> str:
    """EC2's name of DynamoDB in the region."""
    return f"com.amazonaws.{scope.region}.dynamodb"


def read_all(scope: Scope) -> Read:
    """The endpoints for DynamoDB of the whole region."""
    filters = [{"Name": "service-name", "Values": [service_name(scope)]}]
    return Read("ec2", "describe_vpc_endpoints", {"Filters": filters}, pages="VpcEndpoints")


def state_of(endpoint: Mapping[str, Any]) -> str:
    """The state in small letters."""
    return str(endpoint.get("State", "")).lower()


def is_ours(endpoint: Mapping[str, Any], scope: Scope) -> bool:
    """Whether it carries this environment's identity tags."""
    tags = {tag["Key"]: tag["Value"] for tag in endpoint.get("Tags", ())}
    return tags.get(PROJECT) == scope.project and tags.get(ENVIRONMENT) == scope.environment


def preference(scope: Scope) -> Any:
    """Of several endpoints in one VPC: ours first, then the better state, then the lower id."""

    def order(endpoint: Mapping[str, Any]) -> tuple[bool, int, str]:
        mine = is_ours(endpoint, scope)
        return (not mine, LIVE.index(state_of(endpoint)), endpoint["VpcEndpointId"])

    return order


def reading_of(desired: Desired, endpoint: Mapping[str, Any], scope: Scope) -> Reading:
    """The endpoint, and route tables that no spec names."""
    wanted = desired.state
    assert isinstance(wanted, VpcEndpointState)
    identity = endpoint["VpcEndpointId"]
    attached = set(endpoint.get("RouteTableIds", ()))
    extra: list[str] = []
    if wanted.declared("route_table_ids"):
        extra = sorted(attached.difference(wanted.route_table_ids))
    policy = endpoint.get("PolicyDocument")
    arn = scope.arn("ec2", f"vpc-endpoint/{identity}")
    return Reading(
        desired.address,
        Presence.PRESENT,
        VpcEndpointState(
            vpc_id=endpoint["VpcId"],
            route_table_ids=tuple(sorted(attached.difference(extra))),
            policy=compared(policy, scope) if policy else FULL_ACCESS,
        ),
        arn=arn,
        outputs={"arn": arn, "id": identity},
        facts={"tags": {tag["Key"]: tag["Value"] for tag in endpoint.get("Tags", ())}},
        busy="" if state_of(endpoint) == "available" else f"the endpoint is {state_of(endpoint)}",
        unmanaged=tuple(
            Unmanaged(
                address=HERE.child("route-table").child(table),
                kind=PART,
                resource=identity,
                detail=f"the route table {table} is attached and in no spec",
                part_of=HERE,
                facts=(("id", identity), ("route_table", table)),
            )
            for table in extra
        ),
    )


def left_over(endpoint: Mapping[str, Any]) -> Unmanaged:
    """An endpoint of this environment that is not the declared one."""
    identity = endpoint["VpcEndpointId"]
    return Unmanaged(
        address=HERE.child(identity),
        kind=PART,
        resource=identity,
        detail=f"a gateway endpoint of this environment in {endpoint['VpcId']} is in no spec",
        facts=(("id", identity),),
    )
