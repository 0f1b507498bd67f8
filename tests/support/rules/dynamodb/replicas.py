"""Replicas, as far as the owner of one Region meets them: what is shown, refused and held up.

Somebody else makes them; dynaprov has no word for them.  Modelled is what it then meets: states, a
stream that nobody asked for and nobody can switch off, and updates that wait.  The table in the
other Region is not there, nor are overrides, witnesses and strong consistency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from support.rules.dynamodb.life import (
    NEVER,
    Under,
    Work,
    in_use,
    invalid,
    life_of,
    moto_table,
    name_in,
    own,
)
from support.rules.dynamodb.parts import ON_DEMAND, Part, parts_of
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

SHOWN_SECONDS = 6.0  # until a new replica is listed
REPLICA_CREATE_SECONDS = 30.0  # 14-49 s where the table is empty
LEAVING_SECONDS = 36.0  # the table is UPDATING for 31-47 s ...
REPLICA_DELETE_SECONDS = 120.0  # ... and the replica is gone after 88-244 s
SOURCE_SECONDS = 24 * 3600.0

_UPDATE = ("dynamodb:UpdateTable",)


@dataclass
class Replica:
    """One replica in another Region; times are seconds on the clock."""

    region: str
    key: str
    created_at: float
    deleted_at: float = NEVER

    def status(self, now: float) -> str:
        """Its ReplicaStatus; empty while it is not listed, and when it is gone."""
        if self.deleted_at != NEVER:
            return "DELETING" if now < self.deleted_at + REPLICA_DELETE_SECONDS else ""
        if now < self.created_at + SHOWN_SECONDS:
            return ""
        return "CREATING" if now < self.created_at + REPLICA_CREATE_SECONDS else "ACTIVE"


@dataclass
class Replicas:
    """The replicas of a table, by region."""

    members: dict[str, Replica] = field(default_factory=dict)

    def there(self, now: float) -> dict[str, Replica]:
        """Those that are not gone."""
        return {
            region: each
            for region, each in self.members.items()
            if each.deleted_at == NEVER or now < each.deleted_at + REPLICA_DELETE_SECONDS
        }


def _members(request: Request, world: World) -> dict[str, Replica]:
    return own(request, world, Replicas).there(world.now)


def _refuse_meanwhile(request: Request, world: World) -> None:
    if moto_table(request) is None:
        return
    if life_of(request, world).under_way(world.now, Work.REPLICA, Work.REPLICA_LEAVES):
        raise in_use(f"Table: {name_in(request)} is in the process of being updated.")


def _refuse_change(request: Request, world: World) -> None:
    updates = request.params.get(Part.REPLICAS) or ()
    if not updates:
        return
    if len(updates) > 1:
        raise invalid("more than one create or delete replica actions not allowed")
    table, members = moto_table(request), _members(request, world)
    [(action, asked)] = updates[0].items()
    region = asked["RegionName"]
    if region == request.region:
        raise invalid("Cannot add or delete the local region through ReplicaUpdates")
    if action == "Create" and region in members:
        raise _of_the_group(request, "one or more replicas already existed as tables")
    if action != "Create" and region not in members:
        raise _of_the_group(request, f"one or more replicas are not part of it: [{region}]")
    encrypted = table is not None and (table.sse_specification or {}).get("KMSMasterKeyId")
    if action == "Create" and encrypted and not asked.get("KMSMasterKeyId"):
        raise invalid("KMSMasterKeyId must be specified for each replica")
    if action == "Create" and table is not None and table.billing_mode != ON_DEMAND:
        # Whether the targets are there is not looked at: who may scale is in other rules.
        raise invalid("Table write capacity should either be Pay-Per-Request or AutoScaled")


def _of_the_group(request: Request, text: str) -> AwsError:
    return AwsError(
        "ValidationException",
        f"Failed to update settings for global table with name: {name_in(request)}: {text}",
    )


def _refuse_stream(request: Request, world: World) -> None:
    if Part.STREAM in parts_of(request) and moto_table(request) and _members(request, world):
        raise invalid("Disabling Stream is not allowed for a Global Table replica.")


def _refuse_delete(request: Request, world: World) -> None:
    if moto_table(request) is None:
        return
    if life_of(request, world).under_way(world.now, Work.REPLICA, Work.REPLICA_LEAVES):
        raise in_use(f"Table: {name_in(request)} is in the process of being updated.")
    for each in _members(request, world).values():
        if world.now < each.created_at + SOURCE_SECONDS:
            raise AwsError(
                "ValidationException",
                "Replica cannot be deleted because it has acted as a source region for new "
                "replica(s) being added to the table in the last 24 hours.",
            )


def _begin(request: Request, answer: dict[str, Any], world: World) -> None:
    for update in request.params.get(Part.REPLICAS) or ():
        for action, asked in update.items():
            _begin_one(request, world, action, asked)


def _begin_one(request: Request, world: World, action: str, asked: dict[str, Any]) -> None:
    life, table, now = life_of(request, world), moto_table(request), world.now
    members = own(request, world, Replicas).members
    region = asked["RegionName"]
    if action == "Create":
        members[region] = Replica(region, asked.get("KMSMasterKeyId", ""), now)
        life.works.append(Under(Work.REPLICA, now, now + REPLICA_CREATE_SECONDS, detail=region))
        if not (table.stream_specification or {}).get("StreamEnabled"):
            table.set_stream_specification(
                {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            )
    elif action == "Delete":
        members[region].deleted_at = now
        life.works.append(Under(Work.REPLICA, now, now + LEAVING_SECONDS, detail=region))
        gone = now + REPLICA_DELETE_SECONDS
        life.works.append(Under(Work.REPLICA_LEAVES, now, gone, detail=region))


def _show(request: Request, answer: dict[str, Any], world: World) -> None:
    shown = answer.get("Table") or answer.get("TableDescription") or {}
    if moto_table(request) is None or not shown:
        return
    listed = [
        {
            "RegionName": each.region,
            "ReplicaStatus": each.status(world.now),
            **({"KMSMasterKeyId": each.key} if each.key else {}),
        }
        for each in _members(request, world).values()
        if each.status(world.now)
    ]
    if listed:
        shown["Replicas"] = listed
        shown["GlobalTableVersion"] = "2019.11.21"


RULES = (
    Rule(
        "a-table-waits-for-its-replicas",
        "measured: while a replica is CREATING or DELETING every other UpdateTable is "
        "ResourceInUseException; tags, time to live, recovery, policy and insights are admitted "
        "(DDB-TABLE-204, 226, 227)",
        _UPDATE,
        before=_refuse_meanwhile,
    ),
    Rule(
        "one-replica-at-a-time",
        "API UpdateTable.ReplicaUpdates; measured: the texts, that a key must be named where the "
        "table has one, and that provisioned writes must be scaled (DDB-TABLE-203, 223, 224, 249, "
        "307, 313)",
        _UPDATE,
        before=_refuse_change,
    ),
    Rule(
        "the-stream-of-a-replica-stays",
        "measured: once a replica exists the stream is immutable, also by what is so already "
        "(DDB-TABLE-221, 222)",
        _UPDATE,
        before=_refuse_stream,
    ),
    Rule(
        "the-source-of-a-replica-stays-a-day",
        "measured: DeleteTable of the source within 24 hours is a ValidationException "
        "(DDB-TABLE-266, 267)",
        ("dynamodb:DeleteTable",),
        before=_refuse_delete,
    ),
)
#: After the works have begun, and before the table is shown.
BEGINNING = (
    Rule(
        "a-replica-comes-and-goes",
        "measured: listed after 6 s, ACTIVE after 14-49 s on an empty table; leaving, the table is "
        "UPDATING for 31-47 s and the replica gone after 88-244 s; AWS enables the stream "
        "(DDB-TABLE-204, 226, 297, 305, 308)",
        _UPDATE,
        after=_begin,
    ),
)
SHOWING = (
    Rule(
        "replicas-are-shown",
        "API TableDescription.Replicas, ReplicaStatus",
        ("dynamodb:DescribeTable", "dynamodb:UpdateTable"),
        after=_show,
    ),
)
