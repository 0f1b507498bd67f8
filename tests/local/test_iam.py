"""Managed policies: what moto gets wrong, and what dynaprov relies on that it gets right."""

import json

import pytest

DOCUMENT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}],
    }
)


@pytest.fixture
def iam(client):
    return client("iam")


@pytest.fixture
def policy(iam):
    return iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]


def test_a_policy_with_more_versions_is_not_deleted(iam, policy, refused):
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=DOCUMENT, SetAsDefault=True)
    assert refused(iam.delete_policy, PolicyArn=policy) == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    iam.delete_policy(PolicyArn=policy)
    assert refused(iam.get_policy, PolicyArn=policy) == "NoSuchEntity"


def test_an_attached_policy_is_not_deleted(iam, policy, refused):
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=policy)
    assert refused(iam.delete_policy, PolicyArn=policy) == "DeleteConflict"
    iam.detach_user_policy(UserName="u", PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)


def test_five_versions_and_no_more(iam, policy, refused):
    asked = {"PolicyArn": policy, "PolicyDocument": DOCUMENT}
    for _ in range(4):
        iam.create_policy_version(**asked)
    assert refused(iam.create_policy_version, **asked) == "LimitExceeded"
    code = refused(iam.delete_policy_version, PolicyArn=policy, VersionId="v1")
    assert code == "DeleteConflict"


def test_a_missing_policy(iam, refused):
    arn = "arn:aws:iam::123456789012:policy/nothing"
    assert refused(iam.delete_policy, PolicyArn=arn) == "NoSuchEntity"
