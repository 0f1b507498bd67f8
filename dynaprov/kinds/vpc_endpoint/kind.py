"""The kind of the endpoint: what is declared, what is read, and which calls follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dynaprov.kinds.identity import carrying
from dynaprov.kinds.indexes import position_of
from dynaprov.kinds.policies import text
from dynaprov.kinds.vpc_endpoint.calls import create, delete, detach, modify
from dynaprov.kinds.vpc_endpoint.live import (
    LIVE,
    is_ours,
    left_over,
    preference,
    read_all,
    reading_of,
    service_name,
    state_of,
)
from dynaprov.kinds.vpc_endpoint.section import (
    HERE,
    PART,
    VpcEndpointSection,
    VpcEndpointState,
    policy_of,
)
from dynaprov.model.change import Action, Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Owned,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
    unlisted,
)
from dynaprov.model.operation import Operation
from dynaprov.model.permission import ANY, CHANGE, DESTROY, LOOK, PRUNE, Permission
from dynaprov.model.ports import Answer, Read
from dynaprov.model.setting import Severity
from dynaprov.model.spec import Spec

POLICY_LENGTH = 20_480


class VpcEndpointKind(Kind):
    """See the module docstring."""

    name = PART
    title = "VPC endpoint"
    missing = Severity.HIGH
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
        length = len(text(policy_of(section.policy, scope)))
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
            values["policy"] = policy_of(section.policy, scope)
        yield Desired(
            address=HERE,
            kind=self.name,
            name=section.vpc_id,
            state=VpcEndpointState(**values),
            tags=dict(spec.tags),
            origins=spec.origins_below("vpc_endpoint"),
        )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """VPC and route tables by their ids; the endpoint, whose id is AWS's, by what it carries.

        Sources: the service authorization reference of Amazon EC2 (Describe calls know no resource;
        CreateVpcEndpoint needs the VPC, the endpoint and each route table; the Describe calls and
        the hosted zone that it names besides are those of interface endpoints).
        """
        if self.section_name not in spec.sections:
            return
        yield Permission(("ec2:DescribeVpcEndpoints",), ANY, LOOK)
        endpoints = (scope.arn("ec2", "vpc-endpoint/*"),)
        delete, modify = ("ec2:DeleteVpcEndpoints",), ("ec2:ModifyVpcEndpoint",)
        yield Permission(delete, endpoints, PRUNE, carrying(scope))
        section = spec.section(self.section_name, VpcEndpointSection)
        if section is None:
            return
        routes = section.route_table_ids if section.declared("route_table_ids") else []
        tables = tuple(scope.arn("ec2", f"route-table/{each}") for each in sorted(set(routes)))
        vpc = scope.arn("ec2", f"vpc/{section.vpc_id}")
        yield Permission(("ec2:CreateVpcEndpoint",), (vpc, *tables), CHANGE)
        service = {"StringEquals": {"ec2:VpceServiceName": (service_name(scope),)}}
        yield Permission(("ec2:CreateVpcEndpoint",), endpoints, CHANGE, service)
        created = {"StringEquals": {"ec2:CreateAction": ("CreateVpcEndpoint",)}}
        yield Permission(("ec2:CreateTags",), endpoints, CHANGE, created)
        yield Permission(modify, endpoints, CHANGE | PRUNE, carrying(scope))
        if tables:
            yield Permission(modify, tables, CHANGE)
        # Which route tables are attached that no spec names, is seen only then.
        yield Permission(modify, (scope.arn("ec2", "route-table/*"),), PRUNE)
        yield Permission(delete, endpoints, DESTROY, carrying(scope))

    def owned(self, spec: Spec, scope: Scope) -> Iterable[Owned]:
        """The endpoint by the identity that it carries."""
        if spec.section(self.section_name, VpcEndpointSection) is not None:
            yield Owned((scope.arn("ec2", "vpc-endpoint/*"),), carrying(scope))

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """The one listing, when the spec speaks of an endpoint."""
        return [read_all(scope)] if self.section_name in spec.sections else []

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """All gateway endpoints for DynamoDB of the region, if the spec speaks of one."""
        if self.section_name not in spec.sections:
            return []
        [answer] = yield [read_all(scope)]
        if answer.error:
            unread = [Reading.of_error(each.address, answer.error) for each in desired]
            return unread or unlisted(HERE, [answer])
        listed = [
            each
            for each in answer.value.get("VpcEndpoints", ())
            if each.get("VpcEndpointType", "Gateway").lower() == "gateway"
        ]
        live = sorted((each for each in listed if state_of(each) in LIVE), key=preference(scope))
        gone = sorted(each["VpcEndpointId"] for each in listed if state_of(each) not in LIVE)
        readings = []
        for each in desired:
            here = [endpoint for endpoint in live if endpoint["VpcId"] == each.name]
            if not here:
                readings.append(Reading.absent(each.address, facts={"gone": gone}))
                continue
            live.remove(here[0])
            readings.append(reading_of(each, here[0], scope))
        ours = tuple(left_over(each) for each in live if is_ours(each, scope))
        if ours:
            readings.append(Reading.absent(HERE.child("other"), unmanaged=ours))
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """CreateVpcEndpoint, or one ModifyVpcEndpoint."""
        [change] = changes
        if change.action is Action.CREATE:
            return [create(desired, reading, situation)]
        return [modify(change, desired, reading)]

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Detach a route table, or delete an endpoint that the spec declares no more."""
        facts = dict(unmanaged.facts)
        if "route_table" not in facts:
            return [delete(unmanaged.address, facts["id"], situation.scope)]
        return [detach(unmanaged.address, facts["id"], facts["route_table"])]

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """Delete the endpoint."""
        if reading.presence is not Presence.PRESENT:
            return []
        return [delete(desired.address, reading.outputs["id"], situation.scope)]

    def settled(self, until: str, answer: Answer) -> bool:
        """``available vpc-1``: one is there; ``gone vpce-1``: that one is not."""
        if answer.error:
            return False
        what, which = until.split(" ")
        endpoints = answer.value.get("VpcEndpoints", ())
        if what == "gone":
            return not any(
                each["VpcEndpointId"] == which and state_of(each) != "deleted" for each in endpoints
            )
        return any(each["VpcId"] == which and state_of(each) == "available" for each in endpoints)


KIND = VpcEndpointKind()
