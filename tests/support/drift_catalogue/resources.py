"""Whole things deleted, made again, added or taken away from each other."""

from __future__ import annotations

import json
from typing import Any

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from support.breaking import alarms, scaling, surroundings, tables
from support.breaking.place import ALIAS, PREFIX, QUEUE, TOPIC, table
from support.breaking.tables import units, update, update_index
from support.converging import client
from support.drift_catalogue.entry import (
    Entries,
    Found,
    conflict,
    drift,
    gone,
    listed,
    missing,
    unmanaged,
)
from support.drift_catalogue.place import Stage
from support.drift_catalogue.settings import UNUSABLE

DONE = Entries()
INDEX = "sessions/index/ByUser"
SUBSCRIPTION = surroundings.SUBSCRIPTION
OTHER_QUEUE = QUEUE.replace("alerts", "elsewhere")


def bare(verdict: str) -> list[Found]:
    """A table of sessions as it is without what was declared of it."""
    both = ("on_demand_limits.max_read", "on_demand_limits.max_write")
    return [
        *drift("sessions", "encryption", *both, verdict=verdict),
        *drift(INDEX, *both, verdict=verdict),
    ]


def no_tags(address: str) -> list[Found]:
    """Something that is there without tags: nothing tells who made it, and it is taken over."""
    identity = ("address", "environment", "project")
    paths = ["tags.Project", *(f"tags.dynaprov:{each}" for each in identity)]
    return drift(address, *paths, verdict="unknown")


def delete_table(name: str) -> None:
    """Delete a table, protected or not."""
    update(name, DeletionProtectionEnabled=False)
    client("dynamodb").delete_table(TableName=table(name))


def make_sessions(**more: Any) -> None:
    """Make the table of sessions as somebody would by hand, from what it was."""
    dynamodb = client("dynamodb")
    live = dynamodb.describe_table(TableName=table("sessions"))["Table"]
    delete_table("sessions")
    [index] = live["GlobalSecondaryIndexes"]
    dynamodb.create_table(
        TableName=table("sessions"),
        BillingMode="PAY_PER_REQUEST",
        KeySchema=live["KeySchema"],
        AttributeDefinitions=live["AttributeDefinitions"],
        GlobalSecondaryIndexes=[
            {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
        ],
        **more,
    )


# -- tables and indexes


@DONE("table-deleted", missing("sessions"))
def sessions_deleted(_: Stage) -> None:
    """A table is deleted."""
    delete_table("sessions")


@DONE("protected-table-deleted", missing("orders"))
def orders_deleted(_: Stage) -> None:
    """A protected table loses its protection and is deleted."""
    delete_table("orders")


@DONE("scaled-table-deleted", gone("events"))
def events_deleted(_: Stage) -> None:
    """An autoscaled table is deleted; its scaling targets and alarms stay."""
    delete_table("events")


@DONE("table-made-again-by-hand", bare("unknown"), no_tags("sessions/tags"))
def made_by_hand(_: Stage) -> None:
    """A table is deleted and made again with the same name and keys, without tags and limits."""
    make_sessions()


@DONE("table-made-again-with-its-tags", bare("drift"))
def made_with_tags(_: Stage) -> None:
    """A table is deleted and made again with its old tags, the stamp among them."""
    arn = client("dynamodb").describe_table(TableName=table("sessions"))["Table"]["TableArn"]
    tags = client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"]
    make_sessions(Tags=tags)


@DONE("table-of-another-tool", bare("unknown"), no_tags("sessions/tags"))
def of_another_tool(_: Stage) -> None:
    """A table is deleted and made again by a tool that tags it as its own."""
    make_sessions(Tags=[{"Key": "dynaprov:project", "Value": "theirs"}])


@DONE("index-deleted", gone(INDEX))
def index_deleted(_: Stage) -> None:
    """A global index is deleted."""
    update("sessions", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ByUser"}}])


@DONE("index-with-insights-deleted", gone("orders/index/ByStatus"))
def index_with_insights_deleted(_: Stage) -> None:
    """A global index is deleted whose keys were recorded; its insights go with it."""
    update("orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ByStatus"}}])


@DONE("index-added", unmanaged("sessions/index/ByDay"))
def index_added(_: Stage) -> None:
    """A global index is added."""
    update(
        "sessions",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "user", "day")
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "ByDay",
                    "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )


@DONE("capacity-halved", drift("orders", "capacity.read", "capacity.write"))
def halved(_: Stage) -> None:
    """The capacity of a table that nothing scales is halved."""
    update("orders", **units(10, 10))


@DONE("index-capacity-halved", drift("orders/index/ByStatus", "capacity.read", "capacity.write"))
def index_halved(_: Stage) -> None:
    """The capacity of an index that nothing scales is halved."""
    update_index("orders", "ByStatus", **units(5, 5))


