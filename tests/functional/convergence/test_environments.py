"""The shipped environments: a second apply calls nothing; one becomes another and comes back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaprov.model.spec import Spec
from dynaprov.spec.resolve import load_specs
from support.converging import SHIPPED, World, differences, shipped, world

#: Everything that turning one environment into another asks for by name.
GUARDS = {
    "capacity-drop",
    "delete",
    "delete-index",
    "pitr-off",
    "protection-off",
    "stream-off",
    "too-much-change",
    "ttl-off",
}


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_a_second_apply_calls_nothing(env: str, empty: World) -> None:
    spec = shipped(env)
    empty.converge(spec)
    assert len(empty.requests.mutating) > len(spec.tables)
    assert empty.calls_of_apply(spec) == []
    assert empty.requests != []


def dressed_as(scratch: Path, other: str) -> Spec:
    """The environment dev with the file of another one."""
    specs = scratch / other
    shutil.copytree(SHIPPED, specs)
    shutil.copy(specs / "environments" / f"{other}.yaml", specs / "environments" / "dev.yaml")
    return load_specs(specs, "dev").spec


def turn_into(world: World, spec: Spec) -> set[str]:
    """Apply with the guards lifted that say no, once they did; which ones it were."""
    refused = world.plan(spec).refusals
    assert {each for each in refused if not each.allowed_by} == set()
    codes = {each.code for each in refused}
    world.converge(spec, *codes)
    assert world.calls_of_apply(spec) == []
    return codes


@pytest.mark.parametrize("other", ["staging", "prod"])
def test_dev_becomes_another_environment_and_comes_back(
    other: str, empty: World, tmp_path: Path
) -> None:
    sets = dressed_as(tmp_path, other)
    dev = shipped("dev")
    turn_into(empty, dev)
    turn_into(empty, sets)
    lifted = turn_into(empty, dev)
    assert "stream-off" in lifted
    assert lifted <= GUARDS


SETS = {
    "provisioned": (
        "billing_mode=PROVISIONED",
        "defaults.capacity.read=5",
        "defaults.capacity.write=5",
    ),
    "streams": ("enable_streams=true",),
    "no-ttl": ("enable_ttl=false",),
    "no-recovery": ("enable_point_in_time_recovery=false",),
    "longer-recovery": ("backup_retention_days=35",),
    "no-alarms": ("enable_cloudwatch_alarms=false",),
    "infrequent-access": ("defaults.class=STANDARD_INFREQUENT_ACCESS",),
    "aws-managed": ("defaults.encryption=aws-managed",),
    "aws-owned": ("defaults.encryption=aws-owned",),
    "protected": ("defaults.deletion_protection=true",),
    "limits": ("defaults.on_demand_limits.max_read=100",),
    "insights": ("defaults.insights=true",),
    "full-suite": ("defaults.alarms.suite=full",),
    "another-ttl": ("tables.log-metadata.ttl.attribute=expires",),
}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("dev")) as made:
        turn_into(made, shipped("dev"))
        yield made


@pytest.mark.parametrize("name", SETS)
def test_an_override_is_applied_and_taken_back(name: str, dev: World) -> None:
    changed = shipped("dev", *SETS[name])
    plan = dev.plan(changed)
    assert {str(s.cause) for c in plan.changes for s in c.settings} <= {"pending", "new"}
    turn_into(dev, changed)
    turn_into(dev, shipped("dev"))
    assert differences(dev.plan(shipped("dev"))) == set()
