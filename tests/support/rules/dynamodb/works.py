"""What an accepted UpdateTable begins, and how long it takes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from support.rules.dynamodb.life import (
    ABSENT,
    ALLOCATION_SECONDS,
    BACKFILL_SECONDS,
    CLASS_SECONDS,
    ENCRYPTION_SECONDS,
    INDEX_DELETE_SECONDS,
    INDEX_UPDATE_SECONDS,
    OLD_KEY_SECONDS,
    STREAM_SECONDS,
    THROUGHPUT_SECONDS,
    TO_ON_DEMAND_AGAIN_SECONDS,
    TO_ON_DEMAND_SECONDS,
    TO_PROVISIONED_SECONDS,
    WARM_SECONDS,
    TableLife,
    Under,
    Work,
    life_of,
    moto_table,
)
from support.rules.dynamodb.parts import (
    ON_DEMAND,
    IndexChange,
    Part,
    index_changes,
    parts_of,
)
from support.rules.dynamodb.shown import show
from support.rules.request import Request
from support.rules.rule import Rule
from support.rules.world import World

_BEFORE = "table before"
_MEMBER = "TableDescription"


@dataclass
class _Begun:
    """The works that one request begins."""

    life: TableLife
    now: float
    old: dict[str, Any]
    asked: Any

    def add(self, work: Work, seconds: float, **more: Any) -> None:
        begins = more.pop("begins", self.now)
        self.life.works.append(Under(work, begins, self.now + seconds, **more))

    def old_index(self, name: str) -> dict[str, Any]:
        entries = self.old.get("GlobalSecondaryIndexes", ())
        found: dict[str, Any] = next(each for each in entries if each["IndexName"] == name)
        return found


def _remember(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is not None:
        request.notes[_BEFORE] = deepcopy(table.describe(base_key=_MEMBER)[_MEMBER])


def _lose_a_reversal(request: Request, world: World) -> dict[str, Any] | None:
    life = life_of(request, world)
    switching = life.under_way(world.now, Work.BILLING)
    reversal = request.params.get("BillingMode") == ON_DEMAND and parts_of(request) == {
        Part.BILLING
    }
    if not (reversal and switching and switching[0].detail != ON_DEMAND):
        return None
    shown = show(deepcopy(request.notes[_BEFORE]), life, world.now)
    shown["BillingModeSummary"] = {"BillingMode": ON_DEMAND}
    return {_MEMBER: shown}


def _begin(request: Request, answer: dict[str, Any], world: World) -> None:
    life = life_of(request, world)
    life.works = [each for each in life.works if world.now < each.until]
    begun = _Begun(life, world.now, request.notes[_BEFORE], request.params)
    parts = parts_of(request)
    switched = Part.BILLING in parts and _mode(begun.old) != request.params["BillingMode"]
    if switched:
        _billing(begun)
    elif Part.THROUGHPUT in parts:
        old = {"ProvisionedThroughput": begun.old["ProvisionedThroughput"]}
        begun.add(Work.THROUGHPUT, THROUGHPUT_SECONDS, shows=old)
    _plain(begun, parts, answer[_MEMBER])
    for change in index_changes(request):
        _index(begun, change, switched=switched)
    shown = show(answer[_MEMBER], life, world.now)
    if Part.BILLING in parts and not switched:
        shown["TableStatus"] = "UPDATING"  # says the answer; nothing happens


def _mode(description: dict[str, Any]) -> str:
    summary = description.get("BillingModeSummary", {})
    return str(summary.get("BillingMode", "PROVISIONED"))


def _billing(begun: _Begun) -> None:
    mode = begun.asked["BillingMode"]
    seconds = TO_PROVISIONED_SECONDS
    if mode == ON_DEMAND:
        again = begun.life.was_on_demand
        seconds = TO_ON_DEMAND_AGAIN_SECONDS if again else TO_ON_DEMAND_SECONDS
        begun.life.was_on_demand = True
    begun.add(Work.BILLING, seconds, detail=mode)


def _plain(begun: _Begun, parts: frozenset[Part], new: dict[str, Any]) -> None:
    old = begun.old
    if Part.STREAM in parts:
        enabled = begun.asked["StreamSpecification"]["StreamEnabled"]
        begun.add(Work.STREAM, STREAM_SECONDS, detail="ENABLE" if enabled else "DISABLE")
    if Part.CLASS in parts:
        was = old.get("TableClassSummary", ABSENT)
        shows = {"TableClassSummary": was}
        begun.add(Work.CLASS, CLASS_SECONDS, detail=begun.asked["TableClass"], shows=shows)
    if Part.WARM in parts:
        _warm(begun, old, "")
    if Part.ENCRYPTION in parts:
        _encryption(begun, new)


def _encryption(begun: _Begun, new: dict[str, Any]) -> None:
    was = {**begun.old.get("SSEDescription", {}), "Status": "UPDATING"}
    becomes = {**new.get("SSEDescription", was), "Status": "UPDATING"}
    begun.add(Work.ENCRYPTION, OLD_KEY_SECONDS, shows={"SSEDescription": was})
    begun.add(
        Work.ENCRYPTION,
        ENCRYPTION_SECONDS,
        begins=begun.now + OLD_KEY_SECONDS,
        shows={"SSEDescription": becomes},
    )


def _warm(begun: _Begun, old: dict[str, Any], index: str) -> None:
    was = {**old.get("WarmThroughput", {}), "Status": "UPDATING"}
    begun.add(Work.WARM, WARM_SECONDS, index=index, shows={"WarmThroughput": was})


def _index(begun: _Begun, change: IndexChange, *, switched: bool) -> None:
    name = change.name
    if change.part is Part.INDEX_CREATE:
        begun.add(Work.ALLOCATION, ALLOCATION_SECONDS, index=name)
        begun.add(
            Work.BACKFILL,
            ALLOCATION_SECONDS + BACKFILL_SECONDS,
            index=name,
            begins=begun.now + ALLOCATION_SECONDS,
        )
        return
    old = begun.old_index(name)
    if change.part is Part.INDEX_DELETE:
        begun.life.works = [each for each in begun.life.works if each.index != name]
        shows = {"Index": old, "AttributeDefinitions": begun.old["AttributeDefinitions"]}
        begun.add(Work.INDEX_DELETE, INDEX_DELETE_SECONDS, index=name, shows=shows)
        return
    if "WarmThroughput" in change.asked:
        _warm(begun, old, name)
    if not switched and {"ProvisionedThroughput", "OnDemandThroughput"} & set(change.asked):
        shows = {"ProvisionedThroughput": old["ProvisionedThroughput"]}
        begun.add(Work.INDEX_UPDATE, INDEX_UPDATE_SECONDS, index=name, shows=shows)


RULES = (
    Rule(
        "the-table-before-an-update",
        "measured: answers and descriptions show old values until a work is done",
        ("dynamodb:UpdateTable",),
        before=_remember,
    ),
    Rule(
        "a-switch-in-flight-cannot-be-reversed",
        "measured: PAY_PER_REQUEST during the switch to PROVISIONED is 200 and lost "
        "(DDB-TABLE-369, 452)",
        ("dynamodb:UpdateTable",),
        before=_lose_a_reversal,
    ),
    Rule(
        "an-update-takes-its-time",
        "API UpdateTable: asynchronous, status UPDATING; measured: durations, and which works "
        "leave TableStatus ACTIVE (encryption, warm throughput, an index's throughput, backfill)",
        ("dynamodb:UpdateTable",),
        after=_begin,
    ),
)
