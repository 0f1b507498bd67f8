"""Each thing that moto drops or distorts of SNS, through boto3."""

import json

import pytest


@pytest.fixture
def sns(client):
    return client("sns")


@pytest.fixture
def topic(sns):
    return sns.create_topic(Name="t")["TopicArn"]


def attributes(sns, topic):
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"]


def listed(sns):
    return [each["SubscriptionArn"] for each in sns.list_subscriptions()["Subscriptions"]]


def test_a_repeated_create(sns, refused):
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    asked = {
        "Name": "t",
        "Attributes": {"DisplayName": "d", "TracingConfig": "Active", "Policy": policy},
        "Tags": [{"Key": "a", "Value": "1"}],
    }
    arn = sns.create_topic(**asked)["TopicArn"]
    assert sns.create_topic(**asked)["TopicArn"] == arn
    assert sns.create_topic(Name="t")["TopicArn"] == arn
    for other in (
        {"Attributes": {"DisplayName": "other"}},
        {"Attributes": {"TracingConfig": "PassThrough"}},
        {"Attributes": {"SignatureVersion": "2"}},
        {"Tags": [{"Key": "a", "Value": "2"}]},
    ):
        assert refused(sns.create_topic, **(asked | other)) == "InvalidParameter"
    assert attributes(sns, arn)["DisplayName"] == "d"


def test_attributes_are_kept(sns, topic):
    assert "__default_policy_ID" in attributes(sns, topic)["Policy"]
    assert "DeliveryPolicy" not in attributes(sns, topic)
    for name, value in (("TracingConfig", "Active"), ("SignatureVersion", "2")):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
        assert attributes(sns, topic)[name] == value


def test_a_key_is_set_and_cleared(sns, topic):
    asked = {"TopicArn": topic, "AttributeName": "KmsMasterKeyId"}
    sns.set_topic_attributes(**asked, AttributeValue="alias/mine")
    assert attributes(sns, topic)["KmsMasterKeyId"] == "alias/mine"
    sns.set_topic_attributes(**asked, AttributeValue="")
    assert "KmsMasterKeyId" not in attributes(sns, topic)


@pytest.mark.parametrize(
    ("protocol", "endpoint"), [("email", "a@example.com"), ("https", "https://example.invalid/x")]
)
def test_an_address_has_to_confirm(sns, topic, protocol, endpoint):
    asked = {"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint}
    assert sns.subscribe(**asked)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**asked, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(topic)
    assert listed(sns) == ["PendingConfirmation"]
    (found,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert found == {
        "SubscriptionArn": "PendingConfirmation",
        "Owner": "123456789012",
        "Protocol": protocol,
        "Endpoint": endpoint,
        "TopicArn": topic,
    }
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown["PendingConfirmation"] == "true"
    sns.publish(TopicArn=topic, Message="reaches nobody")

    assert attributes(sns, topic)["SubscriptionsPending"] == "1"
    sns.confirm_subscription(TopicArn=topic, Token=arn.rpartition(":")[2])
    assert listed(sns) == [arn]
    assert attributes(sns, topic)["SubscriptionsConfirmed"] == "1"


def test_a_queue_is_confirmed_at_once(sns, topic, client, refused):
    queue = "arn:aws:sqs:us-east-1:123456789012:q"
    asked = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue}
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    raw = {"RawMessageDelivery": "true"}
    arn = sns.subscribe(**asked, Attributes=raw)["SubscriptionArn"]
    assert sns.subscribe(**asked)["SubscriptionArn"] == arn
    assert sns.subscribe(**asked, Attributes=raw)["SubscriptionArn"] == arn
    other = {"RawMessageDelivery": "false"}
    assert refused(sns.subscribe, **asked, Attributes=other) == "InvalidParameter"
    assert listed(sns) == [arn]
    sns.publish(TopicArn=topic, Message="arrives")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "arrives"


def test_what_is_pending_has_no_arn_to_unsubscribe(sns, refused):
    code = refused(sns.unsubscribe, SubscriptionArn="PendingConfirmation")
    assert code == "InvalidParameter"


def test_confirming_nothing(sns, topic, refused):
    assert refused(sns.confirm_subscription, TopicArn=topic, Token="x") == "NotFound"
