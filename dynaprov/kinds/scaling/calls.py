"""The calls of autoscaling: register, put a policy, deregister.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.kinds.identity import identity_tags
from dynaprov.kinds.scaling.live import COOLDOWNS, METRICS
from dynaprov.kinds.scaling.section import Dimension, ScalingState
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.kind import Desired, Presence, Reading, Situation
from dynaprov.model.operation import Meaning, Operation, Risk, Settled, Wait
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Band

SERVICE = "application-autoscaling"
BOUNDS = ("min", "max", "capacity")


def describe(table: str) -> Read:
    """The read that shows the live capacity of a table and its indexes."""
    return Read("dynamodb", "describe_table", {"TableName": table})


def register(
    desired: Desired, reading: Reading, situation: Situation, *, creates: bool
) -> Operation:
    """RegisterScalableTarget: bounds, and tags when it is new."""
    wanted = desired.state
    assert isinstance(wanted, ScalingState)
    dimension = Dimension.of(desired.address.name)
    table = situation.scope.table_name(desired.address.table)
    params: dict[str, Any] = _target(desired.name, dimension.scalable) | {
        "MinCapacity": wanted.min,
        "MaxCapacity": wanted.max,
    }
    if creates:
        identity = identity_tags(situation.scope, desired.address)
        params["Tags"] = identity | dict(situation.tags_at_creation(desired.address))
    # A table that this plan creates begins within its bands, so that nothing has to take turns on
    # it: no target moves its capacity.
    live = situation.readings.get(Address(desired.address.table))
    fresh = live is not None and live.presence is Presence.ABSENT
    what = f"{desired.address.table} {dimension.word}"
    verb = "create" if creates else "register"
    return Operation(
        id=f"{desired.address}:{verb}",
        address=desired.address,
        kind="scaling",
        title=f"autoscale {what} between {wanted.min} and {wanted.max}",
        call=Call(SERVICE, "register_scalable_target", params),
        lock="" if fresh else table,
        waits=() if fresh else _until_in_band(wanted, reading, dimension, table),
        covers=BOUNDS,
        outputs=(("arn", "ScalableTargetARN"),),
        creates=creates,
        risk=Risk.LOW if creates else Risk.MEDIUM,
        meaning=Meaning(
            impact="online; a capacity outside the bounds is moved into them",
            undo="reversible: apply the old bounds",
            takes="at once; the capacity follows within some seconds, not yet run on AWS",
            watch="throttled requests, where the upper bound goes down",
        ),
    )


def _until_in_band(
    wanted: ScalingState, reading: Reading, dimension: Dimension, table: str
) -> tuple[Wait, ...]:
    if reading.facts.get("capacity") in Band(wanted.min, wanted.max):
        return ()
    until = f"{dimension.word} {wanted.min} {wanted.max}"
    return (Wait("scaling", until, describe(table), timeout="scaling"),)


def put(desired: Desired, reading: Reading, needs: Sequence[Operation]) -> Operation:
    """PutScalingPolicy: the whole policy, with what is live where the spec is silent."""
    wanted = desired.state
    assert isinstance(wanted, ScalingState)
    dimension = Dimension.of(desired.address.name)
    live = reading.facts.get("configuration", {})
    configuration: dict[str, Any] = {
        "TargetValue": wanted.target_utilization,
        "PredefinedMetricSpecification": {"PredefinedMetricType": METRICS[dimension.side]},
    }
    for setting, (member, _) in COOLDOWNS.items():
        if wanted.declared(setting):
            configuration[member] = getattr(wanted, setting)
        elif member in live:
            configuration[member] = live[member]
    paths = ("target_utilization", *(path for path in COOLDOWNS if wanted.declared(path)))
    return Operation(
        id=f"{desired.address}:policy",
        address=desired.address,
        kind="scaling",
        title=f"aim at {wanted.target_utilization:g} % for {desired.address.table} "
        f"{dimension.word}",
        call=Call(
            SERVICE,
            "put_scaling_policy",
            _target(desired.name, dimension.scalable)
            | {
                "PolicyName": reading.facts.get("policy") or _policy_name(desired.name, dimension),
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": configuration,
            },
        ),
        needs=tuple(operation.id for operation in needs),
        covers=paths,
        meaning=Meaning(
            impact="online; the next decision of the autoscaler follows it",
            undo="reversible: apply the old values",
            takes="at once; AWS renews four alarms of its own",
        ),
    )


def _policy_name(resource: str, dimension: Dimension) -> str:
    """``table/x/index/y`` and ``read`` -> ``x-y-read``."""
    words = resource.split("/")[1::2]
    return "-".join((*words, dimension.side))


def _target(resource: str, scalable: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": resource,
        "ScalableDimension": scalable,
    }


def deregister(address: Address, resource: str, scalable: str, table: str) -> Operation:
    """DeregisterScalableTarget, which deletes the policies of the target too."""
    return Operation(
        id=f"{address}:delete",
        address=address,
        kind="scaling",
        title=f"stop autoscaling {address.table} {address.name}",
        call=Call(SERVICE, "deregister_scalable_target", _target(resource, scalable)),
        lock=table,
        settled_by=(
            Settled("ObjectNotFoundException"),
            Settled("ValidationException", "No scalable target found"),
        ),
        deletes=True,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="online; capacity stays where it is now, the policies of the target go with it",
            undo="reversible: declare it again",
            takes="at once",
        ),
    )


def delete_policy(unmanaged: Unmanaged, facts: Mapping[str, Any]) -> Operation:
    """DeleteScalingPolicy of one that is too much."""
    return Operation(
        id=f"{unmanaged.address}:delete",
        address=unmanaged.address,
        kind="scaling",
        title=f"delete the scaling policy `{facts['policy']}`",
        call=Call(
            SERVICE,
            "delete_scaling_policy",
            _target(facts["resource"], facts["dimension"]) | {"PolicyName": facts["policy"]},
        ),
        settled_by=(Settled("ObjectNotFoundException"),),
        deletes=True,
        meaning=Meaning("online", "reversible: put the policy again by hand", "at once"),
    )