@DONE("encryption-aws-owned", drift("orders", "encryption"))
def aws_owned(_: Stage) -> None:
    """A table goes back to the key that AWS owns."""
    update("orders", SSESpecification={"Enabled": False})


@DONE("encryption-aws-managed", drift("orders", "encryption"))
def aws_managed(_: Stage) -> None:
    """A table is encrypted with the key that AWS manages."""
    update("orders", SSESpecification={"Enabled": True, "SSEType": "KMS"})


@DONE("limits-lifted", drift("sessions", "on_demand_limits.max_read", "on_demand_limits.max_write"))
def limits_lifted(_: Stage) -> None:
    """Both limits of an on-demand table are lifted."""
    update("sessions", **tables.limits(-1, -1))


@DONE(
    "everything-off",
    drift("orders", "deletion_protection", "stream"),
    drift("orders/pitr", "enabled"),
    drift("orders/ttl", "attribute"),
)
def everything_off(_: Stage) -> None:
    """Protection, stream, recovery and time to live of a table are all switched off."""
    update("orders", DeletionProtectionEnabled=False)
    update("orders", StreamSpecification={"StreamEnabled": False})
    tables.pitr(PointInTimeRecoveryEnabled=False)
    tables.ttl("expires", on=False)


# -- autoscaling


@DONE("scaling-target-removed", gone("events/scaling/read"))
def target_removed(_: Stage) -> None:
    """A scaling target is deregistered, its policy goes with it."""
    client("application-autoscaling").deregister_scalable_target(**scaling.TARGET)


@DONE("scaling-target-of-an-index-removed", gone("events/scaling/ByKind/write"))
def index_target_removed(_: Stage) -> None:
    """The scaling target of an index is deregistered."""
    client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{table('events')}/index/ByKind",
        ScalableDimension="dynamodb:index:WriteCapacityUnits",
    )


@DONE(
    "scaling-policy-deleted",
    drift(
        "events/scaling/read",
        "target_utilization",
        "scale_in_cooldown_seconds",
        "scale_out_cooldown_seconds",
        "disable_scale_in",
    ),
)
def policy_deleted(_: Stage) -> None:
    """The scaling policy of a target is deleted; the target stays."""
    client("application-autoscaling").delete_scaling_policy(
        **scaling.TARGET, PolicyName=scaling.policy()["PolicyName"]
    )


@DONE("capacity-below-the-band", drift("events/scaling/read", "capacity"))
def below(_: Stage) -> None:
    """The capacity of a scaled table is set below its lower bound."""
    update("events", **units(2, 5))


@DONE("capacity-of-an-index-above-the-band", drift("events/scaling/ByKind/read", "capacity"))
def index_above(_: Stage) -> None:
    """The capacity of a scaled index is set above its upper bound."""
    update_index("events", "ByKind", **units(60, 5))


@DONE(
    "scheduled-action-with-other-numbers",
    drift("events/scaling/read", "min", "max"),
)
def other_numbers(_: Stage) -> None:
    """Bounds are moved while a scheduled action sets other ones."""
    client("application-autoscaling").put_scheduled_action(
        **scaling.TARGET,
        ScheduledActionName="morning",
        Schedule="cron(0 7 * * ? *)",
        ScalableTargetAction={"MinCapacity": 20, "MaxCapacity": 200},
    )
    scaling.bound(4, 60)


@DONE("scaling-switched-on", listed("orders/scaling/read"))
def switched_on(_: Stage) -> None:
    """A table whose spec says nothing of autoscaling is scaled."""
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{table('orders')}",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=5,
        MaxCapacity=50,
    )


@DONE("scaled-table-on-demand", drift("events", "billing_mode"))
def scaled_on_demand(_: Stage) -> None:
    """An autoscaled table is switched to on-demand."""
    update("events", BillingMode="PAY_PER_REQUEST")


# -- alarms and the topic


@DONE("alarm-deleted", missing("orders/alarm/slow"))
def alarm_deleted(_: Stage) -> None:
    """An alarm is deleted."""
    client("cloudwatch").delete_alarms(AlarmNames=[alarms.SLOW])


@DONE("alarm-of-a-suite-deleted", missing("events/alarm/system-errors"))
def suite_alarm_deleted(_: Stage) -> None:
    """An alarm that a suite brings is deleted."""
    client("cloudwatch").delete_alarms(AlarmNames=[alarms.ERRORS])


@DONE("account-alarm-deleted", missing("alarm/user-errors"))
def account_alarm_deleted(_: Stage) -> None:
    """An alarm of the account is deleted."""
    client("cloudwatch").delete_alarms(AlarmNames=[f"{PREFIX}-user-errors"])


