"""The kind that manages alarms.

Calls: DescribeAlarms, PutMetricAlarm, DeleteAlarms; GetResources to tell leftovers.

Quirks (CloudWatch API reference):

- PutMetricAlarm creates or overwrites the whole alarm: what is left out goes back to its default.
  So all fields of an alarm are declared, and what no setting covers is sent again as it was read.
- It honours tags only when it creates; later they go through TagResource (the tags kind).
- Neither the metric nor the topic has to exist, so a wrong alarm is taken in silence (``checks``).
- DescribeAlarms gives metric alarms only, unless it is asked for others.  Composite and log alarms
  are never made here, so they are neither read nor reported.
- It selects by the beginning of the name: ``acme-dev-`` also brings the alarms of an environment
  ``dev-eu``, so a live alarm that no spec names counts as ours only by its identity tags, or where
  its name is that of a suite's alarm on a table of this very spec.
- A target-tracking policy makes alarms of its own, ``TargetTracking-...``: neither adopted nor
  reported.
- About three PutMetricAlarm and three DeleteAlarms per second and account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dynaprov.kinds.alarm.aws import from_aws, kept, to_aws
from dynaprov.kinds.alarm.checks import check_alarms, check_names
from dynaprov.kinds.alarm.derivation import (
    Told,
    account_alarms,
    alarm_addresses,
    alarm_arn,
    alarm_name,
    index_names,
    keyed,
    origins_of,
    table_alarms,
)
from dynaprov.kinds.alarm.sections import AccountAlarmsSection, AlarmsSection, AlarmState
from dynaprov.kinds.alarm.suites import RULES_OF, USER_ERRORS
from dynaprov.kinds.identity import ADDRESS, tagged_resources, tags_by_arn
from dynaprov.kinds.topic.state import topic_name
from dynaprov.model.address import Address
from dynaprov.model.change import Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Owned,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
    unlisted,
)
from dynaprov.model.operation import Meaning, Operation, Risk
from dynaprov.model.permission import DESTROY, HEAL, LOOK, PRUNE, Permission
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Severity
from dynaprov.model.source import Origin
from dynaprov.model.spec import Spec

TOPIC = Address("", "topic")
LEFT = Address("", "alarm")
AUTOSCALER = "TargetTracking-"


def describe_alarms(scope: Scope) -> Read:
    """The bulk read of all alarms that could be the environment's."""
    params = {
        "AlarmNamePrefix": f"{scope.prefix}-",
        "AlarmTypes": ["MetricAlarm"],
        "MaxRecords": 100,
    }
    return Read("cloudwatch", "describe_alarms", params, pages="MetricAlarms")


