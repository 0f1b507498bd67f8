"""Point-in-time recovery: continuous backups of a table, and how far back they reach.

Calls: DescribeContinuousBackups, UpdateContinuousBackups.

Quirks (DynamoDB API reference, UpdateContinuousBackups, and measured behaviour):

- ``ContinuousBackupsStatus`` is not the switch; ``PointInTimeRecoveryDescription`` is.
- Switching off throws away the history: switching on again starts an empty window, and resets the
  period to 35 days unless it is sent along.  So the period is always sent when it is declared.
- The period must not be sent when switching off.
- It changes nothing of the table's own state, so it needs no turn among the table's updates.
- For up to some seconds after a table became ACTIVE the call fails with
  ContinuousBackupsUnavailableException: busy, repeat.
- A missing table is TableNotFoundException here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from dynaprov.kinds.table.reading import ask_tables
from dynaprov.model.address import Address
from dynaprov.model.change import Change
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope, Situation
from dynaprov.model.operation import Meaning, Operation, Risk
from dynaprov.model.permission import CHANGE, HEAL, LOOK, Permission
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Setting, Severity, State
from dynaprov.model.spec import Spec


class PitrState(State):
    """The point-in-time recovery of one table."""

    enabled: Annotated[
        bool,
        Setting("a", Severity.CRITICAL),
        Field(description="Whether the table can be restored to any second of the window."),
    ] = True
    recovery_period_days: Annotated[
        Annotated[int, Field(ge=1, le=35)] | None,
        Setting("b", Severity.HIGH),
        Field(description="How many days back the window reaches, 1 to 35."),
    ] = None


OFF = PitrState(enabled=False, recovery_period_days=None)


def _read(table: str) -> Read:
    return Read("dynamodb", "describe_continuous_backups", {"TableName": table})


class PitrKind(Kind):
    """See the module docstring."""

    name = "pitr"
    title = "point-in-time recovery"
    missing = Severity.CRITICAL
    state = PitrState
    section = PitrState
    section_name = "pitr"
    reads = ("dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups")
    writes = ("dynamodb:UpdateContinuousBackups",)
    services = ("dynamodb",)
    fresh = OFF
    observed_apart = True
    stamp_code = "r"

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One per table whose ``pitr`` section is declared or explicitly none.

        A declared section means that it is on, unless it says ``enabled: false``.
        """
        for name, table in spec.tables.items():
            if "pitr" not in table.sections:
                continue
            section = table.section("pitr", PitrState)
            yield Desired(
                address=Address(name, "pitr"),
                kind=self.name,
                name=scope.table_name(name),
                state=_wanted(section),
                requires=(Address(name),),
                parent=Address(name),
                origins=table.origins_below("pitr"),
            )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """One read and one write of each table that speaks of it; only switching on is healing."""
        for each in self.declare(spec, scope):
            assert isinstance(each.state, PitrState)
            table = (scope.table_arn(each.address.table),)
            yield Permission(("dynamodb:DescribeContinuousBackups",), table, LOOK)
            uses = HEAL if each.state.enabled else CHANGE
            yield Permission(("dynamodb:UpdateContinuousBackups",), table, uses)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """One DescribeContinuousBackups per table that exists."""
        readings = []
        for each, answer in (yield from ask_tables(desired, _read)):
            if answer.error:
                readings.append(Reading.of_error(each.address, answer.error))
                continue
            described = answer.value["ContinuousBackupsDescription"].get(
                "PointInTimeRecoveryDescription", {}
            )
            readings.append(Reading(each.address, Presence.PRESENT, _live(each.state, described)))
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """One UpdateContinuousBackups."""
        [change] = changes
        wanted = desired.state
        assert isinstance(wanted, PitrState)
        specification: dict[str, Any] = {"PointInTimeRecoveryEnabled": wanted.enabled}
        if wanted.enabled and wanted.recovery_period_days is not None:
            specification["RecoveryPeriodInDays"] = wanted.recovery_period_days
        verb, meaning, risk = _meaning(wanted, starts=change.setting("enabled") is not None)
        return [
            Operation(
                id=f"{desired.address}:{verb}",
                address=desired.address,
                kind=self.name,
                title=f"{verb} point-in-time recovery"
                + (f", {wanted.recovery_period_days} days" if wanted.recovery_period_days else ""),
                call=Call(
                    "dynamodb",
                    "update_continuous_backups",
                    {
                        "TableName": desired.name,
                        "PointInTimeRecoverySpecification": specification,
                    },
                ),
                covers=tuple(setting.path for setting in change.settings),
                risk=risk,
                meaning=meaning,
            )
        ]


def _live(wanted: State, described: Mapping[str, Any]) -> PitrState:
    """The live state; a window that is off has no period, so only the switch differs then."""
    assert isinstance(wanted, PitrState)
    if described.get("PointInTimeRecoveryStatus") != "ENABLED":
        return PitrState(enabled=False, recovery_period_days=wanted.recovery_period_days)
    return PitrState(enabled=True, recovery_period_days=described.get("RecoveryPeriodInDays", 35))


def _wanted(section: PitrState | None) -> PitrState:
    if section is None or not section.enabled:
        return PitrState(enabled=False)
    if section.declared("recovery_period_days"):
        return PitrState(enabled=True, recovery_period_days=section.recovery_period_days)
    return PitrState(enabled=True)


def _meaning(wanted: PitrState, *, starts: bool) -> tuple[str, Meaning, Risk]:
    if not wanted.enabled:
        meaning = Meaning(
            impact="online; every point in time that could be restored until now is lost",
            undo="not reversible: switching on again starts an empty window",
            takes="at once",
        )
        return "disable", meaning, Risk.HIGH
    if starts:
        return "enable", Meaning("online", "reversible", "at once"), Risk.LOW
    return (
        "update",
        Meaning("online", "reversible; a shorter window drops history", "at once"),
        (Risk.MEDIUM),
    )


KIND = PitrKind()
