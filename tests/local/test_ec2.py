"""Each thing that moto drops or distorts of gateway endpoints, through boto3."""

import json

import pytest
from botocore.exceptions import ClientError

SERVICE = "com.amazonaws.us-east-1.dynamodb"


@pytest.fixture
def ec2(client):
    return client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def tables(ec2, vpc):
    return [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]


def create(ec2, vpc, tables, **more):
    return ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=SERVICE, RouteTableIds=tables, **more)[
        "VpcEndpoint"
    ]


def find(ec2, vpc):
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [SERVICE]}]
    return ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]


def gateways(ec2, table):
    (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return [route["GatewayId"] for route in found["Routes"] if "DestinationPrefixListId" in route]


def test_the_default_type_is_gateway(ec2, vpc, tables):
    create(ec2, vpc, tables)
    (found,) = find(ec2, vpc)
    assert found["VpcEndpointType"] == "Gateway"
    assert found["PrivateDnsEnabled"] is False


def test_the_same_token_is_the_same_endpoint(ec2, vpc, tables):
    made = [create(ec2, vpc, tables, ClientToken="x")["VpcEndpointId"] for _ in range(2)]
    assert made[0] == made[1]
    assert len(find(ec2, vpc)) == 1


def test_the_same_token_for_another_request_is_refused(ec2, vpc, tables):
    create(ec2, vpc, tables, ClientToken="x")
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        create(ec2, vpc, tables[:1], ClientToken="x")
    assert len(find(ec2, vpc)) == 1


def test_route_tables_follow(ec2, vpc, tables):
    first, second = tables
    name = create(ec2, vpc, [first])["VpcEndpointId"]
    assert (gateways(ec2, first), gateways(ec2, second)) == ([name], [])
    ec2.modify_vpc_endpoint(
        VpcEndpointId=name, AddRouteTableIds=[second], RemoveRouteTableIds=[first]
    )
    assert (gateways(ec2, first), gateways(ec2, second)) == ([], [name])
    assert find(ec2, vpc)[0]["RouteTableIds"] == [second]


def test_policy_is_set_and_reset(ec2, vpc, tables):
    endpoint = create(ec2, vpc, tables)
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PolicyDocument=document)
    assert find(ec2, vpc)[0]["PolicyDocument"] == document
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], ResetPolicy=True)
    assert find(ec2, vpc)[0]["PolicyDocument"] == endpoint["PolicyDocument"]


def test_deleted_endpoints_are_gone(ec2, vpc, tables, client):
    tagged = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "a", "Value": "1"}]}]
    name = create(ec2, vpc, tables, TagSpecifications=tagged)["VpcEndpointId"]
    assert find(ec2, vpc)[0]["Tags"] == [{"Key": "a", "Value": "1"}]
    ec2.delete_route_table(RouteTableId=tables[0])
    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=[name, "vpce-00000000000000000"])
    (failed,) = answer["Unsuccessful"]
    assert failed["ResourceId"] == "vpce-00000000000000000"
    assert failed["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"
    assert find(ec2, vpc) == []
    assert gateways(ec2, tables[1]) == []


def test_interface_endpoints_still_work(ec2, vpc):
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.kms",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
    )["VpcEndpoint"]
    assert ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
