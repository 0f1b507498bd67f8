"""Corrections of Application Auto Scaling: paging, tags, roles, and what goes with a target.

Lives here: what moto drops or distorts of scalable targets and their policies. Must not live here:
scaling; nothing watches the metrics.
"""

import json
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
    FakeScalableTarget,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse, _build_target
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.models import dynamodb_backends
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from dynaprov.local.corrections.patches import Patches, page

PATCHES = Patches()

_MOST_TARGETS = 50
_MOST_POLICIES = 10
_AWAKE = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
# How the four alarms of a policy are called, and what each watches.
_ALARMS = (
    ("AlarmHigh", "Consumed", "GreaterThanThreshold", 2, 60, 42.0, "Sum"),
    ("AlarmLow", "Consumed", "LessThanThreshold", 15, 60, 30.0, "Sum"),
    ("ProvisionedCapacityHigh", "Provisioned", "GreaterThanThreshold", 2, 300, 1.0, "Average"),
    ("ProvisionedCapacityLow", "Provisioned", "LessThanThreshold", 3, 300, 1.0, "Average"),
)


def _not_found(what: str) -> JsonRESTError:
    # moto says ValidationException of what is not there.
    return JsonRESTError("ObjectNotFoundException", f"No {what}")


def _named(namespace: str, resource: str, dimension: str) -> str:
    return (
        f"found for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}"
    )


# -- targets ----------------------------------------------------------------------------------


@PATCHES.around(FakeScalableTarget, "__init__")
def _init(original: Any, target: Any, backend: Any, *args: Any, **kwargs: Any) -> None:
    original(target, backend, *args, **kwargs)
    # AWS puts its service-linked role in, whatever role is asked for; moto none.
    target.role_arn = (
        f"arn:{get_partition(backend.region_name)}:iam::{backend.account_id}:role/aws-service-role/"
        "dynamodb.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
        if target.service_namespace == "dynamodb"
        else target.role_arn
    )
    target.suspended_state = {**_AWAKE, **(target.suspended_state or {})}
    target.tags = {}


@PATCHES.around(FakeScalableTarget, "update")
def _update(
    original: Any, target: Any, min_capacity: Any, max_capacity: Any, suspended_state: Any
) -> None:
    merged = {**target.suspended_state, **(suspended_state or {})}
    original(target, min_capacity, max_capacity, merged)


@PATCHES.around(ApplicationAutoScalingResponse, "register_scalable_target")
def _register(original: Any, response: Any) -> Any:
    backend = response.applicationautoscaling_backend
    resource, dimension = (
        response._get_param("ResourceId"),
        response._get_param("ScalableDimension"),
    )
    before = backend.targets.get(dimension, {}).get(resource)
    bounds = [
        asked if (asked := response._get_int_param(name)) is not None else kept
        for name, kept in (
            ("MinCapacity", before and before.min_capacity),
            ("MaxCapacity", before and before.max_capacity),
        )
    ]
    if None in bounds:
        raise AWSValidationException("MinCapacity and MaxCapacity are required for a new target")
    if bounds[0] > bounds[1]:
        raise AWSValidationException("MinCapacity cannot be greater than MaxCapacity")
    answer = original(response)
    if before is None:  # dropped by moto; on a target that exists AWS wants TagResource
        backend.targets[dimension][resource].tags = dict(response._get_param("Tags") or {})
    _clamp(backend, str(resource), str(dimension), bounds[0], bounds[1])
    return answer


def _clamp(backend: Any, resource: str, dimension: str, least: int, most: int) -> None:
    # A capacity outside the bounds is moved to the nearest one within seconds of registering
    # (RegisterScalableTarget, Application Auto Scaling API reference); moto leaves it.
    kind, _, name = resource.partition("/")
    if kind != "table":
        return
    table_name, _, index_name = name.partition("/index/")
    table = dynamodb_backends[backend.account_id][backend.region_name].tables.get(table_name)
    if table is None or table.billing_mode != "PROVISIONED":
        return
    parts = [index for index in table.global_indexes if index.name == index_name]
    for each in parts if index_name else [table]:
        member = dimension.rpartition(":")[2]
        live = each.throughput.get(member)
        if live is not None:
            each.throughput[member] = min(max(int(live), least), most)


@PATCHES.around(ApplicationAutoScalingResponse, "describe_scalable_targets")
def _describe_targets(_original: Any, response: Any) -> str:
    # moto gives the same token again and again, so that a listing over 100 never ends.
    response._validate_params()
    found = response.applicationautoscaling_backend.describe_scalable_targets(
        response._get_param("ServiceNamespace"),
        response._get_param("ResourceIds"),
        response._get_param("ScalableDimension"),
    )
    return _paged(
        response, "ScalableTargets", [_build_target(each) for each in found], _MOST_TARGETS
    )


def _paged(response: Any, member: str, items: list[Any], most: int) -> str:
    size = min(response._get_int_param("MaxResults") or most, most)
    try:
        found, token = page(items, response._get_param("NextToken"), size)
    except ValueError:
        raise JsonRESTError("InvalidNextTokenException", "The token is not valid") from None
    return json.dumps({member: found} | ({"NextToken": token} if token else {}))


