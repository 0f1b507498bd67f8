"""What AWS checks of each request that dynaprov makes: action, resource and context.

Written from the service authorization reference (resource types and condition keys of each action)
and from the guides for what an action needs besides; it shares nothing with the derivation of
policies, so that the one can show the other to be wrong.

Resources are those of the request; tags and aliases of what is live are moto's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.kms.models import kms_backends

from support.iam.evaluation import Check
from support.rules.request import Request

Params = Mapping[str, Any]

#: AWS answers these to everybody.
FREE = frozenset({"sts:GetCallerIdentity"})
#: Their service authorization reference names no resource type.
NO_RESOURCE = frozenset(
    {
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "cloudtrail:LookupEvents",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:PutMetricData",
        "dynamodb:ListBackups",
        "dynamodb:ListContributorInsights",
        "dynamodb:ListTables",
        "ec2:DescribeTags",
        "ec2:DescribeVpcEndpoints",
        "kms:CreateKey",
        "kms:ListAliases",
        "kms:ListKeys",
        "sns:GetSubscriptionAttributes",
        "sns:SetSubscriptionAttributes",
        "sns:Unsubscribe",
        "tag:GetResources",
    }
)
#: AWS's minimum of rights on a customer's key under a table.
KEY_USE = ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom")


def checks(request: Request) -> list[Check]:
    """What AWS checks, in an order of ours."""
    prefix = "tag" if request.service == "resourcegroupstaggingapi" else request.service
    action = f"{prefix}:{request.action}"
    if action in FREE:
        return []
    where = _Where(request)
    tags = _requested(request.params)
    if action in NO_RESOURCE:
        own = [Check(action, "*", tags)]
    else:
        own = [Check(action, *each) for each in _resources(request, where, tags)]
    return [*own, *_behind(request, where, tags)]


def _resources(
    request: Request, where: _Where, tags: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    params = request.params
    match request.service:
        case "dynamodb":
            yield from _dynamodb(params, where)
        case "kms":
            yield from _kms(request, where, tags)
        case "cloudwatch":
            yield from _cloudwatch(request, where)
        case "sns":
            arn = params.get("TopicArn") or params.get("ResourceArn")
            yield arn or where.arn("sns", params["Name"]), tags
        case "iam":
            arn = params.get("PolicyArn")
            yield arn or where.arn("iam", f"policy/{params['PolicyName']}", region=""), tags
        case "application-autoscaling":
            yield (
                where.arn(request.service, "scalable-target/0123456789"),
                {
                    "application-autoscaling:service-namespace": params["ServiceNamespace"],
                    "application-autoscaling:scalable-dimension": params["ScalableDimension"],
                },
            )
        case "ec2":
            yield from _ec2(request, where)
        case _:
            raise NotImplementedError(request.api)


def _kms(
    request: Request, where: _Where, tags: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    params = request.params
    if "AliasName" in params:
        yield where.arn("kms", params["AliasName"]), {}
        yield _key(params["TargetKeyId"], where)
        if request.action == "UpdateAlias":
            # The key that it points at so far, too.
            yield _key(params["AliasName"], where)
        return
    arn, context = _key(params["KeyId"], where)
    yield arn, {**context, **tags}


def _key(key: str, where: _Where) -> tuple[str, dict[str, Any]]:
    """The key behind an id, an ARN or an alias, with its tags and aliases."""
    backend = kms_backends[where.account][where.region]
    name = key[key.index("alias/") :] if "alias/" in key else ""
    named = (backend.get_key_id_from_alias(name) or "") if name else key
    found = backend.keys.get(backend.get_key_id(named))
    if found is None:
        return where.arn("kms", name or "key/that-does-not-exist"), {}
    tags = backend.list_resource_tags(found.id)["Tags"]
    context: dict[str, Any] = {f"aws:ResourceTag/{e['TagKey']}": e["TagValue"] for e in tags}
    context["kms:ResourceAliases"] = sorted(found.aliases)
    return found.arn, context


def _ec2(request: Request, where: _Where) -> Iterator[tuple[str, dict[str, Any]]]:
    params = request.params
    if request.action == "CreateVpcEndpoint":
        yield where.arn("ec2", f"vpc/{params['VpcId']}"), {}
        for table in params.get("RouteTableIds", ()):
            yield where.arn("ec2", f"route-table/{table}"), {}
        context = {"ec2:VpceServiceName": params["ServiceName"]}
        yield where.arn("ec2", "vpc-endpoint/*"), context
        return
    named = params.get("VpcEndpointIds") or params.get("Resources") or ()
    for identity in named or [params["VpcEndpointId"]]:
        yield where.arn("ec2", f"vpc-endpoint/{identity}"), _tags_of(identity, where)
    for table in (*params.get("AddRouteTableIds", ()), *params.get("RemoveRouteTableIds", ())):
        yield where.arn("ec2", f"route-table/{table}"), {}


def _tags_of(identity: str, where: _Where) -> dict[str, Any]:
    backend = ec2_backends[where.account][where.region]
    found = backend.describe_tags({"resource-id": [identity]})
    return {f"aws:ResourceTag/{each['key']}": each["value"] for each in found}


#: Calls that tag what they make, and the action that they need for it.
_TAGGING = {
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "iam:CreatePolicy": "iam:TagPolicy",
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "kms:CreateKey": "kms:TagResource",
}


def _behind(request: Request, where: _Where, tags: dict[str, Any]) -> Iterator[Check]:
    """What AWS does for the caller, with the caller's rights."""
    params = request.params
    if request.api in _TAGGING and params.get("Tags"):
        made = [(where.arn("kms", "key/*"), tags)]
        if request.service != "kms":
            made = list(_resources(request, where, tags))
        yield from (Check(_TAGGING[request.api], *each) for each in made)
    if "TagSpecifications" in params:
        context = {"ec2:CreateAction": request.action}
        yield Check("ec2:CreateTags", where.arn("ec2", "vpc-endpoint/*"), context)
    if request.service == "dynamodb":
        yield from _used_by_dynamodb(params, where)
    if request.service == "application-autoscaling":
        yield from _scaling(request, where)


