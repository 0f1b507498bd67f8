"""Each thing that moto drops or distorts of KMS, through boto3."""

import json

import pytest


@pytest.fixture
def key(kms):
    return kms.create_key()["KeyMetadata"]


def test_rotation_period_is_kept(kms, key, refused):
    name = key["KeyId"]
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=name, RotationPeriodInDays=90)
    shown = kms.get_key_rotation_status(KeyId=key["Arn"])
    assert (shown["KeyRotationEnabled"], shown["RotationPeriodInDays"]) == (True, 90)
    assert "NextRotationDate" in shown
    kms.enable_key_rotation(KeyId=name)
    assert kms.get_key_rotation_status(KeyId=name)["RotationPeriodInDays"] == 365
    kms.disable_key_rotation(KeyId=name)
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is False
    code = refused(kms.enable_key_rotation, KeyId=name, RotationPeriodInDays=2561)
    assert code == "ValidationException"


def test_rotation_of_a_disabled_key(kms, key, refused):
    kms.disable_key(KeyId=key["Arn"])
    assert refused(kms.enable_key_rotation, KeyId=key["Arn"]) == "DisabledException"
    assert refused(kms.disable_key_rotation, KeyId=key["Arn"]) == "DisabledException"
    kms.enable_key(KeyId=key["Arn"])
    kms.enable_key_rotation(KeyId=key["Arn"])


def test_policy_name_may_be_left_out(kms, key, refused):
    assert "kms:*" in kms.get_key_policy(KeyId=key["KeyId"])["Policy"]
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    kms.put_key_policy(KeyId=key["KeyId"], Policy=document)
    assert kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"] == document
    code = refused(kms.get_key_policy, KeyId=key["KeyId"], PolicyName="other")
    assert code == "NotFoundException"


@pytest.mark.parametrize("name", ["KeyId", "Arn"])
def test_deletion_is_scheduled_and_cancelled(kms, key, name):
    kms.enable_key_rotation(KeyId=key["KeyId"])
    answer = kms.schedule_key_deletion(KeyId=key[name], PendingWindowInDays=7)
    assert answer["KeyId"] == key["Arn"]
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingDeletion", 7)
    assert "DeletionDate" in answer
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    assert kms.cancel_key_deletion(KeyId=key[name])["KeyId"] == key["Arn"]
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Disabled"


@pytest.mark.parametrize("window", [6, 31])
def test_deletion_window(kms, key, refused, window):
    code = refused(kms.schedule_key_deletion, KeyId=key["KeyId"], PendingWindowInDays=window)
    assert code == "ValidationException"
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_key_pending_deletion_does_not_change(kms, key, refused):
    name = {"KeyId": key["KeyId"]}
    kms.schedule_key_deletion(**name)
    for call, parameters in (
        (kms.schedule_key_deletion, name),
        (kms.enable_key, name),
        (kms.disable_key, name),
        (kms.enable_key_rotation, name),
        (kms.disable_key_rotation, name),
        (kms.update_key_description, name | {"Description": "x"}),
        (kms.tag_resource, name | {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        (kms.untag_resource, name | {"TagKeys": ["a"]}),
        (kms.create_alias, {"AliasName": "alias/x", "TargetKeyId": key["KeyId"]}),
    ):
        assert refused(call, **parameters) == "KMSInvalidStateException"


def test_cancelling_what_was_not_scheduled(kms, key, refused):
    assert refused(kms.cancel_key_deletion, KeyId=key["KeyId"]) == "KMSInvalidStateException"


def test_aliases(kms, key, refused):
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key["Arn"])
    other = kms.create_key()["KeyMetadata"]
    kms.update_alias(AliasName="alias/mine", TargetKeyId=other["KeyId"])
    listed = {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]}
    assert listed["alias/mine"]["TargetKeyId"] == other["KeyId"]
    assert kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == other["KeyId"]
    for name, target, code in (
        ("alias/aws/mine", key["KeyId"], "NotAuthorizedException"),
        ("alias/second", "alias/mine", "ValidationException"),
    ):
        assert refused(kms.create_alias, AliasName=name, TargetKeyId=target) == code


def test_listings_page(kms, key, refused):
    for number in range(4):
        kms.create_alias(AliasName=f"alias/n{number}", TargetKeyId=key["KeyId"])
    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 5}))
    names = [each["AliasName"] for page in pages for each in page["Aliases"]]
    assert max(len(page["Aliases"]) for page in pages) == 5
    assert len(names) == len(set(names)) == 18
    assert names == sorted(names)

    made = {key["KeyId"], *(kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))}
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) == 2
    assert {each["KeyId"] for page in pages for each in page["Keys"]} == made
    assert refused(kms.list_keys, Marker="not ours") == "InvalidMarkerException"


def test_a_symmetric_key_still_works_and_an_asymmetric_one_signs(kms, key):
    secret = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"words")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"words"
    signer = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    asked = {"KeyId": signer["KeyId"], "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**asked)["Signature"]
    assert kms.verify(**asked, Signature=signature)["SignatureValid"]


def test_what_moto_signs_with_a_symmetric_key_is_made_when_asked():
    from moto.kms.utils import generate_private_key

    from dynaprov.local.corrections.kms import _PrivateKeyWhenAsked

    made = []

    def make(spec):
        made.append(spec)
        return generate_private_key(spec)

    lazy = _PrivateKeyWhenAsked(make, "SYMMETRIC_DEFAULT")
    assert made == []
    signature = lazy.sign(b"x", "RSASSA_PSS_SHA_256")
    assert lazy.verify(b"x", signature, "RSASSA_PSS_SHA_256")
    assert lazy.public_key()
    assert made == ["SYMMETRIC_DEFAULT"]
