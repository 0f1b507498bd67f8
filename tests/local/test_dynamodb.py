"""Each thing that moto drops or distorts of DynamoDB, through boto3."""

import pytest
from botocore.exceptions import ClientError

TABLE = "events"
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{TABLE}"
KEY = [{"AttributeName": "pk", "KeyType": "HASH"}]
DEFINITIONS = [{"AttributeName": "pk", "AttributeType": "S"}]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


@pytest.fixture
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture
def kms(client):
    return client("kms")


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


class TestUpdates:
    def test_class_there_and_back(self, dynamodb):
        create(dynamodb)
        assert "TableClassSummary" not in describe(dynamodb)
        for name in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
            shown = update(dynamodb, TableClass=name)
            assert shown["TableClassSummary"] == {"TableClass": name}

    def test_limits_set_and_cleared(self, dynamodb):
        with_index(dynamodb)
        limits = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
        changed = {"IndexName": "by-user", "OnDemandThroughput": limits}
        shown = update(
            dynamodb,
            OnDemandThroughput=limits,
            GlobalSecondaryIndexUpdates=[{"Update": changed}],
        )
        assert shown["OnDemandThroughput"] == limits
        assert only_index(shown)["OnDemandThroughput"] == limits
        shown = update(dynamodb, OnDemandThroughput={"MaxReadRequestUnits": -1})
        assert shown["OnDemandThroughput"] == {"MaxWriteRequestUnits": 20}
        shown = update(dynamodb, OnDemandThroughput={"MaxWriteRequestUnits": -1})
        assert "OnDemandThroughput" not in shown

    def test_on_demand_zeros_table_and_indexes(self, dynamodb):
        with_index(dynamodb, provisioned, ProvisionedThroughput=dict(UNITS))
        shown = update(dynamodb, BillingMode="PAY_PER_REQUEST")
        for each in (shown, only_index(shown)):
            assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
            assert each["ProvisionedThroughput"]["WriteCapacityUnits"] == 0

    def test_limits_do_not_survive_a_switch(self, dynamodb):
        create(dynamodb, OnDemandThroughput={"MaxReadRequestUnits": 10})
        shown = update(dynamodb, BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
        assert "OnDemandThroughput" not in shown
        assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 5

    def test_decreases_are_counted(self, dynamodb):
        with_index(dynamodb, provisioned, ProvisionedThroughput=dict(UNITS))
        less = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 6}
        shown = update(
            dynamodb,
            ProvisionedThroughput=less,
            GlobalSecondaryIndexUpdates=[
                {"Update": {"IndexName": "by-user", "ProvisionedThroughput": less}}
            ],
        )
        for each in (shown, only_index(shown)):
            assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 1
            assert each["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1
            assert "LastDecreaseDateTime" in each["ProvisionedThroughput"]
        shown = update(dynamodb, ProvisionedThroughput=UNITS)
        assert "LastIncreaseDateTime" in shown["ProvisionedThroughput"]

    def test_throughput_on_demand_is_refused(self, dynamodb, refused):
        create(dynamodb)
        code = refused(dynamodb.update_table, TableName=TABLE, ProvisionedThroughput=UNITS)
        assert code == "ValidationException"

    def test_provisioned_without_throughput_is_refused(self, dynamodb, refused):
        create(dynamodb)
        code = refused(dynamodb.update_table, TableName=TABLE, BillingMode="PROVISIONED")
        assert code == "ValidationException"

    def test_half_a_warm_throughput_keeps_the_other(self, dynamodb):
        with_index(dynamodb)
        more = {"ReadUnitsPerSecond": 13000}
        shown = update(
            dynamodb,
            WarmThroughput=more,
            GlobalSecondaryIndexUpdates=[
                {"Update": {"IndexName": "by-user", "WarmThroughput": more}}
            ],
        )
        for each in (shown, only_index(shown)):
            assert each["WarmThroughput"]["ReadUnitsPerSecond"] == 13000
            assert each["WarmThroughput"]["WriteUnitsPerSecond"] == 4000

    def test_a_missing_table(self, dynamodb, refused):
        code = refused(dynamodb.update_table, TableName=TABLE, TableClass="STANDARD")
        assert code == "ResourceNotFoundException"


class TestIndexes:
    def test_created_and_deleted_with_their_definitions(self, dynamodb):
        create(dynamodb)
        shown = update(
            dynamodb,
            AttributeDefinitions=[{"AttributeName": "user", "AttributeType": "N"}],
            GlobalSecondaryIndexUpdates=[{"Create": index()}],
        )
        assert [each["AttributeName"] for each in shown["AttributeDefinitions"]] == ["pk", "user"]
        dynamodb.update_contributor_insights(
            TableName=TABLE, IndexName="by-user", ContributorInsightsAction="ENABLE"
        )
        shown = update(dynamodb, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-user"}}])
        assert shown["AttributeDefinitions"] == DEFINITIONS
        assert "GlobalSecondaryIndexes" not in shown
        assert dynamodb.list_contributor_insights()["ContributorInsightsSummaries"] == []

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"Create": index()}, "ValidationException"),
            ({"Create": index("other", key="nowhere")}, "ValidationException"),
            ({"Delete": {"IndexName": "nothing"}}, "ResourceNotFoundException"),
            (
                {"Update": {"IndexName": "nothing", "ProvisionedThroughput": UNITS}},
                "ResourceNotFoundException",
            ),
        ],
    )
    def test_impossible_changes_are_refused_whole(self, dynamodb, refused, change, code):
        with_index(dynamodb)
        before = describe(dynamodb)
        asked = {"GlobalSecondaryIndexUpdates": [change], "DeletionProtectionEnabled": True}
        assert refused(dynamodb.update_table, TableName=TABLE, **asked) == code
        assert describe(dynamodb) == before


