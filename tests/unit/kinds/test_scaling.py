from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dynaprov.kinds.identity import identity_tags
from dynaprov.kinds.scaling import KIND, ScalingSection, ScalingState
from dynaprov.model.address import Address
from dynaprov.model.kind import Presence, Reading
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.model.setting import Band
from dynaprov.model.spec import Spec
from support.comparing import carry_out, change_of, converge, differences, operations, situation
from support.observing import (
    SCOPE,
    desired_at,
    observe,
    refused,
    run,
    table_of_answers,
    trips,
    value,
)
from support.specs import origin, spec, table

READ = {"min": 5, "max": 100, "target_utilization": 70}
TABLE = "shop-dev-orders"
READS = "dynamodb:table:ReadCapacityUnits"


def section(**members: Any) -> ScalingSection:
    return ScalingSection.model_validate(members)


def scaled(**members: Any) -> Spec:
    return spec(table(indexes=("ByUser", "ByDay"), scaling=section(**members)))


def target(
    resource: str = f"table/{TABLE}",
    dimension: str = READS,
    low: int = 5,
    high: int = 100,
    **more: Any,
) -> dict[str, Any]:
    return {
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "MinCapacity": low,
        "MaxCapacity": high,
        "ScalableTargetARN": "arn:target",
        **more,
    }


def policy(name: str = f"{TABLE}-read", **configuration: Any) -> dict[str, Any]:
    return {
        "PolicyName": name,
        "ResourceId": f"table/{TABLE}",
        "ScalableDimension": READS,
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
            },
            **configuration,
        },
    }


def described(read: int = 5, index: int = 5) -> Answer:
    return value(
        Table={
            "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": 5},
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "ByUser",
                    "ProvisionedThroughput": {"ReadCapacityUnits": index, "WriteCapacityUnits": 1},
                }
            ],
        }
    )


def live(
    targets: Sequence[dict[str, Any]] | Answer,
    policies: Sequence[dict[str, Any]] | Answer = (),
    of_table: Answer | None = None,
) -> Any:
    return table_of_answers(
        {
            "describe_scalable_targets": targets
            if isinstance(targets, Answer)
            else value(ScalableTargets=list(targets)),
            "describe_scaling_policies": policies
            if isinstance(policies, Answer)
            else value(ScalingPolicies=list(policies)),
            "describe_table": of_table or described(),
        }
    )


def reading(given: Spec, answers: Any, address: str = "orders/scaling/read") -> Reading:
    return observe(KIND, given, answers)[address]


def test_each_declared_dimension_is_a_resource_of_its_own() -> None:
    given = scaled(read=READ, indexes={"ByUser": {"write": READ}})
    first, second = KIND.declare(given, SCOPE)
    assert (str(first.address), first.name) == ("orders/scaling/read", f"table/{TABLE}")
    assert str(second.address) == "orders/scaling/ByUser/write"
    assert second.name == f"table/{TABLE}/index/ByUser"
    assert second.requires == (Address("orders"), Address("orders", "index", "ByUser"))
    assert {first.parent, second.parent} == {Address("orders")}
    assert {first.stamp_group, second.stamp_group} == {"s"}


def test_a_star_stands_for_the_indexes_that_are_not_named() -> None:
    given = scaled(indexes={"*": {"read": READ}, "ByDay": "none"})
    assert [str(each.address) for each in KIND.declare(given, SCOPE)] == [
        "orders/scaling/ByUser/read"
    ]


def test_nothing_declared_reads_nothing() -> None:
    given = spec(table())
    assert trips(KIND, [], given, SCOPE, live([])) == ([], [])
    assert list(KIND.first_reads(given, SCOPE)) == []


def test_all_is_read_in_one_round_trip() -> None:
    given = scaled(read=READ, write=READ)
    _, batches = trips(KIND, list(KIND.declare(given, SCOPE)), given, SCOPE, live([]))
    assert [[read.method for read in batch] for batch in batches] == [
        ["describe_scalable_targets", "describe_scaling_policies", "describe_table"]
    ]
    assert list(KIND.first_reads(given, SCOPE)) == batches[0]


def test_a_target_within_its_bounds_is_in_sync() -> None:
    found = reading(scaled(read=READ), live([target()], [policy()]))
    assert change_of(desired_at(KIND, scaled(read=READ), "orders/scaling/read"), found) is None
    assert found.outputs == {"arn": "arn:target"}


