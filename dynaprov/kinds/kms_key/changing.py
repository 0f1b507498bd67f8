"""The calls that make, change and retire the key.  Pure.

They take no lock: what must come first is a need, and alias, policy and rotation of one key do not
get in each other's way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dynaprov.kinds import policies
from dynaprov.kinds.kms_key.state import KmsKeyState
from dynaprov.kinds.tags import shaped
from dynaprov.model.change import Action, Change
from dynaprov.model.kind import Desired, Reading, Situation, Tagging
from dynaprov.model.operation import Concession, Looks, Meaning, Operation, Risk, Settled
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Ref

LONGEST_WINDOW = 30
#: For a key that this very run made and nothing was encrypted with.
SHORTEST_WINDOW = 7
ONLINE = Meaning("online", "reversible: apply the old value", "at once")


@dataclass(frozen=True, slots=True)
class Steps:
    """Makes the operations of one key; ``key`` is its id, or where it will come from."""

    desired: Desired
    key: str | Ref

    @property
    def state(self) -> KmsKeyState:
        """The key as the spec wants it."""
        assert isinstance(self.desired.state, KmsKeyState)
        return self.desired.state

    def step(
        self,
        verb: str,
        title: str,
        method: str,
        params: Mapping[str, Any],
        *,
        covers: Sequence[str],
        needs: Sequence[Operation] = (),
        meaning: Meaning = ONLINE,
        **more: Any,
    ) -> Operation:
        """One operation on the key."""
        return Operation(
            id=f"{self.desired.address}:{verb}",
            address=self.desired.address,
            kind=self.desired.kind,
            title=title,
            call=Call("kms", method, params),
            needs=tuple(each.id for each in needs),
            covers=tuple(covers),
            meaning=meaning,
            **more,
        )


def operations(
    change: Change, desired: Desired, reading: Reading, situation: Situation, tagging: Tagging
) -> list[Operation]:
    """Creation and what it cannot carry, or what brings a live key into line."""
    if change.action is Action.CREATE:
        return _creation(desired, reading, situation, tagging)
    steps = Steps(desired, reading.outputs["id"])
    made: list[Operation] = []
    if change.setting("enabled") and steps.state.enabled:
        made = _enabling(steps, reading)
    first = tuple(made)
    if change.setting("description"):
        made.append(
            steps.step(
                "description",
                f"describe key {desired.name}",
                "update_key_description",
                {"KeyId": steps.key, "Description": steps.state.description},
                covers=("description",),
                needs=first,
            )
        )
    if change.setting("policy"):
        made.append(_policy(steps, first))
    if change.setting("rotation") or change.setting("rotation_period_days"):
        made.append(_rotation(steps, first))
    if change.setting("alias"):
        points_at = _points_at(reading)
        election = not points_at and not reading.facts.get("in_use")
        alias = _alias(steps, first, points_at, election=election)
        if not points_at:
            alias = replace(alias, concession=_concession(steps, situation, made_here=False))
        made.append(alias)
    if change.setting("enabled") and not steps.state.enabled:
        made.append(_disabling(steps, tuple(made)))
    return made


def deletion(steps: Steps, window: int) -> Operation:
    """ScheduleKeyDeletion; AWS waits at least 7 days, in which it can be cancelled."""
    return steps.step(
        "delete",
        f"schedule the deletion of key {steps.desired.name} in {window} days",
        "schedule_key_deletion",
        {"KeyId": steps.key, "PendingWindowInDays": window},
        covers=("",),
        settled_by=(
            Settled("KMSInvalidStateException", "pending deletion"),
            Settled("NotFoundException"),
        ),
        deletes=True,
        risk=Risk.HIGH,
        meaning=Meaning(
            impact="nothing encrypted with the key can be read from now on, backups included",
            undo=f"CancelKeyDeletion within {window} days; never afterwards",
            takes=f"{window} days",
            watch="CloudTrail for Decrypt calls that fail with KMSInvalidStateException",
        ),
    )


def _creation(
    desired: Desired, reading: Reading, situation: Situation, tagging: Tagging
) -> list[Operation]:
    steps = Steps(desired, Ref(str(desired.address), "id"))
    state = steps.state
    params: dict[str, Any] = {
        "Tags": shaped(tagging, situation.tags_at_creation(desired.address)),
    }
    # What a new key has anyway is stamped with its creation: no other call writes it.
    covers = ["enabled"] if state.enabled else []
    if state.declared("rotation") and not state.rotation:
        covers.append("rotation")
    if state.declared("description"):
        params["Description"] = state.description
        covers.append("description")
    if state.policy is not None:
        params["Policy"] = policies.text(state.policy)
        covers.append("policy")
    create = steps.step(
        "create",
        f"create key {desired.name}",
        "create_key",
        params,
        covers=covers,
        meaning=Meaning(
            impact="none; about 1 USD a month",
            undo="its deletion can be scheduled, 7 to 30 days ahead",
            takes="at once",
        ),
        outputs=(("arn", "KeyMetadata.Arn"), ("id", "KeyMetadata.KeyId")),
        creates=True,
        repeatable=False,
        looks=Looks.LOST,
    )
    points_at = _points_at(reading)
    alias = _alias(steps, (create,), points_at, election=not points_at)
    if not points_at:
        alias = replace(alias, concession=_concession(steps, situation, made_here=True))
    made = [create, alias]
    if state.rotation:
        made.append(_rotation(steps, (create, alias)))
    if not state.enabled:
        made.append(_disabling(steps, tuple(made)))
    return made


def _alias(
    steps: Steps, needs: Sequence[Operation], points_at: str, *, election: bool
) -> Operation:
    """Give the key its alias.

    An alias has one key, and CreateAlias refuses the second one: of several runs that made a key at
    the same time it elects the one whose key counts.  So what needs the key waits for the alias.
    """
    alias = steps.state.alias
    verb = "move" if points_at else "set"
    return steps.step(
        "alias",
        f"{verb} {alias}" + (f", which points at key {points_at}" if points_at else ""),
        "update_alias" if points_at else "create_alias",
        {"AliasName": alias, "TargetKeyId": steps.key},
        covers=("alias",),
        needs=needs,
        # A repeat after a lost answer meets AlreadyExistsException, which only a look, or the
        # comparison of the keys, tells from somebody else's being faster.
        looks=Looks.NEVER if points_at else Looks.LOST,
        readies=election,
        meaning=Meaning(
            impact="online: tables keep the key that they have",
            undo="reversible",
            takes="at once, everywhere within minutes",
        ),
    )


def _concession(steps: Steps, situation: Situation, *, made_here: bool) -> Concession:
    """Who loses the race for the alias takes the winner's key, and retires the one it made.

    A repetition after a lost answer meets its own alias, which the comparison of the keys tells.
    """
    window = {"PendingWindowInDays": SHORTEST_WINDOW}
    return Concession(
        what=steps.state.alias or "",
        ours=steps.key,
        winner=Read("kms", "describe_key", {"KeyId": steps.state.alias}),
        outputs=(("arn", "KeyMetadata.Arn"), ("id", "KeyMetadata.KeyId")),
        identity="id",
        withdraw=Call("kms", "schedule_key_deletion", {"KeyId": steps.key, **window})
        if made_here
        else None,
        unless=_users(steps, situation) if made_here else (),
    )


def _users(steps: Steps, situation: Situation) -> tuple[Read, ...]:
    """Reads that name the key where something uses it.

    DynamoDB uses a customer's key through grants, one for each table (KMS developer guide, "How
    Amazon DynamoDB uses AWS KMS"); an emulator may make none, so the tables are asked as well.
    """
    own = steps.desired.address
    users = [each for each in situation.desired.values() if own in each.requires]
    return (
        Read("kms", "list_grants", {"KeyId": steps.key, "Limit": 1}),
        *(
            Read("sns", "get_topic_attributes", {"TopicArn": each.arn})
            for each in users
            if each.kind == "topic"
        ),
        *(
            Read("dynamodb", "describe_table", {"TableName": each.name})
            for each in users
            if each.kind == "table"
        ),
    )


def _points_at(reading: Reading) -> str:
    """Id of another key that the alias points at, empty when there is no such alias."""
    return str(reading.facts.get("alias_points_at", ""))


def _policy(steps: Steps, needs: Sequence[Operation]) -> Operation:
    assert steps.state.policy is not None
    return steps.step(
        "policy",
        f"set the policy of key {steps.desired.name}",
        "put_key_policy",
        {
            "KeyId": steps.key,
            "PolicyName": "default",
            "Policy": policies.text(steps.state.policy),
        },
        covers=("policy",),
        needs=needs,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="who may use the key changes; the whole policy is replaced",
            undo="reversible: put the old policy back",
            takes="at once, everywhere within minutes",
            watch="AccessDenied errors of those who read and write the tables",
        ),
    )


def _rotation(steps: Steps, needs: Sequence[Operation]) -> Operation:
    state = steps.state
    covers = [n for n in ("rotation", "rotation_period_days") if state.declared(n)]
    if not state.rotation:
        return steps.step(
            "rotation",
            f"stop rotating key {steps.desired.name}",
            "disable_key_rotation",
            {"KeyId": steps.key},
            covers=covers,
            needs=needs,
            risk=Risk.MEDIUM,
        )
    params: dict[str, Any] = {"KeyId": steps.key}
    every = ""
    if state.declared("rotation_period_days"):
        params["RotationPeriodInDays"] = state.rotation_period_days
        every = f" every {state.rotation_period_days} days"
    return steps.step(
        "rotation",
        f"rotate key {steps.desired.name}{every}",
        "enable_key_rotation",
        params,
        covers=covers,
        needs=needs,
    )


def _enabling(steps: Steps, reading: Reading) -> list[Operation]:
    made = []
    if reading.facts.get("key_state") == "PendingDeletion":
        made.append(
            steps.step(
                "keep",
                f"cancel the deletion of key {steps.desired.name}",
                "cancel_key_deletion",
                {"KeyId": steps.key},
                covers=(),
                settled_by=(Settled("KMSInvalidStateException", "not pending deletion"),),
                meaning=Meaning(
                    impact="the key and all that it encrypts are kept",
                    undo="its deletion can be scheduled again",
                    takes="at once; the key is disabled until it is enabled",
                ),
            )
        )
    made.append(
        steps.step(
            "enable",
            f"enable key {steps.desired.name}",
            "enable_key",
            {"KeyId": steps.key},
            covers=("enabled",),
            needs=made,
            meaning=Meaning("what the key encrypts can be used again", "reversible", "at once"),
            readies=True,
        )
    )
    return made


def _disabling(steps: Steps, needs: Sequence[Operation]) -> Operation:
    return steps.step(
        "disable",
        f"disable key {steps.desired.name}",
        "disable_key",
        {"KeyId": steps.key},
        covers=("enabled",),
        needs=needs,
        risk=Risk.HIGH,
        meaning=Meaning(
            impact="nothing encrypted with the key can be used any more",
            undo="reversible: enable it again",
            takes="at once",
        ),
    )
