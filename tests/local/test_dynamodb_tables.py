"""What moto drops or distorts of creating, describing and deleting DynamoDB tables."""

import pytest
from botocore.exceptions import ClientError

from .events_table import (
    ARN,
    DEFINITIONS,
    KEY,
    TABLE,
    UNITS,
    create,
    describe,
    index,
    only_index,
    provisioned,
    tags,
    update,
    with_index,
)


class TestDescription:
    def test_a_table_created_again_has_another_id(self, dynamodb):
        first = create(dynamodb)["TableId"]
        assert describe(dynamodb)["TableId"] == first
        dynamodb.delete_table(TableName=TABLE)
        assert create(dynamodb)["TableId"] != first

    def test_empty_index_lists_are_left_out(self, dynamodb):
        create(dynamodb)
        assert not {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & set(describe(dynamodb))

    def test_indexes_have_arns_and_sorted_attributes(self, dynamodb):
        with_index(dynamodb)
        found = only_index(describe(dynamodb))
        assert found["IndexArn"] == f"{ARN}/index/by-user"
        assert found["Projection"]["NonKeyAttributes"] == ["a", "z"]
        assert found["ItemCount"] == 0

    def test_local_indexes_have_arns(self, dynamodb):
        create(
            dynamodb,
            KeySchema=[*KEY, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "at")
            ],
            LocalSecondaryIndexes=[
                {
                    "IndexName": "by-time",
                    "KeySchema": [*KEY, {"AttributeName": "at", "KeyType": "RANGE"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        (found,) = describe(dynamodb)["LocalSecondaryIndexes"]
        assert found["IndexArn"] == f"{ARN}/index/by-time"

    def test_definitions_are_sorted(self, dynamodb):
        with_index(dynamodb)
        names = [each["AttributeName"] for each in describe(dynamodb)["AttributeDefinitions"]]
        assert names == ["pk", "user"]

    def test_billing_summary_only_once_on_demand(self, dynamodb):
        provisioned(dynamodb)
        assert "BillingModeSummary" not in describe(dynamodb)
        update(dynamodb, BillingMode="PAY_PER_REQUEST")
        shown = update(dynamodb, BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
        assert shown["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
        assert "LastUpdateToPayPerRequestDateTime" in shown["BillingModeSummary"]


class TestTables:
    def test_list_is_sorted_and_starts_after_a_name_that_is_gone(self, dynamodb):
        for name in ("charlie", "alpha", "bravo"):
            create(dynamodb, name)
        first = dynamodb.list_tables(Limit=2)
        assert first["TableNames"] == ["alpha", "bravo"]
        assert first["LastEvaluatedTableName"] == "bravo"
        rest = dynamodb.list_tables(ExclusiveStartTableName="bravo-gone")
        assert rest["TableNames"] == ["charlie"]
        assert "LastEvaluatedTableName" not in rest

    def test_protection_has_the_words_of_aws(self, dynamodb):
        create(dynamodb, DeletionProtectionEnabled=True)
        with pytest.raises(ClientError, match="protected against deletion") as caught:
            dynamodb.delete_table(TableName=TABLE)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        update(dynamodb, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=TABLE)

    def test_a_deleted_table_leaves_nothing_to_the_next(self, dynamodb, refused):
        create(dynamodb, Tags=[{"Key": "team", "Value": "a"}])
        dynamodb.put_resource_policy(ResourceArn=ARN, Policy="{}")
        dynamodb.update_contributor_insights(TableName=TABLE, ContributorInsightsAction="ENABLE")
        dynamodb.delete_table(TableName=TABLE)
        create(dynamodb)
        assert refused(dynamodb.get_resource_policy, ResourceArn=ARN) == "PolicyNotFoundException"
        assert tags(dynamodb) == []
        shown = dynamodb.describe_contributor_insights(TableName=TABLE)
        assert shown["ContributorInsightsStatus"] == "DISABLED"

    def test_class_and_limits_are_kept_at_create(self, dynamodb):
        limits = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
        create(
            dynamodb,
            TableClass="STANDARD_INFREQUENT_ACCESS",
            OnDemandThroughput=limits,
            AttributeDefinitions=[*DEFINITIONS, {"AttributeName": "user", "AttributeType": "S"}],
            GlobalSecondaryIndexes=[index(OnDemandThroughput=limits)],
        )
        shown = describe(dynamodb)
        assert shown["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
        assert shown["OnDemandThroughput"] == limits
        assert only_index(shown)["OnDemandThroughput"] == limits


class TestEncryption:
    @pytest.mark.parametrize("how", ["KeyId", "Arn", "alias", "alias-arn"])
    @pytest.mark.parametrize("at_create", [True, False])
    def test_every_name_of_a_key_becomes_its_arn(self, dynamodb, kms, how, at_create):
        key = kms.create_key()["KeyMetadata"]
        kms.create_alias(AliasName="alias/events", TargetKeyId=key["KeyId"])
        names = {
            **key,
            "alias": "alias/events",
            "alias-arn": "arn:aws:kms:us-east-1:123456789012:alias/events",
        }
        asked = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": names[how]}
        if at_create:
            create(dynamodb, SSESpecification=asked)
        else:
            create(dynamodb)
            update(dynamodb, SSESpecification=asked)
        shown = describe(dynamodb)["SSEDescription"]
        assert shown == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key["Arn"]}

    def test_key_to_managed_key_to_off(self, dynamodb, kms):
        key = kms.create_key()["KeyMetadata"]["Arn"]
        create(dynamodb, SSESpecification={"Enabled": True, "KMSMasterKeyId": key})
        shown = update(dynamodb, SSESpecification={"Enabled": True, "SSEType": "KMS"})
        managed = shown["SSEDescription"]["KMSMasterKeyArn"]
        assert managed != key
        assert kms.describe_key(KeyId=managed)["KeyMetadata"]["KeyManager"] == "AWS"
        assert "SSEDescription" not in update(dynamodb, SSESpecification={"Enabled": False})

    @pytest.mark.parametrize("key", ["alias/nothing", "0123abcd-0000-0000-0000-000000000000"])
    def test_an_unknown_key_is_refused(self, dynamodb, refused, key):
        asked = {"Enabled": True, "KMSMasterKeyId": key}
        code = refused(lambda: create(dynamodb, SSESpecification=asked))
        assert code == "ValidationException"
        assert dynamodb.list_tables()["TableNames"] == []

    def test_a_disabled_key_is_refused(self, dynamodb, kms, refused):
        key = kms.create_key()["KeyMetadata"]["Arn"]
        kms.disable_key(KeyId=key)
        create(dynamodb)
        asked = {"Enabled": True, "KMSMasterKeyId": key}
        code = refused(dynamodb.update_table, TableName=TABLE, SSESpecification=asked)
        assert code == "ValidationException"
