"""TTL, PITR, tags and Contributor Insights of DynamoDB tables, as far as moto has them wrong."""

from .events_table import (
    ARN,
    TABLE,
    create,
    tags,
    with_index,
)


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