def _used_by_dynamodb(params: Params, where: _Where) -> Iterator[Check]:
    """The role of Contributor Insights, and the key under the table."""
    if params.get("ContributorInsightsAction") == "ENABLE":
        yield where.linked_role(
            "contributorinsights.dynamodb.amazonaws.com",
            "AWSServiceRoleForDynamoDBCloudWatchContributorInsights",
        )
    yield from _use_of_key(params, where)


def _use_of_key(params: Params, where: _Where) -> Iterator[Check]:
    key = params.get("SSESpecification", {}).get("KMSMasterKeyId")
    if not key:
        return
    arn, context = _key(key, where)
    context["kms:ViaService"] = f"dynamodb.{where.region}.amazonaws.com"
    for action in KEY_USE:
        yield Check(f"kms:{action}", arn, context)


class _Where:
    """Account and region of a request."""

    def __init__(self, request: Request) -> None:
        self.account, self.region = request.account, request.region

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        where = self.region if region is None else region
        return f"arn:aws:{service}:{where}:{self.account}:{resource}"

    def table(self, name: str) -> str:
        return self.arn("dynamodb", f"table/{name}")

    def linked_role(self, service: str, name: str) -> Check:
        """The role that AWS makes at the first use of a service."""
        role = self.arn("iam", f"role/aws-service-role/{service}/{name}", region="")
        return Check("iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": service})


def _requested(params: Params) -> dict[str, Any]:
    tags = params.get("Tags") or ()
    if isinstance(tags, Mapping):
        return {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {
        f"aws:RequestTag/{each.get('Key', each.get('TagKey'))}": each.get(
            "Value", each.get("TagValue")
        )
        for each in tags
    }


def _dynamodb(params: Params, where: _Where) -> Iterator[tuple[str, dict[str, Any]]]:
    if "BackupArn" in params or "ResourceArn" in params:
        yield str(params.get("BackupArn") or params["ResourceArn"]), _requested(params)
        return
    table = where.table(params["TableName"])
    yield table, _requested(params)
    if "IndexName" in params:
        yield f"{table}/index/{params['IndexName']}", {}


def _cloudwatch(request: Request, where: _Where) -> Iterator[tuple[str, dict[str, Any]]]:
    params = request.params
    dashboards = [*params.get("DashboardNames", ()), *filter(None, [params.get("DashboardName")])]
    for name in dashboards:
        yield where.arn("cloudwatch", f"dashboard/{name}", region=""), {}
    alarms = [*params.get("AlarmNames", ()), *filter(None, [params.get("AlarmName")])]
    for name in alarms:
        yield where.arn("cloudwatch", f"alarm:{name}"), _requested(params)
    if "ResourceARN" in params:
        yield params["ResourceARN"], _requested(params)
    if request.action == "DescribeAlarms":
        yield where.arn("cloudwatch", "alarm:*"), {}


def _scaling(request: Request, where: _Where) -> Iterator[Check]:
    """Application Auto Scaling looks for the caller's rights on table and alarms (user guide)."""
    params = request.params
    if request.action == "DescribeScalingPolicies":
        yield Check("cloudwatch:DescribeAlarms", where.arn("cloudwatch", "alarm:*"))
    if "ResourceId" not in params:
        return
    _, table, *_ = params["ResourceId"].split("/")
    alarm = where.arn("cloudwatch", f"alarm:TargetTracking-{params['ResourceId']}-AlarmHigh-0123")
    if request.action == "RegisterScalableTarget":
        for action in ("DescribeTable", "UpdateTable"):
            yield Check(f"dynamodb:{action}", where.table(table))
        yield where.linked_role(
            "dynamodb.application-autoscaling.amazonaws.com",
            "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        )
        if params.get("Tags"):
            target = where.arn("application-autoscaling", "scalable-target/0123456789")
            yield Check("application-autoscaling:TagResource", target, _requested(params))
    if request.action == "PutScalingPolicy":
        yield Check("cloudwatch:PutMetricAlarm", alarm)
    if request.action in ("PutScalingPolicy", "DeleteScalingPolicy", "DeregisterScalableTarget"):
        yield Check("cloudwatch:DeleteAlarms", alarm)
