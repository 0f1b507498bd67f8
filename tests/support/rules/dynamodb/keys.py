"""A table whose key is taken away: it goes on for a while, is inaccessible, and comes back late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.kms.models import kms_backends

from support.rules.dynamodb.life import NEVER, life_of, moto_table, name_in
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

DATA_FAILS_SECONDS = 5.5 * 60  # the data plane, after DisableKey
INACCESSIBLE_SECONDS = 30 * 60.0  # the status, 13-75 min after it
RECOVERY_SECONDS = 30 * 60.0  # 18-57 min after EnableKey

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
    return (arn, _trouble(request, world, arn.rpartition("/")[2])) if arn else ("", None)


def _show(request: Request, answer: dict[str, Any], world: World) -> None:
    shown = answer.get("Table") or answer.get("TableDescription") or {}
    if moto_table(request) is None or shown.get("TableStatus") != "ACTIVE":
        return
    _, trouble = _of_table(request, world)
    if trouble and trouble.inaccessible(world.now, INACCESSIBLE_SECONDS):
        shown["TableStatus"] = _INACCESSIBLE
        since = world.time.timestamp() - (world.now - trouble.lost_at - INACCESSIBLE_SECONDS)
        shown["SSEDescription"]["InaccessibleEncryptionDateTime"] = since


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
