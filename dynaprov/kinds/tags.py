"""Tags of every resource that has tags: declared ones, dynaprov's identity, and the stamp.

Calls: each service's own tag, untag and list calls, from the ``Tagging`` of the resource's kind.

Quirks:

- GetResources (Resource Groups Tagging API) is one call for everything, but lags; what looks wrong
  there is read again from the owning service before it counts.
- PutMetricAlarm honours tags only when it creates an alarm, so tags of a live one go through
  TagResource (CloudWatch API reference).
- ListTagsOfResource does not find a table that is CREATING (measured); its tags are then written
  again, which changes nothing where they are the same.
- DynamoDB locks a table's tags for about two seconds after each write ("Table tags are being
  updated"): one TagResource with all that changes, then one UntagResource.

Tags that nobody declared are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from dynaprov.kinds.identity import (
    PREFIX,
    tagged_resources,
    tags_by_arn,
)
from dynaprov.model.address import Address
from dynaprov.model.change import Change, Tolerated
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
)
from dynaprov.model.operation import Meaning, Operation, Risk
from dynaprov.model.permission import ANY, CHANGE, HEAL, LOOK, Permission
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.setting import Noneable, Owner, Ref, Setting, Severity, State
from dynaprov.model.spec import Spec

#: Tags of AWS's services (CloudFormation, Backup); nobody else may write them.
SERVICE_PREFIX = "aws:"


class TagsState(State):
    """The tags of one resource."""

    tags: Annotated[
        dict[str, Noneable[str]],
        Setting("g", Severity.LOW, keyed=True),
        Field(description="Tags by key; `none` removes a live one, others are left alone."),
    ]


class TagsKind(Kind):
    """See the module docstring.  ``taggings`` is the tagging of each kind by its name."""

    name = "tags"
    title = "tags"
    missing = Severity.LOW
    state = TagsState
    services = ("resourcegroupstaggingapi",)
    stamp_code = "z"

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._tagged = tuple(kind for kind in kinds if kind.tagging)
        self.taggings = {kind.name: kind.tagging for kind in self._tagged if kind.tagging}
        self.reads = (  # type: ignore[misc]  # follows from the kinds, once
            "tag:GetResources",
            *sorted({Read(t.service, t.listing).action for t in self.taggings.values()}),
        )
        self.writes = tuple(  # type: ignore[misc]  # follows from the kinds, once
            sorted(
                {
                    Call(t.service, method, {}).action
                    for t in self.taggings.values()
                    for method in (t.tag, t.untag)
                }
            )
        )

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """Nothing by itself: see ``wanted``."""
        return ()

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """GetResources, and each service's own calls for what the spec declares of it.

        GetResources and DescribeTags of EC2 know no resource (service authorization reference).
        """
        yield Permission(("tag:GetResources",), ANY, LOOK)
        for kind in self._tagged:
            tagging = kind.tagging
            assert tagging is not None
            listing = (Read(tagging.service, tagging.listing).action,)
            for own in kind.owned(spec, scope):
                if tagging.service == "ec2":
                    yield Permission(listing, ANY, LOOK)
                else:
                    yield Permission(listing, own.resources, LOOK, own.conditions)
                tag = (Call(tagging.service, tagging.tag, {}).action,)
                yield Permission(tag, own.resources, HEAL, own.conditions)
                if _removes_tags(kind, spec, scope):
                    untag = (Call(tagging.service, tagging.untag, {}).action,)
                    yield Permission(untag, own.resources, CHANGE, own.conditions)

    def wanted(self, desired: Desired, reading: Reading, tags: Mapping[str, str | None]) -> Desired:
        """The tags that a live resource is to carry."""
        tagging = self.taggings[desired.kind]
        return Desired(
            address=desired.address.child("tags"),
            kind=self.name,
            name=desired.name,
            state=TagsState(tags=dict(tags)),
            arn=reading.outputs.get("id", "") if tagging.by == "id" else reading.arn or desired.arn,
            requires=(desired.address,),
            parent=desired.address,
            origins={"": origin} if (origin := desired.origin("tags")) else {},
        )

    def tagging_of(self, address: Address) -> Tagging:
        """How the resource whose tags stand at ``address`` is tagged."""
        return self.taggings[address.part if address.part not in ("", "tags") else "table"]

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """The bulk listing."""
        return (tagged_resources(scope),)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """The bulk listing, and the own listing of each resource that it shows to differ."""
        if not desired:
            return []
        [bulk] = yield [tagged_resources(scope)]
        by_arn = tags_by_arn(bulk.value)
        found: dict[Address, Reading] = {}
        doubtful = []
        for each in desired:
            tags = by_arn.get(_bulk_arn(each, self.tagging_of(each.address), scope))
            if tags is not None and _as_wanted(each, tags):
                found[each.address] = _reading(each, tags)
            else:
                doubtful.append(each)
        found |= {each.address: each for each in (yield from self.own_tags(doubtful))}
        return [found[each.address] for each in desired]

    def own_tags(self, desired: Sequence[Desired]) -> Observation:
        """The tags of each resource as its own service lists them."""
        answers = yield [self.own_listing(each) for each in desired]
        return [self._listed(each, answer) for each, answer in zip(desired, answers, strict=True)]

    def own_listing(self, desired: Desired) -> Read:
        """The tags of one resource, asked of its own service."""
        tagging = self.tagging_of(desired.address)
        where = tagging.lists or tagging.resource
        if tagging.service == "ec2":
            filters = [{"Name": "resource-id", "Values": [desired.arn]}]
            return Read("ec2", tagging.listing, {"Filters": filters}, pages=tagging.listed)
        return Read(tagging.service, tagging.listing, {where: desired.arn}, pages=tagging.listed)

    def _listed(self, desired: Desired, answer: Answer) -> Reading:
        """What the answer to ``own_listing`` says."""
        if answer.error:
            return Reading.of_error(desired.address, answer.error)
        tagging = self.tagging_of(desired.address)
        key, value = tagging.key_field or "Key", tagging.value_field or "Value"
        return _reading(
            desired, {tag[key]: tag[value] for tag in answer.value.get(tagging.listed, ())}
        )

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """One tag call for all that is new or different, one untag call for what is none."""
        [change] = changes
        keys: dict[str, str | None] = {}
        for each in change.settings:
            # All at once where the listing was not found: a table that is CREATING has none yet.
            whole = each.path == "tags"
            keys |= each.after if whole else {each.path.removeprefix("tags."): each.after}
        put = {key: value for key, value in keys.items() if value is not None}
        removed = sorted(key for key, value in keys.items() if value is None)
        made = []
        if put:
            made.append(
                self._operation(desired, "tag", f"tag {desired.name}", self.tag_call(desired, put))
            )
        if removed:
            call = self._untag_call(desired, removed)
            made.append(
                self._operation(desired, "untag", f"remove tags of {desired.name}", call, made)
            )
        return made

    def tag_call(self, desired: Desired, tags: Mapping[str, str]) -> Call:
        """The call that sets these tags; the resource may still have to be created."""
        tagging = self.tagging_of(desired.address)
        resource: object = desired.arn or Ref(str(desired.requires[0]), tagging.by)
        return Call(
            tagging.service,
            tagging.tag,
            {
                tagging.resource: [resource] if tagging.service == "ec2" else resource,
                tagging.tags: shaped(tagging, tags),
            },
        )

    def _untag_call(self, desired: Desired, keys: Sequence[str]) -> Call:
        tagging = self.tagging_of(desired.address)
        if tagging.service == "ec2":
            params: dict[str, Any] = {
                tagging.resource: [desired.arn],
                "Tags": [{"Key": key} for key in keys],
            }
        else:
            params = {tagging.resource: desired.arn, tagging.keys: list(keys)}
        return Call(tagging.service, tagging.untag, params)

    def _operation(
        self,
        desired: Desired,
        verb: str,
        title: str,
        call: Call,
        after: Sequence[Operation] = (),
    ) -> Operation:
        return Operation(
            id=f"{desired.address}:{verb}",
            address=desired.address,
            kind=self.name,
            title=title,
            call=call,
            after=tuple(each.id for each in after),
            lock=desired.name if desired.address.part == "tags" else "",
            risk=Risk.NONE,
            meaning=Meaning("online", "reversible", "at once"),
        )


def _removes_tags(kind: Kind, spec: Spec, scope: Scope) -> bool:
    """Whether the spec says of any tag of the kind's resources that there is to be none."""
    return any(None in (each.tags or {}).values() for each in kind.declare(spec, scope))