class TestStreams:
    ON = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    OFF = {"StreamEnabled": False}

    def test_on_off_on(self, dynamodb, client, refused):
        create(dynamodb, StreamSpecification=self.ON)
        first = describe(dynamodb)["LatestStreamArn"]
        streams = client(
            "dynamodbstreams", endpoint_url="https://streams.dynamodb.us-east-1.amazonaws.com"
        )
        assert streams.describe_stream(StreamArn=first)["StreamDescription"]["StreamArn"] == first
        assert "StreamSpecification" not in update(dynamodb, StreamSpecification=self.OFF)
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "written while off"}})
        assert refused(streams.describe_stream, StreamArn=first) == "ResourceNotFoundException"
        shown = update(dynamodb, StreamSpecification=self.ON | {"StreamViewType": "NEW_IMAGE"})
        assert shown["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
        assert shown["LatestStreamArn"] != first
        dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": "written while on"}})

    @pytest.mark.parametrize("asked", [OFF, {"StreamEnabled": True}])
    def test_impossible_changes_while_off(self, dynamodb, refused, asked):
        create(dynamodb)
        code = refused(dynamodb.update_table, TableName=TABLE, StreamSpecification=asked)
        assert code == "ValidationException"

    def test_on_twice(self, dynamodb, refused):
        create(dynamodb, StreamSpecification=self.ON)
        code = refused(dynamodb.update_table, TableName=TABLE, StreamSpecification=self.ON)
        assert code == "ValidationException"


class TestSettings:
    def test_ttl_names_its_attribute_only_while_on(self, dynamodb):
        create(dynamodb)
        for enabled, shown in (
            (True, {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}),
            (False, {"TimeToLiveStatus": "DISABLED"}),
        ):
            dynamodb.update_time_to_live(
                TableName=TABLE,
                TimeToLiveSpecification={"Enabled": enabled, "AttributeName": "ttl"},
            )
            found = dynamodb.describe_time_to_live(TableName=TABLE)
            assert found["TimeToLiveDescription"] == shown

    def test_missing_tables(self, dynamodb, refused):
        code = "ResourceNotFoundException"
        ttl = {"Enabled": True, "AttributeName": "ttl"}
        assert refused(dynamodb.describe_time_to_live, TableName=TABLE) == code
        assert (
            refused(dynamodb.update_time_to_live, TableName=TABLE, TimeToLiveSpecification=ttl)
            == code
        )
        assert refused(dynamodb.tag_resource, ResourceArn=ARN, Tags=[]) == code
        assert refused(dynamodb.untag_resource, ResourceArn=ARN, TagKeys=[]) == code
        assert (
            refused(
                dynamodb.update_continuous_backups,
                TableName=TABLE,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            )
            == "TableNotFoundException"
        )

    def test_recovery_periods(self, dynamodb, refused):
        create(dynamodb)

        def recovery(**asked):
            found = dynamodb.update_continuous_backups(
                TableName=TABLE, PointInTimeRecoverySpecification=asked
            )
            return found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

        on = {"PointInTimeRecoveryEnabled": True}
        off = {"PointInTimeRecoveryEnabled": False}
        assert recovery(**on, RecoveryPeriodInDays=10)["RecoveryPeriodInDays"] == 10
        assert recovery(**on)["RecoveryPeriodInDays"] == 35
        assert recovery(**off) == {"PointInTimeRecoveryStatus": "DISABLED"}
        assert recovery(**on)["RecoveryPeriodInDays"] == 35
        for asked in (on | {"RecoveryPeriodInDays": 36}, off | {"RecoveryPeriodInDays": 7}):
            assert refused(recovery, **asked) == "ValidationException"

    def test_a_tag_given_again_is_replaced(self, dynamodb):
        create(dynamodb, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        dynamodb.tag_resource(
            ResourceArn=ARN, Tags=[{"Key": "a", "Value": "3"}, {"Key": "c", "Value": "4"}]
        )
        dynamodb.untag_resource(ResourceArn=ARN, TagKeys=["b"])
        assert tags(dynamodb) == [{"Key": "a", "Value": "3"}, {"Key": "c", "Value": "4"}]


class TestInsights:
    def change(self, dynamodb, action, **more):
        return dynamodb.update_contributor_insights(
            TableName=TABLE, ContributorInsightsAction=action, **more
        )

    def test_a_table_and_its_index(self, dynamodb):
        with_index(dynamodb)
        answer = self.change(dynamodb, "ENABLE", ContributorInsightsMode="THROTTLED_KEYS")
        assert answer["ContributorInsightsStatus"] == "ENABLING"
        answer = self.change(dynamodb, "ENABLE", IndexName="by-user")
        assert answer["ContributorInsightsMode"] == "ACCESSED_AND_THROTTLED_KEYS"

        shown = dynamodb.describe_contributor_insights(TableName=TABLE)
        assert shown["ContributorInsightsStatus"] == "ENABLED"
        assert shown["ContributorInsightsMode"] == "THROTTLED_KEYS"
        shown = dynamodb.describe_contributor_insights(TableName=TABLE, IndexName="by-user")
        assert shown["IndexName"] == "by-user"

        self.change(dynamodb, "ENABLE")
        shown = dynamodb.describe_contributor_insights(TableName=TABLE)
        assert shown["ContributorInsightsMode"] == "ACCESSED_AND_THROTTLED_KEYS"

    def test_disabled_ones_are_not_listed(self, dynamodb):
        with_index(dynamodb)
        self.change(dynamodb, "ENABLE")
        self.change(dynamodb, "ENABLE", IndexName="by-user")
        self.change(dynamodb, "DISABLE")
        shown = dynamodb.describe_contributor_insights(TableName=TABLE)
        assert shown["ContributorInsightsStatus"] == "DISABLED"
        assert "ContributorInsightsMode" not in shown
        (found,) = dynamodb.list_contributor_insights()["ContributorInsightsSummaries"]
        assert found == {
            "TableName": TABLE,
            "IndexName": "by-user",
            "ContributorInsightsStatus": "ENABLED",
            "ContributorInsightsMode": "ACCESSED_AND_THROTTLED_KEYS",
        }

    def test_listing_pages(self, dynamodb, refused):
        for name in ("one", "two", "three"):
            create(dynamodb, name)
            dynamodb.update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE")
        first = dynamodb.list_contributor_insights(MaxResults=2)
        rest = dynamodb.list_contributor_insights(MaxResults=2, NextToken=first["NextToken"])
        pages = [first, rest]
        names = [s["TableName"] for p in pages for s in p["ContributorInsightsSummaries"]]
        assert names == ["one", "three", "two"]
        assert "NextToken" not in rest
        one = dynamodb.list_contributor_insights(TableName="one")["ContributorInsightsSummaries"]
        assert [each["TableName"] for each in one] == ["one"]
        code = refused(dynamodb.list_contributor_insights, NextToken="not ours")
        assert code == "ValidationException"

    def test_missing_table_and_index(self, dynamodb, refused):
        code = "ResourceNotFoundException"
        assert refused(dynamodb.describe_contributor_insights, TableName=TABLE) == code
        create(dynamodb)
        assert (
            refused(dynamodb.describe_contributor_insights, TableName=TABLE, IndexName="none")
            == code
        )
