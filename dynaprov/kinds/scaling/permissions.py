"""What autoscaling needs of IAM: its own calls, and those that it makes for the caller.  Pure.

Sources: the service authorization reference of AWS Application Auto Scaling (its listings know no
resource; the id in a target's ARN is AWS's), and its user guide ("Identity-based policy examples":
the caller needs the rights on the scaled resource and on the alarms, whose names AWS makes).
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.kinds.scaling.section import SIDES, declared_scaling
from dynaprov.model.kind import Scope
from dynaprov.model.permission import ANY, CHANGE, DESTROY, LOOK, PRUNE, Permission
from dynaprov.model.spec import Spec, TableSpec

ROLE = (
    "role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)


def permissions(spec: Spec, scope: Scope) -> Iterator[Permission]:
    """For the tables that speak of scaling; only targets and pruning where all say none."""
    speaking = [each for each in spec.tables.values() if "scaling" in each.sections]
    if not speaking:
        return
    yield Permission(("application-autoscaling:DescribeScalableTargets",), ANY, LOOK)
    scaled = [each for each in speaking if _is_scaled(each)]
    targets = (scope.arn("application-autoscaling", "scalable-target/*"),)
    ours = {
        "StringEquals": {
            "application-autoscaling:service-namespace": ("dynamodb",),
            "application-autoscaling:scalable-dimension": tuple(
                f"dynamodb:{what}:{unit}" for what in ("index", "table") for unit in SIDES.values()
            ),
        }
    }
    ends = ("application-autoscaling:DeregisterScalableTarget",)
    deletion = ("application-autoscaling:DeleteScalingPolicy",)
    yield Permission((*ends, *deletion), targets, PRUNE, ours)
    yield Permission(("cloudwatch:DeleteAlarms",), _alarms(speaking, scope), PRUNE)
    if not scaled:
        return
    yield Permission(("application-autoscaling:DescribeScalingPolicies",), ANY, LOOK)
    yield Permission(("cloudwatch:DescribeAlarms",), (scope.arn("cloudwatch", "alarm:*"),), LOOK)
    tables = tuple(scope.table_arn(each.name) for each in scaled)
    yield Permission(("dynamodb:DescribeTable",), tables, LOOK)
    begins = ("PutScalingPolicy", "RegisterScalableTarget")
    yield Permission(
        tuple(f"application-autoscaling:{each}" for each in begins), targets, CHANGE, ours
    )
    yield Permission(("application-autoscaling:TagResource",), targets, CHANGE)
    yield Permission(("dynamodb:UpdateTable",), tables, CHANGE)
    yield Permission(
        ("cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"), _alarms(scaled, scope), CHANGE
    )
    service = {"iam:AWSServiceName": ("dynamodb.application-autoscaling.amazonaws.com",)}
    yield Permission(
        ("iam:CreateServiceLinkedRole",),
        (scope.arn("iam", ROLE, region=""),),
        CHANGE,
        {"StringEquals": service},
    )
    yield Permission(ends, targets, DESTROY, ours)
    yield Permission(("cloudwatch:DeleteAlarms",), _alarms(scaled, scope), DESTROY)


def _is_scaled(table: TableSpec) -> bool:
    return any(each.settings is not None for each in declared_scaling(table).values())


def _alarms(tables: list[TableSpec], scope: Scope) -> tuple[str, ...]:
    """The alarms that AWS makes for the policies of these tables and their indexes."""
    return tuple(
        scope.arn("cloudwatch", f"alarm:TargetTracking-table/{scope.table_name(each.name)}{end}")
        for each in tables
        for end in ("-*", "/index/*")
    )
