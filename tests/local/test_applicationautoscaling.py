"""Each thing that moto drops or distorts of Application Auto Scaling, through boto3."""

import pytest

INDEX = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/t/index/i",
    "ScalableDimension": "dynamodb:index:WriteCapacityUnits",
}
TABLE = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/t",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}
BAND = {"MinCapacity": 1, "MaxCapacity": 5}


@pytest.fixture
def scaling(client):
    return client("application-autoscaling")


@pytest.fixture
def cloudwatch(client):
    return client("cloudwatch")


def put(scaling, target, value=70.0):
    return scaling.put_scaling_policy(
        **target,
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": value,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBWriteCapacityUtilization"
            },
        },
    )


def targets(scaling):
    return scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]


def policies(scaling, **asked):
    return scaling.describe_scaling_policies(ServiceNamespace="dynamodb", **asked)[
        "ScalingPolicies"
    ]


def test_a_target_has_its_role_and_is_awake(scaling):
    scaling.register_scalable_target(**TABLE, **BAND)
    (found,) = targets(scaling)
    assert found["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_DynamoDBTable")
    assert not any(found["SuspendedState"].values())
    scaling.register_scalable_target(
        **TABLE, SuspendedState={"DynamicScalingInSuspended": True}, MaxCapacity=9
    )
    (found,) = targets(scaling)
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 9)
    assert found["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }


@pytest.mark.parametrize("band", [{"MinCapacity": 1}, {"MinCapacity": 6, "MaxCapacity": 5}])
def test_impossible_bands(scaling, refused, band):
    assert refused(scaling.register_scalable_target, **TABLE, **band) == "ValidationException"


def test_targets_page(scaling, refused):
    made = [f"table/t{number:03}" for number in range(120)]
    for name in made:
        scaling.register_scalable_target(**(TABLE | {"ResourceId": name}), **BAND)
    paginator = scaling.get_paginator("describe_scalable_targets")
    pages = [page["ScalableTargets"] for page in paginator.paginate(ServiceNamespace="dynamodb")]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [each["ResourceId"] for page in pages for each in page] == made
    asked = {"ServiceNamespace": "dynamodb", "NextToken": "not ours"}
    for call in (scaling.describe_scalable_targets, scaling.describe_scaling_policies):
        assert refused(call, **asked) == "InvalidNextTokenException"


def test_policies_page_and_are_found_by_their_own_resource(scaling):
    for name in ("table/t", *(f"table/t{number}" for number in range(11))):
        target = TABLE | {"ResourceId": name}
        scaling.register_scalable_target(**target, **BAND)
        put(scaling, target)
    scaling.register_scalable_target(**INDEX, **BAND)
    put(scaling, INDEX)
    paginator = scaling.get_paginator("describe_scaling_policies")
    pages = [page["ScalingPolicies"] for page in paginator.paginate(ServiceNamespace="dynamodb")]
    assert [len(page) for page in pages] == [10, 3]
    found = policies(scaling, ResourceId="table/t/index/i")
    assert [each["ResourceId"] for each in found] == ["table/t/index/i"]


def test_an_update_keeps_policy_and_alarms(scaling, cloudwatch):
    scaling.register_scalable_target(**INDEX, **BAND)
    first = put(scaling, INDEX)
    second = put(scaling, INDEX, value=50.0)
    assert first["PolicyARN"] == second["PolicyARN"]
    assert first["Alarms"] == second["Alarms"]
    (found,) = policies(scaling)
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50.0
    assert [each["AlarmName"] for each in found["Alarms"]] == [
        each["AlarmName"] for each in first["Alarms"]
    ]
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="TargetTracking-table/t/index/i-")
    assert len(alarms["MetricAlarms"]) == 4
    for alarm in alarms["MetricAlarms"]:
        assert "WriteCapacityUnits" in alarm["MetricName"]
        assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
            "TableName": "t",
            "GlobalSecondaryIndexName": "i",
        }


def test_a_deleted_policy_takes_its_alarms(scaling, cloudwatch, refused):
    scaling.register_scalable_target(**TABLE, **BAND)
    put(scaling, TABLE)
    put(scaling, TABLE)
    scaling.delete_scaling_policy(**TABLE, PolicyName="p")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    code = refused(scaling.delete_scaling_policy, **TABLE, PolicyName="p")
    assert code == "ObjectNotFoundException"


def test_a_deregistered_target_takes_everything(scaling, cloudwatch, refused):
    for target in (TABLE, INDEX):
        scaling.register_scalable_target(**target, **BAND)
        put(scaling, target)
        scaling.put_scheduled_action(**target, ScheduledActionName="s", Schedule="rate(1 day)")
    scaling.deregister_scalable_target(**INDEX)
    assert [each["ResourceId"] for each in policies(scaling)] == ["table/t"]
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 4
    actions = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    assert [each["ResourceId"] for each in actions] == ["table/t"]
    assert refused(scaling.deregister_scalable_target, **INDEX) == "ObjectNotFoundException"
    assert refused(put, scaling=scaling, target=INDEX) == "ObjectNotFoundException"


def test_tags_of_targets(scaling, refused):
    arn = scaling.register_scalable_target(**TABLE, **BAND, Tags={"a": "1", "b": "2"})[
        "ScalableTargetARN"
    ]
    scaling.register_scalable_target(**TABLE, **BAND, Tags={"a": "ignored"})
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "3", "c": "4"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a", "never there"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "3", "c": "4"}
    code = refused(scaling.list_tags_for_resource, ResourceARN=arn + "x")
    assert code == "ResourceNotFoundException"
