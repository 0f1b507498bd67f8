"""Settings of what surrounds the tables: key, topic, dashboard, access policy, endpoint."""

from __future__ import annotations

import json

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from support.breaking.place import ALIAS, PREFIX, QUEUE, TOPIC, Account, Rows, policy_with
from support.converging import client

KEY = Rows("kms-key")
TOPICS = Rows("topic")
DASHBOARD = Rows("dashboard")
POLICY = Rows("access-policy")
ENDPOINT = Rows("vpc-endpoint")

SUBSCRIPTION = f"topic/subscription/sqs:{QUEUE}"
READER = f"arn:aws:iam::{LOCAL_ACCOUNT}:policy/{PREFIX}-shop-reader"
ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{LOCAL_ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def key_id() -> str:
    """The environment's key, by its description's owner: the one with our identity tag."""
    kms = client("kms")
    for each in kms.list_keys()["Keys"]:
        tags = kms.list_resource_tags(KeyId=each["KeyId"])["Tags"]
        if {"TagKey": "dynaprov:address", "TagValue": "kms-key"} in tags:
            return str(each["KeyId"])
    raise LookupError("no key of ours")


@KEY("description", ("kms-key", "description"))
def description(_: Account) -> None:
    client("kms").update_key_description(KeyId=key_id(), Description="mine")


@KEY("alias", ("kms-key", "alias"), title="moved")
def alias_moved(account: Account) -> None:
    client("kms").update_alias(AliasName=ALIAS, TargetKeyId=account.foreign_key)


@KEY("alias", ("kms-key", "alias"), title="deleted")
def alias_deleted(_: Account) -> None:
    client("kms").delete_alias(AliasName=ALIAS)


@KEY("policy", ("kms-key", "policy"))
def key_policy(_: Account) -> None:
    client("kms").put_key_policy(KeyId=key_id(), PolicyName="default", Policy=policy_with(ROOT))


# What does not rotate has no period.
@KEY("rotation", ("kms-key", "rotation"), ("kms-key", "rotation_period_days"))
def rotation(_: Account) -> None:
    client("kms").disable_key_rotation(KeyId=key_id())


@KEY("rotation_period_days", ("kms-key", "rotation_period_days"))
def rotation_period(_: Account) -> None:
    client("kms").enable_key_rotation(KeyId=key_id(), RotationPeriodInDays=365)


@KEY("enabled", ("kms-key", "enabled"))
def disabled(_: Account) -> None:
    client("kms").disable_key(KeyId=key_id())


def attribute(name: str, value: str) -> None:
    client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName=name, AttributeValue=value)


def subscription() -> str:
    [only] = client("sns").list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    return str(only["SubscriptionArn"])


def subscription_attribute(name: str, value: str) -> None:
    client("sns").set_subscription_attributes(
        SubscriptionArn=subscription(), AttributeName=name, AttributeValue=value
    )


@TOPICS("display_name", ("topic", "display_name"))
def display_name(_: Account) -> None:
    attribute("DisplayName", "spam")


@TOPICS("encryption", ("topic", "encryption"))
def topic_encryption(account: Account) -> None:
    attribute("KmsMasterKeyId", account.foreign_key)


@TOPICS("policy", ("topic", "policy"))
def topic_policy(_: Account) -> None:
    owner = {
        "Sid": "Everybody",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "SNS:Publish",
        "Resource": TOPIC,
    }
    attribute("Policy", policy_with(owner))


@TOPICS("subscriptions.*.raw_message_delivery", (SUBSCRIPTION, "raw_message_delivery"))
def raw_delivery(_: Account) -> None:
    subscription_attribute("RawMessageDelivery", "false")


@TOPICS("subscriptions.*.filter_policy", (SUBSCRIPTION, "filter_policy"))
def filter_policy(_: Account) -> None:
    subscription_attribute("FilterPolicy", json.dumps({"severity": ["low"]}))


@DASHBOARD("body", ("dashboard", "body"))
def dashboard(_: Account) -> None:
    text = {
        "type": "text",
        "x": 0,
        "y": 0,
        "width": 6,
        "height": 2,
        "properties": {"markdown": "?"},
    }
    client("cloudwatch").put_dashboard(
        DashboardName=f"{PREFIX}-{LOCAL_REGION}", DashboardBody=json.dumps({"widgets": [text]})
    )


@POLICY("document", ("access-policy/shop-reader", "document"))
def access_policy(_: Account) -> None:
    everything = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    client("iam").create_policy_version(
        PolicyArn=READER, PolicyDocument=policy_with(everything), SetAsDefault=True
    )


def endpoint() -> str:
    """The id of the live endpoint that carries our identity."""
    ours = [{"Name": "tag-key", "Values": ["dynaprov:address"]}]
    found = client("ec2").describe_vpc_endpoints(Filters=ours)["VpcEndpoints"]
    [identity] = [each["VpcEndpointId"] for each in found if each["State"].lower() == "available"]
    return str(identity)


@ENDPOINT("route_table_ids", ("vpc-endpoint", "route_table_ids"))
def route_tables(account: Account) -> None:
    client("ec2").modify_vpc_endpoint(
        VpcEndpointId=endpoint(), RemoveRouteTableIds=[account.route_tables[0]]
    )


@ENDPOINT("policy", ("vpc-endpoint", "policy"))
def endpoint_policy(_: Account) -> None:
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    client("ec2").modify_vpc_endpoint(VpcEndpointId=endpoint(), PolicyDocument=policy_with(anyone))


# An endpoint cannot move: it was deleted and another one made elsewhere.
@ENDPOINT(
    "vpc_id",
    ("vpc-endpoint", "vpc_id"),
    ("vpc-endpoint", "route_table_ids"),
    ("vpc-endpoint", "policy"),
    title="moved",
    causes=("new",),
)
def other_vpc(account: Account) -> None:
    ec2 = client("ec2")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint()])
    ec2.create_vpc_endpoint(
        VpcId=account.other_vpc, ServiceName=f"com.amazonaws.{LOCAL_REGION}.dynamodb"
    )


ROWS = [*KEY.rows, *TOPICS.rows, *DASHBOARD.rows, *POLICY.rows, *ENDPOINT.rows]
