"""What can be done only so many times: decreases, billing modes, keys, classes, protection.

A new table of the same name begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support.rules.dynamodb.life import (
    instant,
    limited,
    long_time,
    moto_table,
    name_in,
    own,
)
from support.rules.dynamodb.parts import ON_DEMAND, index_changes
from support.rules.dynamodb.resends import UNITS
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

FREE_DECREASES = 4
DECREASE_INTERVAL = timedelta(hours=1)
FREE_SWITCHES, SWITCH_WINDOW = 4, timedelta(hours=24)
FREE_KEYS, KEY_WINDOW, KEY_INTERVAL = 4, timedelta(hours=24), timedelta(hours=6)
FREE_CLASSES, CLASS_WINDOW = 2, timedelta(days=30)
PROTECTION_SECONDS = 15

_UPDATE = ("dynamodb:UpdateTable",)
_LOWERED, _RAISED = "lowered", "raised"


# -- decreases of capacity ------------------------------------------------------------------------
# The counts are moto's own, put right; the times in them are those of the clock.


def _turn_the_day(request: Request, world: World) -> None:
    table = moto_table(request)
    for owner in (table, *table.global_indexes) if table is not None else ():
        last = owner.throughput.get("LastDecreaseDateTime")
        if last is not None and last.date() < world.time.date():
            owner.throughput["NumberOfDecreasesToday"] = 0


def _moves(request: Request) -> Iterator[tuple[Any, dict[str, int]]]:
    table = moto_table(request)
    if table is None or request.params.get("BillingMode", table.billing_mode) != table.billing_mode:
        return
    if "ProvisionedThroughput" in request.params:
        yield table, request.params["ProvisionedThroughput"]
    live = {index.name: index for index in table.global_indexes}
    for change in index_changes(request):
        if change.name in live and "ProvisionedThroughput" in change.asked:
            yield live[change.name], change.asked["ProvisionedThroughput"]


def _refuse_decrease(request: Request, world: World) -> None:
    _turn_the_day(request, world)
    for owner, asked in _moves(request):
        live = owner.throughput
        lowers = any(asked[unit] < live.get(unit, 0) for unit in UNITS)
        request.notes.setdefault(_LOWERED, []).extend([owner] if lowers else [])
        raises = any(asked[unit] > live.get(unit, 0) for unit in UNITS)
        request.notes.setdefault(_RAISED, []).extend([owner] if raises else [])
        if lowers and live.get("NumberOfDecreasesToday", 0) >= FREE_DECREASES:
            last = live["LastDecreaseDateTime"].replace(tzinfo=UTC)
            if world.time < last + DECREASE_INTERVAL:
                raise _too_many_decreases(live["NumberOfDecreasesToday"], last)


def _too_many_decreases(count: int, last: datetime) -> AwsError:
    midnight = (last + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    following = min(last + DECREASE_INTERVAL, midnight)
    return limited(
        "Provisioned throughput decreases are limited within a given UTC day. After the first "
        f"{FREE_DECREASES} decreases, each subsequent decrease in the same UTC day can be "
        f"performed at most once every 3600 seconds. Number of decreases today: {count}. Last "
        f"decrease at {long_time(last)}. Next decrease can be made at {long_time(following)}"
    )


def _note_move(request: Request, answer: dict[str, Any], world: World) -> None:
    # moto keeps naive times in UTC.
    now = world.time.replace(tzinfo=None)
    for owner in request.notes.get(_LOWERED, ()):
        owner.throughput["LastDecreaseDateTime"] = now
    for owner in request.notes.get(_RAISED, ()):
        owner.throughput["LastIncreaseDateTime"] = now


# -- switches to on-demand ------------------------------------------------------------------------


@dataclass
class Switches:
    """When a table became on-demand."""

    times: list[datetime] = field(default_factory=list)


def _switches(request: Request) -> bool:
    table = moto_table(request)
    asked = request.params.get("BillingMode")
    return table is not None and asked == ON_DEMAND and table.billing_mode != ON_DEMAND


def _refuse_switch(request: Request, world: World) -> None:
    if not _switches(request):
        return
    request.notes["switch"] = True
    recent = _recent(own(request, world, Switches).times, world, SWITCH_WINDOW)
    if len(recent) >= FREE_SWITCHES:
        following = recent[-FREE_SWITCHES] + SWITCH_WINDOW
        raise limited(
            f"Update to PayPerRequest mode are limited to {FREE_SWITCHES} times in 1 day(s). "
            f"Last update at {_unix_time(recent[-1])}. "
            f"Next update can be made at {_unix_time(following)}"
        )


def _note_switch(request: Request, answer: dict[str, Any], world: World) -> None:
    if request.action == "CreateTable":
        if request.params.get("BillingMode") == ON_DEMAND:
            moto_table(request).on_demand_since = world.time.replace(tzinfo=None)
    elif request.notes.get("switch"):
        own(request, world, Switches).times.append(world.time)
        moto_table(request).on_demand_since = world.time.replace(tzinfo=None)


def _unix_time(time: datetime) -> str:
    return f"{time:%a %b %d %H:%M:%S} UTC {time.year}"


# -- keys and classes -----------------------------------------------------------------------------


@dataclass
class Encryptions:
    """When a table's encryption was changed."""

    times: list[datetime] = field(default_factory=list)