@DONE("alarm-muted", drift("orders/alarm/slow", "actions_enabled"))
def muted(_: Stage) -> None:
    """DisableAlarmActions: the alarm goes off and tells nobody."""
    client("cloudwatch").disable_alarm_actions(AlarmNames=[alarms.SLOW])


@DONE("alarm-tells-another-topic", drift("orders/alarm/slow", "alarm_actions"))
def another_topic(_: Stage) -> None:
    """The action of an alarm leads to another topic."""
    arn = client("sns").create_topic(Name="elsewhere")["TopicArn"]
    alarms.put(alarms.SLOW, AlarmActions=[arn])


@DONE("alarm-tells-one-more-topic", drift("orders/alarm/slow", "alarm_actions"))
def one_more_topic(_: Stage) -> None:
    """An alarm also tells another topic."""
    arn = client("sns").create_topic(Name="elsewhere")["TopicArn"]
    alarms.put(alarms.SLOW, AlarmActions=[TOPIC, arn])


@DONE("alarm-made-again-without-tags", no_tags("orders/alarm/slow/tags"))
def alarm_made_again(_: Stage) -> None:
    """An alarm is deleted and made again by hand, the same but for its tags."""
    live = alarms.live(alarms.SLOW)
    client("cloudwatch").delete_alarms(AlarmNames=[alarms.SLOW])
    client("cloudwatch").put_metric_alarm(**live)


@DONE("alarm-with-our-tags", listed(f"alarm/{PREFIX}-orders-slower"))
def alarm_with_our_tags(_: Stage) -> None:
    """Somebody copies one of our alarms, tags and all, under another name."""
    tags = client("cloudwatch").list_tags_for_resource(
        ResourceARN=f"arn:aws:cloudwatch:{LOCAL_REGION}:{LOCAL_ACCOUNT}:alarm:{alarms.SLOW}"
    )["Tags"]
    live = alarms.live(alarms.SLOW)
    client("cloudwatch").put_metric_alarm(
        **{**live, "AlarmName": f"{PREFIX}-orders-slower"}, Tags=tags
    )


@DONE("topic-deleted", gone("topic"))
def topic_deleted(_: Stage) -> None:
    """The topic of the alarms is deleted."""
    client("sns").delete_topic(TopicArn=TOPIC)


@DONE(
    "topic-made-again",
    drift("topic", "display_name", "encryption", "policy", verdict="unknown"),
    drift(SUBSCRIPTION, "", verdict="unknown"),
    no_tags("topic/tags"),
)
def topic_made_again(_: Stage) -> None:
    """The topic is deleted and made again by hand with the same name."""
    client("sns").delete_topic(TopicArn=TOPIC)
    client("sns").create_topic(Name=f"{PREFIX}-alarms")


@DONE("subscription-removed", gone(SUBSCRIPTION))
def unsubscribed(_: Stage) -> None:
    """A subscription is removed."""
    client("sns").unsubscribe(SubscriptionArn=surroundings.subscription())


@DONE("subscription-added", unmanaged(f"topic/subscription/sqs:{OTHER_QUEUE}"))
def subscribed(_: Stage) -> None:
    """Somebody else subscribes."""
    client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=OTHER_QUEUE)


@DONE(
    "subscription-moved",
    gone(SUBSCRIPTION),
    unmanaged(f"topic/subscription/sqs:{OTHER_QUEUE}"),
)
def moved(_: Stage) -> None:
    """A subscription is replaced by one of another queue."""
    client("sns").unsubscribe(SubscriptionArn=surroundings.subscription())
    client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=OTHER_QUEUE)


@DONE("topic-encryption-off", drift("topic", "encryption"))
def topic_encryption_off(_: Stage) -> None:
    """The topic is not encrypted any more."""
    surroundings.attribute("KmsMasterKeyId", "")


@DONE("topic-policy-cuts-alarms-off", drift("topic", "policy"))
def cut_off(_: Stage) -> None:
    """CloudWatch's statement is taken out of the topic's policy."""
    live = client("sns").get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"]
    surroundings.attribute("Policy", without("CloudWatchPublishesAlarms", live))


def without(sid: str, policy: str) -> str:
    """A policy without one of its statements."""
    document = json.loads(policy)
    kept = [each for each in document["Statement"] if each.get("Sid") != sid]
    assert len(kept) < len(document["Statement"])
    return json.dumps({**document, "Statement": kept})


# -- the key


@DONE("key-pending-deletion", drift("kms-key", "enabled"), [UNUSABLE])
def pending_deletion(_: Stage) -> None:
    """The deletion of the key is scheduled."""
    client("kms").schedule_key_deletion(KeyId=surroundings.key_id(), PendingWindowInDays=7)


