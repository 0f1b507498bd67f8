"""A process that is killed (SIGKILL) at a call that changes something; and the process after it.

The program as users have it, against AWS's rules behind a server.  The server knows which call is
the k-th, and kills the process then: nothing here happens by time.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from support.clock import VirtualClock
from support.converging import world
from support.crashing import SCENARIOS, Scenario, Stage, undisturbed
from support.forked import in_a_copy
from support.inventory import Inventory, inventory, twice, unlike
from support.program import Machine
from support.rules.clients import client
from support.rules.faults import killed
from support.rules.served import FastClock, serving

#: Which calls, by scenario: two before their effect, two after it, and so on.
KILLED_AT = {
    "create": (1, 2, 5, 8, 11, 14, 17, 20),
    "update": (1, 5, 10, 14, 18, 22, 26, 30),
    "index-wave": (1, 2, 4, 6, 8, 10, 11, 13),
    "destroy": (1, 2, 4, 6, 8, 10, 12, 13),
}
#: Index builds of half an hour take seconds.
SPEED = 400.0
#: Longer than making the account takes on its virtual clock.
YEAR = timedelta(days=365)

CASES = [
    pytest.param(scenario, half, id=f"{scenario}-{half + 1}-of-2")
    for scenario in SCENARIOS
    for half in range(2)
]


@pytest.mark.parametrize(("scenario", "half"), CASES)
def test_a_process_that_is_killed_leaves_nothing_that_the_next_one_does_not_bring_to_its_end(
    scenario: Scenario,
    half: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    expected = undisturbed(scenario.name)
    tried, found_wrong = 0, list[str]()
    # The program tells the time by itself, so the account comes to the same time of day.
    clock = VirtualClock(datetime.now(UTC) - YEAR)
    with world(tmp_path, rules=True, clock=clock) as live:
        stage = Stage(scenario, live, tmp_path)
        live.close()
        for place in range(half, len(KILLED_AT[scenario.name]), 2):
            number, after = KILLED_AT[scenario.name][place], bool(place // 2 % 2)
            wrong = in_a_copy(partial(kill_and_go_on, stage, tmp_path, number, after, expected))
            found_wrong += [f"killed at call {number}: {each}" for each in wrong]
            tried += 1
    assert not found_wrong, "\n".join(found_wrong)
    record_property("tried", f"{scenario}: a process killed at {tried} calls")


def kill_and_go_on(
    stage: Stage, scratch: Path, number: int, after: bool, expected: Inventory
) -> list[str]:
    """What is not as it should be after a process that was killed and one that was not."""
    clock = stage.live.clock
    clock.advance((datetime.now(UTC) - clock.now()).total_seconds())
    stage.layer.world.clock = FastClock(SPEED, since=clock)
    folder = scratch / str(number)
    folder.mkdir()
    with serving(stage.layer) as server:
        dynaprov = Machine(server.url, folder, stage.arguments)
        wrong = kill(dynaprov, stage, number, with_effect=after)
        again = dynaprov(*stage.command)
    if again.code or not again.document["converged"]:
        wrong.append(f"the next one ended with {again.code}: {again.out} {again.err}")
    # All is at rest: what moto holds is what there is.
    stage.layer.rules = ()
    stage.live.reopen()
    wrong += [f"still planned: {each.id}" for each in stage.look().operations]
    found = inventory(client)
    wrong += [f"twice: {each}" for each in twice(found)]
    return wrong + unlike(found, expected)


def kill(dynaprov: Machine, stage: Stage, number: int, *, with_effect: bool) -> list[str]:
    """Run the program until its ``number``-th call kills it; what was otherwise than that."""
    begun = Event()
    victims: list[subprocess.Popen[str]] = []

    def strike() -> None:
        begun.wait()
        victims[0].kill()

    fault = killed(number=number, with_effect=with_effect, victim=strike)
    stage.layer.inject(fault)
    with dynaprov.begin(*stage.command) as program:
        victims.append(program)
        begun.set()
        out, err = program.communicate(timeout=600)
    stage.layer.heal()
    stage.layer.revive()
    if not fault.struck or program.returncode != -signal.SIGKILL:
        return [f"it was not killed but ended with {program.returncode}: {out} {err}"]
    return []
