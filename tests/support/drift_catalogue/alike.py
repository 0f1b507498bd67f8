"""What must stay silent: another form of the same, what others own, and what nobody declared."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from support.breaking import alarms, scaling, surroundings, tables
from support.breaking.place import ALIAS, PREFIX, TOPIC, table
from support.breaking.tables import units, update, update_index
from support.converging import client
from support.drift_catalogue.entry import Entries
from support.drift_catalogue.place import Stage

DONE = Entries()


def live_table(name: str) -> dict[str, Any]:
    """What DescribeTable says."""
    return dict(client("dynamodb").describe_table(TableName=table(name))["Table"])


def in_moto(name: str) -> Any:
    """moto's own table, for what only AWS changes."""
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][LOCAL_REGION].get_table(table(name))


# -- nothing, and nothing that counts


@DONE("nothing")
def nothing(_: Stage) -> None:
    """Nothing is done."""


@DONE("nothing-while-mail-is-unconfirmed", place="mail")
def unconfirmed(_: Stage) -> None:
    """Nothing is done; a subscription by mail has not been confirmed yet."""


@DONE("items")
def items(_: Stage) -> None:
    """Items are written: counts and sizes grow."""
    for number in range(20):
        client("dynamodb").put_item(
            TableName=table("sessions"), Item={"id": {"S": str(number)}, "user": {"S": "a"}}
        )


@DONE("backup")
def backup(_: Stage) -> None:
    """Somebody takes a backup of a table."""
    client("dynamodb").create_backup(TableName=table("orders"), BackupName="by-hand")


@DONE("alarm-goes-off")
def goes_off(_: Stage) -> None:
    """An alarm goes off."""
    client("cloudwatch").set_alarm_state(
        AlarmName=alarms.SLOW, StateValue="ALARM", StateReason="slow"
    )


@DONE("switched-off-and-on")
def off_and_on(_: Stage) -> None:
    """Stream and recovery are switched off and on again, as they were; the stream's ARN is new."""
    update("orders", StreamSpecification={"StreamEnabled": False})
    update("orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    tables.pitr(PointInTimeRecoveryEnabled=False)
    tables.pitr(PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=7)


@DONE("time-to-live-off-and-on")
def ttl_off_and_on(_: Stage) -> None:
    """Time to live is switched off and on again, for the same attribute."""
    tables.ttl("expires", on=False)
    tables.ttl("expires", on=True)


@DONE("key-disabled-and-enabled")
def disabled_and_enabled(_: Stage) -> None:
    """The key is disabled and enabled again."""
    client("kms").disable_key(KeyId=surroundings.key_id())
    client("kms").enable_key(KeyId=surroundings.key_id())


@DONE("alarm-made-again-as-it-was")
def alarm_again(_: Stage) -> None:
    """An alarm is deleted and made again, the same with its tags."""
    arn = f"arn:aws:cloudwatch:{LOCAL_REGION}:{LOCAL_ACCOUNT}:alarm:{alarms.SLOW}"
    tags = client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]
    live = alarms.live(alarms.SLOW)
    client("cloudwatch").delete_alarms(AlarmNames=[alarms.SLOW])
    client("cloudwatch").put_metric_alarm(**live, Tags=tags)


# -- the same in another form


@DONE("index-attributes-in-another-order")
def other_order(_: Stage) -> None:
    """AWS lists attribute definitions and indexes in another order."""
    in_moto("orders").attr.reverse()
    in_moto("events").attr.reverse()


@DONE("topic-key-as-alias")
def key_as_alias(_: Stage) -> None:
    """The topic names its key by the alias instead of the ARN."""
    surroundings.attribute("KmsMasterKeyId", ALIAS)


@DONE("topic-key-as-id")
def key_as_id(_: Stage) -> None:
    """The topic names its key by the id instead of the ARN."""
    surroundings.attribute("KmsMasterKeyId", surroundings.key_id())


@DONE("topic-key-as-alias-arn")
def key_as_alias_arn(_: Stage) -> None:
    """The topic names its key by the ARN of the alias."""
    arn = f"arn:aws:kms:{LOCAL_REGION}:{LOCAL_ACCOUNT}:{ALIAS}"
    surroundings.attribute("KmsMasterKeyId", arn)


