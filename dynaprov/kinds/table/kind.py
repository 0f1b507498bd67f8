"""The table kind: which tables a spec declares, how they are read, and what changes call for.

Calls: DescribeTable, CreateTable, UpdateTable, DeleteTable, CreateBackup, DescribeBackup and
ListBackups; ListAliases where a table is to use the key that AWS manages; and while an index is
built GetMetricStatistics, once a minute, which says how much of it is filled (nothing needs it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dynaprov.kinds.table import checks, deletion, permissions, update, waiting
from dynaprov.kinds.table.creation import LEAST, create_table
from dynaprov.kinds.table.indexes import delete_index
from dynaprov.kinds.table.reading import describe_table, not_kept, read_table
from dynaprov.kinds.table.spending import spent
from dynaprov.kinds.table.state import (
    AWS_MANAGED,
    AWS_OWNED,
    KMS_KEY,
    ON_DEMAND,
    PROVISIONED,
    Capacity,
    IndexState,
    TableSection,
    TableState,
    declared_only,
)
from dynaprov.kinds.table.waves import in_waves
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Looking,
    Observation,
    Progress,
    Reading,
    Scope,
    Situation,
    Standing,
    Tagging,
)
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.permission import Permission
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.setting import Ref, Severity, State
from dynaprov.model.spec import Spec, TableSpec

ALIASES = Read("kms", "list_aliases", {"Limit": 100}, pages="Aliases")
KEY = Address("", "kms-key")


class TableKind(Kind):
    """See the module docstring."""

    name = "table"
    title = "table"
    missing = Severity.CRITICAL
    state = TableState
    section = TableSection
    section_name = ""
    reads = (
        "dynamodb:DescribeTable",
        "dynamodb:DescribeBackup",
        "dynamodb:ListBackups",
        "kms:DescribeKey",
        "kms:ListAliases",
        "cloudwatch:GetMetricStatistics",
    )
    writes = (
        "dynamodb:CreateTable",
        "dynamodb:UpdateTable",
        "dynamodb:DeleteTable",
        "dynamodb:CreateBackup",
        "dynamodb:TagResource",
        "kms:DescribeKey",
        "kms:CreateGrant",
    )
    behind = permissions.KEY_USE
    services = ("dynamodb",)
    tagging = Tagging(
        service="dynamodb",
        tag="tag_resource",
        untag="untag_resource",
        resource="ResourceArn",
        tags="Tags",
        keys="TagKeys",
        key_field="Key",
        value_field="Value",
        listing="list_tags_of_resource",
        listed="Tags",
        bulk="dynamodb:table",
    )
    stamp_code = "d"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """The rules of ``checks``, for every table."""
        return checks.check_tables(spec)

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One per table of the spec."""
        for name, table in spec.tables.items():
            section = table.section("", TableSection)
            assert section is not None
            state = desired_state(section, table)
            needs_key = isinstance(state.encryption, Ref)
            yield Desired(
                address=Address(name),
                kind=self.name,
                name=scope.table_name(name),
                state=state,
                arn=scope.table_arn(name),
                tags={**spec.tags, **(section.tags or {})},
                requires=(KEY,) if needs_key else (),
                origins=table.origins,
                creation=initial_capacities(section, table),
            )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """See ``permissions``."""
        return permissions.permissions(spec, scope)

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """DescribeTable of every table."""
        return (describe_table(scope.table_name(name)) for name in spec.tables)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """One DescribeTable per table."""
        managed = any(
            isinstance(each.state, TableState) and each.state.encryption == AWS_MANAGED
            for each in desired
        )
        reads = [describe_table(each.name) for each in desired]
        answers = yield [*reads, ALIASES] if managed else reads
        managed_key = _managed_key(answers[-1], scope) if managed else ""
        readings = [
            self.reading(each, answer, managed_key)
            for each, answer in zip(desired, answers, strict=False)
        ]
        return (yield from _confirmed(desired, readings))

    def reading(self, desired: Desired, answer: Answer, managed_key: str = "") -> Reading:
        """The reading that an answer of DescribeTable gives.

        ``managed_key`` is the ARN of the key that AWS manages, where somebody looked it up.
        """
        if answer.error:
            return Reading.of_error(desired.address, answer.error)
        reading = read_table(desired.address, answer.value["Table"])
        state = reading.state
        assert isinstance(state, TableState)
        state = reported(desired.state, state)
        if managed_key and state.encryption == managed_key:
            state = state.model_copy(update={"encryption": AWS_MANAGED})
        assert isinstance(desired.state, TableState)
        return replace(
            reading,
            state=state,
            unmanaged=_unmanaged(desired, state),
            unreadable=not_kept(reading.arn, desired.state, state),
        )

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """CreateTable, or one UpdateTable per change that AWS allows."""
        if any(c.action is Action.CREATE and c.address == desired.address for c in changes):
            return [create_table(desired, situation.tags_at_creation(desired.address))]
        made = update.operations(changes, desired, reading)
        return spent(made, reading, situation.now)

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Delete a global index that no spec names."""
        if unmanaged.address.part != "index":
            return []
        return [delete_index(unmanaged.address, unmanaged.resource)]

    def arranged(
        self, operations: Sequence[Operation], situation: Situation
    ) -> Sequence[Operation]:
        """Index changes one at a time per table, in the order of ``waves``."""
        return in_waves(operations, situation)

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """Protection off, final backup taken and verified, table deleted."""
        return spent(deletion.operations(desired, reading), reading, situation.now)

    def look(self, operation: Operation, call: Call, now: datetime) -> Looking:
        """Before and after CreateBackup."""
        return (yield from deletion.look_for_backup(call, now))

    def settled(self, until: str, answer: Answer) -> bool:
        """Whether the answer shows what ``until`` says; see ``waiting``."""
        wait = Wait(self.name, until, describe_table(""))
        return self.progress(wait, answer).standing is Standing.THERE

    def progress(self, wait: Wait, answer: Answer) -> Progress:
        """How far it has come, and what is under way; see ``waiting``."""
        return waiting.progress(wait, answer)

    def gauge(self, wait: Wait, answer: Answer, now: datetime) -> Read | None:
        """The metric of the index that is being filled."""
        return waiting.gauge(wait, answer, now)

    def gauged(self, answer: Answer) -> str:
        """How much of the index is filled."""
        return waiting.gauged(answer)


def desired_state(section: TableSection, table: TableSpec) -> TableState:
    """What the section asks of AWS.

    Left out: capacity of an on-demand table, limits of a provisioned one, and capacity that the
    table's scaling owns (``scaling`` compares that with its band).
    """
    values: dict[str, Any] = {
        name: getattr(section, name)
        for name in section.model_fields_set
        if name in TableState.model_fields
    }
    for name in ("partition_key", "sort_key"):
        if values.get(name):
            values[name] = checks.typed(values[name], section)
    mode = values.get("billing_mode")
    scaling = table.sections.get("scaling")
    _fit_billing(values, mode, _scaled(scaling, None))
    if values.get("encryption") == KMS_KEY:
        values["encryption"] = Ref("kms-key", "arn")
    if "local_indexes" in values:
        values["local_indexes"] = {
            name: index.model_copy(update={"sort_key": checks.typed(index.sort_key, section)})
            for name, index in values["local_indexes"].items()
        }
    if "indexes" in values:
        values["indexes"] = {
            name: index and _index_state(index, section, mode, _scaled(scaling, name))
            for name, index in values["indexes"].items()
        }
    made: TableState = declared_only(TableState, values)
    return made


def _index_state(
    index: IndexState, section: TableSection, mode: str | None, scaled: frozenset[str]
) -> IndexState:
    values: dict[str, Any] = {name: getattr(index, name) for name in index.model_fields_set}
    for name in ("partition_key", "sort_key"):
        if values.get(name):
            values[name] = tuple(checks.typed(key, section) for key in values[name])
    _fit_billing(values, mode, scaled)
    made: IndexState = declared_only(IndexState, values)
    return made


def _fit_billing(values: dict[str, Any], mode: str | None, scaled: frozenset[str]) -> None:
    if mode == PROVISIONED:
        values.pop("on_demand_limits", None)
    else:
        values.pop("capacity", None)
    capacity = values.get("capacity")
    if capacity is not None and scaled:
        kept = {n: getattr(capacity, n) for n in capacity.model_fields_set if n not in scaled}
        values.pop("capacity")
        if kept:
            values["capacity"] = declared_only(type(capacity), kept)


def _scaled(scaling: Any, index: str | None) -> frozenset[str]:
    """The dimensions (``read``, ``write``) that the scaling section owns."""
    if scaling is None:
        return frozenset()
    section = scaling if index is None else _index_scaling(scaling, index)
    return frozenset(
        dimension
        for dimension in ("read", "write")
        if section is not None and getattr(section, dimension, None) is not None
    )


def _index_scaling(scaling: Any, index: str) -> Any:
    indexes: Mapping[str, Any] = getattr(scaling, "indexes", None) or {}
    return indexes.get(index, indexes.get("*"))


def initial_capacities(section: TableSection, table: TableSpec) -> dict[str, Capacity]:
    """What a provisioned table (key ``""``) and its indexes begin with, within their bands.

    An index that says nothing begins with what the table says.
    """
    if section.billing_mode != PROVISIONED:
        return {}
    scaling = table.sections.get("scaling")
    made = {"": _initial(section.capacity, None, scaling)}
    for name, index in (section.indexes or {}).items():
        if index is not None:
            made[name] = _initial(index.capacity, section.capacity, _index_scaling(scaling, name))
    return made


def _initial(capacity: Capacity | None, fallback: Capacity | None, scaling: Any) -> Capacity:
    def units(name: str) -> int:
        declared = getattr(capacity, name, None) or getattr(fallback, name, None)
        band = getattr(scaling, name, None)
        least, most = getattr(band, "min", None), getattr(band, "max", None)
        value = declared or least or LEAST
        return int(min(max(value, least or value), most or value))

    return Capacity(read=units("read"), write=units("write"))


def reported(wanted: State, live: TableState) -> TableState:
    """The live state, with what AWS does not report in the live billing mode taken as declared.

    A table that was switched to on-demand has no capacity to compare, so only its billing mode
    differs; switching back sets the capacity anyway.
    """
    assert isinstance(wanted, TableState)
    if wanted.billing_mode in (None, live.billing_mode):
        return live
    field = "capacity" if live.billing_mode == ON_DEMAND else "on_demand_limits"
    indexes = {
        name: index.model_copy(update={field: getattr((wanted.indexes or {}).get(name), field)})
        if index and (wanted.indexes or {}).get(name)
        else index
        for name, index in live.indexes.items()
    }
    return live.model_copy(update={field: getattr(wanted, field), "indexes": indexes})


def _managed_key(answer: Answer, scope: Scope) -> str:
    for alias in answer.value.get("Aliases", ()):
        if alias.get("AliasName") == "alias/aws/dynamodb" and alias.get("TargetKeyId"):
            return scope.arn("kms", f"key/{alias['TargetKeyId']}")
    return ""


def _confirmed(desired: Sequence[Desired], readings: Sequence[Reading]) -> Observation:
    """The readings, with each key asked itself that might be the one that AWS manages.

    ListAliases lags, and may be denied.  To ask for that key again would be accepted, encrypt the
    table anew and count (UpdateTable, measured), so a difference must be certain.
    """
    doubtful = {
        str(reading.facts["key"])
        for each, reading in zip(desired, readings, strict=True)
        if _might_be_managed(each, reading)
    }
    asked = sorted(doubtful)
    answers = (
        (yield [Read("kms", "describe_key", {"KeyId": key}) for key in asked]) if asked else ()
    )
    known = dict(zip(asked, answers, strict=True))
    return [
        _resolved(reading, known[reading.facts["key"]])
        if _might_be_managed(each, reading)
        else reading
        for each, reading in zip(desired, readings, strict=True)
    ]


def _might_be_managed(desired: Desired, reading: Reading) -> bool:
    wanted, live = desired.state, reading.state
    return (
        isinstance(wanted, TableState)
        and isinstance(live, TableState)
        and wanted.encryption == AWS_MANAGED
        and live.encryption not in (AWS_MANAGED, AWS_OWNED)
        and bool(reading.facts["key"])
    )


def _resolved(reading: Reading, answer: Answer) -> Reading:
    if answer.error:
        return replace(reading, unreadable={**reading.unreadable, "encryption": answer.error})
    if answer.value.get("KeyMetadata", {}).get("KeyManager") != "AWS":
        return reading
    assert reading.state is not None
    state = reading.state.model_copy(update={"encryption": AWS_MANAGED})
    return replace(reading, state=state)


def _unmanaged(desired: Desired, live: TableState) -> tuple[Unmanaged, ...]:
    """Live indexes that the spec does not name, where it names indexes at all or not."""
    wanted = desired.state
    assert isinstance(wanted, TableState)
    found = []
    for part, field in (("index", "indexes"), ("local-index", "local_indexes")):
        named = getattr(wanted, field) or {}
        for name in getattr(live, field):
            if name not in named:
                found.append(
                    Unmanaged(
                        Address(desired.address.table, part, name),
                        "table",
                        desired.name,
                        f"{part.replace('-', ' ')} `{name}` is in no spec",
                        part_of=desired.address,
                    )
                )
    return tuple(found)


KIND = TableKind()
