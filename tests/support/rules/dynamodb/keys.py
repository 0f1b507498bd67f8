"""A table whose key is taken away: it goes on for a while, is inaccessible, and comes back late.

After seven days it is archived, and does not come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends

from support.rules.dynamodb.life import NEVER, life_of, moto_table, name_in, own
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

DATA_FAILS_SECONDS = 5.5 * 60  # the data plane, after DisableKey
INACCESSIBLE_SECONDS = 30 * 60.0  # the status, 13-75 min after it
RECOVERY_SECONDS = 30 * 60.0  # 18-57 min after EnableKey
ARCHIVED_SECONDS = 7 * 24 * 3600.0  # inaccessible for so long
ARCHIVING_SECONDS = 3600.0  # nobody has measured it

_INACCESSIBLE = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"


@dataclass
class KeyTrouble:
    """When a key stopped being usable, and since when it is again."""

    lost_at: float = NEVER
    back_at: float = NEVER

    def inaccessible(self, now: float, after: float) -> bool:
        """Whether what it encrypts is out of reach, ``after`` that long without it."""
        if self.lost_at == NEVER or now < self.lost_at + after:
            return False
        gone_meanwhile = self.back_at == NEVER or self.back_at >= self.lost_at + after
        return gone_meanwhile and (self.back_at == NEVER or now < self.back_at + RECOVERY_SECONDS)


@dataclass
class Archive:
    """When a table began to be archived; it does not come back, whatever becomes of its key."""

    since: float = NEVER
    at: float = 0.0
    backup: str = ""

    def status(self, now: float) -> str:
        """ARCHIVING or ARCHIVED; empty for a table that is neither."""
        if self.since == NEVER or now < self.since:
            return ""
        return "ARCHIVING" if now < self.since + ARCHIVING_SECONDS else "ARCHIVED"


def _trouble(request: Request, world: World, key_id: str) -> KeyTrouble:
    return world.kept(KeyTrouble, request.account, request.region, key_id)


def _key_id(request: Request) -> str:
    return str(kms_backends[request.account][request.region].get_key_id(request.params["KeyId"]))


def _lose(request: Request, answer: dict[str, Any], world: World) -> None:
    trouble = _trouble(request, world, _key_id(request))
    if trouble.lost_at == NEVER or trouble.back_at != NEVER:
        trouble.lost_at, trouble.back_at = world.now, NEVER


def _regain(request: Request, answer: dict[str, Any], world: World) -> None:
    trouble = _trouble(request, world, _key_id(request))
    if trouble.lost_at != NEVER:
        trouble.back_at = world.now


def _of_table(request: Request, world: World) -> tuple[str, KeyTrouble | None]:
    table = moto_table(request)
    arn = ((table.sse_specification if table is not None else None) or {}).get("KMSMasterKeyId")
    if not arn:
        return "", None
    trouble = _trouble(request, world, arn.rpartition("/")[2])
    # What was encrypted with the key after it came back never missed it.
    unharmed = NEVER != trouble.back_at <= life_of(request, world).created_at
    return arn, None if unharmed else trouble


def _archived(request: Request, world: World) -> Archive:
    """The record of a table's archive, begun where its key has been away for too long."""
    archive = own(request, world, Archive)
    _, trouble = _of_table(request, world)
    if archive.since != NEVER or not trouble or trouble.lost_at == NEVER:
        return archive
    begins = trouble.lost_at + INACCESSIBLE_SECONDS + ARCHIVED_SECONDS
    born_after = life_of(request, world).created_at > trouble.lost_at
    came_back = trouble.back_at != NEVER and trouble.back_at + RECOVERY_SECONDS <= begins
    if world.now >= begins and not born_after and not came_back:
        archive.since = begins
        archive.at = world.time.timestamp() - (world.now - begins)
        backend = dynamodb_backends[request.account][request.region]
        made = backend.create_backup(name_in(request), f"{name_in(request)}$Archived")
        archive.backup = made.arn
    return archive