@DONE("table-key-as-alias")
def table_key_as_alias(_: Stage) -> None:
    """A table is encrypted again, with the same key named by its alias."""
    sse = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": ALIAS}
    update("orders", SSESpecification=sse)


def turned(value: Any) -> Any:
    """A policy in another form: members and lists the other way round, single values as lists."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [turned(each) for each in reversed(value)]
    return value


def spread(document: dict[str, Any]) -> dict[str, Any]:
    """A policy whose single actions and resources are lists of one."""
    for statement in document["Statement"]:
        for member in ("Action", "Resource"):
            if isinstance(statement.get(member), str):
                statement[member] = [statement[member]]
    return document


def account_alone(document: dict[str, Any]) -> dict[str, Any]:
    """A policy whose principals are account ids where they were root ARNs."""
    root = f"arn:aws:iam::{LOCAL_ACCOUNT}:root"
    return dict(json.loads(json.dumps(document).replace(f'"{root}"', f'"{LOCAL_ACCOUNT}"')))


def indented(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=4)


FORMS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "turned": ("statements, members and lists in another order", turned),
    "spread": ("single actions and resources as lists of one", spread),
    "accounts": ("account ids in place of root ARNs", account_alone),
}


def key_policy(form: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    kms, key = client("kms"), surroundings.key_id()
    live = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=indented(form(live)))


def topic_policy(form: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    live = client("sns").get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"]
    surroundings.attribute("Policy", indented(form(json.loads(live))))


def access_policy(form: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    iam = client("iam")
    version = iam.get_policy(PolicyArn=surroundings.READER)["Policy"]["DefaultVersionId"]
    live = iam.get_policy_version(PolicyArn=surroundings.READER, VersionId=version)
    iam.create_policy_version(
        PolicyArn=surroundings.READER,
        PolicyDocument=indented(form(live["PolicyVersion"]["Document"])),
        SetAsDefault=True,
    )


def endpoint_policy(form: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    ec2, endpoint = client("ec2"), surroundings.endpoint()
    [live] = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint, PolicyDocument=indented(form(json.loads(live["PolicyDocument"])))
    )


POLICIES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "key": ("the key's policy", key_policy),
    "topic": ("the topic's policy", topic_policy),
    "access": ("an access policy, which IAM hands out URL-encoded", access_policy),
    "endpoint": ("the endpoint's policy", endpoint_policy),
}


def _rewritten(put: Callable[[Any], None], form: Any, does: str) -> Callable[[Stage], None]:
    def change(_: Stage) -> None:
        put(form)

    change.__doc__ = does
    return change


for _policy, (_what, _put) in POLICIES.items():
    for _form, (_how, _made) in FORMS.items():
        _does = f"Canonicalised, {_what}: {_how}"
        DONE(f"{_policy}-policy-{_form}")(_rewritten(_put, _made, _does))


@DONE("filter-policy-in-another-form")
def filter_form(_: Stage) -> None:
    """A filter policy is written again with other spaces."""
    surroundings.subscription_attribute("FilterPolicy", '{ "severity" :  [ "high" ] }')


@DONE("dashboard-in-another-form")
def dashboard_form(_: Stage) -> None:
    """The dashboard's body is written again, its members in another order."""
    name = f"{PREFIX}-{LOCAL_REGION}"
    body = client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
    again = json.dumps(json.loads(body), indent=2, sort_keys=True)
    client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=again)


@DONE("alarm-with-defaults-spelled-out")
def spelled_out(_: Stage) -> None:
    """An alarm is put again with what AWS assumes anyway."""
    live = alarms.live(alarms.ERRORS)
    points = live.get("DatapointsToAlarm", live["EvaluationPeriods"])
    alarms.put(alarms.ERRORS, ActionsEnabled=True, DatapointsToAlarm=points)


@DONE("alarm-metrics-in-another-order")
def metrics_order(_: Stage) -> None:
    """The metrics of an alarm's expression come in another order."""
    alarms.put(alarms.ERRORS, Metrics=list(reversed(alarms.live(alarms.ERRORS)["Metrics"])))


