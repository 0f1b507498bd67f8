"""The logical changes in one UpdateTable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from support.rules.request import Request

ON_DEMAND, PROVISIONED = "PAY_PER_REQUEST", "PROVISIONED"


class Part(StrEnum):
    """One logical change."""

    PROTECTION = "DeletionProtectionEnabled"
    ENCRYPTION = "SSESpecification"
    CLASS = "TableClass"
    WARM = "WarmThroughput"
    REPLICAS = "ReplicaUpdates"
    STREAM = "StreamSpecification"
    THROUGHPUT = "ProvisionedThroughput"
    LIMITS = "OnDemandThroughput"
    BILLING = "BillingMode"
    INDEX_CREATE = "Create"
    INDEX_DELETE = "Delete"
    INDEX_UPDATE = "Update"


_INDEX_PARTS = (Part.INDEX_CREATE, Part.INDEX_DELETE, Part.INDEX_UPDATE)


@dataclass(frozen=True)
class IndexChange:
    """One entry of GlobalSecondaryIndexUpdates."""

    part: Part
    asked: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.asked["IndexName"])


def index_changes(request: Request) -> list[IndexChange]:
    """The entries of GlobalSecondaryIndexUpdates."""
    return [
        IndexChange(Part(action), asked)
        for update in request.params.get("GlobalSecondaryIndexUpdates") or ()
        for action, asked in update.items()
    ]


def parts_of(request: Request) -> frozenset[Part]:
    """What an UpdateTable asks for; empty structures ask for nothing."""
    plain = {
        part
        for part in Part
        if part not in _INDEX_PARTS and request.params.get(part) not in (None, {}, [])
    }
    return frozenset(plain | {each.part for each in index_changes(request)})