def test_a_whole_target_value_reads_as_a_whole_number() -> None:
    found = reading(scaled(read=READ), live([target()], [policy(TargetValue=70.5)]))
    assert isinstance(found.state, ScalingState)
    assert found.state.target_utilization == 70.5
    found = reading(scaled(read=READ), live([target()], [policy()]))
    assert isinstance(found.state, ScalingState)
    assert str(found.state.target_utilization) == "70"


def test_capacity_out_of_the_band_is_healed_by_registering_again() -> None:
    given = scaled(read=READ)
    found = reading(given, live([target()], [policy()], described(read=2)))
    desired = desired_at(KIND, given, "orders/scaling/read")
    change = change_of(desired, found)
    assert change
    assert [(each.path, each.before, each.after) for each in change.settings] == [
        ("capacity", 2, Band(5, 100))
    ]
    [operation] = operations(KIND, desired, found)
    assert operation.call.method == "register_scalable_target"
    [wait] = operation.waits
    assert not KIND.settled(wait.until, described(read=2))
    assert KIND.settled(wait.until, described(read=5))


def test_capacity_of_an_index_is_the_indexs_own() -> None:
    given = scaled(indexes={"ByUser": {"read": READ}})
    index = target(f"table/{TABLE}/index/ByUser", "dynamodb:index:ReadCapacityUnits")
    found = reading(given, live([index], [], described(index=400)), "orders/scaling/ByUser/read")
    assert isinstance(found.state, ScalingState)
    assert found.state.capacity == 400


@pytest.mark.parametrize(
    "answer", [refused(ErrorCategory.ABSENT), value(Table={"ProvisionedThroughput": {}})]
)
def test_capacity_that_is_not_there_is_no_difference(answer: Answer) -> None:
    found = reading(scaled(read=READ), live([target()], [policy()], answer))
    assert change_of(desired_at(KIND, scaled(read=READ), "orders/scaling/read"), found) is None


def test_capacity_that_cannot_be_read_is_not_compared() -> None:
    denied = refused(ErrorCategory.DENIED)
    found = reading(scaled(read=READ), live([target()], [policy()], denied))
    assert dict(found.unreadable) == {"capacity": denied.error}


def test_policies_that_cannot_be_read_are_not_compared() -> None:
    busy = refused(ErrorCategory.BUSY, "FailedResourceAccessException")
    found = reading(scaled(read=READ), live([target()], busy))
    assert "target_utilization" in found.unreadable
    assert "min" not in found.unreadable


def test_targets_that_cannot_be_read_are_not_absent() -> None:
    found = reading(scaled(read=READ), live(refused(ErrorCategory.DENIED)))
    assert found.presence is Presence.UNREADABLE


def test_a_missing_cooldown_is_zero() -> None:
    given = scaled(read={**READ, "scale_in_cooldown_seconds": 0, "disable_scale_in": False})
    found = reading(given, live([target()], [policy()]))
    assert change_of(desired_at(KIND, given, "orders/scaling/read"), found) is None


def test_a_new_target_is_registered_with_tags_and_then_gets_its_policy() -> None:
    given = scaled(read={**READ, "scale_in_cooldown_seconds": 60})
    desired = desired_at(KIND, given, "orders/scaling/read")
    found = reading(given, live([]))
    register, put = operations(KIND, desired, found, {"team": "a"})
    assert register.creates
    assert register.call.params["Tags"] == {
        "team": "a",
        **identity_tags(SCOPE, desired.address),
    }
    assert put.needs == (register.id,)
    assert put.call.params["PolicyName"] == f"{TABLE}-read"
    assert put.call.params["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 70,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
        },
        "ScaleInCooldown": 60,
    }
    assert not register.waits


@pytest.mark.parametrize("answer", [described(read=1), refused(ErrorCategory.ABSENT)])
def test_a_new_target_waits_for_a_capacity_that_is_not_known_to_be_in_band(answer: Answer) -> None:
    given = scaled(read=READ)
    found = reading(given, live([], [], answer))
    register, _ = operations(KIND, desired_at(KIND, given, "orders/scaling/read"), found)
    [wait] = register.waits
    assert wait.until == "read 5 100"


def test_a_policy_of_another_name_is_taken_over_with_what_the_spec_leaves_open() -> None:
    given = scaled(read={**READ, "target_utilization": 50})
    found = reading(given, live([target()], [policy("by-hand", ScaleOutCooldown=30)]))
    [put] = operations(KIND, desired_at(KIND, given, "orders/scaling/read"), found)
    assert put.needs == ()
    assert put.call.params["PolicyName"] == "by-hand"
    assert put.call.params["TargetTrackingScalingPolicyConfiguration"]["ScaleOutCooldown"] == 30
    assert put.covers == ("target_utilization",)