@DONE("tags-in-another-order")
def tags_order(_: Stage) -> None:
    """All tags of a table are written again, in another order."""
    arn = live_table("orders")["TableArn"]
    tags = client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]
    client("dynamodb").untag_resource(ResourceArn=arn, TagKeys=[each["Key"] for each in tags])
    client("dynamodb").tag_resource(ResourceArn=arn, Tags=list(reversed(tags)))


# -- what somebody else owns


@DONE("autoscaled-in-band", tolerated=[("events/scaling/read", "capacity")])
def in_band(_: Stage) -> None:
    """The autoscaler moves the capacity of a table within its band."""
    update("events", **units(30, 5))


@DONE(
    "autoscaled-to-both-ends",
    tolerated=[("events/scaling/read", "capacity")],
)
def both_ends(_: Stage) -> None:
    """The autoscaler moves reads to the upper and writes to the lower bound."""
    update("events", **units(50, 5))


@DONE("index-autoscaled-in-band", tolerated=[("events/scaling/ByKind/write", "capacity")])
def index_in_band(_: Stage) -> None:
    """The autoscaler moves the capacity of an index within its band."""
    update_index("events", "ByKind", **units(5, 44))


@DONE(
    "scheduled-scaling",
    tolerated=[("events/scaling/read", path) for path in ("min", "max", "capacity")],
)
def scheduled(_: Stage | None = None) -> None:
    """A scheduled action has moved the bounds of a target, and the capacity follows."""
    client("application-autoscaling").put_scheduled_action(
        **scaling.TARGET,
        ScheduledActionName="morning",
        Schedule="cron(0 7 * * ? *)",
        ScalableTargetAction={"MinCapacity": 20, "MaxCapacity": 200},
    )
    scaling.bound(20, 200)
    update("events", **units(120, 5))


@DONE("scheduled-scaling-of-one-bound", tolerated=[("events/scaling/read", "min")])
def scheduled_minimum(_: Stage) -> None:
    """A scheduled action has moved the lower bound alone."""
    client("application-autoscaling").put_scheduled_action(
        **scaling.TARGET,
        ScheduledActionName="morning",
        Schedule="cron(0 7 * * ? *)",
        ScalableTargetAction={"MinCapacity": 2},
    )
    scaling.bound(2, 50)


@DONE("scheduled-scaling-not-due")
def not_due(_: Stage) -> None:
    """There is a scheduled action, and the bounds are the declared ones."""
    client("application-autoscaling").put_scheduled_action(
        **scaling.TARGET,
        ScheduledActionName="morning",
        Schedule="cron(0 7 * * ? *)",
        ScalableTargetAction={"MinCapacity": 20, "MaxCapacity": 200},
    )