def shaped(tagging: Tagging, tags: Mapping[str, str]) -> Any:
    """Tags in the shape that a service takes: a list of pairs, or a mapping."""
    if not tagging.key_field:
        return dict(sorted(tags.items()))
    return [
        {tagging.key_field: key, tagging.value_field: value} for key, value in sorted(tags.items())
    ]


def declared_tags(tags: Mapping[str, str | None]) -> dict[str, str | None]:
    """The tags that the spec declares: without dynaprov's own."""
    return {key: value for key, value in tags.items() if not key.startswith(PREFIX)}


def _bulk_arn(desired: Desired, tagging: Tagging, scope: Scope) -> str:
    if tagging.service == "ec2":
        return scope.arn("ec2", f"vpc-endpoint/{desired.arn}")
    return desired.arn


def _as_wanted(desired: Desired, live: Mapping[str, str]) -> bool:
    state = desired.state
    assert isinstance(state, TagsState)
    return all(live.get(key) == value for key, value in state.tags.items())


def _reading(desired: Desired, live: Mapping[str, str]) -> Reading:
    return Reading(
        desired.address,
        Presence.PRESENT,
        TagsState(tags=dict(live)),
        arn=desired.arn,
        tolerated=tuple(
            Tolerated(desired.address, f"tags.{key}", value, None, Owner.AWS, "a tag that AWS made")
            for key, value in sorted(live.items())
            if key.startswith(SERVICE_PREFIX)
        ),
    )
