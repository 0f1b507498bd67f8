"""Billing mode, throughput and on-demand limits: what goes together in one UpdateTable.

A switch to PROVISIONED must name the throughput of the table and of *every* index; a switch to
on-demand must name none, and drops all limits.  The limits of a table go with its billing mode
only, so those of its indexes have a call of their own ("OnDemandThroughput can only be combined
with BillingMode in an UpdateTable request", measured).  Decreases of all dimensions share one
call, which spends one of the day's decreases (UpdateTable and ServiceQuotas, DynamoDB developer
guide).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaprov.kinds.table.calls import update_table
from dynaprov.kinds.table.creation import on_demand, throughput
from dynaprov.kinds.table.state import ON_DEMAND, PROVISIONED, IndexState, TableState
from dynaprov.kinds.table.waiting import until_settled
from dynaprov.model.change import Action, Change
from dynaprov.model.kind import Desired, Reading
from dynaprov.model.operation import Meaning, Operation, Risk, Wait


def billing(
    own: Change | None, indexes: Sequence[Change], desired: Desired, reading: Reading
) -> list[Operation]:
    """Billing mode, throughput and on-demand limits of the table and its live indexes."""
    live = reading.state
    assert isinstance(live, TableState)
    state = _state(desired)
    flips = bool(own and own.setting("billing_mode"))
    mode = state.billing_mode or live.billing_mode
    # Also those that are to go: they go after this (``waves``).
    there = {name: index for name, index in live.indexes.items() if index is not None}
    if mode == PROVISIONED:
        return _provisioned(own, indexes, desired, live, there, flips=flips)
    return _on_demand(own, indexes, desired, there, flips=flips)


def _provisioned(
    own: Change | None,
    indexes: Sequence[Change],
    desired: Desired,
    live: TableState,
    there: dict[str, IndexState],
    *,
    flips: bool,
) -> list[Operation]:
    state = _state(desired)
    params: dict[str, Any] = {}
    if flips or (own and _touches(own, "capacity")):
        begins = desired.creation.get("") if flips else live.capacity
        params["ProvisionedThroughput"] = throughput(state.capacity, begins)
    updates = []
    for name, index in there.items():
        wanted = (state.indexes or {}).get(name)
        # A switch to PROVISIONED must name the throughput of *every* index (UpdateTable).
        if flips or any(c.address.name == name and _touches(c, "capacity") for c in indexes):
            capacity = wanted.capacity if wanted is not None else None
            begins = desired.creation.get(name, desired.creation.get(""))
            fallback = begins if flips else index.capacity
            updates.append(
                {"IndexName": name, "ProvisionedThroughput": throughput(capacity, fallback)}
            )
    if updates:
        params["GlobalSecondaryIndexUpdates"] = [{"Update": each} for each in updates]
    if not params:
        return []
    if flips:
        params["BillingMode"] = PROVISIONED
    lowers = _lowers(own) or any(_lowers(change) for change in indexes)
    return [
        update_table(
            f"{desired.address}:{'billing' if flips else 'capacity'}",
            desired.address,
            desired.name,
            f"switch {desired.name} to PROVISIONED"
            if flips
            else f"set the capacity of {desired.name}",
            params,
            timeout="billing" if flips else "capacity",
            wait=_shown(desired.name, PROVISIONED) if flips else None,
            covers=("billing_mode", "capacity", *_index_covers(updates, "capacity")),
            risk=Risk.HIGH if lowers or flips else Risk.MEDIUM,
            meaning=Meaning(
                impact="online; requests above the capacity are throttled",
                undo="reversible: 4 switches to on-demand a day, 4 decreases a day and then one "
                "per hour",
                takes="60-98 s" if flips else "1-4 s",
                watch="read and write throttle events of the table and its indexes",
            ),
        )
    ]


def _on_demand(
    own: Change | None,
    indexes: Sequence[Change],
    desired: Desired,
    there: dict[str, IndexState],
    *,
    flips: bool,
) -> list[Operation]:
    state = _state(desired)
    params: dict[str, Any] = {}
    # A switch drops all limits (UpdateTable), so the declared ones go along with it.
    limited = flips or (own is not None and _touches(own, "on_demand_limits"))
    if limited and state.on_demand_limits and on_demand(state.on_demand_limits):
        params["OnDemandThroughput"] = on_demand(state.on_demand_limits, creating=flips)
    updates = []
    for name in there:
        wanted = (state.indexes or {}).get(name)
        touched = flips or any(
            c.address.name == name and _touches(c, "on_demand_limits") for c in indexes
        )
        if touched and wanted is not None and wanted.on_demand_limits:
            limits = on_demand(wanted.on_demand_limits, creating=flips)
            if limits:
                updates.append({"IndexName": name, "OnDemandThroughput": limits})
    made = []
    if params or flips:
        made.append(_table_on_demand(desired, params, flips=flips))
    if updates:
        made.append(_index_limits(desired, updates, needs=made if flips else ()))
    return made


def _table_on_demand(desired: Desired, params: dict[str, Any], *, flips: bool) -> Operation:
    return update_table(
        f"{desired.address}:{'billing' if flips else 'limits'}",
        desired.address,
        desired.name,
        f"switch {desired.name} to on-demand"
        if flips
        else f"set the on-demand limits of {desired.name}",
        {"BillingMode": ON_DEMAND, **params},
        timeout="billing" if flips else "capacity",
        wait=_shown(desired.name, ON_DEMAND) if flips else None,
        covers=("billing_mode", "on_demand_limits"),
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="online; you pay per request"
            if flips
            else "online; requests above the limits are throttled",
            undo="reversible; AWS takes 4 switches to on-demand a day",
            takes="129-172 s the first time" if flips else "at once",
            watch="cost; throttle events",
        ),
    )


def _index_limits(
    desired: Desired, updates: Sequence[dict[str, Any]], needs: Sequence[Operation]
) -> Operation:
    return update_table(
        f"{desired.address}:index-limits",
        desired.address,
        desired.name,
        f"set the on-demand limits of {len(updates)} "
        f"{'index' if len(updates) == 1 else 'indexes'} of {desired.name}",
        {"GlobalSecondaryIndexUpdates": [{"Update": each} for each in updates]},
        timeout="capacity",
        covers=_index_covers(updates, "on_demand_limits"),
        needs=tuple(each.id for each in needs),
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="online; requests above the limits are throttled",
            undo="reversible",
            takes="2-4 s",
            watch="throttle events of the indexes",
        ),
    )


def _shown(table: str, mode: str) -> Wait:
    # AWS takes a switch back while the one before is under way, and drops it (measured).
    return until_settled(table, "billing", billing_mode=mode)


def _state(desired: Desired) -> TableState:
    state = desired.state
    assert isinstance(state, TableState)
    return state


def _touches(change: Change, setting: str) -> bool:
    return change.action is Action.UPDATE and any(
        each.path.partition(".")[0] == setting for each in change.settings
    )


def _index_covers(updates: Sequence[dict[str, Any]], setting: str) -> tuple[str, ...]:
    return tuple(f"indexes.{each['IndexName']}.{setting}" for each in updates)


def _lowers(change: Change | None) -> bool:
    return change is not None and any(
        each.path.startswith("capacity.")
        and isinstance(each.before, int)
        and isinstance(each.after, int)
        and each.after < each.before
        for each in change.settings
    )