@DONE("key-policy-cuts-alarms-off", drift("kms-key", "policy"))
def key_cut_off(_: Stage) -> None:
    """CloudWatch's statement is taken out of the key's policy."""
    kms, key = client("kms"), surroundings.key_id()
    live = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    policy = without("CloudWatchPublishesAlarms", live)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


@DONE("key-policy-opened", drift("kms-key", "policy"))
def key_opened(_: Stage) -> None:
    """A statement is added to the key's policy."""
    kms, key = client("kms"), surroundings.key_id()
    document = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    document["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))


@DONE("foreign-key-disabled", [UNUSABLE._replace(address="sessions")])
def foreign_disabled(stage: Stage) -> None:
    """Somebody else's key, which encrypts a table, is disabled."""
    client("kms").disable_key(KeyId=stage.account.foreign_key)


@DONE("foreign-key-pending-deletion", [UNUSABLE._replace(address="sessions")])
def foreign_deleted(stage: Stage) -> None:
    """The deletion of somebody else's key, which encrypts a table, is scheduled."""
    client("kms").schedule_key_deletion(KeyId=stage.account.foreign_key, PendingWindowInDays=7)


@DONE("foreign-key-swapped-in", drift("orders", "encryption"), drift("topic", "encryption"))
def swapped_in(stage: Stage) -> None:
    """Table and topic are encrypted with somebody else's key."""
    tables.encryption(stage.account)
    surroundings.topic_encryption(stage.account)


@DONE("key-swapped", drift("kms-key", "alias"), listed("kms-key/<id>"))
def swapped(_: Stage) -> None:
    """A new key takes alias and tags of the old one; tables and topic stay with the old one."""
    kms, old = client("kms"), surroundings.key_id()
    new = kms.create_key(Tags=kms.list_resource_tags(KeyId=old)["Tags"])["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=ALIAS, TargetKeyId=new)


# -- what surrounds the tables


@DONE("access-policy-deleted", missing("access-policy/shop-reader"))
def access_policy_deleted(_: Stage) -> None:
    """An access policy is deleted."""
    client("iam").delete_policy(PolicyArn=surroundings.READER)


@DONE("dashboard-deleted", gone("dashboard"))
def dashboard_deleted(_: Stage) -> None:
    """The dashboard is deleted."""
    client("cloudwatch").delete_dashboards(DashboardNames=[f"{PREFIX}-{LOCAL_REGION}"])


@DONE("endpoint-deleted", missing("vpc-endpoint"))
def endpoint_deleted(_: Stage) -> None:
    """The gateway endpoint is deleted."""
    client("ec2").delete_vpc_endpoints(VpcEndpointIds=[surroundings.endpoint()])


@DONE("endpoint-serves-another-route-table", unmanaged("vpc-endpoint/route-table/<id>"))
def one_more_route(stage: Stage) -> None:
    """One more route table leads to the endpoint."""
    ec2 = client("ec2")
    more = ec2.create_route_table(VpcId=stage.account.vpc)["RouteTable"]["RouteTableId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=surroundings.endpoint(), AddRouteTableIds=[more])


# -- tags


@DONE(
    "all-tags-removed",
    no_tags("orders/tags"),
    drift("orders/tags", "tags.Team", verdict="unknown"),
)
def all_tags_removed(_: Stage) -> None:
    """All tags of a table are removed, identity and stamp among them."""
    dynamodb = client("dynamodb")
    arn = dynamodb.describe_table(TableName=table("orders"))["Table"]["TableArn"]
    keys = [each["Key"] for each in dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]]
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=keys)


# -- changed on both sides


@DONE("conflict-of-a-tag", conflict("orders/tags", "tags.Team"))
def both_tag(stage: Stage) -> None:
    """A tag is changed live and, to something else, in the spec."""
    from support.breaking import tags

    tags.of_table(stage.account)
    stage.respecify("tables.orders.tags.Team=third")


@DONE("conflict-of-recovery", conflict("orders/pitr", "recovery_period_days"))
def both_recovery(stage: Stage) -> None:
    """The recovery period is changed live and, to something else, in the spec."""
    tables.pitr_period(stage.account)
    stage.respecify("tables.orders.pitr.recovery_period_days=9")


@DONE(
    "drift-beside-pending",
    drift("orders", "deletion_protection"),
    drift("orders", "class", verdict="pending"),
)
def beside_pending(stage: Stage) -> None:
    """Protection goes live while the spec, not applied yet, asks for another class."""
    tables.deletion_protection(stage.account)
    stage.respecify("tables.orders.class=STANDARD_INFREQUENT_ACCESS")


ROWS = DONE.rows
