"""Which permissions a command needs for one spec, in groups that can be granted apart.  Pure.

GetCallerIdentity, which every command calls, is in none of them: AWS answers it to everybody, and
no policy can deny it (GetCallerIdentity, STS API reference).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from dynaprov.access.targets import NOWHERE, Targets, deliveries
from dynaprov.execution import lease
from dynaprov.kinds import KINDS, TAGS
from dynaprov.kinds.table.permissions import use_of_key
from dynaprov.model.kind import Scope
from dynaprov.model.permission import ANY, CHANGE, LOOK, Permission, Use, reads
from dynaprov.model.spec import Spec

#: What every command calls and no policy needs to allow.
FREE = frozenset({"sts:GetCallerIdentity"})

#: What tells how much of what is live a spec names (``watch.coverage``).  Both know no resource
#: (service authorization references of Amazon DynamoDB and of the tagging API).
COVERAGE = (Permission(("dynamodb:ListTables", "tag:GetResources"), ANY, LOOK),)


class Verb(StrEnum):
    """The commands that a policy is for.  ``outputs`` and ``wait`` need what ``diff`` needs."""

    DIFF = "diff"
    DRIFT = "drift"
    APPLY = "apply"
    DESTROY = "destroy"


class Group(StrEnum):
    """What a statement is there for; the beginning of its ``Sid``.

    Of the groups of one policy the last ones may be left out: what an earlier one says is not said
    again.
    """

    OBSERVE = "Observe"
    ATTRIBUTE = "Attribute"
    DELIVER = "Deliver"
    CHANGE = "Change"
    PRUNE = "Prune"
    HEAL = "Heal"
    DESTROY = "Destroy"
    LEASE = "Lease"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command is called with.

    Attributes:
        verb: the command.
        prune: with ``--prune``.
        heal: with ``--heal``.
        who: with ``--who``: CloudTrail is asked.
        lease: with ``--lease`` or ``--lease-wait``.
        targets: where reports go.
        by_prefix: name tables by the environment's prefix instead of one by one.
    """

    verb: Verb
    prune: bool = False
    heal: bool = False
    who: bool = False
    lease: bool = False
    targets: Targets = NOWHERE
    by_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Permissions of one group, each said once."""

    group: Group
    permissions: tuple[Permission, ...]


def derive(spec: Spec, scope: Scope, wish: Wish) -> tuple[Grant, ...]:
    """The least that the command needs, group by group; a later one repeats nothing of an earlier.

    Args:
        spec: the resolved spec.
        scope: where it is applied; the ARNs are made from it.
        wish: the command and its options.

    Raises:
        ValueError: when a target names no place.
    """
    whole = [each for kind in (TAGS, *KINDS) for each in kind.permissions(spec, scope)]
    uses = _uses(wish)
    said: set[tuple[str, str, str]] = set()
    grants = []
    for group, permissions in _grouped(whole, uses, spec, scope, wish):
        if wish.by_prefix:
            permissions = [_by_prefix(each, spec, scope) for each in permissions]
        fresh = tuple(_merged(_unsaid(permissions, said)))
        if fresh:
            grants.append(Grant(group, fresh))
    return tuple(grants)


def _uses(wish: Wish) -> dict[Use, Group]:
    """The uses that the command has beside looking, and the group of each."""
    changes = {
        Verb.APPLY: {Use.CHANGE: Group.CHANGE},
        Verb.DESTROY: {Use.DESTROY: Group.DESTROY},
    }.get(wish.verb, {})
    if wish.heal:
        changes = {Use.HEAL: Group.HEAL}
    if wish.prune:
        changes = {**changes, Use.PRUNE: Group.PRUNE}
    return changes


def _grouped(
    whole: Iterable[Permission], uses: dict[Use, Group], spec: Spec, scope: Scope, wish: Wish
) -> Iterator[tuple[Group, list[Permission]]]:
    whole = list(whole)
    wanted = {Use.LOOK, *uses}
    observed = [p for each in whole if each.uses & wanted for p in _only(each, reading=True)]
    yield Group.OBSERVE, [*observed, *(COVERAGE if wish.verb is Verb.DRIFT else ())]
    if wish.who:
        # Knows no resource (service authorization reference of AWS CloudTrail).
        yield Group.ATTRIBUTE, [Permission(("cloudtrail:LookupEvents",), ANY, LOOK)]
    yield Group.DELIVER, list(deliveries(wish.targets, spec, scope))
    if wish.verb is Verb.DIFF:
        return  # also with --prune it only looks
    for use, group in uses.items():
        yield group, [p for each in whole if use in each.uses for p in _only(each, reading=False)]
    if wish.lease:
        yield Group.LEASE, list(_lease(spec, scope))


def _only(permission: Permission, *, reading: bool) -> Iterator[Permission]:
    """The permission for those of its actions that read, or for the others, if it has any."""
    actions = tuple(action for action in permission.actions if reads(action) is reading)
    if actions:
        yield replace(permission, actions=actions)


def _lease(spec: Spec, scope: Scope) -> Iterator[Permission]:
    """Reading and writing the item, and the key under its table."""
    if spec.lease is None:
        return
    table = spec.lease.table
    yield Permission((*lease.READS, *lease.WRITES), (scope.table_arn(table),), CHANGE)
    yield from use_of_key([spec.tables[table]], scope, CHANGE)


def _by_prefix(permission: Permission, spec: Spec, scope: Scope) -> Permission:
    """The same of every table that is called like this environment's."""
    every = scope.table_name("*")

    def widened(arn: str) -> str:
        service, name = arn.split(":")[2:3], arn.split(":")[-1]
        if service == ["dynamodb"] and name.startswith("table/"):
            _, table, *more = name.split("/")
            if table != "*":
                kind = f"/{more[0]}/*" if more else ""
                return scope.arn("dynamodb", f"table/{every}{kind}")
        if service == ["cloudwatch"]:
            names = (scope.table_name(table) for table in spec.tables)
            if any(name == f"{each}-*" for each in names):
                return scope.arn("cloudwatch", f"alarm:{scope.prefix}-*")
            scaled = name.partition("TargetTracking-")[2]
            if scaled:
                return scope.arn("cloudwatch", f"alarm:TargetTracking-table/{every}")
        return arn

    return replace(
        permission, resources=tuple(dict.fromkeys(widened(arn) for arn in permission.resources))
    )