@PATCHES.around(ApplicationAutoscalingBackend, "deregister_scalable_target")
def _deregister(original: Any, backend: Any, namespace: str, r_id: str, dimension: str) -> None:
    if not backend._scalable_target_exists(r_id, dimension):
        raise _not_found("scalable target " + _named(namespace, r_id, dimension))
    original(backend, namespace, r_id, dimension)
    # AWS deletes policies (with their alarms) and scheduled actions too; in moto they stay.
    for policy in list(backend.policies.values()):
        if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
            backend.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
    backend.scheduled_actions = [
        action
        for action in backend.scheduled_actions
        if (action.resource_id, action.scalable_dimension) != (r_id, dimension)
    ]


# -- policies ---------------------------------------------------------------------------------


@PATCHES.around(ApplicationAutoscalingBackend, "put_scaling_policy")
def _put_policy(
    original: Any,
    backend: Any,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_body: Any,
    policy_type: str | None,
) -> Any:
    if not backend._scalable_target_exists(resource_id, scalable_dimension):
        raise _not_found(
            "scalable target " + _named(service_namespace, resource_id, scalable_dimension)
        )
    key = FakeApplicationAutoscalingPolicy.formulate_key(
        service_namespace, resource_id, scalable_dimension, policy_name
    )
    before = backend.policies.get(key)
    policy = original(
        backend,
        policy_name,
        service_namespace,
        resource_id,
        scalable_dimension,
        policy_body,
        policy_type,
    )
    if before is not None:
        # An update keeps the policy and its alarms; moto makes a new one with four more alarms and
        # leaves the old four behind for ever.
        policy.delete_alarms(backend.account_id, backend.region_name)
        policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
        policy.alarms = before.alarms
    return policy


@PATCHES.around(FakeApplicationAutoscalingPolicy, "_generate_dynamodb_alarms")
def _generate_alarms(_original: Any, policy: Any) -> list[Any]:
    # moto watches reads for every policy, and takes the name of an index for that of its table.
    backend = cloudwatch_backends[policy.account_id][policy.region_name]
    unit = "Write" if policy.scalable_dimension.endswith("WriteCapacityUnits") else "Read"
    _, table, *index = policy.resource_id.split("/")
    dimensions = [{"Name": "TableName", "Value": table}]
    if index:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": index[-1]})
    action = f"{policy.policy_arn}:createdBy/{mock_random.uuid4()}"
    return [
        backend.put_metric_alarm(
            name=f"TargetTracking-{policy.resource_id}-{name}-{mock_random.uuid4()}",
            namespace="AWS/DynamoDB",
            metric_name=f"{metric}{unit}CapacityUnits",
            metric_data_queries=[],
            comparison_operator=operator,
            evaluation_periods=periods,
            period=period,
            threshold=threshold,
            statistic=statistic,
            description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {action}",
            dimensions=dimensions,
            alarm_actions=[action],
        )
        for name, metric, operator, periods, period, threshold, statistic in _ALARMS
    ]


@PATCHES.around(ApplicationAutoscalingBackend, "describe_scaling_policies")
def _describe_policies(
    _original: Any,
    backend: Any,
    service_namespace: str,
    resource_id: str | None,
    scalable_dimension: str | None,
    max_results: int | None,
    next_token: str | None,
) -> tuple[str | None, list[Any]]:
    # Asked for an index moto gives its table's policies too; and it gives 100 a page, AWS 10.
    found = [
        policy
        for policy in backend.policies.values()
        if policy.service_namespace == service_namespace
        and resource_id in (None, policy.resource_id)
        and scalable_dimension in (None, policy.scalable_dimension)
    ]
    try:
        shown, token = page(found, next_token, min(max_results or _MOST_POLICIES, _MOST_POLICIES))
    except ValueError:
        raise JsonRESTError("InvalidNextTokenException", "The token is not valid") from None
    return token, shown


@PATCHES.around(ApplicationAutoscalingBackend, "delete_scaling_policy")
def _delete_policy(
    original: Any,
    backend: Any,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
) -> None:
    key = FakeApplicationAutoscalingPolicy.formulate_key(
        service_namespace, resource_id, scalable_dimension, policy_name
    )
    if key not in backend.policies:
        raise _not_found(
            f"scaling policy {policy_name} "
            + _named(service_namespace, resource_id, scalable_dimension)
        )
    original(backend, policy_name, service_namespace, resource_id, scalable_dimension)


# -- tags -------------------------------------------------------------------------------------
# moto has none of the three operations.


def _tagged(response: Any) -> Any:
    arn = response._get_param("ResourceARN")
    for targets in response.applicationautoscaling_backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                return target
    raise JsonRESTError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")


@PATCHES.added(ApplicationAutoScalingResponse, "list_tags_for_resource")
def _list_tags(response: Any) -> str:
    return json.dumps({"Tags": _tagged(response).tags})


@PATCHES.added(ApplicationAutoScalingResponse, "tag_resource")
def _tag(response: Any) -> str:
    _tagged(response).tags.update(response._get_param("Tags"))
    return json.dumps({})


@PATCHES.added(ApplicationAutoScalingResponse, "untag_resource")
def _untag(response: Any) -> str:
    tags = _tagged(response).tags
    for key in response._get_param("TagKeys"):
        tags.pop(key, None)
    return json.dumps({})
