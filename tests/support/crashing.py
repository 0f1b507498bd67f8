"""The scenarios in which a run is stopped: what is there before, and what is to come.

Small, and with one of everything that there must not be two of: key, alias, topic, subscription,
policy, dashboard, index, alarm, scaling target, and at the end a backup of each table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynaprov.local import LOCAL_REGION

Documents = Mapping[str, Any]

#: Every guard that an update of these lifts.
ALLOWED = ("delete", "delete-index", "stream-off", "too-much-change")

BEFORE: Documents = {
    "project.yaml": {
        "project_name": "shop",
        "region": LOCAL_REGION,
        "default_environment": "full",
    },
    "environments/full.yaml": {
        "allow_destroy": True,
        "kms_key": {"description": "of the shop", "rotation": False},
        "topic": {"encryption": "kms-key", "subscriptions": {"email:a@example.com": {}}},
        "access_policies": {"app": {"tables": "*", "roles": ["reader"]}},
        "dashboard": {"widgets": ["throttles"], "period_seconds": 60, "range": "-PT3H"},
    },
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "encryption": "kms-key",
        "indexes": {"ByState": {"partition_key": "state", "projection": "KEYS_ONLY"}},
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True, "recovery_period_days": 7},
        "alarms": {"suite": "basic"},
        "deletion_protection": True,
        "tags": {"Team": "shop"},
    },
    "tables/events.yaml": {
        "partition_key": "id",
        "billing_mode": "PROVISIONED",
        "capacity": {"write": 5},
        "stream": "NEW_IMAGE",
        "scaling": {"read": {"min": 5, "max": 20, "target_utilization": 70}},
    },
}


def _mixed() -> Documents:
    made = deepcopy(dict(BEFORE))
    environment = made["environments/full.yaml"]
    environment["kms_key"] = {"description": "of all shops", "rotation": True}
    environment["topic"]["display_name"] = "shop"
    environment["topic"]["subscriptions"]["email:b@example.com"] = {}
    environment["access_policies"]["app"] = {"tables": ["orders"], "roles": ["reader", "writer"]}
    environment["dashboard"]["widgets"] = ["capacity"]
    made["tables/orders.yaml"].update(
        {
            "class": "STANDARD_INFREQUENT_ACCESS",
            "stream": "NEW_IMAGE",
            "pitr": {"enabled": True, "recovery_period_days": 9},
            "alarms": {"suite": "full"},
            "tags": {"Team": "none", "Cost": "1"},
            "indexes": {"ByOwner": {"partition_key": "owner", "projection": "ALL"}},
        }
    )
    made["tables/events.yaml"].update(
        {
            "capacity": {"write": 3},
            "encryption": "kms-key",
            "ttl": {"attribute": "expires"},
            "scaling": {"read": {"min": 5, "max": 60, "target_utilization": 70}},
        }
    )
    made["tables/carts.yaml"] = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    return made


def _wave() -> Documents:
    made = deepcopy(dict(BEFORE))
    made["tables/orders.yaml"]["indexes"] = {
        "ByState": "none",
        "ByDate": {"partition_key": "placed", "projection": "KEYS_ONLY"},
        "ByOwner": {"partition_key": "owner", "projection": "ALL"},
        "ByTotal": {"partition_key": {"name": "total", "type": "N"}, "projection": ["state"]},
    }
    return made


@dataclass(frozen=True)
class Scenario:
    """What is there before a run (nothing, if that is None), and what the run makes of it.

    A run that ``destroys`` is given the documents that say what is to go.
    """

    name: str
    before: Documents | None
    after: Documents
    destroys: bool = False

    def __str__(self) -> str:
        return self.name


SCENARIOS = (
    Scenario("create", None, BEFORE),
    Scenario("update", BEFORE, _mixed()),
    Scenario("index-wave", BEFORE, _wave()),
    Scenario("destroy", BEFORE, BEFORE, destroys=True),
)


def folder_of(documents: Documents, folder: Path) -> Path:
    """A specs directory with these documents."""
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder
