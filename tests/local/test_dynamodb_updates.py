"""What moto drops or distorts of UpdateTable."""

import pytest

from .events_table import (
    DEFINITIONS,
    TABLE,
    UNITS,
    create,
    describe,
    index,
    only_index,
    provisioned,
    update,
    with_index,
)


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
