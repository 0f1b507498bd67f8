"""A run that stops at any of its calls, before or after the effect; and the run after it.

In process, on the virtual clock, under AWS's rules.  Every mutating call of every scenario is
stopped at, the odd ones before their effect and the even ones after it; with ``TEST_EVERY_CRASH=1``
each both before and after.  The account as it is before the run is made once, and each try has a
copy of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from support.converging import world
from support.crashing import SCENARIOS, Scenario, Stage, undisturbed
from support.forked import in_a_copy
from support.inventory import Inventory, twice, unlike

EVERY = bool(os.environ.get("TEST_EVERY_CRASH"))
#: The calls of a scenario are dealt out to so many tests, so that several workers share them.
HANDS = {"create": 2, "update": 3, "index-wave": 2, "destroy": 1}

CASES = [
    pytest.param(scenario, hand, id=f"{scenario}-{hand + 1}-of-{HANDS[scenario.name]}")
    for scenario in SCENARIOS
    for hand in range(HANDS[scenario.name])
]


@pytest.mark.parametrize(("scenario", "hand"), CASES)
def test_wherever_a_run_is_stopped_the_next_one_ends_as_if_nothing_had_been(
    scenario: Scenario,
    hand: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    expected = undisturbed(scenario.name)
    tried, found_wrong = Counter[bool](), list[str]()
    with world(tmp_path, rules=True) as live:
        stage = Stage(scenario, live, tmp_path)
        live.close()
        stopped = True
        for number in count(hand + 1, HANDS[scenario.name]):
            for after in (False, True) if EVERY else (number % 2 == 0,):
                stopped, wrong = in_a_copy(partial(stop_and_go_on, stage, number, after, expected))
                place = f"stopped {_place(after)} the effect of call {number}"
                found_wrong += [f"{place}: {each}" for each in wrong]
                tried[after] += stopped
            if not stopped:
                break
    assert not found_wrong, "\n".join(found_wrong)
    for after, times in tried.items():
        record_property("tried", f"{scenario}: stopped {_place(after)} the effect of {times} calls")
    assert sum(tried.values())


def stop_and_go_on(
    stage: Stage, number: int, after: bool, expected: Inventory
) -> tuple[bool, list[str]]:
    """Whether there was such a call to be stopped at, and what is not as it should be then."""
    stage.live.reopen()
    stopped = stage.stopped_at(number, with_effect=after)
    wrong, found = stage.end()
    wrong += [f"twice: {each}" for each in twice(found)]
    return stopped, wrong + unlike(found, expected)


def _place(after: bool) -> str:
    return "after" if after else "before"
