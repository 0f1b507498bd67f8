"""Generated environments on AWS's rules: made, and turned into another spec of the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dynaprov.model.outcome import Run, Status
from dynaprov.model.spec import Spec
from support.converging import MOST_RUNS, REST_SECONDS
from support.worlds import (
    Watched,
    World,
    applied,
    endpoint,
    explained,
    pairs,
    plan_of,
    resolved,
)


@pytest.fixture(scope="module")
def ruled() -> Iterator[Watched]:
    with endpoint(rules=True) as watched:
        yield watched


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("specs")


def finished(spec: Spec, ruled: Watched, journal: Path) -> Run:
    """Apply until nothing is deferred; nothing fails on the way."""
    for _ in range(MOST_RUNS):
        run = applied(spec, ruled, journal)
        assert [o for o in run.failed if o.status is not Status.DEFERRED] == [], explained(run)
        if all(outcome.status is not Status.DEFERRED for outcome in run.outcomes):
            return run
        ruled.clock.advance(REST_SECONDS)
    raise AssertionError(f"still deferred after {MOST_RUNS} runs:\n{explained(run)}")


@given(pair=pairs())
@settings(
    deadline=None,
    database=None,
    max_examples=8,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_after_each_of_two_specs_nothing_is_left(
    pair: tuple[World, World], ruled: Watched, workplace: Path
) -> None:
    ruled.forget()
    for world in pair:
        spec = resolved(world, workplace)

        finished(spec, ruled, workplace / "journal")

        ruled.clock.advance(60)
        again = plan_of(spec, ruled)
        assert (again.changes, again.not_compared) == ((), ())
        assert again.operations == ()