@dataclass
class Classes:
    """When a table's class was set."""

    times: list[datetime] = field(default_factory=list)


def _recent(times: list[datetime], world: World, window: timedelta) -> list[datetime]:
    return [time for time in times if world.time < time + window]


def _refuse_encryption(request: Request, world: World) -> None:
    asked = request.params.get("SSESpecification")
    if not asked or asked.get("Enabled") is False:
        return  # the way back to the default is always open (guide)
    recent = _recent(own(request, world, Encryptions).times, world, KEY_WINDOW)
    if len(recent) >= FREE_KEYS and world.time < recent[-1] + KEY_INTERVAL:
        raise limited(
            "Encryption mode changes are limited in the 24h window ending at "
            f"{instant(recent[0] + KEY_WINDOW)}. After the first {FREE_KEYS} change, each "
            "subsequent change in the same window can be performed at most once every "
            f"{KEY_INTERVAL.seconds} seconds. Number of updates today: {len(recent)}. Last change "
            f"at {instant(recent[-1])}. Next changes can be made at "
            f"{instant(recent[-1] + KEY_INTERVAL)}."
        )


def _refuse_class(request: Request, world: World) -> None:
    if "TableClass" not in request.params:
        return
    if len(_recent(own(request, world, Classes).times, world, CLASS_WINDOW)) >= FREE_CLASSES:
        raise limited(
            f"Updates to TableClass are limited to {FREE_CLASSES} times in "
            f"{CLASS_WINDOW.days} day(s)."
        )


def _note_encryption(request: Request, answer: dict[str, Any], world: World) -> None:
    if request.params.get("SSESpecification"):
        own(request, world, Encryptions).times.append(world.time)


def _note_class(request: Request, answer: dict[str, Any], world: World) -> None:
    if "TableClass" in request.params:
        own(request, world, Classes).times.append(world.time)


# -- protection -----------------------------------------------------------------------------------


@dataclass
class Protection:
    """When deletion protection was last toggled."""

    until: datetime | None = None


def _refuse_toggle(request: Request, world: World) -> None:
    table = moto_table(request)
    asked = request.params.get("DeletionProtectionEnabled")
    if table is None or asked is None or asked == table.deletion_protection_enabled:
        return
    request.notes["toggled"] = True
    until = own(request, world, Protection).until
    if until is not None and world.time < until:
        raise AwsError(
            "ThrottlingException",
            f"Deletion protection setting for table {name_in(request)} modified within the "
            f"previous {PROTECTION_SECONDS}000 milliseconds. Please try again after "
            f"{instant(until)}",
        )


def _note_toggle(request: Request, answer: dict[str, Any], world: World) -> None:
    if request.notes.get("toggled"):
        until = world.time + timedelta(seconds=PROTECTION_SECONDS)
        own(request, world, Protection).until = until


RULES = (
    Rule(
        "capacity-decreases-are-counted",
        "guide ServiceQuotas: 4 per table and UTC day, then one an hour; measured: an own count "
        "for each index, both dimensions in one call are one (DDB-TABLE-157, 184, 185, 326)",
        _UPDATE,
        before=_refuse_decrease,
        after=_note_move,
    ),
    Rule(
        "the-count-of-decreases-ends-with-the-day",
        "measured: 0 again at 00:00 UTC (DDB-TABLE-185)",
        ("dynamodb:DescribeTable",),
        before=_turn_the_day,
    ),
    Rule(
        "switches-to-on-demand-are-counted",
        "guide switching.capacitymode: up to 4 in a rolling 24 hours (the text is from the time "
        "of once a day; measured: no refusal seen)",
        (*_UPDATE, "dynamodb:CreateTable"),
        before=_refuse_switch,
        after=_note_switch,
    ),
    Rule(
        "changes-of-the-key-are-counted",
        "guide encryption: 4 in 24 hours, then one in 6 hours; measured: the text (DDB-TABLE-081)",
        _UPDATE,
        before=_refuse_encryption,
        after=_note_encryption,
    ),
    Rule(
        "changes-of-the-class-are-counted",
        "guide table classes: 2 in 30 days; measured: the same class again counts (DDB-TABLE-283)",
        _UPDATE,
        before=_refuse_class,
        after=_note_class,
    ),
    Rule(
        "protection-is-toggled-once-in-15-seconds",
        "measured: ThrottlingException with a time (DDB-TABLE-003, 438)",
        _UPDATE,
        before=_refuse_toggle,
        after=_note_toggle,
    ),
)
