"""A first apply of the shipped specs: what waits for what, and how long the longest chain is."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from dynaprov.execution.scheduler import Scheduler
from dynaprov.model.address import Address
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Ref
from dynaprov.spec.resolve import load_specs
from support.converging import SHIPPED, World

ENVIRONMENTS = ("dev", "staging", "prod")
#: Seconds until what a call began has settled (measured by others); all else is done at once.
SECONDS = {"create_table": 20.0, "update_table": 5.0, "update_contributor_insights": 10.0}
AT_ONCE = 0.5


def seconds(operation: Operation) -> float:
    return SECONDS.get(operation.call.method, AT_ONCE)


@dataclass
class Timed:
    """When each operation would end, if nothing but order and locks held it up."""

    ends: dict[str, float]

    @property
    def whole(self) -> float:
        return max(self.ends.values())


def executed(plan: Plan) -> Timed:
    """What the scheduler makes of the plan, with as many workers as it could wish for."""
    scheduler = Scheduler(plan.operations)
    under_way: list[tuple[float, str]] = []
    ends: dict[str, float] = {}
    now = 0.0
    while True:
        while (operation := scheduler.start_next()) is not None:
            heapq.heappush(under_way, (now + seconds(operation), operation.id))
        if not under_way:
            return Timed(ends)
        now, identifier = heapq.heappop(under_way)
        ends[identifier] = now
        scheduler.end(identifier, good=True)


def chain(operations: Mapping[str, Operation], last: str) -> list[Operation]:
    """The longest chain of operations that need each other, down to ``last``."""
    before = operations[last].needs
    longest = max(
        (chain(operations, each) for each in before),
        key=lambda found: sum(map(seconds, found)),
        default=[],
    )
    return [*longest, operations[last]]


def references(value: object) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.address
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from references(inner)


def why(operation: Operation, needed: Operation) -> str:
    """The reason for which an operation has to wait for another one; empty when there is none."""
    if str(needed.address) in references(operation.call.params):
        return "it carries a value that the other one gives"
    if needed.creates and needed.address == Address(operation.address.table):
        return "it is about a part of that table"
    if needed.creates and str(operation.address).startswith(str(needed.address)):
        return "it is about that resource"
    if operation.kind == "alarm" and str(needed.address) == "topic":
        return "an alarm must not go off before there is a topic that it reports to"
    if operation.kind == "scaling" and needed.kind == "scaling":
        return "a policy is put on a target"
    return ""


@pytest.fixture(params=ENVIRONMENTS)
def plan(request: pytest.FixtureRequest, empty: World) -> Plan:
    spec = load_specs(SHIPPED, request.param).spec
    return empty.plan(spec)


def test_the_longest_chain_is_key_alias_table_and_what_needs_the_table(plan: Plan) -> None:
    operations = {each.id: each for each in plan.operations}
    timed = executed(plan)

    chains = [chain(operations, each) for each in operations]
    longest = max(chains, key=lambda found: sum(map(seconds, found)))

    # The alias is the election: of two runs at once, only one's key goes on to the tables.
    key, alias, table, *rest = longest
    assert (key.id, alias.id) == ("kms-key:create", "kms-key:alias")
    assert table.call.method == "create_table"
    assert {each.address.table for each in rest} <= {table.address.table}
    # Nothing beside that chain holds the run up: but for the stamp that follows at the end.
    stamp = AT_ONCE
    assert timed.whole <= sum(map(seconds, longest)) + stamp


def test_nothing_waits_for_what_it_does_not_need(plan: Plan) -> None:
    operations = {each.id: each for each in plan.operations}

    unexplained = [
        (each.id, needed)
        for each in plan.operations
        for needed in each.needs
        if not why(each, operations[needed])
    ]

    assert unexplained == []


def test_only_stamps_come_after_what_they_do_not_need(plan: Plan) -> None:
    ordered = [each.id for each in plan.operations if each.after and each.stamp is None]

    assert ordered == []
    # A key that loses the election is not rotated; nothing waits for that.
    assert not any("kms-key:rotation" in each.needs for each in plan.operations)


def test_everything_else_goes_on_beside_the_tables(plan: Plan) -> None:
    ends = executed(plan).ends
    tables = [each for each in plan.operations if each.call.method == "create_table"]
    first = min(ends[each.id] for each in tables)

    late = {each.id for each in plan.operations if ends[each.id] > first and not each.address.table}

    assert late == set()
