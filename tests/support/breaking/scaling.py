"""Settings of autoscaling."""

from __future__ import annotations

from typing import Any

from support.breaking.place import Account, Rows, table
from support.breaking.tables import units, update
from support.converging import client

SCALING = Rows("scaling")

AT = "events/scaling/read"
TARGET = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": f"table/{table('events')}",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


def policy() -> dict[str, Any]:
    """The live policy."""
    found = client("application-autoscaling").describe_scaling_policies(**TARGET)
    [only] = found["ScalingPolicies"]
    return dict(only)


def track(**changes: Any) -> None:
    live = policy()
    configuration = {**live["TargetTrackingScalingPolicyConfiguration"], **changes}
    client("application-autoscaling").put_scaling_policy(
        **TARGET,
        PolicyName=live["PolicyName"],
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def bound(low: int, high: int) -> None:
    client("application-autoscaling").register_scalable_target(
        **TARGET, MinCapacity=low, MaxCapacity=high
    )


@SCALING("min", (AT, "min"))
def least(_: Account) -> None:
    bound(1, 50)


@SCALING("max", (AT, "max"))
def most(_: Account) -> None:
    bound(5, 40)


@SCALING("target_utilization", (AT, "target_utilization"))
def utilization(_: Account) -> None:
    track(TargetValue=30.0)


@SCALING("scale_in_cooldown_seconds", (AT, "scale_in_cooldown_seconds"))
def scale_in(_: Account) -> None:
    track(ScaleInCooldown=600)


@SCALING("scale_out_cooldown_seconds", (AT, "scale_out_cooldown_seconds"))
def scale_out(_: Account) -> None:
    track(ScaleOutCooldown=600)


@SCALING("disable_scale_in", (AT, "disable_scale_in"))
def no_scale_in(_: Account) -> None:
    track(DisableScaleIn=True)


@SCALING("capacity", (AT, "capacity"))
def outside_the_band(_: Account) -> None:
    live = client("dynamodb").describe_table(TableName=table("events"))["Table"]
    update("events", **units(60, live["ProvisionedThroughput"]["WriteCapacityUnits"]))


ROWS = SCALING.rows
