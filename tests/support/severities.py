"""How bad it is when a setting differs from what is declared, by kind: the agreed table.

Written by hand, from what a setting protects:

- critical: data could be lost or read by others, the application cannot reach its data at all, or
  nobody would hear an alarm;
- high: the application or its data suffer soon (throttled, cut off, wrong data, access widened);
- medium: somebody looks at wrong things, or things cost more, and nothing breaks at once;
- low: a name, a tag, a picture.

``(gone)`` is a whole one that was applied and is not there any more.
"""

from __future__ import annotations

from collections.abc import Mapping

GONE = "(gone)"

SEVERITIES: Mapping[str, Mapping[str, str]] = {
    "table": {
        GONE: "critical",
        "partition_key": "critical",
        "sort_key": "critical",
        "encryption": "critical",
        "deletion_protection": "critical",
        "billing_mode": "high",
        "capacity": "high",
        "capacity.read": "high",
        "capacity.write": "high",
        "on_demand_limits": "high",
        "on_demand_limits.max_read": "high",
        "on_demand_limits.max_write": "high",
        "stream": "high",
        "indexes": "high",
        "indexes.*.partition_key": "high",
        "indexes.*.sort_key": "high",
        "indexes.*.projection": "high",
        "indexes.*.capacity": "high",
        "indexes.*.capacity.read": "high",
        "indexes.*.capacity.write": "high",
        "indexes.*.on_demand_limits": "high",
        "indexes.*.on_demand_limits.max_read": "high",
        "indexes.*.on_demand_limits.max_write": "high",
        "local_indexes": "high",
        "local_indexes.*.sort_key": "high",
        "local_indexes.*.projection": "high",
        "class": "low",
    },
    "pitr": {GONE: "critical", "enabled": "critical", "recovery_period_days": "high"},
    "ttl": {GONE: "high", "attribute": "high"},
    "scaling": {
        GONE: "high",
        "min": "high",
        "max": "high",
        "target_utilization": "medium",
        "capacity": "medium",
        "scale_in_cooldown_seconds": "low",
        "scale_out_cooldown_seconds": "low",
        "disable_scale_in": "low",
    },
    "insights": {GONE: "medium", "enabled": "medium", "mode": "low"},
    "alarm": {
        GONE: "critical",
        "actions_enabled": "critical",
        "alarm_actions": "critical",
        "metric": "critical",
        "namespace": "critical",
        "dimensions": "critical",
        "metrics": "critical",
        "statistic": "high",
        "unit": "high",
        "threshold": "high",
        "comparison": "high",
        "period_seconds": "medium",
        "evaluation_periods": "medium",
        "datapoints_to_alarm": "medium",
        "treat_missing_data": "medium",
        "ok_actions": "medium",
        "insufficient_data_actions": "low",
        "low_samples": "low",
        "description": "low",
    },
    "kms-key": {
        GONE: "critical",
        "enabled": "critical",
        "policy": "critical",
        "alias": "medium",
        "rotation": "medium",
        "rotation_period_days": "low",
        "description": "low",
    },
    "topic": {
        GONE: "critical",
        "encryption": "critical",
        "policy": "critical",
        "subscriptions": "critical",
        "subscriptions.*.filter_policy": "high",
        "subscriptions.*.raw_message_delivery": "medium",
        "display_name": "low",
    },
    "access-policy": {GONE: "high", "document": "high"},
    "vpc-endpoint": {GONE: "high", "vpc_id": "high", "route_table_ids": "high", "policy": "high"},
    "dashboard": {GONE: "low", "body": "low"},
    "tags": {GONE: "low", "tags": "low"},
}

#: The part of an address below which another kind's settings are.
_KINDS = frozenset(SEVERITIES) - {"table"}
#: The part of an address at which the entries of a mapping are, and the mapping's setting.
_PARTS = {
    "index": ("table", "indexes"),
    "local-index": ("table", "local_indexes"),
    "subscription": ("topic", "subscriptions"),
}


def severity_of(address: str, path: str) -> str:
    """The severity of a finding; an empty path is the whole thing that is gone.

    ``orders/index/ByStatus`` and ``capacity.read`` are ``indexes.*.capacity.read`` of a table.
    """
    words = address.split("/")
    if words[-1] == "tags":
        return SEVERITIES["tags"][path.partition(".")[0]]
    for part, (kind, setting) in _PARTS.items():
        if part in words:
            return SEVERITIES[kind][f"{setting}.*.{path}" if path else setting]
    kind = next((word for word in words if word in _KINDS), "table")
    return SEVERITIES[kind][path or GONE]
