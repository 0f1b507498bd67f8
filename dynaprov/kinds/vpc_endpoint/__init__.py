"""The gateway VPC endpoint for DynamoDB: traffic to the tables stays inside AWS's network.

Calls: DescribeVpcEndpoints, CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints.

Quirks (EC2 API reference and the gateway endpoint pages of the VPC guide):

- The id is made by AWS: the endpoint is found by its VPC and service.  Deleted ones stay listed
  for a while; the case of the letters of a state differs.
- CreateVpcEndpoint is idempotent by its ClientToken.  The token is made from the VPC and from the
  endpoints that are gone, so that creating again after a deletion is a new request.  The same token
  with other parameters, after a request that was successful, is IdempotentParameterMismatch (EC2
  developer guide, "Ensuring idempotency").
- A route table can lead to one gateway endpoint per service only.
- The policy that AWS gives by default is full access with the version of 2008; ResetPolicy puts
  it back.
- DeleteVpcEndpoints answers 200 also when it deleted nothing: what counts is that it is gone.
- Making or removing the endpoint may cut open connections to DynamoDB.
"""

from __future__ import annotations

from dynaprov.kinds.vpc_endpoint.kind import KIND
from dynaprov.kinds.vpc_endpoint.section import VpcEndpointSection, VpcEndpointState

__all__ = ["KIND", "VpcEndpointSection", "VpcEndpointState"]
