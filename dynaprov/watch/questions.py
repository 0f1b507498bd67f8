"""What is asked of the event history for one difference: which calls, about what, since when.

Turns the address and path of a difference into the words of the calls that could have made it: the
names that calls know the resource by, the index, the tag, the scalable dimension.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dynaprov.kinds.scaling.section import SIDES, Dimension
from dynaprov.model.address import Address
from dynaprov.model.kind import Scope
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Identity
from dynaprov.watch.explanations import makers_of, rows_of
from dynaprov.watch.recorded import Row
from dynaprov.watch.trail import Key

#: Regions whose history holds the calls to IAM, by partition ("Global service events", CloudTrail
#: User Guide); those of other services are in their own region.
GLOBAL_REGION: Mapping[str, str] = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
}

#: How many of the names are looked up before the calls themselves are.
_NAMES = 2

#: Kinds that are settings of their table and go with it.
_ASPECTS = ("ttl", "pitr", "insights")


#: The words that rows may refer to; those that a question does not have are empty.
_WORDS = ("index", "tag", "dimension", "alias", "protocol", "endpoint", "subscription")


@dataclass(frozen=True, slots=True)
class Question:
    """Who made this difference?

    Attributes:
        kind, setting: row of the table of explanations; an empty setting asks who took it away.
        names: what calls name the resource by: name, ARN, id.
        words: see ``explanations``.
        made: the thing is there and is not to be: who made it?
        live, declared: both values, for telling whether a call set the one or the other.
        clean_since: when a check last found no such difference; it was made after that.
        noticed: when a check first found it; it was made before that.
        globally: it is recorded in the partition's global region alone.
    """

    address: Address
    path: str
    kind: str
    setting: str
    names: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    made: bool = False
    live: Any = field(default=None, hash=False)
    declared: Any = field(default=None, hash=False)
    clean_since: datetime | None = None
    noticed: datetime | None = None
    globally: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The calls that would explain it, apart from those that make the whole thing."""
        return makers_of(self.kind) if self.made else rows_of(self.kind, self.setting)

    @property
    def makers(self) -> tuple[Row, ...]:
        """The calls that make the thing, and so every setting that was not set since."""
        return makers_of(self.kind) if self.setting and not self.made else ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """What to look up, most telling first: the resource, then each call that could be it."""
        by_name = () if self.kind in _NAMELESS else self.names[:_NAMES]
        calls = dict.fromkeys(row.name for row in self.rows)
        return (
            *(Key("ResourceName", name, self.globally) for name in by_name),
            *(Key("EventName", name, self.globally) for name in calls),
        )


#: Events of these hold no names of resources (Application Auto Scaling User Guide).
_NAMELESS = ("scaling", "scaling-policy")


def scope_of(identity: Identity) -> Scope:
    """The scope that a plan was made for."""
    parts = identity.caller.split(":")
    partition = parts[1] if len(parts) > 1 and parts[1] else "aws"
    return Scope(
        identity.project, identity.environment, identity.account, identity.region, partition
    )


def ask(
    address: Address,
    kind: str,
    path: str,
    resource: str,
    scope: Scope,
    *,
    live: Any = None,
    declared: Any = None,
    missing: bool = False,
    made: bool = False,
    ids: Sequence[str] = (),
    clean_since: datetime | None = None,
    noticed: datetime | None = None,
) -> Question:
    """The question for one difference.

    Args:
        address: of the difference, as a plan names it.
        kind: of the thing there.
        path: of the setting; empty for the thing itself.
        resource: the physical name, as a plan has it.
        scope: where it is.
        live: the live value.
        declared: the declared value.
        missing: the thing is not there at all.
        made: the thing is there and is not to be.
        ids: further names that calls know it by: the id and the ARN of a key, of an endpoint.
        clean_since: when a check last found no such difference.
        noticed: when a check first found it.
    """
    asked, words = _asked(address, kind, path)
    setting = "" if missing else path
    owner = _owner(address) if kind == "tags" else kind
    if missing and kind in (*_ASPECTS, "tags"):
        asked, setting = "table" if kind in _ASPECTS else _asked(address, owner, "")[0], ""
    if asked == "scaling" and path == "capacity":
        # The autoscaler, or whoever set capacity beside it.
        of, _ = _dimension(address.name)
        asked, setting = "index" if of.index else "table", f"capacity.{of.side}"
        resource = resource.split("/")[1] if "/" in resource else resource
        owner = "table"
    return Question(
        address,
        path,
        asked,
        setting,
        _names(owner, setting, resource, scope, ids),
        {
            **dict.fromkeys(_WORDS, ""),
            **words,
            "alias": resource if owner == "kms-key" else "",
            "subscription": ids[0] if ids and asked == "subscription" else "",
        },
        made,
        live,
        declared,
        clean_since,
        noticed,
        owner == "access-policy" and scope.region != GLOBAL_REGION.get(scope.partition),
    )


