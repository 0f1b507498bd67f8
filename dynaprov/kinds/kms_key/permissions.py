"""What looking at the key, changing and retiring it need of IAM.  Pure.

AWS chooses the id of a key, so its ARN is known to nobody beforehand.  What changes the key names
all keys of the account and region under the condition that they carry the environment's identity,
or have its alias; searching for the key reads the state and tags of every key.

Sources: the service authorization reference of AWS KMS (ListKeys, ListAliases and CreateKey know no
resource; CreateAlias and UpdateAlias need both the alias and the key), and the KMS developer guide
("ABAC for AWS KMS", "Controlling access to aliases").
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.kinds.identity import carrying, requesting
from dynaprov.kinds.kms_key.state import SECTION, KmsKeySection, alias_of
from dynaprov.model.kind import Owned, Scope
from dynaprov.model.permission import ANY, CHANGE, DESTROY, LOOK, PRUNE, Permission, Use
from dynaprov.model.spec import Spec


def owned(spec: Spec, scope: Scope) -> tuple[Owned, ...]:
    """The key by its identity, and by its alias while it does not carry that yet."""
    section = spec.section(SECTION, KmsKeySection)
    keys = (scope.arn("kms", "key/*"),)
    if section is None:
        return ()
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": (alias_of(section, scope),)}}
    return (Owned(keys, carrying(scope)), Owned(keys, by_alias))


def permissions(spec: Spec, scope: Scope) -> Iterator[Permission]:
    """What the spec uses of a key; of one that it does not name only what tells leftovers."""
    keys = (scope.arn("kms", "key/*"),)
    section = spec.section(SECTION, KmsKeySection)
    retires = LOOK if section is not None and not section.enabled else DESTROY | PRUNE
    yield Permission(("kms:ListGrants",), keys, LOOK, carrying(scope))
    yield Permission(("kms:DescribeKey",), keys, LOOK)
    yield from _users(scope, retires)
    yield Permission(("kms:ScheduleKeyDeletion",), keys, PRUNE, carrying(scope))
    if section is None:
        return
    yield Permission(("kms:ListAliases", "kms:ListKeys"), ANY, LOOK)
    yield Permission(("kms:ListResourceTags",), keys, LOOK)
    alias = (scope.arn("kms", alias_of(section, scope)),)
    # An alias that leads to no key yet has nothing else to be checked by.
    yield Permission(("kms:DescribeKey",), alias, LOOK)
    yield Permission(("kms:CreateKey",), ANY, CHANGE, requesting(scope))
    yield Permission(("kms:TagResource",), keys, CHANGE, requesting(scope))
    yield Permission(("kms:CreateAlias", "kms:UpdateAlias"), alias, CHANGE)
    # Whoever loses the race for the alias takes back the key that it made.
    made = ("kms:CreateAlias", "kms:ScheduleKeyDeletion")
    yield Permission(made, keys, CHANGE, carrying(scope))
    looks, changes = _of_live_key(section)
    for each in owned(spec, scope):
        if looks:
            yield Permission(looks, each.resources, LOOK, each.conditions)
        yield Permission(changes, each.resources, CHANGE, each.conditions)
        yield Permission(("kms:ScheduleKeyDeletion",), each.resources, DESTROY, each.conditions)


def _of_live_key(section: KmsKeySection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Reads and writes of the settings that the section declares."""
    looks: list[str] = []
    changes = ["kms:UpdateAlias"]
    if section.declared("description"):
        changes.append("kms:UpdateKeyDescription")
    if section.declared("policy") or section.declared("statements"):
        looks.append("kms:GetKeyPolicy")
        changes.append("kms:PutKeyPolicy")
    if section.declared("rotation") or section.declared("rotation_period_days"):
        looks.append("kms:GetKeyRotationStatus")
        verb = "Enable" if section.rotation else "Disable"
        changes.append(f"kms:{verb}KeyRotation")
    if section.enabled:
        changes += ["kms:CancelKeyDeletion", "kms:EnableKey"]
    else:
        changes.append("kms:DisableKey")
    return tuple(looks), tuple(changes)


def _users(scope: Scope, uses: frozenset[Use]) -> Iterator[Permission]:
    """What needs a key is looked for in the whole account before it is retired."""
    everything = scope.arn("dynamodb", "table/*")
    yield Permission(("dynamodb:ListBackups", "dynamodb:ListTables"), ANY, uses)
    yield Permission(("dynamodb:DescribeTable",), (everything,), uses)
    yield Permission(("dynamodb:DescribeBackup",), (f"{everything}/backup/*",), uses)