def _unsaid(
    permissions: Iterable[Permission], said: set[tuple[str, str, str]]
) -> Iterator[Permission]:
    """Single actions on single resources that no statement says yet, which are said from now on.

    A right on every resource, without a condition, says every narrower one.
    """
    single = [
        (action, resource, each)
        for each in permissions
        for action in each.actions
        for resource in each.resources
    ]
    # The wide ones first, whatever the order of the kinds.
    single.sort(key=lambda one: (bool(one[2].conditions), not one[1].endswith("/*")))
    for action, resource, each in single:
        mark = (action, resource, str(each.conditions))
        wider = [(action, resource, str({})), (action, _whole(resource), str({}))]
        if mark in said or any(one in said for one in wider):
            continue
        said.add(mark)
        yield replace(each, actions=(action,), resources=(resource,))


def _whole(arn: str) -> str:
    """The pattern of all resources of the ARN's type: ``.../table/x`` -> ``.../table/*``."""
    head, slash, _ = arn.partition("/")
    return f"{head}/*" if slash and arn.count("/") == 1 else arn


def _merged(single: Iterable[Permission]) -> Iterator[Permission]:
    """As few permissions as say the same: actions with equal resources and conditions together."""
    named: dict[tuple[str, str], list[str]] = {}
    conditions = {}
    for each in single:
        [action], [resource] = each.actions, each.resources
        conditions[str(each.conditions)] = each.conditions
        named.setdefault((action, str(each.conditions)), []).append(resource)
    actions: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (action, condition), arns in named.items():
        actions.setdefault((tuple(sorted(arns)), condition), []).append(action)
    for (resources, condition), together in sorted(actions.items(), key=_by_action):
        yield Permission(tuple(sorted(together)), resources, LOOK, conditions[condition])


def _by_action(merged: tuple[tuple[tuple[str, ...], str], list[str]]) -> tuple[list[str], str]:
    (_, condition), actions = merged
    return sorted(actions), condition
