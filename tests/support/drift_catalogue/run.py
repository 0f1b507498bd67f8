"""Running entries: what a drift check says after each."""

from __future__ import annotations

import re

from dynaprov.model.plan import Plan
from dynaprov.watch.judge import judge
from support.drift_catalogue.entry import Entry, Found
from support.drift_catalogue.place import Stage

#: Ids that AWS chooses, as they stand in addresses.
_CHANCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|rtb-[0-9a-f]+")


def found_in(plan: Plan) -> frozenset[Found]:
    """All findings of a plan."""
    return frozenset(
        Found(
            _CHANCE.sub("<id>", str(each.address)),
            each.path,
            each.verdict.value,
            each.severity.value,
        )
        for each in judge(plan)
    )


def tolerated_in(plan: Plan) -> frozenset[tuple[str, str]]:
    """What a strict check would show besides."""
    return frozenset((str(each.address), each.path) for each in plan.tolerated)


def run(entry: Entry, stage: Stage) -> Plan:
    """Do what the entry does, and compare."""
    entry.change(stage)
    return stage.plan()
