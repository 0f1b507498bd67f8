"""The environment whose every setting is declared, and what a row of the table is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from dynaprov.model.spec import Spec
from support.converging import client, written

PREFIX = "shop-full"
QUEUE = f"arn:aws:sqs:{LOCAL_REGION}:{LOCAL_ACCOUNT}:alerts"
TOPIC = f"arn:aws:sns:{LOCAL_REGION}:{LOCAL_ACCOUNT}:{PREFIX}-alarms"
ALIAS = f"alias/{PREFIX}"
STATEMENT = {"Sid": "Operators", "Effect": "Allow", "Principal": {"AWS": f"{LOCAL_ACCOUNT}"}}


def table(name: str) -> str:
    """The physical name of a table."""
    return f"{PREFIX}-{name}"


def tagged(pairs: list[dict[str, str]]) -> dict[str, str]:
    """Tags as a mapping."""
    return {each["Key"]: each["Value"] for each in pairs}


@dataclass(frozen=True)
class Account:
    """What is there before dynaprov: a network, a key of somebody else's."""

    vpc: str
    other_vpc: str
    route_tables: tuple[str, str]
    foreign_key: str

    @classmethod
    def furnished(cls) -> Account:
        """Make it."""
        ec2 = client("ec2")
        vpcs = [ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (1, 2)]
        routes = [
            ec2.create_route_table(VpcId=vpcs[0])["RouteTable"]["RouteTableId"] for _ in range(2)
        ]
        key = client("kms").create_key(Description="somebody else's")["KeyMetadata"]["Arn"]
        return cls(vpcs[0], vpcs[1], (routes[0], routes[1]), key)

    @cached_property
    def documents(self) -> dict[str, Any]:
        """The spec files by path: every setting of every kind is declared."""
        scaled = {
            "min": 5,
            "max": 50,
            "target_utilization": 70,
            "scale_in_cooldown_seconds": 60,
            "scale_out_cooldown_seconds": 30,
            "disable_scale_in": False,
        }
        return {
            "project.yaml": {
                "project_name": "shop",
                "region": LOCAL_REGION,
                "tags": {"Project": "shop"},
            },
            "environments/full.yaml": {
                "allow_destroy": True,
                "kms_key": {
                    "description": "key of the shop",
                    "policy": "standard",
                    "statements": [{**STATEMENT, "Action": "kms:Describe*"}],
                    "rotation": True,
                    "rotation_period_days": 180,
                    "enabled": True,
                    "deletion_window_days": 7,
                },
                "topic": {
                    "display_name": "alarms",
                    "encryption": "kms-key",
                    "policy": "standard",
                    "subscriptions": {
                        f"sqs:{QUEUE}": {
                            "raw_message_delivery": True,
                            "filter_policy": {"severity": ["high"]},
                        }
                    },
                },
                "account_alarms": {
                    "user_errors": {"threshold": 50},
                    "drift_check": {"namespace": "Dynaprov", "silent_hours": 26},
                },
                "dashboard": {
                    "widgets": ["capacity", "alarms"],
                    "period_seconds": 60,
                    "range": "-PT3H",
                },
                "access_policies": {"shop": {"tables": ["orders"], "roles": ["reader"]}},
                "vpc_endpoint": {
                    "vpc_id": self.vpc,
                    "route_table_ids": list(self.route_tables),
                    "policy": "tables",
                },
            },
            "tables/orders.yaml": {
                "partition_key": "customer",
                "sort_key": {"name": "placed", "type": "N"},
                "billing_mode": "PROVISIONED",
                "capacity": {"read": 20, "write": 20},
                "indexes": {
                    "ByStatus": {
                        "partition_key": "status",
                        "sort_key": "due",
                        "projection": ["total"],
                        "capacity": {"read": 10, "write": 10},
                    }
                },
                "local_indexes": {
                    "ByTotal": {"sort_key": {"name": "total", "type": "N"}, "projection": "ALL"}
                },
                "stream": "NEW_IMAGE",
                "encryption": "kms-key",
                "class": "STANDARD",
                "deletion_protection": True,
                "tags": {"Team": "orders"},
                "ttl": {"attribute": "expires"},
                "pitr": {"enabled": True, "recovery_period_days": 7},
                "insights": {"table": True, "indexes": "*", "mode": "THROTTLED_KEYS"},
                "alarms": {
                    "suite": "none",
                    "actions": "topic",
                    "ok_actions": "topic",
                    "custom": {
                        "slow": {
                            "metric": "SuccessfulRequestLatency",
                            "dimensions": {"Operation": "Query"},
                            "statistic": "p99",
                            "threshold": 50,
                            "period_seconds": 60,
                            "evaluation_periods": 5,
                            "datapoints_to_alarm": 3,
                            "low_samples": "ignore",
                            "description": "queries take long",
                        }
                    },
                },
            },
            "tables/events.yaml": {
                "partition_key": "id",
                "billing_mode": "PROVISIONED",
                "indexes": {"ByKind": {"partition_key": "kind", "projection": "KEYS_ONLY"}},
                "scaling": {
                    "read": scaled,
                    "write": scaled,
                    "indexes": {"*": {"read": scaled, "write": scaled}},
                },
                "alarms": {"suite": "basic"},
            },
            "tables/sessions.yaml": {
                "partition_key": "id",
                "sort_key": "none",
                "billing_mode": "PAY_PER_REQUEST",
                "on_demand_limits": {"max_read": 1000, "max_write": 500},
                "indexes": {
                    "ByUser": {
                        "partition_key": "user",
                        "sort_key": "none",
                        "projection": "ALL",
                        "on_demand_limits": {"max_read": 100, "max_write": 50},
                    }
                },
                "encryption": self.foreign_key,
            },
        }

    def spec(self, scratch: Path, *sets: str) -> Spec:
        """The resolved spec."""
        return written(scratch, self.documents, *sets)


Found = set[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One setting and what happens to it.

    Attributes:
        kind, setting: the setting, ``*`` standing for the key of a part.
        change: changes it live.
        found: exactly what ``diff`` must say: address and path.
        allowed: guards that healing needs; without them it is refused.
        title: tells rows of one setting apart.
        causes: why it differs: drift, and what was never made is new.
    """

    kind: str
    setting: str
    change: Callable[[Account], Any]
    found: Found
    allowed: tuple[str, ...] = ()
    title: str = ""
    causes: tuple[str, ...] = ("drift",)

    @property
    def name(self) -> str:
        """The test's id."""
        return "-".join(filter(None, (self.kind, self.setting, self.title)))


@dataclass
class Rows:
    """Rows of one kind, as a decorator over the functions that change something."""

    kind: str
    rows: list[Row] = field(default_factory=list)

    def __call__(
        self,
        setting: str,
        *found: tuple[str, str],
        allowed: tuple[str, ...] = (),
        title: str = "",
        causes: tuple[str, ...] = ("drift",),
    ) -> Callable[[Callable[[Account], Any]], Callable[[Account], Any]]:
        """A row of the function below."""

        def add(change: Callable[[Account], Any]) -> Callable[[Account], Any]:
            self.rows.append(Row(self.kind, setting, change, set(found), allowed, title, causes))
            return change

        return add


def policy_with(statement: dict[str, Any]) -> str:
    """A policy document that says something else."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
