"""Pacing, in virtual time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dynaprov.aws.pacing import Pacer
from dynaprov.aws.rates import RATES
from support.clock import VirtualClock


def starts(pacer: Pacer, service: str, method: str, calls: int) -> list[float]:
    return [pacer.reserve(service, method) for _ in range(calls)]


def test_a_small_run_does_not_wait() -> None:
    pacer = Pacer(VirtualClock())

    assert starts(pacer, "cloudwatch", "put_metric_alarm", 3) == [0, 0, 0]


@pytest.mark.parametrize("api", sorted(RATES), ids=":".join)
def test_no_window_holds_more_calls_than_documented(api: tuple[str, str]) -> None:
    rate = RATES[api]
    pacer = Pacer(VirtualClock())

    times = starts(pacer, *api, 4 * rate.calls)

    for place, time in enumerate(times):
        window = [other for other in times[place:] if other < time + rate.seconds]
        assert len(window) * rate.cost < rate.calls + rate.cost


def test_an_idle_time_fills_the_budget_again() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    starts(pacer, "cloudwatch", "delete_alarms", 3)

    clock.advance(2)

    assert starts(pacer, "cloudwatch", "delete_alarms", 3) == [0, 0, 0]


def test_a_scaling_policy_draws_on_the_budget_of_alarms() -> None:
    pacer = Pacer(VirtualClock())
    starts(pacer, "cloudwatch", "put_metric_alarm", 3)

    policies = starts(pacer, "application-autoscaling", "put_scaling_policy", 11)

    assert policies[0] > 1
    # 0.7 a second: four alarms each, three alarms a second.
    assert policies[-1] - policies[0] == pytest.approx(10 / 0.714, rel=0.05)


def test_what_has_no_figure_is_not_paced() -> None:
    pacer = Pacer(VirtualClock())

    assert set(starts(pacer, "dynamodb", "describe_table", 1000)) == {0}


def test_waiting_is_sleeping_until_the_call_may_go() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)

    for _ in range(4):
        pacer.wait("cloudwatch", "delete_alarms")

    assert clock.slept == [pytest.approx(1.05)]


def test_threads_share_one_budget() -> None:
    pacer = Pacer(VirtualClock())

    with ThreadPoolExecutor(8) as pool:
        delays = list(pool.map(lambda _: pacer.reserve("cloudwatch", "delete_alarms"), range(30)))

    assert sorted(round(delay / 1.05) for delay in delays) == sorted(list(range(10)) * 3)
