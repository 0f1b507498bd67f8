"""GetResources over everything that dynaprov tags, through boto3."""

import json

import pytest

MINE = [{"Key": "project", "Value": "mine"}]


@pytest.fixture
def tagging(client):
    return client("resourcegroupstaggingapi")


@pytest.fixture
def everything(client):
    """Make one tagged and one untagged resource of each kind; return the ARNs of the tagged."""
    arns = {}
    for name, tags in (("tagged", MINE), ("bare", [])):
        table = client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=tags,
        )
        made = {"dynamodb:table": table["TableDescription"]["TableArn"]}
        key = client("kms").create_key(
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]
        )
        made["kms:key"] = key["KeyMetadata"]["Arn"]
        client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
            Tags=tags,
        )
        made["cloudwatch:alarm"] = f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"
        made["sns"] = client("sns").create_topic(Name=name, Tags=tags)["TopicArn"]
        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        endpoint = ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName="com.amazonaws.us-east-1.dynamodb",
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}] if tags else [],
        )["VpcEndpoint"]["VpcEndpointId"]
        made["ec2:vpc-endpoint"] = f"arn:aws:ec2:us-east-1:123456789012:vpc-endpoint/{endpoint}"
        document = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
            }
        )
        policy = client("iam").create_policy(PolicyName=name, PolicyDocument=document, Tags=tags)
        made["iam:policy"] = policy["Policy"]["Arn"]
        arns = arns or made
    return arns


def found(tagging, **asked):
    pages = tagging.get_paginator("get_resources").paginate(**asked)
    return [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]


def test_every_type(tagging, everything):
    for kind, arn in everything.items():
        assert found(tagging, ResourceTypeFilters=[kind]) == [arn]
        assert found(tagging, ResourceTypeFilters=[kind.partition(":")[0]]) == [arn]
    assert sorted(found(tagging)) == sorted(everything.values())
    assert found(tagging, ResourceTypeFilters=["sns:topic"]) == [everything["sns"]]


def test_iam_is_at_home_in_one_region(client, everything):
    elsewhere = client("resourcegroupstaggingapi", region_name="eu-west-1")
    assert found(elsewhere) == []


def test_tag_filters(tagging, everything, client):
    count = len(everything)
    for filters, expected in (
        ([{"Key": "project"}], count),
        ([{"Key": "project", "Values": ["mine", "theirs"]}], count),
        ([{"Key": "project", "Values": ["theirs"]}], 0),
        ([{"Key": "project"}, {"Key": "absent"}], 0),
    ):
        assert len(found(tagging, TagFilters=filters)) == expected
    client("dynamodb").tag_resource(
        ResourceArn=everything["dynamodb:table"], Tags=[{"Key": "env", "Value": "dev"}]
    )
    assert found(tagging, TagFilters=[{"Key": "project"}, {"Key": "env", "Values": ["dev"]}]) == [
        everything["dynamodb:table"]
    ]
    one = everything["kms:key"]
    assert found(tagging, ResourceARNList=[one]) == [one]


def test_pages(tagging, client, refused):
    dynamodb = client("dynamodb")
    for number in range(120):
        dynamodb.create_table(
            TableName=f"t{number:03}",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": f"k{tag}", "Value": "v"} for tag in range(6)],
        )
    paginator = tagging.get_paginator("get_resources")
    for asked, sizes in (
        ({}, [50, 50, 20]),
        ({"ResourcesPerPage": 100}, [100, 20]),
        ({"TagsPerPage": 100, "ResourcesPerPage": 100}, [16] * 7 + [8]),
    ):
        pages = [page["ResourceTagMappingList"] for page in paginator.paginate(**asked)]
        assert [len(page) for page in pages] == sizes
        arns = [each["ResourceARN"] for page in pages for each in page]
        assert len(set(arns)) == 120
    first = tagging.get_resources(ResourcesPerPage=100)
    again = [
        tagging.get_resources(ResourcesPerPage=100, PaginationToken=first["PaginationToken"])
        for _ in range(2)
    ]
    assert again[0]["ResourceTagMappingList"] == again[1]["ResourceTagMappingList"]
    assert again[0]["PaginationToken"] == ""
    code = refused(tagging.get_resources, PaginationToken="not ours")
    assert code == "PaginationTokenExpiredException"


def test_old_listings_are_forgotten(tagging, everything, refused):
    first = tagging.get_resources(ResourcesPerPage=1)["PaginationToken"]
    for _ in range(64):
        tagging.get_resources(ResourcesPerPage=1)
    code = refused(tagging.get_resources, PaginationToken=first)
    assert code == "PaginationTokenExpiredException"