def _show_archived(request: Request, answer: dict[str, Any], world: World) -> None:
    shown = answer.get("Table") or answer.get("TableDescription") or {}
    if moto_table(request) is None or not shown:
        return
    archive = _archived(request, world)
    if status := archive.status(world.now):
        shown["TableStatus"] = status
        shown["ArchivalSummary"] = {
            "ArchivalDateTime": archive.at,
            "ArchivalReason": _INACCESSIBLE,
            "ArchivalBackupArn": archive.backup,
        }


def _show(request: Request, answer: dict[str, Any], world: World) -> None:
    shown = answer.get("Table") or answer.get("TableDescription") or {}
    if moto_table(request) is None or shown.get("TableStatus") != "ACTIVE":
        return
    _, trouble = _of_table(request, world)
    if trouble and trouble.inaccessible(world.now, INACCESSIBLE_SECONDS):
        shown["TableStatus"] = _INACCESSIBLE
        since = world.time.timestamp() - (world.now - trouble.lost_at - INACCESSIBLE_SECONDS)
        shown["SSEDescription"]["InaccessibleEncryptionDateTime"] = since


def _refuse_archived(request: Request, world: World) -> None:
    if moto_table(request) is not None and (status := _archived(request, world).status(world.now)):
        raise AwsError(
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is "
            f"{status.lower()}: {name_in(request)}",
        )


def _refuse(after: float) -> Any:
    def refuse(request: Request, world: World) -> None:
        if request.action == "UpdateTable" and "SSESpecification" not in request.params:
            return
        arn, trouble = _of_table(request, world)
        if life_of(request, world).status(world.now) == "CREATING" or not trouble:
            return
        if trouble.inaccessible(world.now, after):
            raise AwsError(
                "ValidationException",
                "KMS key disabled error: com.amazonaws.services.kms.model.DisabledException: "
                f"{arn} is disabled. (Service: AWSKMS; Status Code: 400; Error Code: "
                f"DisabledException) Table: {name_in(request)}",
            )

    return refuse


RULES = (
    Rule(
        "a-key-is-taken-away",
        "KMS API DisableKey, ScheduleKeyDeletion",
        ("kms:DisableKey", "kms:ScheduleKeyDeletion"),
        after=_lose,
    ),
    Rule(
        "a-key-is-given-back",
        "KMS API EnableKey; CancelKeyDeletion leaves the key disabled (guide key-state)",
        ("kms:EnableKey",),
        after=_regain,
    ),
    Rule(
        "a-table-without-its-key-is-inaccessible",
        "guide encryption.usagenotes; measured: 13-75 min after DisableKey, back 18-57 min after "
        "EnableKey (DDB-TABLE-331, 335)",
        ("dynamodb:DescribeTable", "dynamodb:UpdateTable"),
        after=_show,
    ),
    Rule(
        "an-inaccessible-table-takes-little",
        "measured: time to live, backups, insights and encryption fail, all else goes on "
        "(DDB-TABLE-333)",
        (
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:CreateBackup",
            "dynamodb:UpdateContributorInsights",
        ),
        before=_refuse(INACCESSIBLE_SECONDS),
    ),
    Rule(
        "items-are-out-of-reach-first",
        "measured: reads and writes fail about 5 min after DisableKey (DDB-TABLE-331)",
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"),
        before=_refuse(DATA_FAILS_SECONDS),
    ),
)
#: Apart, since a test that lets months pass at once would archive whatever has lost its key.
ARCHIVING = (
    Rule(
        "a-table-is-archived-after-seven-days",
        "API ArchivalSummary, guide encryption.usagenotes: more than seven days without its key; a "
        "backup is made and the table stays archived (for how long it is ARCHIVING: nobody says)",
        ("dynamodb:DescribeTable",),
        after=_show_archived,
    ),
    Rule(
        "an-archived-table-takes-nothing",
        "guide encryption.usagenotes: it is restored from its backup, under its name only after it "
        "was deleted; that UpdateTable and the like are refused so: inferred from the API's word "
        "that a table must be ACTIVE",
        (
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:CreateBackup",
            "dynamodb:UpdateContributorInsights",
        ),
        before=_refuse_archived,
    ),
)
