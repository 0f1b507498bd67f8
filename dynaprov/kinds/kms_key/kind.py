"""The kind itself: what is declared, how it is read, and what is left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dynaprov.kinds import policies
from dynaprov.kinds.identity import tagged_resources
from dynaprov.kinds.kms_key import changing, looking, permissions, state
from dynaprov.kinds.kms_key.search import Found, describe_key, leftovers, search
from dynaprov.kinds.kms_key.state import SECTION, KmsKeySection, KmsKeyState
from dynaprov.model.address import Address
from dynaprov.model.change import Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Looking,
    Observation,
    Owned,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
)
from dynaprov.model.operation import Operation
from dynaprov.model.permission import Permission
from dynaprov.model.ports import Answer, Call, Read, ServiceError, first_untold
from dynaprov.model.setting import Severity
from dynaprov.model.spec import Spec

KEY = Address("", "kms-key")
DEFAULT_PERIOD = 365


class KmsKeyKind(Kind):
    """See the package docstring."""

    name = "kms-key"
    title = "KMS key"
    missing = Severity.CRITICAL
    state = KmsKeyState
    section = KmsKeySection
    section_name = SECTION
    per_table = False
    reads = (
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListGrants",
        "kms:ListKeys",
        "kms:ListResourceTags",
        "tag:GetResources",
        # What needs a key is looked for in the whole account before it is retired.
        "dynamodb:DescribeBackup",
        "dynamodb:DescribeTable",
        "dynamodb:ListBackups",
        "dynamodb:ListTables",
    )
    writes = (
        "kms:CancelKeyDeletion",
        "kms:CreateAlias",
        "kms:CreateKey",
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UpdateAlias",
        "kms:UpdateKeyDescription",
    )
    services = ("kms", "resourcegroupstaggingapi")
    tagging = Tagging(
        service="kms",
        tag="tag_resource",
        untag="untag_resource",
        resource="KeyId",
        tags="Tags",
        keys="TagKeys",
        key_field="TagKey",
        value_field="TagValue",
        listing="list_resource_tags",
        listed="Tags",
        bulk="kms:key",
    )
    created_whole = False
    stamp_code = "k"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """Alias, rotation, use and statements."""
        return state.check(spec)

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One key, when the environment has a ``kms_key`` section."""
        section = spec.section(SECTION, KmsKeySection)
        if section is None:
            return
        origins = spec.origins_below(SECTION)
        if "statements" in origins:
            origins.setdefault("policy", origins["statements"])
        yield Desired(
            address=KEY,
            kind=self.name,
            name=state.alias_of(section, scope),
            state=state.declared_state(section, scope),
            tags=dict(spec.tags),
            origins=origins,
        )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """See ``permissions``."""
        return permissions.permissions(spec, scope)

    def owned(self, spec: Spec, scope: Scope) -> Iterable[Owned]:
        """The key, whose ARN nobody knows beforehand."""
        return permissions.owned(spec, scope)

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """The bulk listing, and the key behind the alias."""
        section = spec.section(SECTION, KmsKeySection)
        if section is None:
            return ()
        return (tagged_resources(scope), describe_key(state.alias_of(section, scope)))

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """Find the key, then read its policy and rotation where they are declared."""
        if not desired:
            left = yield from leftovers(spec, scope)
            if not left.others and not left.problem:
                return []
            answers = (yield [_grants(each["Arn"]) for each in left.others]) if left.others else ()
            problem = left.problem or first_untold(answers)
            reading = Reading.of_error(KEY, problem) if problem else Reading.absent(KEY)
            return [replace(reading, unmanaged=_unmanaged(left, answers))]
        [wanted] = desired
        found = yield from search(wanted.name, spec, scope)
        if found.problem:
            return [Reading(KEY, Presence.UNREADABLE, problem=found.problem, notes=found.notes)]
        facts: dict[str, Any] = {}
        if found.aliased and (not found.key or found.aliased != found.key["Arn"]):
            facts["alias_points_at"] = found.aliased.rpartition("/")[2]
        if not found.key:
            return [Reading.absent(KEY, facts=facts, notes=found.notes)]
        reads = _details(found.key["Arn"], wanted)
        batch = [*reads.values(), *(_grants(each["Arn"]) for each in found.others)]
        answers = (yield batch) if batch else ()
        details = dict(zip(reads, answers, strict=False))
        grants = answers[len(reads) :]
        unmanaged = _unmanaged(found, grants)
        reading = _reading(wanted, found, details, facts, unmanaged, scope)
        problems = [answer.error for answer in grants if answer.error]
        if problems:
            unread = {**reading.unreadable, "grants of unmanaged keys": problems[0]}
            reading = replace(reading, unreadable=unread)
        return [reading]

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Creation, or the calls that bring a live key into line."""
        [change] = changes
        return changing.operations(change, desired, reading, situation, self.tagging)

    def look(self, operation: Operation, call: Call, now: datetime) -> Looking:
        """After CreateKey and CreateAlias."""
        return (yield from looking.look(call))

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """ScheduleKeyDeletion of a key that nothing uses any more; else nothing."""
        facts = dict(unmanaged.facts)
        live = situation.reading(Address("", "topic")).state
        if facts["used"] or getattr(live, "encryption", None) == facts["arn"]:
            return []
        left = Desired(unmanaged.address, self.name, unmanaged.resource, KmsKeyState())
        return [
            changing.deletion(changing.Steps(left, unmanaged.resource), changing.LONGEST_WINDOW)
        ]

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """ScheduleKeyDeletion, unless that was done already.  The alias goes with the key."""
        if reading.presence is not Presence.PRESENT or reading.facts["pending_deletion"]:
            return []
        wanted = desired.state
        assert isinstance(wanted, KmsKeyState)
        steps = changing.Steps(desired, reading.outputs["id"])
        return [changing.deletion(steps, wanted.deletion_window_days)]


def _details(arn: str, desired: Desired) -> dict[str, Read]:
    """What else is read of the key: only what the spec declares."""
    wanted = desired.state
    reads = {}
    if wanted.declared("policy"):
        # The name may be left out by now, but an older endpoint refuses that.
        params = {"KeyId": arn, "PolicyName": "default"}
        reads["policy"] = Read("kms", "get_key_policy", params)
    if wanted.declared("rotation") or wanted.declared("rotation_period_days"):
        reads["rotation"] = Read("kms", "get_key_rotation_status", {"KeyId": arn})
    return reads


def _grants(arn: str) -> Read:
    return Read("kms", "list_grants", {"KeyId": arn, "Limit": 1})


def _reading(
    desired: Desired,
    found: Found,
    details: Mapping[str, Answer],
    facts: Mapping[str, Any],
    unmanaged: tuple[Unmanaged, ...],
    scope: Scope,
) -> Reading:
    assert found.key is not None
    key = found.key
    arn = key["Arn"]
    values: dict[str, Any] = {
        "description": key.get("Description", ""),
        "alias": desired.name if found.aliased == arn else None,
        "enabled": key.get("KeyState", "Enabled") == "Enabled",
    }
    unreadable: dict[str, ServiceError] = {}
    if found.alias_problem:
        unreadable["alias"] = found.alias_problem
    for name, answer in details.items():
        if answer.error:
            unreadable[name] = answer.error
            if name == "rotation":
                unreadable["rotation_period_days"] = answer.error
        elif name == "policy":
            values["policy"] = policies.canonical(answer.value["Policy"], scope.partition)
        elif key.get("KeyState") == "PendingDeletion":
            # It says false, and comes back by itself when the deletion is cancelled.
            wanted = desired.state
            assert isinstance(wanted, KmsKeyState)
            values["rotation"] = wanted.rotation
            values["rotation_period_days"] = wanted.rotation_period_days
        else:
            on = answer.value["KeyRotationEnabled"]
            values["rotation"] = on
            values["rotation_period_days"] = (
                answer.value.get("RotationPeriodInDays", DEFAULT_PERIOD) if on else None
            )
    return Reading(
        KEY,
        Presence.PRESENT,
        KmsKeyState(**values),
        arn=arn,
        outputs={"arn": arn, "id": key["KeyId"]},
        facts={
            **facts,
            "key_state": key.get("KeyState", ""),
            "pending_deletion": key.get("KeyState") == "PendingDeletion",
            "deletion_date": key.get("DeletionDate"),
            "found_by": found.how,
            "in_use": bool(found.users.get(arn)),
        },
        unreadable=unreadable,
        unmanaged=unmanaged,
        notes=(*_warnings(found), *found.notes),
    )


def _warnings(found: Found) -> Iterable[str]:
    """That the key cannot be used; under live tables it is told before everything else (DP220)."""
    assert found.key is not None
    key = found.key
    live = key.get("KeyState", "Enabled")
    if live == "Enabled" or found.users.get(key["Arn"]):
        return
    when = f", on {key['DeletionDate']}" if key.get("DeletionDate") else ""
    said = {"Disabled": "is disabled", "PendingDeletion": f"is pending deletion{when}"}
    yield f"key {key['KeyId']} {said.get(live, f'is in state {live}')}"


def _unmanaged(found: Found, grants: Sequence[Answer]) -> tuple[Unmanaged, ...]:
    made = []
    for key, answer in zip(found.others, grants, strict=True):
        tables = found.users.get(key["Arn"], ())
        # Grants that could not be listed may be there.
        used = bool(tables or answer.error or answer.value.get("Grants"))
        why = "carries this environment's tags beside the key in use"
        if tables:
            why += f"; it encrypts {', '.join(tables)}, so it is kept"
        elif answer.error:
            why += "; its grants could not be read, so it is kept"
        elif used:
            why += "; it has grants, so something may use it and it is kept"
        made.append(
            Unmanaged(
                KEY.child(key["KeyId"]),
                "kms-key",
                key["KeyId"],
                why,
                facts=(("arn", key["Arn"]), ("used", used)),
            )
        )
    return tuple(made)


KIND = KmsKeyKind()