#: Parameters by which our own calls name what has an id of AWS's choosing.
_IDS = ("KeyId", "TargetKeyId", "VpcEndpointId", "SubscriptionArn", "Resources")


def ids_of(operations: Iterable[Operation]) -> dict[Address, tuple[str, ...]]:
    """The ids of keys, endpoints and subscriptions, as the calls of a plan name them.

    A difference in one of these plans a call on it, so its id stands there.
    """
    found: dict[Address, tuple[str, ...]] = {}
    for operation in operations:
        for name in _IDS:
            value = operation.call.params.get(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and each:
                    known = found.get(operation.address, ())
                    ids = (*known, each, each.rpartition("/")[2])
                    found[operation.address] = tuple(dict.fromkeys(ids))
    return found


def _asked(address: Address, kind: str, path: str) -> tuple[str, dict[str, str]]:
    """The kind of the table of explanations, and the words of the question."""
    if kind == "table" and address.part in ("index", "local-index"):
        return address.part, {"index": address.name}
    if kind == "topic" and address.name.startswith("subscription/"):
        protocol, _, endpoint = address.name.removeprefix("subscription/").partition(":")
        return "subscription", {"protocol": protocol, "endpoint": endpoint}
    if kind == "insights":
        return kind, {"index": address.name}
    if kind == "scaling" and address.name:
        of, policy = _dimension(address.name)
        words = {"dimension": of.scalable, "index": of.index}
        return f"{kind}-policy" if policy else kind, words
    if kind == "tags":
        return kind, {"tag": path.partition(".")[2]}
    return kind, {}


def _dimension(name: str) -> tuple[Dimension, bool]:
    """The dimension that an address names, and whether it names a policy of it besides."""
    policy = name.rpartition("/")[2] not in SIDES
    return Dimension.of(name.rpartition("/")[0] if policy else name), policy


def _owner(address: Address) -> str:
    """The kind of the resource whose tags stand at the address."""
    return "table" if address.part in ("", "tags") else address.part


def _names(
    kind: str, setting: str, resource: str, scope: Scope, ids: Sequence[str]
) -> tuple[str, ...]:
    arns = {
        "table": ("dynamodb", f"table/{resource}", None),
        "ttl": ("dynamodb", f"table/{resource}", None),
        "pitr": ("dynamodb", f"table/{resource}", None),
        "insights": ("dynamodb", f"table/{resource}", None),
        "alarm": ("cloudwatch", f"alarm:{resource}", None),
        "dashboard": ("cloudwatch", f"dashboard/{resource}", ""),
        "topic": ("sns", resource, None),
        "access-policy": ("iam", f"policy/{resource}", ""),
        "kms-key": ("kms", resource, None),
    }
    if kind == "vpc-endpoint":
        return tuple(dict.fromkeys(ids))  # the resource of a plan is the VPC
    if not resource:
        return ()
    own: tuple[str, ...] = (resource,)
    if kind in arns:
        service, name, region = arns[kind]
        own = (resource, scope.arn(service, name, region=region))
    if kind == "kms-key":
        # Calls name a key by id or ARN; only those on the alias itself name the alias.
        known = sorted(ids, key=len, reverse=True)
        return tuple(dict.fromkeys((*known, *(own if known or setting == "alias" else ()))))
    return tuple(dict.fromkeys((*own, *ids)))
