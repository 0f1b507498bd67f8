"""The turnstile and the interleavings that the races rest on."""

from __future__ import annotations

from threading import Thread

import pytest

from support.racing import Choose, Interleavings, Turnstile


def passed(choose: Choose, *steps: int) -> str:
    """Who passed, in order, of runs with so many steps each."""
    turnstile = Turnstile(len(steps))

    def walk(who: int, count: int) -> None:
        for number in range(count):
            turnstile.step(who, str(number))
        turnstile.end(who)

    threads = [Thread(target=walk, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    turnstile.direct(choose)
    for thread in threads:
        thread.join()
    return "".join(str(who) for who, _ in turnstile.passed)


@pytest.mark.parametrize(
    ("switches", "orders"),
    [
        (0, {"0011", "1100"}),
        (1, {"0011", "1100", "0110", "1001"}),
        (3, {"0011", "1100", "0110", "1001", "0101", "1010"}),
    ],
)
def test_every_order_with_so_many_switches_comes_once(switches: int, orders: set[str]) -> None:
    found = [passed(choose, 2, 2) for choose in Interleavings(switches)]

    assert sorted(found) == sorted(orders)


def test_three_runs_come_in_every_order() -> None:
    found = [passed(choose, 1, 1, 1) for choose in Interleavings(0)]

    assert sorted(found) == ["012", "021", "102", "120", "201", "210"]
