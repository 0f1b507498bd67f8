"""Time to live: which attribute of an item says when it expires.

Calls: DescribeTimeToLive, UpdateTimeToLive.

Quirks (DynamoDB API reference, UpdateTimeToLive, and measured behaviour):

- One change per table and hour.  A second one is a ValidationException ("modified multiple times
  within a fixed interval") that no describe call announces: the step is *deferred*, not failed.
- The attribute cannot be changed in place: switch off, wait out the clock, switch on.  The second
  call is planned with its time, so that a run does not send what AWS refuses; a later run does it.
- Switching off must name the attribute that is live; a disabled TTL is described without it.
- ENABLING counts as on and DISABLING as off.
- Sending what is already so is a ValidationException ("already enabled"/"already disabled").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import Field

from dynaprov.kinds.budgets import TTL_CHANGE, after_own, unseen
from dynaprov.kinds.table.reading import ask_tables
from dynaprov.model.address import Address
from dynaprov.model.change import Change
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope, Situation
from dynaprov.model.operation import Meaning, Operation, Risk, Settled
from dynaprov.model.permission import CHANGE, HEAL, LOOK, Permission
from dynaprov.model.ports import Call, Read
from dynaprov.model.setting import Noneable, Setting, Severity, State
from dynaprov.model.spec import Spec

ON = frozenset({"ENABLED", "ENABLING"})
#: A change is still taking effect, for up to an hour, in which AWS takes no other.
CHANGING = frozenset({"ENABLING", "DISABLING"})


class TtlState(State):
    """The time to live of one table."""

    attribute: Annotated[
        Noneable[Annotated[str, Field(min_length=1, max_length=255)]],
        Setting("a", Severity.HIGH),
        Field(
            description="Attribute that holds the expiry time of an item, in seconds since the "
            "epoch (a Number); `none` switches time to live off."
        ),
    ] = None


def _read(table: str) -> Read:
    return Read("dynamodb", "describe_time_to_live", {"TableName": table})


class TtlKind(Kind):
    """See the module docstring."""

    name = "ttl"
    title = "time to live"
    missing = Severity.HIGH
    state = TtlState
    section = TtlState
    section_name = "ttl"
    reads = ("dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive")
    writes = ("dynamodb:UpdateTimeToLive",)
    services = ("dynamodb",)
    fresh = TtlState(attribute=None)
    observed_apart = True
    stamp_code = "t"

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One per table whose ``ttl`` section is declared or explicitly none."""
        for name, table in spec.tables.items():
            if "ttl" not in table.sections:
                continue
            section = table.section("ttl", TtlState)
            yield Desired(
                address=Address(name, "ttl"),
                kind=self.name,
                name=scope.table_name(name),
                state=section if section is not None else TtlState(attribute=None),
                requires=(Address(name),),
                parent=Address(name),
                origins=table.origins_below("ttl"),
            )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """One read and one write of each table that speaks of it; only switching on is healing."""
        for each in self.declare(spec, scope):
            assert isinstance(each.state, TtlState)
            table = (scope.table_arn(each.address.table),)
            yield Permission(("dynamodb:DescribeTimeToLive",), table, LOOK)
            uses = HEAL if each.state.attribute else CHANGE
            yield Permission(("dynamodb:UpdateTimeToLive",), table, uses)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """One DescribeTimeToLive per table that exists."""
        readings = []
        for each, answer in (yield from ask_tables(desired, _read)):
            if answer.error:
                readings.append(Reading.of_error(each.address, answer.error))
                continue
            described = answer.value["TimeToLiveDescription"]
            on = described.get("TimeToLiveStatus") in ON
            attribute = described.get("AttributeName") if on else None
            facts = {"changing": described.get("TimeToLiveStatus") in CHANGING}
            state = TtlState(attribute=attribute)
            readings.append(Reading(each.address, Presence.PRESENT, state, facts=facts))
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Off, on, or off and then on for another attribute."""
        [change] = changes
        [setting] = change.settings
        made = []
        if setting.before:
            made.append(self._switch(desired, str(setting.before), on=False))
        if setting.after:
            made.append(self._switch(desired, str(setting.after), on=True, needs=made))
        if reading.presence is not Presence.PRESENT or situation.now is None:
            return made  # a new table has spent nothing
        return _spent(made, str(desired.address), reading, situation.now)

    def _switch(
        self, desired: Desired, attribute: str, *, on: bool, needs: Sequence[Operation] = ()
    ) -> Operation:
        verb = "enable" if on else "disable"
        return Operation(
            id=f"{desired.address}:{verb}",
            address=desired.address,
            kind=self.name,
            title=f"{verb} time to live on `{attribute}`",
            call=Call(
                "dynamodb",
                "update_time_to_live",
                {
                    "TableName": desired.name,
                    "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute},
                },
            ),
            needs=tuple(operation.id for operation in needs),
            lock=desired.name,
            settled_by=(Settled("ValidationException", f"already {verb}d"),),
            covers=("attribute",),
            risk=Risk.MEDIUM if on else Risk.HIGH,
            meaning=Meaning(
                impact="expired items are deleted in the background within days"
                if on
                else "items are no longer deleted when they expire; storage grows",
                undo="reversible, but AWS takes one change per table and hour",
                takes="accepted at once, in effect within an hour",
                watch="metric TimeToLiveDeletedItemCount",
            ),
        )


def _spent(made: Sequence[Operation], of: str, reading: Reading, now: datetime) -> list[Operation]:
    """What the calls spend: the first is tried, the second has to wait for its hour."""
    first, *more = made
    budget = unseen(TTL_CHANGE, of, used=1 if reading.facts.get("changing") else None)
    later = after_own(TTL_CHANGE, of, now)
    return [
        replace(first, budgets=(budget,)),
        *(replace(each, budgets=(later,), not_before=later.free_at) for each in more),
    ]


KIND = TtlKind()
