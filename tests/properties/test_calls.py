"""What is called: only what kinds declare, only declared settings, no index without need."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.kinds import KIND_BY_NAME
from dynaprov.model.change import Action
from dynaprov.model.errors import InternalProblem
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Plan
from dynaprov.planning.observe import IDENTITY, all_reads
from support.clock import VirtualClock
from support.worlds import REGION, Watched, World, applied, declared, pairs, plan_of, resolved

#: Members of CreateTable and UpdateTable, and the settings of which one must be declared for it.
MEMBERS = {
    "BillingMode": {"billing_mode"},
    "ProvisionedThroughput": {"capacity", "billing_mode"},
    "OnDemandThroughput": {"on_demand_limits"},
    "StreamSpecification": {"stream"},
    "SSESpecification": {"encryption"},
    "TableClass": {"class"},
    "DeletionProtectionEnabled": {"deletion_protection"},
    "LocalSecondaryIndexes": {"local_indexes"},
    "GlobalSecondaryIndexes": {"indexes"},
    "GlobalSecondaryIndexUpdates": {"indexes", "billing_mode"},
}
#: Methods that set one section of a table's document.
SECTIONS = {
    "update_time_to_live": "ttl",
    "update_continuous_backups": "pitr",
    "update_contributor_insights": "insights",
    "register_scalable_target": "scaling",
    "put_scaling_policy": "scaling",
    "put_metric_alarm": "alarms",
}


def undeclared(operation: Operation, world: World) -> Iterator[str]:
    """Settings in a call that the table's document does not mention."""
    table = operation.address.table
    if not table:
        return
    document = declared(world, table)
    for member, settings_of_it in MEMBERS.items():
        if member in operation.call.params and settings_of_it.isdisjoint(document):
            yield f"{operation.id}: {member}"
    section = SECTIONS.get(operation.call.method)
    if section and section not in document:
        yield f"{operation.id}: {section}"
    specification = operation.call.params.get("PointInTimeRecoverySpecification", {})
    period = "RecoveryPeriodInDays" in specification
    if period and "recovery_period_days" not in document["pitr"]:
        yield f"{operation.id}: recovery_period_days"


def index_updates(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """(table, index, verb) of every index that a plan deletes or creates on a live table."""
    for operation in plan.operations:
        for update in operation.call.params.get("GlobalSecondaryIndexUpdates", ()):
            for verb in update.keys() & {"Create", "Delete"}:
                yield operation.address.table, update[verb]["IndexName"], verb


def shape(index: Any) -> Any:
    """What makes an index another one: keys and projection; capacity changes in place."""
    if not isinstance(index, Mapping):
        return None
    projection = index["projection"]
    sort = index.get("sort_key", "none")
    return (
        index["partition_key"]["name"],
        sort if sort == "none" else sort["name"],
        projection if isinstance(projection, str) else sorted(projection),
    )


@given(pair=pairs())
@settings(settings.get_profile("properties"), max_examples=10)
def test_calls_are_permitted_declared_and_spare_unchanged_indexes(
    pair: tuple[World, World], live: Watched, workplace: Path
) -> None:
    live.forget()
    before, after = pair
    for world in pair:
        spec = resolved(world, workplace)
        plan = plan_of(spec, live)

        for operation in plan.operations:
            assert operation.call.action in KIND_BY_NAME[operation.kind].writes, operation.id
            assert list(undeclared(operation, world)) == []
        if world is after:
            _spares_unchanged_indexes(plan, before, after)
        applied(spec, live, workplace / "journal")

    assert {read.action for read in live.reads} - {IDENTITY.action} <= all_reads()
    known = {action for kind in KIND_BY_NAME.values() for action in kind.writes}
    assert {call.action for call in live.calls} <= known


def _spares_unchanged_indexes(plan: Plan, before: World, after: World) -> None:
    for table, index, _ in index_updates(plan):
        was = shape(declared(before, table).get("indexes", {}).get(index))
        wanted = shape(declared(after, table)["indexes"][index])
        assert was != wanted
    replaced = [c for c in plan.changes if c.action is Action.REPLACE]
    assert all(change.address.part == "index" for change in replaced)


@given(pair=pairs())
@settings(settings.get_profile("properties"), max_examples=3)
def test_a_gateway_that_only_reads_refuses_every_call_of_a_plan(
    pair: tuple[World, World], live: Watched, workplace: Path
) -> None:
    live.forget()
    plan = plan_of(resolved(pair[0], workplace), live)

    with Gateway(Session(region=REGION), clock=VirtualClock()) as reading:
        for operation in plan.operations:
            with pytest.raises(InternalProblem):
                reading.call(operation.call)

    assert plan_of(resolved(pair[0], workplace), live) == plan