@DONE("warm-throughput-raised", tolerated=[("sessions", "warm_throughput.read")])
def warm(_: Stage) -> None:
    """AWS raises the warm throughput of a table."""
    update("sessions", WarmThroughput={"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 4_000})


@DONE("tags-of-services", tolerated=[("orders/tags", "tags.aws:cloudformation:stack-name")])
def service_tags(_: Stage) -> None:
    """A service of AWS tags a table."""
    in_moto("orders").tags.append({"Key": "aws:cloudformation:stack-name", "Value": "shop"})


@DONE("alarms-of-target-tracking")
def target_tracking(_: Stage) -> None:
    """AWS renews the alarms of a scaling policy under other names."""
    scaling.track()
    client("cloudwatch").put_metric_alarm(
        AlarmName=f"TargetTracking-table/{table('events')}-AlarmHigh-0a",
        AlarmDescription="DO NOT EDIT OR DELETE. For TargetTrackingScaling policy x",
        Namespace="AWS/DynamoDB",
        MetricName="ConsumedReadCapacityUnits",
        Dimensions=[{"Name": "TableName", "Value": table("events")}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=42.0,
        ComparisonOperator="GreaterThanThreshold",
    )


@DONE("scaling-suspended")
def suspended(_: Stage) -> None:
    """Autoscaling is suspended: told in a note, the spec says nothing of it."""
    client("application-autoscaling").register_scalable_target(
        **scaling.TARGET, SuspendedState={"DynamicScalingInSuspended": True}
    )


# -- what nobody declared


@DONE("undeclared-settings")
def undeclared(_: Stage) -> None:
    """Settings of a table that its spec does not mention are switched on."""
    update("sessions", DeletionProtectionEnabled=True)
    update("sessions", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    client("dynamodb").update_time_to_live(
        TableName=table("sessions"),
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "x"},
    )
    client("dynamodb").update_continuous_backups(
        TableName=table("sessions"),
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


@DONE("tags-of-others")
def others_tags(_: Stage) -> None:
    """Somebody tags table, key and topic with tags that no spec names."""
    client("dynamodb").tag_resource(
        ResourceArn=live_table("orders")["TableArn"], Tags=[{"Key": "Mine", "Value": "yes"}]
    )
    client("kms").tag_resource(
        KeyId=surroundings.key_id(), Tags=[{"TagKey": "Mine", "TagValue": "yes"}]
    )
    client("sns").tag_resource(ResourceArn=TOPIC, Tags=[{"Key": "Mine", "Value": "yes"}])


@DONE("second-alias")
def second_alias(_: Stage) -> None:
    """A second alias leads to the key."""
    client("kms").create_alias(AliasName="alias/mine", TargetKeyId=surroundings.key_id())


@DONE("grant")
def grant(_: Stage) -> None:
    """DynamoDB grants itself the use of the key, as it does for each table."""
    client("kms").create_grant(
        KeyId=surroundings.key_id(),
        GranteePrincipal=f"arn:aws:iam::{LOCAL_ACCOUNT}:role/x",
        Operations=["Decrypt"],
    )


@DONE("foreign-alarm")
def foreign_alarm(_: Stage) -> None:
    """Somebody watches one of our tables with an alarm of their own."""
    live = alarms.live(alarms.SLOW)
    client("cloudwatch").put_metric_alarm(**{**live, "AlarmName": "theirs"})


@DONE("foreign-resources")
def foreign(_: Stage) -> None:
    """Somebody makes a table, a topic, a key, a policy and a dashboard of their own."""
    client("dynamodb").create_table(
        TableName="theirs",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    client("sns").create_topic(Name="theirs")
    client("kms").create_key()
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").create_policy(PolicyName="theirs", PolicyDocument=document)
    client("cloudwatch").put_dashboard(
        DashboardName="theirs", DashboardBody=json.dumps({"widgets": []})
    )


@DONE("another-environment")
def another_environment(_: Stage) -> None:
    """Another environment of the project has a table of the same name in the spec."""
    client("dynamodb").create_table(
        TableName="shop-dev-orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        Tags=[
            {"Key": "dynaprov:project", "Value": "shop"},
            {"Key": "dynaprov:environment", "Value": "dev"},
            {"Key": "dynaprov:address", "Value": "orders"},
        ],
    )


@DONE("policy-version-that-is-not-the-default")
def other_version(_: Stage) -> None:
    """A version of an access policy is made that is not the default."""
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    client("iam").create_policy_version(
        PolicyArn=surroundings.READER,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        SetAsDefault=False,
    )


@DONE("policy-attached")
def attached(_: Stage) -> None:
    """An access policy is attached to a role."""
    iam = client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument="{}")
    iam.attach_role_policy(RoleName="app", PolicyArn=surroundings.READER)


@DONE("endpoint-of-another-service")
def s3_endpoint(stage: Stage) -> None:
    """The network gets an endpoint for another service."""
    client("ec2").create_vpc_endpoint(
        VpcId=stage.account.vpc, ServiceName=f"com.amazonaws.{LOCAL_REGION}.s3"
    )


@DONE("stamp-removed")
def stamp_removed(_: Stage) -> None:
    """The stamp of a table is removed while all is as declared: it is written again."""
    client("dynamodb").untag_resource(
        ResourceArn=live_table("orders")["TableArn"],
        TagKeys=["dynaprov:applied", "dynaprov:applied-2"],
    )


ROWS = DONE.rows