def test_a_policy_of_another_metric_is_an_unmanaged_part_and_pruned_alone() -> None:
    other = policy("other")
    del other["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    found = reading(scaled(read=READ), live([target()], [policy(), other]))
    [unmanaged] = found.unmanaged
    assert str(unmanaged.address) == "orders/scaling/read/other"
    [operation] = KIND.prune(unmanaged, found, situation())
    assert operation.call.method == "delete_scaling_policy"
    assert operation.call.params["PolicyName"] == "other"


def test_a_suspended_target_is_noted() -> None:
    stopped = target(SuspendedState={"DynamicScalingInSuspended": True, "Other": False})
    found = reading(scaled(read=READ), live([stopped], [policy()]))
    assert found.notes == ("autoscaling is suspended: DynamicScalingInSuspended",)


def test_targets_of_a_table_that_says_none_are_parts_that_nobody_manages() -> None:
    given = spec(table(scaling=None))
    foreign = target("table/elsewhere")
    other = target(dimension="dynamodb:table:Other")
    [found] = run(KIND, [], given, SCOPE, live([target(), foreign, other]))
    [unmanaged] = found.unmanaged
    assert unmanaged.part_of == Address("orders")
    [operation] = KIND.prune(unmanaged, found, situation())
    assert operation.call.method == "deregister_scalable_target"
    assert operation.call.params["ResourceId"] == f"table/{TABLE}"
    assert operation.lock == TABLE


def test_targets_that_the_spec_does_not_speak_of_are_only_listed() -> None:
    index = target(f"table/{TABLE}/index/ByUser", "dynamodb:index:WriteCapacityUnits")
    [unmanaged] = reading(scaled(read=READ), live([target(), index]), "orders/scaling").unmanaged
    assert str(unmanaged.address) == "orders/scaling/ByUser/write"
    assert unmanaged.part_of is None


def test_one_dimension_that_is_none_is_looked_for() -> None:
    [unmanaged] = reading(scaled(read="none"), live([target()]), "orders/scaling").unmanaged
    assert unmanaged.part_of == Address("orders")


def test_destroying_deregisters_what_is_live() -> None:
    given = scaled(read=READ)
    desired = desired_at(KIND, given, "orders/scaling/read")
    [operation] = KIND.destroy(desired, reading(given, live([target()])), situation())
    assert operation.id == "orders/scaling/read:delete"
    assert operation.deletes
    assert KIND.destroy(desired, reading(given, live([])), situation()) == []


def test_autoscaling_of_an_on_demand_table_is_an_error_where_it_is_written() -> None:
    on_demand = table(
        billing_mode="PAY_PER_REQUEST",
        scaling=section(read=READ),
        origins={"scaling": origin(7)},
    )
    [problem] = KIND.check(spec(on_demand))
    assert (problem.code, problem.position) == ("DP180", origin(7).position)


def test_bounds_the_wrong_way_round_are_an_error() -> None:
    [problem] = KIND.check(scaled(read={**READ, "min": 101}))
    assert problem.code == "DP181"
    assert problem.position is None


@pytest.mark.parametrize(
    ("name", "hint"),
    [("ByUsr", "did you mean `ByUser`?"), ("xyz", "its global indexes: ByUser, ByDay")],
)
def test_an_unknown_index_is_an_error_with_the_nearest_name(name: str, hint: str) -> None:
    [problem] = KIND.check(scaled(indexes={name: {"read": READ}, "ByDay": {"read": READ}}))
    assert (problem.code, problem.hint) == ("DP182", hint)


def test_no_section_is_no_problem() -> None:
    assert list(KIND.check(spec(table(), table("other", scaling=None)))) == []


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def make_table() -> None:
    boto3.client("dynamodb", region_name=SCOPE.region).create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )


@pytest.mark.usefixtures("endpoint")
def test_autoscaling_converges_is_changed_and_converges_again() -> None:
    make_table()
    given = scaled(read=READ, write={**READ, "disable_scale_in": True})
    assert converge(KIND, given) == 4
    assert differences(KIND, given) == {}
    less = scaled(read={**READ, "max": 50}, write={**READ, "disable_scale_in": False})
    assert converge(KIND, less) == 2
    assert differences(KIND, less) == {}
    for desired in KIND.declare(less, SCOPE):
        carry_out(KIND.destroy(desired, Reading(desired.address, Presence.PRESENT), situation()))
    assert len(differences(KIND, less)) == 2
