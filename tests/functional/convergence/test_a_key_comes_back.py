"""A key whose deletion was scheduled is kept before anything is encrypted with it again."""

from __future__ import annotations

from pathlib import Path

from dynaprov import reconciler
from dynaprov.planning.planner import Choices
from support.converging import shipped, world


def test_tables_wait_until_the_key_is_enabled_again(tmp_path: Path) -> None:
    spec = shipped("dev")
    with world(tmp_path) as made:
        made.converge(spec)

        def removal() -> reconciler.Plan:
            choices = Choices(allowed=frozenset({"retire-key"}))
            return reconciler.plan_destroy(spec, made.gateway, choices)

        assert made.carry_out(removal(), removal).converged

        plan = made.plan(spec)
        creations = [each for each in plan.operations if each.call.method == "create_table"]
        assert len(creations) == 4
        assert all("kms-key:enable" in each.needs for each in creations)

        made.converge(spec)
        assert made.calls_of_apply(spec) == []
