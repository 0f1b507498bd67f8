"""Scheduled scaling: bounds that a scheduled action has set are right, others are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from dynaprov.kinds.scaling import KIND, ScalingSection, ScalingState
from dynaprov.kinds.scaling.schedule import SCHEDULE, Schedule
from dynaprov.model.change import Tolerated
from dynaprov.model.kind import Presence, Reading
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.model.setting import Band, Owner
from dynaprov.model.spec import Spec
from support.comparing import change_of
from support.observing import SCOPE, desired_at, refused, table_of_answers, trips, value
from support.specs import spec, table

TABLE = "table/shop-dev-orders"
READS = "dynamodb:table:ReadCapacityUnits"
KEY = (TABLE, READS)
READ = "orders/scaling/read"


def scaled() -> Spec:
    bounds = {"min": 5, "max": 50, "target_utilization": 70}
    return spec(table(scaling=ScalingSection.model_validate({"read": bounds})))


def action(name: str = "day", low: int | None = None, high: int | None = None) -> dict[str, Any]:
    bounds = {"MinCapacity": low, "MaxCapacity": high}
    return {
        "ScheduledActionName": name,
        "ResourceId": TABLE,
        "ScalableDimension": READS,
        "Schedule": "cron(0 7 * * ? *)",
        "ScalableTargetAction": {key: bound for key, bound in bounds.items() if bound is not None},
    }


def scheduled(*actions: dict[str, Any]) -> Answer:
    return value(ScheduledActions=list(actions))


def observed(
    low: int, high: int, schedule: Answer, *, capacity: int = 5, alarms: Sequence[str] = ()
) -> tuple[Reading, list[str]]:
    """What is read of a live target, and the methods of the second round trip."""
    target = {
        "ResourceId": TABLE,
        "ScalableDimension": READS,
        "MinCapacity": low,
        "MaxCapacity": high,
    }
    policy = {
        "PolicyName": "reads",
        "ResourceId": TABLE,
        "ScalableDimension": READS,
        "Alarms": [{"AlarmName": name} for name in alarms],
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
            },
        },
    }
    units = {"ReadCapacityUnits": capacity, "WriteCapacityUnits": 5}
    answers = table_of_answers(
        {
            "describe_scalable_targets": value(ScalableTargets=[target]),
            "describe_scaling_policies": value(ScalingPolicies=[policy]),
            "describe_table": value(Table={"ProvisionedThroughput": units}),
            "describe_scheduled_actions": schedule,
        }
    )
    given = scaled()
    [reading], batches = trips(KIND, list(KIND.declare(given, SCOPE)), given, SCOPE, answers)
    return reading, [read.method for batch in batches[1:] for read in batch]


def differing(reading: Reading) -> set[str]:
    change = change_of(desired_at(KIND, scaled(), READ), reading)
    return {each.path for each in change.settings} if change else set()


DAY_AND_NIGHT = scheduled(action("day", 20, 200), action("night", 5, 50))


def test_bounds_that_a_scheduled_action_has_set_are_in_sync_with_the_reason() -> None:
    reading, asked = observed(20, 200, DAY_AND_NIGHT, capacity=120)

    assert asked == ["describe_scheduled_actions"]
    assert differing(reading) == set()
    reason = "set by the scheduled action `day` (cron(0 7 * * ? *))"
    assert reading.tolerated[:2] == (
        Tolerated(reading.address, "min", 20, 5, Owner.AUTOSCALER, reason),
        Tolerated(reading.address, "max", 200, 50, Owner.AUTOSCALER, reason),
    )
    assert reading.tolerated[2].live == 120


def test_scheduled_actions_are_not_read_while_the_bounds_are_the_declared_ones() -> None:
    reading, asked = observed(5, 50, DAY_AND_NIGHT)

    assert (differing(reading), asked, reading.tolerated) == (set(), [], ())


@pytest.mark.parametrize(
    ("low", "high", "differs"),
    [
        (20, 150, {"min", "max"}),
        (5, 200, {"max"}),
        (20, 50, {"min"}),
        (1, 50, {"min"}),
    ],
)
def test_bounds_that_no_action_sets_are_drift(low: int, high: int, differs: set[str]) -> None:
    assert differing(observed(low, high, DAY_AND_NIGHT, capacity=30)[0]) == differs


def test_a_capacity_outside_the_scheduled_bounds_is_drift() -> None:
    assert differing(observed(20, 200, DAY_AND_NIGHT, capacity=300)[0]) == {"capacity"}


@pytest.mark.parametrize(
    ("actions", "live", "found"),
    [
        ([action("up", low=20)], (20, 50), "up"),
        ([action("up", low=20)], (20, 60), ""),
        ([action("up", low=20), action("down", high=90)], (20, 90), "down"),
        ([action("up", low=20), action("both", 6, 60)], (20, 60), "up"),
        ([action("nothing")], (5, 60), ""),
        ([], (5, 60), ""),
    ],
)
def test_an_action_may_set_one_bound_and_leave_the_other(
    actions: list[dict[str, Any]], live: tuple[int, int], found: str
) -> None:
    said = Schedule(scheduled(*actions)).set_by(KEY, (5, 50), live)

    assert said.partition(" ")[0].strip("`") == found


def test_the_actions_of_another_target_say_nothing() -> None:
    other = {**action("day", 20, 200), "ResourceId": "table/another"}

    assert differing(observed(20, 200, scheduled(other), capacity=30)[0]) == {"min", "max"}


def test_while_the_schedule_cannot_be_read_moved_bounds_are_not_compared() -> None:
    denied = refused(ErrorCategory.DENIED, read=SCHEDULE)
    reading, _ = observed(20, 200, denied)

    assert reading.presence is Presence.PRESENT
    assert set(reading.unreadable) == {"min", "max", "capacity"}
    assert reading.unreadable["min"].action == "application-autoscaling:DescribeScheduledActions"


def test_an_endpoint_without_scheduled_actions_has_none() -> None:
    lacking = refused(ErrorCategory.UNSUPPORTED, read=SCHEDULE)

    assert differing(observed(20, 50, lacking, capacity=30)[0]) == {"min"}


def test_a_capacity_that_the_autoscaler_has_moved_is_shown_to_who_asks() -> None:
    reading, _ = observed(5, 50, scheduled(), capacity=33, alarms=["b", "a"])

    assert isinstance(reading.state, ScalingState)
    assert [(each.path, each.live, each.declared, each.owner) for each in reading.tolerated] == [
        ("alarms", ["a", "b"], None, Owner.AWS),
        ("capacity", 33, Band(5, 50), Owner.AUTOSCALER),
    ]


def test_a_capacity_outside_the_band_is_nobodys_right() -> None:
    reading, _ = observed(5, 50, scheduled(), capacity=60)

    assert (differing(reading), reading.tolerated) == ({"capacity"}, ())
