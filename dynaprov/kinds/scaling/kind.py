"""The kind of autoscaling: what is declared, what is read, and which calls follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dynaprov.kinds.indexes import position_of, unknown_indexes
from dynaprov.kinds.scaling import permissions
from dynaprov.kinds.scaling.calls import (
    BOUNDS,
    SERVICE,
    delete_policy,
    deregister,
    describe,
    put,
    register,
)
from dynaprov.kinds.scaling.live import Live, capacity_of
from dynaprov.kinds.scaling.schedule import SCHEDULE, Schedule
from dynaprov.kinds.scaling.section import (
    Dimension,
    ScalingSection,
    ScalingState,
    declared_scaling,
)
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    unlisted,
)
from dynaprov.model.operation import Operation
from dynaprov.model.permission import Permission
from dynaprov.model.ports import Answer, Read
from dynaprov.model.setting import Band, Severity
from dynaprov.model.spec import Spec, TableSpec

TARGETS = Read(
    SERVICE, "describe_scalable_targets", {"ServiceNamespace": "dynamodb"}, pages="ScalableTargets"
)
POLICIES = Read(
    SERVICE, "describe_scaling_policies", {"ServiceNamespace": "dynamodb"}, pages="ScalingPolicies"
)


class ScalingKind(Kind):
    """See the module docstring."""

    name = "scaling"
    title = "autoscaling"
    missing = Severity.HIGH
    state = ScalingState
    section = ScalingSection
    section_name = "scaling"
    reads = (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
        "cloudwatch:DescribeAlarms",
        "dynamodb:DescribeTable",
    )
    writes = (
        "application-autoscaling:RegisterScalableTarget",
        "application-autoscaling:DeregisterScalableTarget",
        "application-autoscaling:PutScalingPolicy",
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:TagResource",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "dynamodb:DescribeTable",
        "dynamodb:UpdateTable",
        "iam:CreateServiceLinkedRole",
    )
    services = (SERVICE, "dynamodb")
    stamp_code = "s"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """Bounds the right way round, provisioned tables only, indexes that exist."""
        for table in spec.tables.values():
            yield from _check(table)

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One per dimension that is declared and not none."""
        for name, table in spec.tables.items():
            for dimension, declared in declared_scaling(table).items():
                if declared.settings is None:
                    continue
                settings = declared.settings.model_dump(exclude_unset=True)
                band = Band(declared.settings.min, declared.settings.max)
                needed: tuple[Address, ...] = (Address(name),)
                if dimension.index:
                    needed = (*needed, Address(name, "index", dimension.index))
                yield Desired(
                    address=Address(name, "scaling", dimension.word),
                    kind=self.name,
                    name=dimension.resource(scope.table_name(name)),
                    state=ScalingState(**settings, capacity=band),
                    requires=needed,
                    parent=Address(name),
                    stamp_group=self.stamp_code,
                    origins=table.origins_below(declared.origin_path),
                )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """See ``permissions``."""
        return permissions.permissions(spec, scope)

    def first_reads(self, spec: Spec, scope: Scope) -> Iterable[Read]:
        """Everything: no read needs the account's id."""
        return _reads(list(self.declare(spec, scope)), spec, scope)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """Two listings for all, and the tables that the capacity stands in.

        Of the listing of targets alone it is told what scales though the spec says none.
        A third one, of the scheduled actions, only where bounds are not the declared ones.
        """
        reads = _reads(desired, spec, scope)
        if not reads:
            return []
        answers = dict(zip(reads, (yield reads), strict=True))
        live = Live(answers[TARGETS], answers.get(POLICIES, Answer()))
        if any(map(live.moved, desired)):
            [scheduled] = yield [SCHEDULE]
            live.schedule = Schedule(scheduled)
        readings = [
            live.reading(each, answers[describe(scope.table_name(each.address.table))])
            for each in desired
        ]
        for name, table in spec.tables.items():
            left = tuple(live.left_over(name, table, scope.table_name(name)))
            if left:
                readings.append(Reading.absent(Address(name, "scaling"), unmanaged=left))
            elif _says_none(table):
                readings += unlisted(Address(name, "scaling"), [answers[TARGETS]])
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Register the target, then put its policy; either alone when only it differs."""
        [change] = changes
        creates = change.action is Action.CREATE
        changed = {setting.path for setting in change.settings}
        made: list[Operation] = []
        if creates or changed & set(BOUNDS):
            made.append(register(desired, reading, situation, creates=creates))
        if creates or changed - set(BOUNDS):
            made.append(put(desired, reading, needs=made))
        return made

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Deregister the target, or delete the policy that is too much."""
        facts = dict(unmanaged.facts)
        if "policy" in facts:
            return [delete_policy(unmanaged, facts)]
        table = situation.scope.table_name(unmanaged.address.table)
        return [deregister(unmanaged.address, facts["resource"], facts["dimension"], table)]

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """Deregister: a target outlives its table and its index."""
        if reading.presence is not Presence.PRESENT:
            return []
        dimension = Dimension.of(desired.address.name)
        table = situation.scope.table_name(desired.address.table)
        return [deregister(desired.address, desired.name, dimension.scalable, table)]

    def settled(self, until: str, answer: Answer) -> bool:
        """Whether the live capacity is within the bounds (``read 5 100``)."""
        word, low, high = until.split(" ")
        capacity = capacity_of(answer, Dimension.of(word))
        return capacity is None or capacity in Band(int(low), int(high))


def _reads(desired: Sequence[Desired], spec: Spec, scope: Scope) -> list[Read]:
    if not desired:
        # Of what the spec wants none of, the target is enough.
        return [TARGETS] if any(map(_says_none, spec.tables.values())) else []
    tables = dict.fromkeys(each.address.table for each in desired)
    return [TARGETS, POLICIES, *(describe(scope.table_name(table)) for table in tables)]


def _says_none(table: TableSpec) -> bool:
    """Whether the spec says of the table, or of anything of it, that nothing is to scale it."""
    declared = declared_scaling(table).values()
    return table.is_none("scaling") or any(each.settings is None for each in declared)


def _check(table: TableSpec) -> Iterator[Diagnostic]:
    declared = declared_scaling(table)
    active = {which: says for which, says in declared.items() if says.settings is not None}
    on_demand = getattr(table.sections.get(""), "billing_mode", None) == "PAY_PER_REQUEST"
    if active and on_demand:
        yield Diagnostic(
            code="DP180",
            summary="autoscaling on an on-demand table",
            detail=f"`{table.name}` is billed per request and has no capacity to scale",
            hint="write `scaling: none` here, or `billing_mode: PROVISIONED`",
            position=position_of(table.origins, next(iter(active.values())).origin_path),
            address=str(Address(table.name, "scaling")),
        )
    for which, says in active.items():
        assert says.settings is not None
        if says.settings.min > says.settings.max:
            yield Diagnostic(
                code="DP181",
                summary="autoscaling bounds the wrong way round",
                detail=f"min {says.settings.min} is above max {says.settings.max}",
                hint="min must not be above max",
                position=position_of(table.origins, f"{says.origin_path}.min"),
                address=str(Address(table.name, "scaling", which.word)),
            )
    section = table.section("scaling", ScalingSection)
    named = section.indexes if section else {}
    yield from unknown_indexes(table, (n for n in named if n != "*"), "scaling", "scaling.indexes.")


KIND = ScalingKind()
