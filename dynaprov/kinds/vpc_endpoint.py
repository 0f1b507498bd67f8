"""The gateway VPC endpoint for DynamoDB: traffic to the tables stays inside AWS's network.

Calls: DescribeVpcEndpoints, CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints.

Quirks (EC2 API reference and the gateway endpoint pages of the VPC guide):

- The id is made by AWS: the endpoint is found by its VPC and service.  Deleted ones stay listed
  for a while; the case of the letters of a state differs.
- CreateVpcEndpoint is idempotent by its ClientToken.  The token is made from the request and from
  the endpoints that are gone, so that creating again after a deletion is a new request.
- A route table can lead to one gateway endpoint per service only.
- The policy that AWS gives by default is full access with the version of 2008; ResetPolicy puts
  it back.
- DeleteVpcEndpoints answers 200 also when it deleted nothing: what counts is that it is gone.
- Making or removing the endpoint may cut open connections to DynamoDB.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.kinds.identity import ENVIRONMENT, PROJECT
from dynaprov.kinds.indexes import position_of
from dynaprov.kinds.policies import canonical, text
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
)
from dynaprov.model.operation import Meaning, Operation, Risk, Settled, Wait
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.setting import UNDECLARED, Effect, Setting, Severity, State
from dynaprov.model.spec import Spec

PART = "vpc-endpoint"
HERE = Address("", PART)
#: States of an endpoint that is there or about to be, best first; in any other it is gone.
LIVE = ("available", "pending", "partial", "pendingacceptance")
POLICY_LENGTH = 20_480
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


class VpcEndpointKind(Kind):
    """See the module docstring."""

    name = PART
    title = "VPC endpoint"
    state = VpcEndpointState
    section = VpcEndpointSection
    section_name = "vpc_endpoint"
    per_table = False
    reads = ("ec2:DescribeVpcEndpoints",)
    writes = (
        "ec2:CreateTags",
        "ec2:CreateVpcEndpoint",
        "ec2:DeleteVpcEndpoints",
        "ec2:ModifyVpcEndpoint",
    )
    services = ("ec2",)
    tagging = Tagging(
        service="ec2",
        tag="create_tags",
        untag="delete_tags",
        resource="Resources",
        tags="Tags",
        keys="Tags",
        key_field="Key",
        value_field="Value",
        listing="describe_tags",
        listed="Tags",
        by="id",
        bulk="ec2:vpc-endpoint",
    )
    stamp_code = "v"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """A policy of the length that EC2 takes."""
        section = spec.section(self.section_name, VpcEndpointSection)
        if section is None or not section.policy:
            return
        scope = Scope(spec.project, spec.environment, spec.account or "0" * 12, spec.region)
        length = len(text(_policy(section.policy, scope)))
        if length > POLICY_LENGTH:
            yield Diagnostic(
                code="DP186",
                summary="endpoint policy too long",
                detail=f"the policy has {length} characters; EC2 takes {POLICY_LENGTH}",
                hint="use wildcards, or `policy: tables`",
                position=position_of(spec.origins, "vpc_endpoint.policy"),
                address=str(HERE),
            )

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """The one endpoint, when it is declared."""
        section = spec.section(self.section_name, VpcEndpointSection)
        if section is None:
            return
        values: dict[str, Any] = {"vpc_id": section.vpc_id}
        if section.declared("route_table_ids"):
            values["route_table_ids"] = tuple(sorted(set(section.route_table_ids)))
        if section.declared("policy"):
            values["policy"] = _policy(section.policy, scope)
        yield Desired(
            address=HERE,
            kind=self.name,
            name=section.vpc_id,
            state=VpcEndpointState(**values),
            tags=dict(spec.tags),
            origins=spec.origins_below("vpc_endpoint"),
        )

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """The one listing, when the spec speaks of an endpoint."""
        return [_read(scope)] if self.section_name in spec.sections else []

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """All gateway endpoints for DynamoDB of the region, if the spec speaks of one."""
        if self.section_name not in spec.sections:
            return []
        [answer] = yield [_read(scope)]
        if answer.error:
            return [Reading.of_error(each.address, answer.error) for each in desired]
        listed = [
            each
            for each in answer.value.get("VpcEndpoints", ())
            if each.get("VpcEndpointType", "Gateway").lower() == "gateway"
        ]
        live = sorted((each for each in listed if _state(each) in LIVE), key=_preference(scope))
        gone = sorted(each["VpcEndpointId"] for each in listed if _state(each) not in LIVE)
        readings = []
        for each in desired:
            here = [endpoint for endpoint in live if endpoint["VpcId"] == each.name]
            if not here:
                readings.append(Reading.absent(each.address, facts={"gone": gone}))
                continue
            live.remove(here[0])
            readings.append(_reading(each, here[0], scope))
        ours = tuple(_left_over(each) for each in live if _is_ours(each, scope))
        if ours:
            readings.append(Reading.absent(HERE.child("other"), unmanaged=ours))
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """CreateVpcEndpoint, or one ModifyVpcEndpoint."""
        [change] = changes
        if change.action is Action.CREATE:
            return [_create(desired, reading, situation)]
        return [_modify(change, desired, reading)]

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Detach a route table, or delete an endpoint that the spec declares no more."""
        facts = dict(unmanaged.facts)
        if "route_table" not in facts:
            return [_delete(unmanaged.address, facts["id"], situation.scope)]
        call = {"VpcEndpointId": facts["id"], "RemoveRouteTableIds": [facts["route_table"]]}
        return [
            Operation(
                id=f"{unmanaged.address}:delete",
                address=unmanaged.address,
                kind=PART,
                title=f"detach the route table {facts['route_table']} from the endpoint",
                call=Call("ec2", "modify_vpc_endpoint", call),
                lock=facts["id"],
                deletes=True,
                risk=Risk.MEDIUM,
                meaning=Meaning(
                    impact="its subnets reach DynamoDB by another way or not at all",
                    undo="reversible: declare the route table",
                    takes="at once",
                    watch="open connections to DynamoDB may be cut",
                ),
            )
        ]

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """Delete the endpoint."""
        if reading.presence is not Presence.PRESENT:
            return []
        return [_delete(desired.address, reading.outputs["id"], situation.scope)]

    def settled(self, until: str, answer: Answer) -> bool:
        """``available vpc-1``: one is there; ``gone vpce-1``: that one is not."""
        if answer.error:
            return False
        what, which = until.split(" ")
        endpoints = answer.value.get("VpcEndpoints", ())
        if what == "gone":
            return not any(
                each["VpcEndpointId"] == which and _state(each) != "deleted" for each in endpoints
            )
        return any(each["VpcId"] == which and _state(each) == "available" for each in endpoints)


