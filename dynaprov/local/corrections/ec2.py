"""Corrections of EC2's gateway endpoints: their life and the routes they make.

Lives here: what moto drops or distorts of VPC endpoints. Must not live here: anything else of EC2.
"""

import json
from contextlib import suppress
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidRouteError, InvalidRouteTableIdError
from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.responses.vpcs import VPCs

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

_GATEWAY = "Gateway"


@PATCHES.around(EC2Backend, "create_vpc_endpoint")
def _create(original: Any, backend: Any, **asked: Any) -> Any:
    # Left out, the type is Gateway; moto leaves it empty, and crashes when that one is deleted.
    asked["endpoint_type"] = asked.get("endpoint_type") or _GATEWAY
    words = json.dumps(asked, sort_keys=True, default=str)
    if token := asked.get("client_token"):
        # The same token is the same request: moto makes a second endpoint.
        for endpoint in backend.vpc_end_points.values():
            if endpoint.client_token == token:
                if endpoint.asked_for != words:
                    raise _another_request()
                return endpoint
    endpoint = original(backend, **asked)
    endpoint.asked_for = words
    if endpoint.vpc_endpoint_type == _GATEWAY:
        endpoint.private_dns_enabled = False
    return endpoint


def _another_request() -> EC2ClientError:
    return EC2ClientError(
        "IdempotentParameterMismatch",
        "The request uses the same client token as a previous, but non-identical request.",
    )


@PATCHES.around(VPCs, "modify_vpc_endpoint")
def _modify(original: Any, response: Any) -> Any:
    backend: Any = response.ec2_backend
    endpoint_id = response._get_param("VpcEndpointId")
    before = list(backend.get_vpc_end_point(endpoint_id).route_table_ids)
    answer = original(response)
    endpoint = backend.get_vpc_end_point(endpoint_id)
    if response._get_bool_param("ResetPolicy"):  # ignored by moto
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    # moto changes the list of route tables and leaves the tables without, or with, the route.
    prefix = endpoint.destination_prefix_list_id
    if prefix and endpoint.vpc_endpoint_type == _GATEWAY:
        for table in set(endpoint.route_table_ids) - set(before):
            backend.create_route(
                table, None, gateway_id=endpoint_id, destination_prefix_list_id=prefix
            )
        for table in set(before) - set(endpoint.route_table_ids):
            _delete_route(backend, table, prefix)
    return answer


def _delete_route(backend: Any, route_table_id: str, prefix: str | None) -> None:
    if prefix:
        # Both may be gone already: the route table with its routes, or the one route.
        with suppress(InvalidRouteTableIdError, InvalidRouteError):
            backend.delete_route(route_table_id, prefix)


@PATCHES.around(VPCs, "delete_vpc_endpoints")
def _delete(_original: Any, response: Any) -> ActionResult:
    # moto lists deleted endpoints for ever, says nothing of unknown ones, and crashes when a route
    # table is gone already.
    backend: Any = response.ec2_backend
    unsuccessful = []
    for endpoint_id in response._get_param("VpcEndpointIds", []):
        endpoint = backend.vpc_end_points.pop(endpoint_id, None)
        if endpoint is None:
            message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
            error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
            unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
            continue
        for interface in endpoint.network_interface_ids:
            backend.enis.pop(interface, None)
        for table in endpoint.route_table_ids:
            _delete_route(backend, table, endpoint.destination_prefix_list_id)
        backend.tags.pop(endpoint_id, None)
    return ActionResult({"Unsuccessful": unsuccessful})


@PATCHES.around(EC2Backend, "iter_tagged_resources")
def _iter_tagged_resources(original: Any, backend: Any) -> list[TaggedResource]:
    # moto gives the tagging API every kind of EC2 resource but this one.
    arn = f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}:vpc-endpoint/"
    endpoints = [
        TaggedResource(arn + each, dict(backend.tags.get(each, {})), "ec2:vpc-endpoint")
        for each in backend.vpc_end_points
    ]
    return [*original(backend), *endpoints]


PATCHES.serialised(EC2Backend, "describe_vpc_endpoints")
