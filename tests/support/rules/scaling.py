"""Application Auto Scaling of DynamoDB: what must be there first, and what it does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends

from support.rules.dynamodb.budgets import FREE_DECREASES
from support.rules.dynamodb.life import (
    NEVER,
    THROUGHPUT_SECONDS,
    TableLife,
    Under,
    Work,
    life_of,
    moto_table,
)
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

#: So long after a target was registered a policy may not find it.
REGISTERED_SECONDS = 0.5
#: An idle table inside its bounds is scaled in to the minimum after 82-92 s.
IDLE_SECONDS = 90.0

_REGISTER = ("application-autoscaling:RegisterScalableTarget",)


@dataclass
class Target:
    """When a scalable target was registered, and since when its capacity is what it is."""

    at: float = NEVER
    settled_at: float = NEVER


def _place(resource: str) -> tuple[str, str]:
    _, table, *index = str(resource).split("/")
    return table, index[-1] if index else ""


def _owner(request: Request, table: str, index: str) -> Any:
    found = moto_table(request, table)
    if found is None or not index:
        return found
    return next((each for each in found.global_indexes if each.name == index), None)


def _dynamodb(request: Request) -> bool:
    return request.params.get("ServiceNamespace") == "dynamodb"


def _want_the_table(request: Request, world: World) -> None:
    if not _dynamodb(request):
        return
    table, index = _place(request.params["ResourceId"])
    found = _owner(request, table, index)
    if found is None or life_of(request, world, table).status(world.now) == "CREATING":
        what = f"Index: {index}" if index and moto_table(request, table) else f"Table: {table}"
        raise AwsError(
            "ValidationException", f"DynamoDB table does not exist: {what} ({table}/{index})"
        )
    request.notes["throughput"] = dict(found.throughput)


def _registered(request: Request, answer: dict[str, Any], world: World) -> None:
    if not _dynamodb(request):
        return
    record = _target(request, world)
    if record.at == NEVER:
        record.at = world.now
    table, index = _place(request.params["ResourceId"])
    owner, before = _owner(request, table, index), request.notes["throughput"]
    if owner.throughput != before:
        _begin_update(life_of(request, world, table), world.now, index, before)


def _target(request: Request, world: World) -> Target:
    params = request.params
    key = (params["ResourceId"], params["ScalableDimension"])
    return world.kept(Target, request.account, request.region, *key)


def _begin_update(life: TableLife, now: float, index: str, before: dict[str, Any]) -> None:
    # It calls UpdateTable within seconds; until that is done the old figures are shown.
    work = Work.INDEX_UPDATE if index else Work.THROUGHPUT
    shows = {"ProvisionedThroughput": before}
    life.works.append(Under(work, now, now + THROUGHPUT_SECONDS, index=index, shows=shows))


def _not_found_yet(request: Request, world: World) -> None:
    if _dynamodb(request) and world.now < _target(request, world).at + REGISTERED_SECONDS:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: dynamodb, resource ID: "
            f"{request.params['ResourceId']}, scalable dimension: "
            f"{request.params['ScalableDimension']}",
        )


def _forget(request: Request, answer: dict[str, Any], world: World) -> None:
    if _dynamodb(request):
        params = request.params
        world.forget(
            Target,
            request.account,
            request.region,
            params["ResourceId"],
            params["ScalableDimension"],
        )


# -- what it does by itself -----------------------------------------------------------------------


def _scale_in(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None or table.billing_mode != "PROVISIONED":
        return
    life = life_of(request, world)
    if life.status(world.now) != "ACTIVE":
        return
    for owner, index, unit, target in _watched(request, table):
        _idle_in(request, world, owner, index, unit, target)


def _watched(request: Request, table: Any) -> Iterator[tuple[Any, str, str, Any]]:
    scaling = applicationautoscaling_backends[request.account][request.region]
    with_policy = {
        (each.resource_id, each.scalable_dimension) for each in scaling.policies.values()
    }
    for targets in scaling.targets.values():
        for target in targets.values():
            name, index = _place(target.resource_id)
            if name != table.name:
                continue
            if (target.resource_id, target.scalable_dimension) not in with_policy:
                continue
            owner = _owner(request, name, index)
            if owner is not None:
                yield owner, index, target.scalable_dimension.rpartition(":")[2], target


def _idle_in(
    request: Request, world: World, owner: Any, index: str, unit: str, target: Any
) -> None:
    key = (target.resource_id, target.scalable_dimension)
    record = world.kept(Target, request.account, request.region, *key)
    live, least = int(owner.throughput.get(unit, 0)), int(target.min_capacity)
    if live <= least or live > int(target.max_capacity):
        record.settled_at = NEVER  # outside its bounds it does nothing by itself
        return
    if record.settled_at == NEVER:
        record.settled_at = world.now
    count = owner.throughput.get("NumberOfDecreasesToday", 0)
    if world.now < record.settled_at + IDLE_SECONDS or count >= FREE_DECREASES:
        return
    before = dict(owner.throughput)
    owner.throughput[unit] = least
    owner.throughput["NumberOfDecreasesToday"] = count + 1
    owner.throughput["LastDecreaseDateTime"] = world.time.replace(tzinfo=None)
    record.settled_at = NEVER
    _begin_update(life_of(request, world), world.now, index, before)


RULES = (
    Rule(
        "only-what-exists-is-scaled",
        "API RegisterScalableTarget: the resource must exist; lack of it is ValidationException",
        _REGISTER,
        before=_want_the_table,
        after=_registered,
    ),
    Rule(
        "a-new-target-is-found-late",
        "API RegisterScalableTarget, terraform-provider-aws: ObjectNotFoundException just after",
        ("application-autoscaling:PutScalingPolicy",),
        before=_not_found_yet,
    ),
    Rule(
        "a-target-ends",
        "API DeregisterScalableTarget",
        ("application-autoscaling:DeregisterScalableTarget",),
        after=_forget,
    ),
    Rule(
        "an-idle-table-is-scaled-in",
        "guide AutoScaling; measured: back to the minimum in 82-92 s, on the day's decreases "
        "(DDB-TABLE-316)",
        ("dynamodb:DescribeTable",),
        before=_scale_in,
    ),
)