def _service(scope: Scope) -> str:
    return f"com.amazonaws.{scope.region}.dynamodb"


def _read(scope: Scope) -> Read:
    filters = [{"Name": "service-name", "Values": [_service(scope)]}]
    return Read("ec2", "describe_vpc_endpoints", {"Filters": filters}, pages="VpcEndpoints")


def _policy(policy: str | Mapping[str, Any], scope: Scope) -> dict[str, Any]:
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
    return _compared(policy, scope)


def _compared(policy: str | Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The canonical form; full access is the same in either version of the policy language."""
    found = canonical(policy, scope.partition)
    same = found.get("Statement") == FULL_ACCESS["Statement"] and "Id" not in found
    return FULL_ACCESS if same else found


def _state(endpoint: Mapping[str, Any]) -> str:
    return str(endpoint.get("State", "")).lower()


def _is_ours(endpoint: Mapping[str, Any], scope: Scope) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in endpoint.get("Tags", ())}
    return tags.get(PROJECT) == scope.project and tags.get(ENVIRONMENT) == scope.environment


def _preference(scope: Scope) -> Any:
    """Of several endpoints in one VPC: ours first, then the better state, then the lower id."""

    def order(endpoint: Mapping[str, Any]) -> tuple[bool, int, str]:
        mine = _is_ours(endpoint, scope)
        return (not mine, LIVE.index(_state(endpoint)), endpoint["VpcEndpointId"])

    return order


def _reading(desired: Desired, endpoint: Mapping[str, Any], scope: Scope) -> Reading:
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
            policy=_compared(policy, scope) if policy else FULL_ACCESS,
        ),
        arn=arn,
        outputs={"arn": arn, "id": identity},
        facts={"tags": {tag["Key"]: tag["Value"] for tag in endpoint.get("Tags", ())}},
        busy="" if _state(endpoint) == "available" else f"the endpoint is {_state(endpoint)}",
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


def _left_over(endpoint: Mapping[str, Any]) -> Unmanaged:
    identity = endpoint["VpcEndpointId"]
    return Unmanaged(
        address=HERE.child(identity),
        kind=PART,
        resource=identity,
        detail=f"a gateway endpoint of this environment in {endpoint['VpcId']} is in no spec",
        facts=(("id", identity),),
    )


def _create(desired: Desired, reading: Reading, situation: Situation) -> Operation:
    wanted = desired.state
    assert isinstance(wanted, VpcEndpointState)
    scope = situation.scope
    params: dict[str, Any] = {
        "VpcEndpointType": "Gateway",
        "VpcId": wanted.vpc_id,
        "ServiceName": _service(scope),
    }
    if wanted.route_table_ids:
        params["RouteTableIds"] = list(wanted.route_table_ids)
    if wanted.policy and wanted.policy != FULL_ACCESS:
        params["PolicyDocument"] = text(wanted.policy)
    tags = situation.tags_at_creation(desired.address)
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        params["TagSpecifications"] = [{"ResourceType": "vpc-endpoint", "Tags": pairs}]
    request = json.dumps([params, reading.facts.get("gone", [])], sort_keys=True)
    params["ClientToken"] = hashlib.sha256(request.encode()).hexdigest()[:32]
    return Operation(
        id=f"{HERE}:create",
        address=HERE,
        kind=PART,
        title=f"create the gateway endpoint in {wanted.vpc_id}",
        call=Call("ec2", "create_vpc_endpoint", params),
        lock=wanted.vpc_id,
        waits=(Wait(PART, f"available {wanted.vpc_id}", _read(scope), timeout_seconds=300),),
        outputs=(("id", "VpcEndpoint.VpcEndpointId"),),
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


def _modify(change: Change, desired: Desired, reading: Reading) -> Operation:
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


def _delete(address: Address, identity: str, scope: Scope) -> Operation:
    return Operation(
        id=f"{address}:delete",
        address=address,
        kind=PART,
        title=f"delete the gateway endpoint {identity}",
        call=Call("ec2", "delete_vpc_endpoints", {"VpcEndpointIds": [identity]}),
        lock=identity,
        waits=(Wait(PART, f"gone {identity}", _read(scope), timeout_seconds=300),),
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


KIND = VpcEndpointKind()
