"""Any sequence of edits, meddling, passing time, faults, applies and comparisons.

A small sample is run by default; ``TEST_STATE_MACHINE=<examples>`` runs so many random ones.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from moto.core.base_backend import BackendDict

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.local import LOCAL_REGION
from dynaprov.model.errors import Stopped
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from properties.test_calls import index_updates, undeclared
from support import worlds
from support.converging import World, client, differences, world
from support.rules.clients import client as hasty
from support.rules.faults import (
    Fault,
    denied,
    expired_from,
    latency,
    lost,
    server_error,
    throttled,
)
from support.rules.lags import TAG_INDEX_SECONDS

EXAMPLES = int(os.environ.get("TEST_STATE_MACHINE", "0"))
TABLES = ("orders", "customers")
NAMES = ("ByA", "ByB", "ByC")

tables = st.sampled_from(TABLES)
names = st.sampled_from(NAMES)
units = st.integers(1, 30)
capacities = st.fixed_dictionaries({"read": units, "write": units})
indexes = st.fixed_dictionaries(
    {
        "partition_key": st.sampled_from(["customer", "state"]),
        "projection": st.sampled_from(["ALL", "KEYS_ONLY"]),
        "capacity": capacities,
    }
)
#: Settings of a table and what they may be; None is a line that is taken out.
edits = st.one_of(
    st.tuples(st.just("capacity"), capacities),
    st.tuples(st.just("billing_mode"), st.sampled_from(["PAY_PER_REQUEST", "PROVISIONED"])),
    st.tuples(
        st.just("ttl"),
        st.sampled_from([None, "none", {"attribute": "expires"}, {"attribute": "until"}]),
    ),
    st.tuples(
        st.just("tags"), st.sampled_from([None, {"Team": "a"}, {"Team": "b"}, {"Team": "none"}])
    ),
    st.tuples(st.just("alarms"), st.sampled_from([None, {"suite": "basic"}, {"suite": "full"}])),
    st.tuples(st.just("stream"), st.sampled_from([None, "none", "NEW_IMAGE", "KEYS_ONLY"])),
    st.tuples(st.just("pitr"), st.sampled_from([None, {"enabled": True}, "none"])),
    st.tuples(st.just("deletion_protection"), st.sampled_from([None, True, False])),
)
numbers = st.integers(1, 12)
faults: st.SearchStrategy[Callable[[], Fault]] = st.one_of(
    st.builds(lambda n, times: lambda: throttled("*", n, times), numbers, st.integers(1, 3)),
    st.builds(lambda n: lambda: server_error("*", n), numbers),
    st.builds(
        lambda n, effect: lambda: lost("*", with_effect=effect, number=n), numbers, st.booleans()
    ),
    st.builds(lambda: lambda: denied("dynamodb:Update*")),
    st.builds(lambda: lambda: denied("dynamodb:DescribeTimeToLive")),
    st.builds(lambda: lambda: expired_from("dynamodb:*")),
    st.builds(lambda n: lambda: latency("*", seconds=90.0, number=n, times=2), numbers),
)


class Machine(RuleBasedStateMachine):
    """One account, one spec, and everything that may happen to either.

    ``played`` counts examples and steps.
    """

    def __init__(self, live: World, workplace: Path, played: Counter[str]) -> None:
        super().__init__()
        self.played = played
        played["examples"] += 1
        assert live.layer is not None
        BackendDict.reset()
        live.layer.heal()
        live.layer.reset()
        self.live = live
        self.layer = live.layer
        self.workplace = workplace
        self.documents: worlds.World = {
            "project.yaml": {"project_name": "shop", "region": LOCAL_REGION},
            "environments/dev.yaml": {},
        }
        self.add(TABLES[0])

    @invariant()
    def count(self) -> None:
        """Asked at the beginning and after every step."""
        self.played["steps"] += 1

    # What a person does to the spec.

    @rule(table=tables)
    def add(self, table: str) -> None:
        self.documents.setdefault(
            f"tables/{table}.yaml",
            {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "capacity": _units(5)},
        )

    @rule(table=tables, edit=edits)
    def edit(self, table: str, edit: tuple[str, Any]) -> None:
        setting, value = edit
        document = self.documents.get(f"tables/{table}.yaml")
        if document is None:
            return
        if value is None:
            document.pop(setting, None)
        else:
            document[setting] = value

    @rule(table=tables, name=names, index=indexes | st.just("none"))
    def edit_index(self, table: str, name: str, index: Any) -> None:
        document = self.documents.get(f"tables/{table}.yaml")
        if document is not None:
            document["indexes"] = {**document.get("indexes", {}), name: index}

    # What happens to the account.

    @rule(table=tables, capacity=units)
    def meddle_with_capacity(self, table: str, capacity: int) -> None:
        found = self._table(table)
        if found and "BillingModeSummary" not in found:
            pair = {"ReadCapacityUnits": capacity, "WriteCapacityUnits": capacity}
            now = found["ProvisionedThroughput"]
            if any(now[each] != capacity for each in pair):
                client("dynamodb").update_table(
                    TableName=found["TableName"], ProvisionedThroughput=pair
                )

    @rule(table=tables)
    def meddle_with_indexes(self, table: str) -> None:
        found = self._table(table)
        for each in (found or {}).get("GlobalSecondaryIndexes", [])[:1]:
            client("dynamodb").update_table(
                TableName=found["TableName"],
                GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": each["IndexName"]}}],
            )

    @rule(table=tables)
    def meddle_with_tags(self, table: str) -> None:
        found = self._table(table)
        if found:
            client("dynamodb").tag_resource(
                ResourceArn=found["TableArn"],
                Tags=[{"Key": "Team", "Value": "z"}, {"Key": "Own", "Value": "word"}],
            )
            # Until the index shows it, a stamp that was whole says that all is well.
            self.live.clock.advance(TAG_INDEX_SECONDS)

    @rule(table=tables)
    def meddle_with_ttl(self, table: str) -> None:
        found = self._table(table)
        if not found:
            return
        ddb, name = client("dynamodb"), found["TableName"]
        now = ddb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if now["TimeToLiveStatus"] == "ENABLED":
            off = {"Enabled": False, "AttributeName": now["AttributeName"]}
            ddb.update_time_to_live(TableName=name, TimeToLiveSpecification=off)

    @rule()
    def meddle_with_alarms(self) -> None:
        found = client("cloudwatch").describe_alarms(MaxRecords=1)["MetricAlarms"]
        client("cloudwatch").delete_alarms(AlarmNames=[each["AlarmName"] for each in found])

    @rule(seconds=st.sampled_from([1, 60, 3600, 86400]))
    def time_passes(self, seconds: int) -> None:
        self.live.clock.advance(seconds)

    # What dynaprov does.

    @rule(fault=faults, patient=st.booleans())
    def apply_under_a_fault(self, fault: Callable[[], Fault], patient: bool) -> None:
        try:
            run = self._apply(fault(), patient=patient)
        except Stopped:
            return
        finally:
            self.layer.heal()
        self._every_operation_ended_once(run)

    @rule(patient=st.booleans())
    def apply(self, patient: bool) -> None:
        self._every_operation_ended_once(self._apply(patient=patient))

    @rule()
    def compare(self) -> None:
        spec = self._spec()
        self.layer.seen.clear()
        first = self._look(spec)
        assert [each.request.api for each in self.layer.seen if each.request.mutating] == []
        assert self._look(spec).operations == first.operations

    @rule()
    def settle(self) -> None:
        """An apply that nobody disturbs, with time for what it defers, leaves nothing."""
        run = self.live.finished(lambda: self._apply())
        bad = [(o.operation.id, o.status.value, o.detail, str(o.error)) for o in run.failed]
        assert bad == []
        assert run.converged, differences(run.residual) if run.residual else ""
        self.live.rest()
        left = self._look(self._spec())
        assert (left.changes, left.not_compared, left.in_progress) == ((), (), ())
        assert [each.id for each in left.operations] == []

    def teardown(self) -> None:
        """However it was left, one more apply brings it into line."""
        self.settle()

    def _spec(self) -> Spec:
        return worlds.resolved(self.documents, self.workplace)

    def _look(self, spec: Spec) -> Plan:
        return self.live.plan_now(spec, *worlds.ALLOWED)

    def _apply(self, *faults: Fault, patient: bool = True) -> Run:
        spec = self._spec()
        live = {table: self._table(table, at_once=True) or {} for table in TABLES}
        self.layer.inject(*faults)
        plan = self._look(spec)
        assert plan.refusals == ()
        for operation in plan.operations:
            assert operation.call.action in KIND_BY_NAME[operation.kind].writes
            assert list(undeclared(operation, self.documents)) == []
        self._indexes_are_spared(plan, live)
        return self.live.carry_out(plan, lambda: self._look(spec), patient=patient)

    def _indexes_are_spared(self, plan: Plan, live: Mapping[str, Any]) -> None:
        for table, index, verb in index_updates(plan):
            declared = self.documents[f"tables/{table}.yaml"].get("indexes", {})
            assert index in declared, f"{verb} {index}, which nobody named"
            found = live[table].get("GlobalSecondaryIndexes", ())
            shapes = [
                _shape(each)
                for each in found
                if each["IndexName"] == index and each["IndexStatus"] != "DELETING"
            ]
            wanted = declared[index]
            if wanted != "none":
                shape = (wanted["partition_key"], wanted["projection"])
                assert shape not in shapes, f"{verb} {index}, which is as it should be"

    def _every_operation_ended_once(self, run: Run) -> None:
        ended = sorted(each.operation.id for each in run.outcomes)
        assert ended == sorted(each.id for each in run.plan.operations)

    def _table(self, table: str, *, at_once: bool = False) -> dict[str, Any] | None:
        """A live table; at rest, or as it is now."""
        ddb = hasty("dynamodb") if at_once else client("dynamodb")
        name = f"shop-dev-{table}"
        if name not in ddb.list_tables()["TableNames"]:
            return None
        return dict(ddb.describe_table(TableName=name)["Table"])


def _units(number: int) -> dict[str, int]:
    return {"read": number, "write": number}


def _shape(index: dict[str, Any]) -> tuple[str, str]:
    return index["KeySchema"][0]["AttributeName"], index["Projection"]["ProjectionType"]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("machine"), rules=True) as made:
        yield made


def test_whatever_happens_the_invariants_hold(
    ruled: World, workplace: Path, record_property: Callable[[str, object], None]
) -> None:
    played: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: Machine(ruled, workplace, played),
        settings=settings(
            settings.get_profile("properties"),
            max_examples=EXAMPLES or 12,
            stateful_step_count=20 if EXAMPLES else 10,
            derandomize=not EXAMPLES,
            suppress_health_check=list(HealthCheck),
        ),
    )
    examples = played["examples"]
    steps = played["steps"] - examples
    record_property("tried", f"state machine: {examples} examples of {steps} steps in all")
