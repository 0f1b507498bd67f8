"""The table of the DynamoDB tests: how it is made, changed and looked at."""

TABLE = "events"
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}"
KEY = [{"AttributeName": "pk", "KeyType": "HASH"}]
DEFINITIONS = [{"AttributeName": "pk", "AttributeType": "S"}]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def create(dynamodb, name=TABLE, **more):
    asked = {
        "TableName": name,
        "KeySchema": KEY,
        "AttributeDefinitions": DEFINITIONS,
        "BillingMode": "PAY_PER_REQUEST",
    }
    return dynamodb.create_table(**(asked | more))["TableDescription"]


def provisioned(dynamodb, **more):
    return create(dynamodb, BillingMode="PROVISIONED", ProvisionedThroughput=dict(UNITS), **more)


def describe(dynamodb, name=TABLE):
    return dynamodb.describe_table(TableName=name)["Table"]


def index(name="by-user", key="user", **more):
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "a"]},
        **more,
    }


def with_index(dynamodb, make=create, **more):
    return make(
        dynamodb,
        AttributeDefinitions=[{"AttributeName": "user", "AttributeType": "S"}, *DEFINITIONS],
        GlobalSecondaryIndexes=[index(**more)],
    )


def update(dynamodb, **asked):
    dynamodb.update_table(TableName=TABLE, **asked)
    return describe(dynamodb)


def only_index(description):
    (found,) = description["GlobalSecondaryIndexes"]
    return found


def tags(dynamodb):
    return dynamodb.list_tags_of_resource(ResourceArn=ARN)["Tags"]
