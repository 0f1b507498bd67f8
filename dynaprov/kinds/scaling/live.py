"""What is live of autoscaling: targets, policies and the capacity that they have set.

Pure: answers in, readings out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dynaprov.kinds.scaling.schedule import Bounds, Schedule, bounds_of
from dynaprov.kinds.scaling.section import (
    SIDES,
    Dimension,
    ScalingState,
    declared_scaling,
)
from dynaprov.model.address import Address
from dynaprov.model.change import Tolerated, Unmanaged
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.ports import Answer
from dynaprov.model.setting import Band, Owner
from dynaprov.model.spec import TableSpec

METRICS = {"read": "DynamoDBReadCapacityUtilization", "write": "DynamoDBWriteCapacityUtilization"}
#: Members of a target-tracking configuration by setting, with what AWS means by leaving them out.
COOLDOWNS = {
    "scale_in_cooldown_seconds": ("ScaleInCooldown", 0),
    "scale_out_cooldown_seconds": ("ScaleOutCooldown", 0),
    "disable_scale_in": ("DisableScaleIn", False),
}


class Live:
    """All targets and policies, by (resource id, AWS's dimension)."""

    def __init__(self, targets: Answer, policies: Answer) -> None:
        self.targets_error = targets.error
        self.policies_error = policies.error
        self.schedule: Schedule | None = None  # read only where it matters
        self.targets: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.policies: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for target in targets.value.get("ScalableTargets", ()):
            self.targets[_key(target)] = target
        for policy in policies.value.get("ScalingPolicies", ()):
            self.policies.setdefault(_key(policy), []).append(policy)

    def moved(self, desired: Desired) -> bool:
        """Whether the bounds of a live target are not the declared ones."""
        target = self.targets.get((desired.name, Dimension.of(desired.address.name).scalable))
        return target is not None and bounds_of(target) != _declared_bounds(desired)

    def reading(self, desired: Desired, described: Answer) -> Reading:
        """What is live of one dimension."""
        if self.targets_error:
            return Reading.of_error(desired.address, self.targets_error)
        dimension = Dimension.of(desired.address.name)
        key = (desired.name, dimension.scalable)
        target = self.targets.get(key)
        if target is None:
            capacity = capacity_of(described, dimension)
            return Reading.absent(desired.address, facts={"capacity": capacity})
        policy, others = _chosen(self.policies.get(key, []), dimension)
        configuration = policy.get("TargetTrackingScalingPolicyConfiguration", {})
        compared, unreadable = _compared_capacity(desired, described, dimension)
        if self.policies_error:
            for path in ("target_utilization", *COOLDOWNS):
                unreadable[path] = self.policies_error
        low, high = bounds_of(target)
        tolerated = list(_alarms(desired, policy))
        if self.moved(desired) and self.schedule is not None:
            if self.schedule.unknown:
                unreadable |= dict.fromkeys(("min", "max", "capacity"), self.schedule.unknown)
            elif action := self.schedule.set_by(key, _declared_bounds(desired), (low, high)):
                tolerated += _scheduled(desired, (low, high), action)
                if compared in Band(low, high):
                    # In the band that holds now: as right as any in the declared one.
                    compared = _declared_bounds(desired)[0]
                low, high = _declared_bounds(desired)
        tolerated += _in_band(desired, capacity_of(described, dimension), compared)
        state = ScalingState(min=low, max=high, capacity=compared, **_tracking(configuration))
        arn = target.get("ScalableTargetARN", "")
        return Reading(
            desired.address,
            Presence.PRESENT,
            state,
            arn=arn,
            outputs={"arn": arn} if arn else {},
            facts={
                "policy": policy.get("PolicyName"),
                "configuration": configuration,
                "capacity": capacity_of(described, dimension),
            },
            unreadable=unreadable,
            unmanaged=tuple(_second_policy(desired, each) for each in others),
            notes=_notes(target),
            tolerated=tuple(tolerated),
        )

    def left_over(self, name: str, table: TableSpec, physical: str) -> Iterator[Unmanaged]:
        """Targets of a table of the spec that the spec does not declare.

        Where the spec says none, they are a difference; where it says nothing, they are listed.
        """
        declared = declared_scaling(table)
        for resource, scalable in sorted(self.targets):
            dimension = _dimension(resource, scalable, physical)
            if dimension is None:
                continue
            says = declared.get(dimension)
            if says is not None and says.settings is not None:
                continue
            none = table.is_none("scaling") or says is not None
            target = self.targets[resource, scalable]
            yield Unmanaged(
                address=Address(name, "scaling", dimension.word),
                kind="scaling",
                resource=resource,
                detail=f"autoscaling of {dimension.side}s between {target['MinCapacity']} and "
                f"{target['MaxCapacity']}, " + ("declared none" if none else "not declared"),
                part_of=Address(name) if none else None,
                facts=(("resource", resource), ("dimension", scalable)),
            )


def _declared_bounds(desired: Desired) -> Bounds:
    assert isinstance(desired.state, ScalingState)
    return desired.state.min, desired.state.max


def _scheduled(desired: Desired, live: Bounds, action: str) -> Iterator[Tolerated]:
    """The bounds that a scheduled action has moved."""
    pairs = zip(("min", "max"), live, _declared_bounds(desired), strict=True)
    for path, now, declared in pairs:
        if now != declared:
            reason = f"set by the scheduled action {action}"
            yield Tolerated(desired.address, path, now, declared, Owner.AUTOSCALER, reason)


def _in_band(desired: Desired, live: int | None, compared: int | None) -> Iterator[Tolerated]:
    """A capacity that the autoscaler has moved up from the lower bound, where that is right."""
    band = Band(*_declared_bounds(desired))
    if live is None or live == band.low or compared not in band:
        return
    reason = "moved by the autoscaler"
    yield Tolerated(desired.address, "capacity", live, band, Owner.AUTOSCALER, reason)


def _alarms(desired: Desired, policy: Mapping[str, Any]) -> Iterator[Tolerated]:
    """The alarms that AWS made for the policy."""
    names = sorted(each["AlarmName"] for each in policy.get("Alarms", ()))
    if names:
        reason = "made by AWS for the scaling policy"
        yield Tolerated(desired.address, "alarms", names, None, Owner.AWS, reason)


def _key(described: Mapping[str, Any]) -> tuple[str, str]:
    return described["ResourceId"], described["ScalableDimension"]


def _dimension(resource: str, scalable: str, table: str) -> Dimension | None:
    side = next((side for side, unit in SIDES.items() if scalable.endswith(f":{unit}")), None)
    if side is None:
        return None
    if resource == f"table/{table}":
        return Dimension("", side)
    _, found, index = resource.partition(f"table/{table}/index/")
    return Dimension(index, side) if found and index else None


def _chosen(
    policies: Sequence[Mapping[str, Any]], dimension: Dimension
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The policy of the dimension's own metric, and the other ones."""

    def ours(policy: Mapping[str, Any]) -> bool:
        tracking = policy.get("TargetTrackingScalingPolicyConfiguration", {})
        metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        return bool(metric == METRICS[dimension.side])

    chosen: Mapping[str, Any] = next((policy for policy in policies if ours(policy)), {})
    return chosen, [policy for policy in policies if policy is not chosen]


def _tracking(configuration: Mapping[str, Any]) -> dict[str, Any]:
    if not configuration:
        return dict.fromkeys(("target_utilization", *COOLDOWNS))
    target = configuration["TargetValue"]
    return {"target_utilization": int(target) if target == int(target) else target} | {
        setting: configuration.get(member, default)
        for setting, (member, default) in COOLDOWNS.items()
    }


def _notes(target: Mapping[str, Any]) -> tuple[str, ...]:
    suspended = sorted(
        word for word, stopped in target.get("SuspendedState", {}).items() if stopped
    )
    if not suspended:
        return ()
    return (f"autoscaling is suspended: {', '.join(suspended)}",)


def _second_policy(desired: Desired, policy: Mapping[str, Any]) -> Unmanaged:
    name = policy["PolicyName"]
    return Unmanaged(
        address=desired.address.child(name),
        kind="scaling",
        resource=desired.name,
        detail=f"scaling policy `{name}` follows another metric",
        part_of=desired.address,
        facts=(
            ("resource", policy["ResourceId"]),
            ("dimension", policy["ScalableDimension"]),
            ("policy", name),
        ),
    )


def _compared_capacity(
    desired: Desired, described: Answer, dimension: Dimension
) -> tuple[int | None, dict[str, Any]]:
    if described.error and not described.absent:
        return None, {"capacity": described.error}
    capacity = capacity_of(described, dimension)
    if capacity is None:
        # No table or index yet, or an on-demand one: the table's own comparison speaks of that,
        # and here the least that is right stands for a capacity that there is not.
        assert isinstance(desired.state, ScalingState)
        return desired.state.min, {}
    return capacity, {}


def capacity_of(described: Answer, dimension: Dimension) -> int | None:
    """The live provisioned units; ``None`` where there are none."""
    table = described.value.get("Table", {})
    if dimension.index:
        indexes = table.get("GlobalSecondaryIndexes", ())
        table = next((each for each in indexes if each["IndexName"] == dimension.index), {})
    return table.get("ProvisionedThroughput", {}).get(SIDES[dimension.side]) or None
