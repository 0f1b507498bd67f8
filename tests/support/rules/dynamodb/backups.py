"""Backups: their short creation, the one that AWS makes by itself, and tables made from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from support.rules.dynamodb.life import NEVER, TableLife, life_of, moto_table
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

CREATE_SECONDS = 0.05
RESTORE_SECONDS = 120.0  # 1.5-13 min, and longer with data
KEPT = timedelta(days=35)
_SYSTEM = "$DeletedTableBackup"


@dataclass
class Made:
    """When a backup is there, and until when a table is made from it."""

    at: float = NEVER
    feeds_until: float = NEVER


@dataclass
class SystemBackups:
    """What AWS keeps of deleted tables that had point-in-time recovery: ARN -> summary."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)


def _made(request: Request, world: World, arn: str) -> Made:
    return world.kept(Made, request.account, request.region, arn)


def _begin(request: Request, answer: dict[str, Any], world: World) -> None:
    details = answer["BackupDetails"]
    _made(request, world, details["BackupArn"]).at = world.now + CREATE_SECONDS
    details["BackupStatus"] = "CREATING"


def _show(request: Request, answer: dict[str, Any], world: World) -> None:
    details = answer["BackupDescription"]["BackupDetails"]
    if world.now < _made(request, world, details["BackupArn"]).at:
        details["BackupStatus"] = "CREATING"


def _refuse_deletion(request: Request, world: World) -> None:
    arn = str(request.params["BackupArn"])
    if arn in _system(request, world).kept:
        raise AwsError(
            "ValidationException", f"It is not allowed to delete the system backup: {arn}"
        )
    made = _made(request, world, arn)
    if world.now < max(made.at, made.feeds_until):
        raise AwsError("BackupInUseException", f"Backup is being used: {arn}")


# -- what AWS keeps of a deleted table -------------------------------------------------------------


def _system(request: Request, world: World) -> SystemBackups:
    return world.kept(SystemBackups, request.account, request.region)


def _look_at_recovery(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is not None:
        recovery = table.continuous_backups["PointInTimeRecoveryDescription"]
        request.notes["recovery"] = recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def _keep(request: Request, answer: dict[str, Any], world: World) -> None:
    if not request.notes.get("recovery"):
        return
    table = answer["TableDescription"]
    arn = f"{table['TableArn']}/backup/{len(_system(request, world).kept):016d}-system"
    _system(request, world).kept[arn] = {
        "TableName": table["TableName"],
        "TableArn": table["TableArn"],
        "BackupArn": arn,
        "BackupName": f"{table['TableName']}{_SYSTEM}",
        "BackupCreationDateTime": world.time,
        "BackupExpiryDateTime": world.time + KEPT,
        "BackupStatus": "AVAILABLE",
        "BackupType": "SYSTEM",
        "BackupSizeBytes": 0,
    }


def _listed(request: Request, answer: dict[str, Any], world: World) -> None:
    kind = request.params.get("BackupType", "USER")
    kept = [
        each
        for each in _system(request, world).kept.values()
        if _expires(each) > world.time
        and request.params.get("TableName") in (None, each["TableName"], each["TableArn"])
    ]
    shown = [] if kind == "SYSTEM" else answer["BackupSummaries"]
    answer["BackupSummaries"] = [*shown, *(kept if kind in ("SYSTEM", "ALL") else [])]


def _expires(summary: dict[str, Any]) -> datetime:
    expires: datetime = summary["BackupExpiryDateTime"]
    return expires


# -- tables made from backups ---------------------------------------------------------------------


def _refuse_restore(request: Request, world: World) -> None:
    arn = str(request.params.get("BackupArn", ""))
    backups = dynamodb_backends[request.account][request.region].backups
    if arn in backups and world.now < _made(request, world, arn).feeds_until:
        raise AwsError("BackupInUseException", f"Backup is being used: {arn}")


def _restore(request: Request, answer: dict[str, Any], world: World) -> None:
    name = request.params["TargetTableName"]
    world.forget(TableLife, request.account, request.region, name)
    life = life_of(request, world, name)
    life.created_at, life.created = world.now, world.time
    life.active_at = world.now + RESTORE_SECONDS
    answer["TableDescription"]["TableStatus"] = "CREATING"
    if "BackupArn" in request.params:
        _made(request, world, request.params["BackupArn"]).feeds_until = life.active_at


RULES = (
    Rule(
        "a-backup-is-creating",
        "API BackupDetails.BackupStatus; measured: AVAILABLE in about 50 ms",
        ("dynamodb:CreateBackup",),
        after=_begin,
    ),
    Rule(
        "a-backup-shows-its-state",
        "API DescribeBackup",
        ("dynamodb:DescribeBackup",),
        after=_show,
    ),
    Rule(
        "a-backup-in-use-stays",
        "API BackupInUseException; measured: a system backup is never deleted (DDB-TABLE-167)",
        ("dynamodb:DeleteBackup",),
        before=_refuse_deletion,
    ),
    Rule(
        "a-table-with-recovery-leaves-a-backup",
        "API UpdateContinuousBackups; measured: <table>$DeletedTableBackup, kept 35 days "
        "(DDB-TABLE-167)",
        ("dynamodb:DeleteTable",),
        before=_look_at_recovery,
        after=_keep,
    ),
    Rule(
        "system-backups-are-listed-when-asked-for",
        "API ListBackups.BackupType: USER is the default",
        ("dynamodb:ListBackups",),
        after=_listed,
    ),
    Rule(
        "a-restored-table-is-creating",
        "API RestoreTableFromBackup; measured: 1.5-13 min, one restore of a backup at a time",
        ("dynamodb:RestoreTableFromBackup", "dynamodb:RestoreTableToPointInTime"),
        before=_refuse_restore,
        after=_restore,
    ),
)
