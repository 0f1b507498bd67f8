"""The outputs of an environment: what applications and other programs take from it.  Pure.

Five, by the names that the Terraform module of the same tables gave them: ``table_names``,
``table_arns``, ``kms_key_arn``, ``table_configurations``, ``dynamodb_endpoints``.  Values are live
where the resource exists and computed from names where it does not exist yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.table.readiness import readiness
from dynaprov.kinds.table.state import TableState
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading, Scope
from dynaprov.model.spec import Spec, TableSpec

SECONDS_A_DAY = 86_400
#: Partitions whose names end otherwise (AWS service endpoints, DynamoDB).
_DOMAINS = {"aws-cn": "amazonaws.com.cn"}


def outputs_of(
    spec: Spec,
    scope: Scope,
    readings: Mapping[Address, Reading],
    endpoint: str = "",
    desired: Mapping[Address, Desired] | None = None,
) -> dict[str, Any]:
    """The five outputs.

    ``endpoint`` is the endpoint's URL where it is not AWS's own; with ``desired`` every table says
    whether code that reads it and its indexes may be deployed.
    """
    key = readings.get(Address("", "kms-key"))
    domain = _DOMAINS.get(scope.partition, "amazonaws.com")
    return {
        "table_names": {name: scope.table_name(name) for name in spec.tables},
        "table_arns": {name: _arn(name, scope, readings) for name in spec.tables},
        "kms_key_arn": key.outputs.get("arn") if key else None,
        "table_configurations": {
            name: _configuration(table, readings) | _safe(name, readings, desired or {})
            for name, table in spec.tables.items()
        },
        "dynamodb_endpoints": {
            "region": scope.region,
            "dynamodb": endpoint or f"https://dynamodb.{scope.region}.{domain}",
            "streams": endpoint or f"https://streams.dynamodb.{scope.region}.{domain}",
            "stream_arns": {
                name: reading.outputs["stream_arn"]
                for name in spec.tables
                if (reading := readings.get(Address(name))) and "stream_arn" in reading.outputs
            },
        },
    }


def _arn(table: str, scope: Scope, readings: Mapping[Address, Reading]) -> str:
    """The ARN as AWS says it (DynamoDB Local's is another one), else as it will be."""
    reading = readings.get(Address(table))
    return (reading.arn if reading else "") or scope.table_arn(table)


def _configuration(table: TableSpec, readings: Mapping[Address, Reading]) -> dict[str, Any]:
    """What a table is like now; only what was read."""
    reading = readings.get(Address(table.name))
    made: dict[str, Any] = {
        "exists": bool(reading and reading.presence is Presence.PRESENT),
        "retention_days": table.retention_days,
        # What an application adds to the present time to get the value of the TTL attribute.
        "retention_seconds": table.retention_days and table.retention_days * SECONDS_A_DAY,
    }
    state = reading.state if reading else None
    if isinstance(state, TableState):
        made |= {
            "partition_key": state.partition_key.name,
            "sort_key": state.sort_key.name if state.sort_key else None,
            "billing_mode": state.billing_mode,
            "capacity": state.capacity.model_dump() if state.capacity else None,
            "indexes": sorted(state.indexes),
            "stream": state.stream,
            "encryption": state.encryption,
            "class": state.table_class,
            "deletion_protection": state.deletion_protection,
        }
    made |= _aspects(table.name, readings)
    return made


def _safe(
    table: str, readings: Mapping[Address, Reading], desired: Mapping[Address, Desired]
) -> dict[str, Any]:
    """Of the table with all its indexes, and of each index."""
    address = Address(table)
    if address not in desired:
        return {}
    rows = readiness(desired[address], readings.get(address) or Reading.absent(address))
    return {
        "safe_to_deploy": all(row.safe_to_deploy for row in rows),
        "index_safe_to_deploy": {row.address.name: row.safe_to_deploy for row in rows[1:]},
    }


def _aspects(table: str, readings: Mapping[Address, Reading]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    ttl = readings.get(Address(table, "ttl"))
    if ttl and isinstance(ttl.state, TtlState):
        made["ttl_attribute"] = ttl.state.attribute
    pitr = readings.get(Address(table, "pitr"))
    if pitr and isinstance(pitr.state, PitrState):
        made["point_in_time_recovery"] = pitr.state.enabled
        made["recovery_period_days"] = pitr.state.recovery_period_days
    return made
