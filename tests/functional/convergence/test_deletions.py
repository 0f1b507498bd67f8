"""Whole resources deleted behind dynaprov's back are found and made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functional.convergence.conftest import HEALED, Live
from support.breaking import scaling, surroundings, tables
from support.breaking.place import ALIAS, PREFIX, QUEUE, TOPIC, table
from support.converging import client, differences


def delete_orders() -> None:
    tables.update("orders", DeletionProtectionEnabled=False)
    client("dynamodb").delete_table(TableName=table("orders"))


DELETIONS: dict[str, tuple[Callable[[], Any], set[str], str]] = {
    "alarm": (
        lambda: client("cloudwatch").delete_alarms(AlarmNames=[f"{PREFIX}-orders-slow"]),
        {"orders/alarm/slow"},
        "new",
    ),
    "topic": (lambda: client("sns").delete_topic(TopicArn=TOPIC), {"topic"}, "drift"),
    "subscription": (
        lambda: client("sns").unsubscribe(SubscriptionArn=surroundings.subscription()),
        {f"topic/subscription/sqs:{QUEUE}"},
        "drift",
    ),
    "alias": (lambda: client("kms").delete_alias(AliasName=ALIAS), {"kms-key"}, "drift"),
    "access-policy": (
        lambda: client("iam").delete_policy(PolicyArn=surroundings.READER),
        {"access-policy/shop-reader"},
        "new",
    ),
    "dashboard": (
        lambda: client("cloudwatch").delete_dashboards(DashboardNames=[f"{PREFIX}-us-east-1"]),
        {"dashboard"},
        "drift",
    ),
    "scaling-target": (
        lambda: client("application-autoscaling").deregister_scalable_target(**scaling.TARGET),
        {"events/scaling/read"},
        "drift",
    ),
    "scaling-policy": (
        lambda: client("application-autoscaling").delete_scaling_policy(
            **scaling.TARGET, PolicyName=scaling.policy()["PolicyName"]
        ),
        {"events/scaling/read"},
        "drift",
    ),
    "endpoint": (
        lambda: client("ec2").delete_vpc_endpoints(VpcEndpointIds=[surroundings.endpoint()]),
        {"vpc-endpoint"},
        "new",
    ),
    "index": (
        lambda: tables.update(
            "orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ByStatus"}}]
        ),
        {"orders/index/ByStatus", "orders/insights/ByStatus"},
        "drift",
    ),
    "table": (
        delete_orders,
        {
            "orders",
            "orders/ttl",
            "orders/pitr",
            "orders/insights",
            "orders/insights/ByStatus",
        },
        "new",
    ),
}


@pytest.mark.parametrize("what", DELETIONS)
def test_what_was_deleted_is_found_and_made_again(
    what: str, live: Live, request: pytest.FixtureRequest
) -> None:
    delete, addresses, cause = DELETIONS[what]
    delete()
    plan = live.world.plan(live.spec)
    assert {address for address, _ in differences(plan)} == addresses
    assert {str(each.cause) for each in plan.changes} == {cause}
    assert plan.refusals == ()
    run = live.world.carry_out(plan, lambda: live.world.plan(live.spec))
    assert run.converged
    assert run.residual is not None
    assert run.residual.is_empty
    request.node.stash[HEALED] = True
