"""Each thing that moto drops or distorts of CloudWatch, through boto3."""

import pytest

ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"


@pytest.fixture
def cloudwatch(client):
    return client("cloudwatch")


def put(cloudwatch, name="a", **more):
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/DynamoDB",
        MetricName="UserErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        **more,
    )


def describe(cloudwatch, **asked):
    return cloudwatch.describe_alarms(**asked)["MetricAlarms"]


def names(cloudwatch, **asked):
    return [alarm["AlarmName"] for alarm in describe(cloudwatch, **asked)]


def tags(cloudwatch, name="a"):
    return cloudwatch.list_tags_for_resource(ResourceARN=ARN + name)["Tags"]


def test_a_new_alarm_has_no_data_and_defaults(cloudwatch):
    put(cloudwatch)
    (alarm,) = describe(cloudwatch)
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["TreatMissingData"] == "missing"


def test_a_second_put_keeps_state_and_tags(cloudwatch):
    put(cloudwatch, Tags=[{"Key": "a", "Value": "1"}], TreatMissingData="notBreaching")
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="because")
    put(cloudwatch, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    (alarm,) = describe(cloudwatch)
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "because")
    assert alarm["TreatMissingData"] == "missing"
    assert tags(cloudwatch) == [{"Key": "a", "Value": "1"}]


def test_tags_of_alarms(cloudwatch, refused):
    code = "ResourceNotFoundException"
    asked = {"ResourceARN": f"{ARN}a:b"}
    assert refused(cloudwatch.list_tags_for_resource, **asked) == code
    assert refused(cloudwatch.tag_resource, **asked, Tags=[{"Key": "a", "Value": "1"}]) == code
    assert refused(cloudwatch.untag_resource, **asked, TagKeys=["a"]) == code
    put(cloudwatch, "a:b")
    cloudwatch.untag_resource(**asked, TagKeys=["never there"])
    cloudwatch.tag_resource(**asked, Tags=[{"Key": "a", "Value": "1"}])
    assert tags(cloudwatch, "a:b") == [{"Key": "a", "Value": "1"}]


def test_tags_of_insight_rules(cloudwatch):
    cloudwatch.put_insight_rule(
        RuleName="r", RuleDefinition="{}", Tags=[{"Key": "a", "Value": "1"}]
    )
    arn = "arn:aws:cloudwatch:us-east-1:123456789012:insight-rule/r"
    found = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert found == [{"Key": "a", "Value": "1"}]


def test_a_deleted_alarm_leaves_no_tags_to_the_next(cloudwatch):
    put(cloudwatch, Tags=[{"Key": "a", "Value": "1"}])
    cloudwatch.delete_alarms(AlarmNames=["a", "unknown"])
    put(cloudwatch)
    assert tags(cloudwatch) == []


def test_listings_page(cloudwatch, refused):
    for number in range(120):
        put(cloudwatch, f"n{number:03}")
    put(cloudwatch, "other")
    paginator = cloudwatch.get_paginator("describe_alarms")
    for asked, pages in (
        ({"AlarmNamePrefix": "n"}, [50, 50, 20]),
        ({"AlarmNamePrefix": "n", "MaxRecords": 100}, [100, 20]),
        ({}, [50, 50, 21]),
    ):
        found = [page["MetricAlarms"] for page in paginator.paginate(**asked)]
        assert [len(page) for page in found] == pages
    hundred = [f"n{number:03}" for number in range(100)]
    assert names(cloudwatch, AlarmNames=hundred) == hundred
    assert refused(cloudwatch.describe_alarms, AlarmNames=[*hundred, "n100"]) == "ValidationError"
    assert refused(cloudwatch.delete_alarms, AlarmNames=[*hundred, "n100"]) == "ValidationError"
    assert refused(cloudwatch.describe_alarms, NextToken="not ours") == "InvalidNextToken"


def test_filters_work_together(cloudwatch, refused):
    put(cloudwatch, "n1", OKActions=["arn:aws:sns:us-east-1:123456789012:t"])
    put(cloudwatch, "n2")
    put(cloudwatch, "m1", AlarmActions=["arn:aws:sns:us-east-1:123456789012:t"])
    cloudwatch.set_alarm_state(AlarmName="n2", StateValue="OK", StateReason="x")
    assert names(cloudwatch) == ["m1", "n1", "n2"]
    assert names(cloudwatch, AlarmNamePrefix="n", StateValue="OK") == ["n2"]
    assert names(cloudwatch, AlarmNamePrefix="n", ActionPrefix="arn:aws:sns") == ["n1"]
    assert names(cloudwatch, ActionPrefix="arn:aws:sns") == ["m1", "n1"]
    assert names(cloudwatch, AlarmTypes=["CompositeAlarm"]) == []
    assert names(cloudwatch, AlarmNames=["n2", "gone"]) == ["n2"]
    code = refused(cloudwatch.describe_alarms, AlarmNames=["n1"], AlarmNamePrefix="n")
    assert code == "InvalidParameterCombination"


def test_a_dashboard_is_one_in_every_region(cloudwatch, client, refused):
    elsewhere = client("cloudwatch", region_name="eu-west-1")
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets":[]}')
    elsewhere.put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    assert cloudwatch.get_dashboard(DashboardName="d")["DashboardBody"] == '{"widgets": []}'
    assert len(elsewhere.list_dashboards()["DashboardEntries"]) == 1
    elsewhere.delete_dashboards(DashboardNames=["d"])
    assert refused(cloudwatch.get_dashboard, DashboardName="d") == "ResourceNotFound"