class AlarmKind(Kind):
    """See the module docstring."""

    name = "alarm"
    title = "alarm"
    missing = Severity.CRITICAL
    state = AlarmState
    section = AlarmsSection
    section_name = "alarms"
    environment_section = AccountAlarmsSection
    environment_section_name = "account_alarms"
    reads = ("cloudwatch:DescribeAlarms", "tag:GetResources")
    writes = ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource")
    services = ("cloudwatch", "resourcegroupstaggingapi")
    tagging = Tagging(
        service="cloudwatch",
        tag="tag_resource",
        untag="untag_resource",
        resource="ResourceARN",
        tags="Tags",
        keys="TagKeys",
        key_field="Key",
        value_field="Value",
        listing="list_tags_for_resource",
        listed="Tags",
        bulk="cloudwatch:alarm",
    )
    stamp_code = "w"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """See ``checks``."""
        yield from check_alarms(spec)
        scope = Scope(spec.project, spec.environment, "", spec.region)
        yield from check_names((str(a), alarm_name(scope, a)) for a in alarm_addresses(spec))

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """The alarms of every table with an ``alarms`` section, and those of the account."""
        topic = spec.sections.get("topic") is not None
        for name, table in spec.tables.items():
            section = table.section("alarms", AlarmsSection)
            if section is not None:
                told = _told(section, scope, topic)
                made = table_alarms(table, scope.table_name(name), section, told)
                origins = table.origins_below("alarms")
                for what, state in made:
                    yield _desired(Address(name, "alarm", what), state, spec, scope, origins)
        account = spec.section("account_alarms", AccountAlarmsSection)
        if account is not None:
            origins = spec.origins_below("account_alarms")
            for what, state in account_alarms(account, _told(account, scope, topic), scope):
                yield _desired(Address("", "alarm", what), state, spec, scope, origins)

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """DescribeAlarms by a prefix is allowed or denied for all alarms of the region at once."""
        yield Permission(
            ("cloudwatch:DescribeAlarms",), (scope.arn("cloudwatch", "alarm:*"),), LOOK
        )
        for own in self.owned(spec, scope):
            creation = ("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource")
            yield Permission(creation, own.resources, HEAL)
            yield Permission(("cloudwatch:DeleteAlarms",), own.resources, DESTROY)
        every = (scope.arn("cloudwatch", f"alarm:{scope.prefix}-*"),)
        yield Permission(("cloudwatch:DeleteAlarms",), every, PRUNE)

    def owned(self, spec: Spec, scope: Scope) -> Iterable[Owned]:
        """All alarms of a table by how their names begin; those of the account by their names."""
        names: dict[str, None] = {}
        for each in self.declare(spec, scope):
            table = each.address.table
            names[f"{scope.table_name(table)}-*" if table else each.name] = None
        if names:
            yield Owned(tuple(scope.arn("cloudwatch", f"alarm:{name}") for name in names))

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """Both bulk reads."""
        return (describe_alarms(scope), tagged_resources(scope))

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """One bulk read of alarms, and the bulk read of tags to tell leftovers.

        Leftovers stand on the first reading; with nothing desired, on one of their own.  Where
        nobody can tell them, that is a reading, too.
        """
        described, tagged = yield [describe_alarms(scope), tagged_resources(scope)]
        if described.error:
            unread = [Reading.of_error(each.address, described.error) for each in desired]
            return unread or unlisted(LEFT, [described])
        live = {alarm["AlarmName"]: alarm for alarm in described.value["MetricAlarms"]}
        readings = [_reading(each, live.pop(each.name, None)) for each in desired]
        taken = {each.address for each in desired}
        if any(not name.startswith(AUTOSCALER) for name in live):
            readings += unlisted(LEFT, [tagged])
        leftovers = tuple(_leftovers(live, tags_by_arn(tagged.value), taken, spec, scope))
        if leftovers:
            first = readings[0] if readings else Reading.absent(LEFT)
            readings[:1] = [replace(first, unmanaged=leftovers)]
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """One PutMetricAlarm, which creates or overwrites."""
        state = desired.state
        assert isinstance(state, AlarmState)
        creates = reading.presence is Presence.ABSENT
        params = to_aws(desired.name, state, reading.facts.get("kept", {}))
        if creates:
            tags = situation.tags_at_creation(desired.address)
            if tags:
                params["Tags"] = [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
        verb = "create" if creates else "update"
        return [
            Operation(
                id=f"{desired.address}:{verb}",
                address=desired.address,
                kind=self.name,
                title=f"{verb} alarm {desired.name}",
                call=Call("cloudwatch", "put_metric_alarm", params),
                creates=creates,
                risk=Risk.LOW,
                meaning=Meaning(
                    impact="reads and writes notice nothing",
                    undo="reversible: apply the old values"
                    if not creates
                    else "reversible: delete the alarm",
                    takes="at once; about three alarms per second",
                    watch="" if not creates else "its state, INSUFFICIENT_DATA until there is data",
                ),
            )
        ]

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """DeleteAlarms, only where the alarm carries our identity tags."""
        if not dict(unmanaged.facts).get("ours"):
            return []
        return [_delete(unmanaged.address, unmanaged.resource)]

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """DeleteAlarms, one alarm a call so that each has an outcome of its own."""
        if reading.presence is not Presence.PRESENT:
            return []
        return [_delete(desired.address, desired.name)]


def _told(section: AlarmsSection | AccountAlarmsSection, scope: Scope, topic: bool) -> Told:
    actions = section.actions
    if not section.declared("actions"):
        actions = "topic" if topic else None
    return Told.of(actions, section.ok_actions, topic_arn(scope))


def topic_arn(scope: Scope) -> str:
    """The ARN of the environment's topic, by its name."""
    return scope.arn("sns", topic_name(scope))


def _desired(
    address: Address, state: AlarmState, spec: Spec, scope: Scope, origins: Mapping[str, Origin]
) -> Desired:
    name = alarm_name(scope, address)
    tells = topic_arn(scope) in (*state.alarm_actions, *state.ok_actions)
    return Desired(
        address=address,
        kind="alarm",
        name=name,
        state=state,
        arn=alarm_arn(scope, address),
        tags=dict(spec.tags),
        requires=(TOPIC,) if tells and spec.sections.get("topic") is not None else (),
        origins=origins_of(origins, address.name),
    )


def _reading(desired: Desired, alarm: Mapping[str, Any] | None) -> Reading:
    if alarm is None:
        return Reading.absent(desired.address)
    arn = alarm.get("AlarmArn", "")
    facts = {"kept": kept(alarm)}
    return Reading(
        desired.address, Presence.PRESENT, from_aws(alarm), arn, {"arn": arn}, facts=facts
    )


def _leftovers(
    live: Mapping[str, Mapping[str, Any]],
    tags: Mapping[str, Mapping[str, str]],
    taken: set[Address],
    spec: Spec,
    scope: Scope,
) -> Iterator[Unmanaged]:
    """Live alarms that are the environment's and that the spec does not name.

    An address that is taken, as by the copy of an alarm with its tags, gives way to the alarm's own
    name, since operations are told apart by address.
    """
    by_name = _suite_names(spec, scope) if live else {}
    for name, alarm in sorted(live.items()):
        arn = alarm.get("AlarmArn", "")
        own = arn in tags
        if name.startswith(AUTOSCALER) or not (own or name in by_name):
            continue
        address = _tagged_address(tags[arn]) if own else by_name[name]
        if address is None or address in taken:
            address = Address("", "alarm", name)
        taken.add(address)
        yield Unmanaged(
            address=address,
            kind="alarm",
            resource=name,
            detail="no spec names this alarm" + ("" if own else "; no dynaprov tags seen on it"),
            facts=(("arn", arn), ("ours", own)),
        )


def _tagged_address(tags: Mapping[str, str]) -> Address | None:
    address = Address.parse(tags.get(ADDRESS) or "?")
    return address if address.part == "alarm" and address.name else None


def _suite_names(spec: Spec, scope: Scope) -> dict[str, Address]:
    """Names that suites give to alarms of the spec's tables, also where none is declared."""
    addresses = [Address("", "alarm", USER_ERRORS.what)]
    for name, table in spec.tables.items():
        for rule in RULES_OF["full"]:
            indexes = index_names(table) if rule.per_index else []
            addresses += [Address(name, "alarm", keyed(rule.what, i)) for i in ("", *indexes)]
    return {alarm_name(scope, address): address for address in addresses}


def _delete(address: Address, name: str) -> Operation:
    return Operation(
        id=f"{address}:delete",
        address=address,
        kind="alarm",
        title=f"delete alarm {name}",
        call=Call("cloudwatch", "delete_alarms", {"AlarmNames": [name]}),
        deletes=True,
        risk=Risk.LOW,
        meaning=Meaning(
            impact="reads and writes notice nothing; nobody is told any more",
            undo="reversible: apply a spec that declares it; its history is lost",
            takes="at once; about three calls per second",
        ),
    )


KIND = AlarmKind()
