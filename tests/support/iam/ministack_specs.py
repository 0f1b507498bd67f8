"""The environment on ministack: of every kind that it has what it keeps, and the same changed.

It has no Application Auto Scaling, keeps no metric math, no policy of an endpoint, and no mode of
Contributor Insights.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from support.iam.ministack_ground import ACCOUNT, REGION, Ground

QUEUE = f"sqs:arn:aws:sqs:{REGION}:{ACCOUNT}:alerts"
Documents = dict[str, Any]


def environment(ground: Ground) -> tuple[Documents, Documents]:
    """The documents, and those of an environment in which much is different."""
    ec2 = ground.root("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    routes = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    alarm = {
        "metric": "SuccessfulRequestLatency",
        "dimensions": {"Operation": "Query"},
        "statistic": "Average",
        "threshold": 50,
        "period_seconds": 60,
        "evaluation_periods": 5,
        "description": "queries take long",
    }
    made: Documents = {
        "project.yaml": {"project_name": "shop", "region": REGION, "tags": {"Owner": "shop"}},
        "environments/full.yaml": {
            "allow_destroy": True,
            "lease": {"table": "orders"},
            "kms_key": {
                "description": "key of the shop",
                "policy": "standard",
                "rotation": True,
                "rotation_period_days": 180,
                "deletion_window_days": 7,
            },
            "topic": {
                "display_name": "alarms",
                "encryption": "kms-key",
                "policy": "standard",
                "subscriptions": {QUEUE: {"raw_message_delivery": True}},
            },
            "dashboard": {"widgets": ["alarms"], "period_seconds": 60, "range": "-PT3H"},
            "access_policies": {"shop": {"tables": ["orders"], "roles": ["reader"]}},
            "vpc_endpoint": {"vpc_id": vpc, "route_table_ids": routes[:1]},
        },
        "tables/orders.yaml": {
            "partition_key": "id",
            "billing_mode": "PAY_PER_REQUEST",
            "indexes": {"ByUser": {"partition_key": "user", "projection": "ALL"}},
            "encryption": "kms-key",
            "deletion_protection": True,
            "tags": {"Team": "orders"},
            "ttl": {"attribute": "expires"},
            "pitr": {"enabled": True},
            "insights": {"table": True},
            "alarms": {"suite": "none", "actions": "topic", "custom": {"slow": alarm}},
        },
    }
    return made, _changed(made, routes)


def _changed(made: Documents, routes: list[str]) -> Documents:
    other = deepcopy(made)
    other["project.yaml"]["tags"] = {"Owner": "none", "Cost": "1"}
    environment = other["environments/full.yaml"]
    statement = {"Sid": "Operators", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}}
    environment["kms_key"] = {
        "description": "another",
        "policy": "standard",
        "statements": [{**statement, "Action": "kms:List*"}],
        "rotation": False,
    }
    environment["topic"]["display_name"] = "another"
    environment["topic"]["subscriptions"] = {
        QUEUE: {"raw_message_delivery": False},
        f"{QUEUE}-2": True,
    }
    environment["dashboard"]["period_seconds"] = 300
    environment["access_policies"]["shop"]["tables"] = "*"
    environment["vpc_endpoint"]["route_table_ids"] = routes
    orders = other["tables/orders.yaml"]
    orders.update(stream="NEW_IMAGE", tags={"Team": "none"}, ttl="none", pitr="none")
    orders["insights"] = "none"
    orders["alarms"]["custom"]["slow"]["threshold"] = 60
    return other
