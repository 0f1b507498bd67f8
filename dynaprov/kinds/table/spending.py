"""What the UpdateTable calls of a plan spend of AWS's budgets, and what has to wait for one.  Pure.

Whoever makes a call need not know what is left: ``spent`` looks at the finished calls.  A decrease
that AWS would refuse now is taken out of its call and planned apart, with its time, since AWS
refuses a mixed request whole when any part is over its budget (DynamoDB developer guide,
ServiceQuotas).  All other parts go on in the one call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dynaprov.kinds.budgets import (
    CLASS_CHANGE,
    ENCRYPTION_CHANGE,
    ON_DEMAND_SWITCH,
    PROTECTION_TOGGLE,
    decreases,
    since_last,
    unseen,
)
from dynaprov.kinds.table.state import ON_DEMAND, PROVISIONED, TableState
from dynaprov.model.address import Address
from dynaprov.model.kind import Reading
from dynaprov.model.operation import Budget, Operation

READ, WRITE = "ReadCapacityUnits", "WriteCapacityUnits"
TABLE = "ProvisionedThroughput"
INDEXES = "GlobalSecondaryIndexUpdates"


@dataclass(frozen=True, slots=True)
class _Owner:
    """A table (no ``index``) or one of its indexes whose capacity a call sets."""

    index: str
    live: Mapping[str, int]
    wanted: Mapping[str, int]
    budget: Budget | None

    @property
    def lowered(self) -> bool:
        return any(self.wanted[unit] < self.live[unit] for unit in (READ, WRITE))

    @property
    def waits(self) -> datetime | None:
        """Until when AWS takes no decrease; ``None`` where it takes one or lowers nothing."""
        if not self.lowered or self.budget is None or self.budget.left != 0:
            return None
        return self.budget.free_at

    def at_once(self) -> dict[str, int]:
        """What can be set now although a decrease has to wait."""
        return {unit: max(self.wanted[unit], self.live[unit]) for unit in (READ, WRITE)}


def spent(
    operations: Sequence[Operation], reading: Reading, now: datetime | None
) -> list[Operation]:
    """The operations with what they spend; what AWS does not take yet stands at the end."""
    if now is None or not isinstance(reading.state, TableState):
        return list(operations)
    made: list[Operation] = []
    waiting: list[Operation] = []
    for each in operations:
        if each.call.method != "update_table":
            made.append(each)
            continue
        budgeted = replace(each, budgets=tuple(_budgets(each, reading, now)))
        owners = list(_owners(each, reading, now))
        late = [owner for owner in owners if owner.waits]
        if not late:
            lowered = tuple(o.budget for o in owners if o.lowered and o.budget)
            made.append(replace(budgeted, budgets=(*budgeted.budgets, *lowered)))
            continue
        made += _at_once(budgeted, owners)
        waiting += _later(budgeted, late, made[-1:])
    return made + waiting


def _budgets(operation: Operation, reading: Reading, now: datetime) -> Iterator[Budget]:
    """The budgets of a call but for those of capacity."""
    params, of = operation.call.params, str(reading.address)
    live = reading.state
    assert isinstance(live, TableState)
    if params.get("BillingMode") == ON_DEMAND and live.billing_mode == PROVISIONED:
        yield since_last(ON_DEMAND_SWITCH, of, now, reading.facts.get("on_demand_since"))
    if "TableClass" in params:
        yield since_last(CLASS_CHANGE, of, now, reading.facts.get("class_since"))
    if params.get("SSESpecification", {}).get("Enabled"):
        yield unseen(ENCRYPTION_CHANGE, of)
    if "DeletionProtectionEnabled" in params:
        yield unseen(PROTECTION_TOGGLE, of)


def _owners(operation: Operation, reading: Reading, now: datetime) -> Iterator[_Owner]:
    """Table and indexes whose provisioned capacity the call sets, with what is left for each."""
    live = reading.state
    assert isinstance(live, TableState)
    if live.billing_mode != PROVISIONED:
        return
    counts: Mapping[str, tuple[int, datetime | None]] = reading.facts.get("decreases", {})
    for index, wanted in _throughputs(operation):
        state = live if not index else live.indexes.get(index)
        if state is None or state.capacity is None:
            continue
        of = Address(reading.address.table, "index", index) if index else reading.address
        used, last = counts.get(index, (0, None))
        yield _Owner(
            index,
            {READ: state.capacity.read, WRITE: state.capacity.write},
            wanted,
            decreases(str(of), now, used, last),
        )


def _throughputs(operation: Operation) -> Iterator[tuple[str, Mapping[str, int]]]:
    params = operation.call.params
    if TABLE in params:
        yield "", params[TABLE]
    for each in params.get(INDEXES, ()):
        update = each.get("Update", {})
        if TABLE in update:
            yield update["IndexName"], update[TABLE]


def _at_once(operation: Operation, owners: Sequence[_Owner]) -> Iterator[Operation]:
    """The call without the decreases that have to wait, if anything is left of it."""
    values: dict[str, Mapping[str, int]] = {}
    for owner in owners:
        value = owner.at_once() if owner.waits else owner.wanted
        if value != owner.live:
            values[owner.index] = value
    if values:
        now = [o for o in owners if o.index in values]
        budgets = tuple(o.budget for o in now if o.lowered and not o.waits and o.budget)
        covers = _covers(now, raised=True)
        yield replace(
            operation,
            call=replace(operation.call, params=_params(operation, values)),
            covers=covers,
            budgets=(*operation.budgets, *budgets),
        )


def _later(
    operation: Operation, late: Sequence[_Owner], before: Iterable[Operation]
) -> Iterator[Operation]:
    """The decreases that have to wait, one call for each time."""
    after = tuple(each.id for each in before)
    for time in sorted({owner.waits for owner in late if owner.waits}):
        owners = [owner for owner in late if owner.waits == time]
        first = owners[0].index
        yield replace(
            operation,
            id=f"{operation.address}:decrease" + (f"-{first}" if first else ""),
            title=f"lower the capacity of {_named(operation, owners)}",
            call=replace(
                operation.call, params=_params(operation, {o.index: o.wanted for o in owners})
            ),
            needs=(),
            after=after,
            covers=_covers(owners, raised=False),
            budgets=tuple(owner.budget for owner in owners if owner.budget),
            not_before=time,
        )


def _params(operation: Operation, values: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    params: dict[str, Any] = {"TableName": operation.call.params["TableName"]}
    if "" in values:
        params[TABLE] = dict(values[""])
    updates = [
        {"Update": {"IndexName": index, TABLE: dict(value)}}
        for index, value in values.items()
        if index
    ]
    if updates:
        params[INDEXES] = updates
    return params


def _covers(owners: Sequence[_Owner], *, raised: bool | None = None) -> tuple[str, ...]:
    """The settings that a call for these owners writes.

    ``raised`` picks one side of what has to wait: ``True`` what goes up now, ``False`` what comes
    down later; ``None`` is all.
    """
    found = []
    for owner in owners:
        path = f"indexes.{owner.index}.capacity" if owner.index else "capacity"
        if raised is None or not owner.waits:
            found.append(path)
            continue
        for word, unit in (("read", READ), ("write", WRITE)):
            change = owner.wanted[unit] - owner.live[unit]
            if (change > 0 and raised) or (change < 0 and not raised):
                found.append(f"{path}.{word}")
    return tuple(found)


def _named(operation: Operation, owners: Sequence[_Owner]) -> str:
    table = operation.call.params["TableName"]
    indexes = [f"index {owner.index}" for owner in owners if owner.index]
    if len(indexes) < len(owners):
        return " and ".join([table, *indexes])
    return f"{' and '.join(indexes)} of {table}"
