"""The calls that make, change and delete the endpoint.  Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dynaprov.kinds.policies import text
from dynaprov.kinds.vpc_endpoint.live import read_all, service_name
from dynaprov.kinds.vpc_endpoint.section import FULL_ACCESS, HERE, PART, VpcEndpointState
from dynaprov.model.address import Address
from dynaprov.model.change import Change
from dynaprov.model.kind import Desired, Reading, Scope, Situation
from dynaprov.model.operation import Meaning, Operation, Risk, Settled, Wait
from dynaprov.model.ports import Call


def create(desired: Desired, reading: Reading, situation: Situation) -> Operation:
    """CreateVpcEndpoint."""
    wanted = desired.state
    assert isinstance(wanted, VpcEndpointState)
    scope = situation.scope
    params: dict[str, Any] = {
        "VpcEndpointType": "Gateway",
        "VpcId": wanted.vpc_id,
        "ServiceName": service_name(scope),
    }
    if wanted.route_table_ids:
        params["RouteTableIds"] = list(wanted.route_table_ids)
    if wanted.policy and wanted.policy != FULL_ACCESS:
        params["PolicyDocument"] = text(wanted.policy)
    tags = situation.tags_at_creation(desired.address)
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        params["TagSpecifications"] = [{"ResourceType": "vpc-endpoint", "Tags": pairs}]
    # Of what is asked only the place counts: of two runs that ask for different endpoints at the
    # same time the second is told so, makes none, and the next run changes the one that is there.
    place = [wanted.vpc_id, params["ServiceName"], reading.facts.get("gone", [])]
    params["ClientToken"] = hashlib.sha256(json.dumps(place).encode()).hexdigest()[:32]
    return Operation(
        id=f"{HERE}:create",
        address=HERE,
        kind=PART,
        title=f"create the gateway endpoint in {wanted.vpc_id}",
        call=Call("ec2", "create_vpc_endpoint", params),
        lock=wanted.vpc_id,
        waits=(Wait(PART, f"available {wanted.vpc_id}", read_all(scope), timeout="endpoint"),),
        outputs=(("id", "VpcEndpoint.VpcEndpointId"),),
        settled_by=(Settled("IdempotentParameterMismatch"),),
        creates=True,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="subnets of the route tables reach DynamoDB through the endpoint; open "
            "connections may be cut once",
            undo="reversible: delete the endpoint",
            takes="some seconds, not yet run on AWS",
            watch="connection errors of the applications for a minute",
        ),
    )


def modify(change: Change, desired: Desired, reading: Reading) -> Operation:
    """ModifyVpcEndpoint: route tables that are missing, and the policy."""
    wanted, live = desired.state, reading.state
    assert isinstance(wanted, VpcEndpointState)
    assert isinstance(live, VpcEndpointState)
    params: dict[str, Any] = {"VpcEndpointId": reading.outputs["id"]}
    if change.setting("route_table_ids"):
        missing = set(wanted.route_table_ids) - set(live.route_table_ids)
        params["AddRouteTableIds"] = sorted(missing)
    if change.setting("policy"):
        if wanted.policy == FULL_ACCESS:
            params["ResetPolicy"] = True
        else:
            params["PolicyDocument"] = text(wanted.policy)
    return Operation(
        id=f"{HERE}:update",
        address=HERE,
        kind=PART,
        title=f"change the gateway endpoint in {wanted.vpc_id}",
        call=Call("ec2", "modify_vpc_endpoint", params),
        lock=wanted.vpc_id,
        covers=tuple(setting.path for setting in change.settings),
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="subnets of a new route table reach DynamoDB through the endpoint; a new policy "
            "holds at once",
            undo="reversible: apply the old values",
            takes="at once",
            watch="connection and access denied errors of the applications",
        ),
    )


def delete(address: Address, identity: str, scope: Scope) -> Operation:
    """DeleteVpcEndpoints, and the wait that shows whether it did."""
    return Operation(
        id=f"{address}:delete",
        address=address,
        kind=PART,
        title=f"delete the gateway endpoint {identity}",
        call=Call("ec2", "delete_vpc_endpoints", {"VpcEndpointIds": [identity]}),
        lock=identity,
        waits=(Wait(PART, f"gone {identity}", read_all(scope), timeout="endpoint"),),
        settled_by=(Settled("InvalidVpcEndpointId.NotFound"),),
        deletes=True,
        risk=Risk.HIGH,
        meaning=Meaning(
            impact="subnets reach DynamoDB by another way or not at all; open connections are cut",
            undo="reversible: create it again",
            takes="some seconds, not yet run on AWS",
            watch="connection errors of the applications",
        ),
    )


def detach(address: Address, identity: str, table: str) -> Operation:
    """ModifyVpcEndpoint without a route table that no spec names."""
    return Operation(
        id=f"{address}:delete",
        address=address,
        kind=PART,
        title=f"detach the route table {table} from the endpoint",
        call=Call(
            "ec2",
            "modify_vpc_endpoint",
            {"VpcEndpointId": identity, "RemoveRouteTableIds": [table]},
        ),
        lock=identity,
        deletes=True,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="its subnets reach DynamoDB by another way or not at all",
            undo="reversible: declare the route table",
            takes="at once",
            watch="open connections to DynamoDB may be cut",
        ),
    )
