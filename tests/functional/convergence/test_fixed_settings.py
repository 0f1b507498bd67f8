"""What AWS never changes on a live table is found and refused, and nothing lifts that."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaprov.model.errors import Refused
from support.breaking.fixed import CASES, DOCUMENT, made_again
from support.converging import World, differences, written


@pytest.mark.parametrize("case", CASES)
def test_a_key_that_differs_is_found_and_refused(case: str, empty: World, tmp_path: Path) -> None:
    spec = written(tmp_path, {"tables/orders.yaml": DOCUMENT})
    empty.converge(spec)
    change, found = CASES[case]
    made_again(change)
    plan = empty.plan(spec, "fixed-setting", "fixed-setting:orders")
    assert differences(plan) == found
    assert {refusal.code for refusal in plan.refusals} == {"fixed-setting"}
    assert {refusal.allowed_by for refusal in plan.refusals} == {""}
    assert {str(s.cause) for c in plan.changes for s in c.settings} == {"drift"}
    empty.requests.clear()
    with pytest.raises(Refused):
        empty.carry_out(plan, lambda: plan)
    assert empty.requests.mutating == []
