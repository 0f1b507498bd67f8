"""The shipped environments on AWS's rules: made from nothing, turned into each other and back.

Time passes only where dynaprov waits, and between two runs; what a run defers, a later one does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaprov.model.outcome import Status
from dynaprov.model.spec import Spec
from dynaprov.spec.resolve import load_specs
from support.converging import SHIPPED, World, differences, shipped, world

#: More runs than this, an hour apart, are a defect.
MOST_RUNS = 4


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[World]:
    """An account with nothing in it, under AWS's rules."""
    with world(tmp_path, rules=True) as made:
        yield made


def dressed_as(scratch: Path, other: str, *sets: str) -> Spec:
    """The environment dev with the file of another one."""
    specs = scratch / other
    if not specs.exists():
        shutil.copytree(SHIPPED, specs)
        shutil.copy(specs / "environments" / f"{other}.yaml", specs / "environments" / "dev.yaml")
    return load_specs(specs, "dev", sets).spec


def turn_into(ruled: World, spec: Spec) -> int:
    """Apply, with the guards lifted that say no, until it converged; how many runs it took.

    Nothing ever fails: a run ends as wished, or with work deferred to a later one.
    """
    allowed = {each.code for each in ruled.plan(spec).refusals}
    for number in range(1, MOST_RUNS + 1):
        run = ruled.apply(spec, *allowed)
        bad = [o for o in run.outcomes if not (o.status.good or o.status is Status.DEFERRED)]
        assert [(o.operation.id, o.detail, o.error) for o in bad] == []
        deferred = [o.operation.id for o in run.outcomes if o.status is Status.DEFERRED]
        if not deferred:
            assert run.converged, differences(run.residual) if run.residual else ""
            # At once: the index of tags does not show the stamps yet, their own services do.
            assert ruled.calls_of_apply(spec) == []
            return number
        ruled.clock.advance(3600)
    raise AssertionError(f"still deferred after {MOST_RUNS} runs: {deferred}")


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_an_environment_is_made_in_one_run(env: str, ruled: World) -> None:
    assert turn_into(ruled, shipped(env)) == 1


@pytest.mark.parametrize("other", ["staging", "prod"])
def test_dev_becomes_another_environment_and_comes_back(
    other: str, ruled: World, tmp_path: Path
) -> None:
    sets = dressed_as(tmp_path, other)
    for spec in (shipped("dev"), sets, shipped("dev"), sets):
        assert turn_into(ruled, spec) == 1


def test_what_must_wait_is_deferred_and_done_by_a_later_run(ruled: World) -> None:
    turn_into(ruled, shipped("dev"))
    other = shipped("dev", "tables.log-metadata.ttl.attribute=expires")
    assert turn_into(ruled, other) > 1


def test_an_index_wave_ends_converged(ruled: World, tmp_path: Path) -> None:
    dev = shipped("dev")
    turn_into(ruled, dev)
    more = shipped(
        "dev",
        "tables.log-metadata.indexes.ServiceIndex=none",
        "tables.log-metadata.indexes.ByUser={partition_key: user_id, projection: KEYS_ONLY}",
        "tables.log-metadata.indexes.ByLevel={partition_key: log_level, projection: KEYS_ONLY}",
    )
    turn_into(ruled, more)
    began = ruled.clock.monotonic()
    turn_into(ruled, dev)
    # One index after the other, each allocated and backfilled.
    assert ruled.clock.monotonic() - began > 600
