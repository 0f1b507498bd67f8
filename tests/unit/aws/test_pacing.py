"""Pacing, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov.aws.pacing import SLACK, Interrupted, Pacer
from dynaprov.aws.rates import RATES, Rate, with_own
from support.clock import VirtualClock

Api = tuple[str, str]
DELETE_ALARMS = ("cloudwatch", "delete_alarms")
PUT_ALARM = ("cloudwatch", "put_metric_alarm")
PUT_POLICY = ("application-autoscaling", "put_scaling_policy")
TTL = ("dynamodb", "describe_time_to_live")
SOME = ("some", "method")


def send(pacer: Pacer, clock: VirtualClock, api: Api, calls: int = 1) -> list[float]:
    """When each of so many calls goes, one after the other."""
    times = []
    for _ in range(calls):
        with pacer.admitted(*api):
            times.append(clock.monotonic())
    return times


def most_in_a_window(times: Sequence[float], seconds: float) -> int:
    return max(sum(first <= other < first + seconds for other in times) for first in times)


def test_a_small_run_does_not_wait() -> None:
    clock = VirtualClock()

    assert send(Pacer(clock), clock, PUT_ALARM, 3) == [0, 0, 0]


@pytest.mark.parametrize("api", sorted(RATES), ids=":".join)
def test_no_window_holds_more_calls_than_documented(api: Api) -> None:
    clock, rate = VirtualClock(), RATES[api]

    times = send(Pacer(clock, places=1), clock, api, 4 * rate.calls)

    most = most_in_a_window(times, rate.seconds)
    assert most <= max(1, rate.calls // rate.cost)


@settings(deadline=None)
@given(
    calls=st.integers(1, 6),
    seconds=st.floats(0.1, 10),
    gaps=st.lists(st.floats(0, 5), min_size=1, max_size=60),
)
def test_calls_go_at_the_first_moment_that_the_rate_allows(
    calls: int, seconds: float, gaps: list[float]
) -> None:
    clock = VirtualClock()
    pacer = Pacer(clock, {SOME: Rate(calls, seconds)})
    times: list[float] = []
    for gap in gaps:
        clock.advance(gap)
        asked = clock.monotonic()
        times += send(pacer, clock, SOME)
        allowed = times[-1 - calls] + seconds * SLACK if len(times) > calls else asked
        assert times[-1] == pytest.approx(max(asked, allowed), abs=1e-4)

    assert most_in_a_window(times, seconds) <= calls


@settings(deadline=None)
@given(st.lists(st.sampled_from([PUT_ALARM, PUT_POLICY]), min_size=1, max_size=40))
def test_alarms_and_scaling_policies_together_keep_the_rate_of_alarms(apis: list[Api]) -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)

    times = [(send(pacer, clock, api)[0], RATES[api].cost) for api in apis]

    # A policy makes its four alarms at once, so one policy may go beyond what is left of a second.
    for begin, _ in times:
        for seconds in (1.0, 3.0, 10.0):
            made = sum(cost for time, cost in times if begin <= time < begin + seconds)
            assert made <= 3 * seconds + 3 + 4


def test_an_idle_time_fills_the_budget_again() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    send(pacer, clock, DELETE_ALARMS, 3)

    clock.advance(2)

    assert send(pacer, clock, DELETE_ALARMS, 3) == [2, 2, 2]


def test_a_scaling_policy_draws_on_the_budget_of_alarms() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    send(pacer, clock, PUT_ALARM, 3)

    policies = send(pacer, clock, PUT_POLICY, 11)

    assert policies[0] > 1
    # 0.7 a second: four alarms each, three alarms a second.
    assert policies[-1] - policies[0] == pytest.approx(10 / 0.714, rel=0.05)
    assert send(pacer, clock, PUT_ALARM) == [pytest.approx(policies[-1] + 1.05)]


def test_the_first_scaling_policy_does_not_wait() -> None:
    clock = VirtualClock()

    assert send(Pacer(clock), clock, PUT_POLICY) == [0]


def test_what_has_no_figure_is_not_paced() -> None:
    clock = VirtualClock()

    assert set(send(Pacer(clock), clock, ("dynamodb", "describe_table"), 1000)) == {0}


def test_nothing_is_paced_where_nobody_asked_for_it() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)

    for _ in range(10):
        with pacer.admitted(*DELETE_ALARMS, paced=False):
            assert clock.monotonic() == 0


def test_a_throttled_call_uses_up_what_is_left() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    send(pacer, clock, DELETE_ALARMS)

    pacer.throttled(*DELETE_ALARMS)
    pacer.throttled("dynamodb", "describe_table")  # no figure: nothing to use up

    assert send(pacer, clock, DELETE_ALARMS, 3) == [pytest.approx(1.05)] * 3


def test_each_connection_has_its_own_budget_of_ttl_reads() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock, places=3)
    used: list[tuple[float, int]] = []

    for _ in range(24):
        with pacer.admitted(*TTL) as connection:
            used.append((clock.monotonic(), connection))

    # No more connections than it takes, four calls on each, then again after 8 s.
    assert [connection for _, connection in used[:12]] == [0] * 4 + [1] * 4 + [2] * 4
    assert {time for time, _ in used[:12]} == {0}
    assert used[12][0] == pytest.approx(8.4)
    for connection in range(3):
        times = [time for time, each in used if each == connection]
        assert most_in_a_window(times, 8.0) <= 4


def test_a_throttled_connection_leaves_the_others_alone() -> None:
    pacer = Pacer(VirtualClock(), places=2)

    pacer.throttled(*TTL, 0)

    with pacer.admitted(*TTL) as connection:
        assert connection == 1


def test_threads_share_one_budget() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda _: send(pacer, clock, DELETE_ALARMS)[0], range(30)))

    assert len(sent) == 30
    assert clock.monotonic() == pytest.approx(9 * 1.05)


class HeldClock(VirtualClock):
    """A clock that stands still in a sleep until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep, self.wake = Event(), Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.set()
        self.wake.wait()
        super().sleep(seconds)


def wait_until(true: Callable[[], bool]) -> None:
    pause = Event()
    while not true():
        pause.wait(0.001)


def test_who_asks_first_is_served_first() -> None:
    clock = HeldClock()
    pacer = Pacer(clock, {SOME: Rate(1)})
    send(pacer, clock, SOME)
    served: list[int] = []

    def ask(number: int) -> None:
        with pacer.admitted(*SOME):
            served.append(number)

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    queue = pacer._budgets["some:method"].queue
    for number, thread in enumerate(threads):
        thread.start()
        wait_until(lambda number=number: clock.asleep.is_set() and len(queue._waiting) == number)
    clock.wake.set()
    for thread in threads:
        thread.join()

    assert served == list(range(8))


def test_a_call_counts_when_it_goes_and_not_when_it_waits_for_a_place() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock, {SOME: Rate(1)}, places=1)
    sent: list[float] = []

    def ask() -> None:
        sent.extend(send(pacer, clock, SOME))

    with pacer.admitted("other", "method"):
        waiting = Thread(target=ask)
        waiting.start()
        wait_until(lambda: pacer._budgets["some:method"].queue._taken)
        clock.advance(5)
    waiting.join()
    sent += send(pacer, clock, SOME)

    assert sent == [5, pytest.approx(6.05)]


class InterruptedClock(VirtualClock):
    """A clock whose sleep is over at once."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_an_interrupted_wait_lets_nothing_through() -> None:
    clock = InterruptedClock()
    pacer = Pacer(clock, {SOME: Rate(1)})
    send(pacer, clock, SOME)

    for _ in range(2):  # whoever is next finds the same
        with pytest.raises(Interrupted), pacer.admitted(*SOME):
            pass


def test_own_figures_replace_the_documented_ones() -> None:
    rates = with_own({"cloudwatch:PutMetricAlarm": 20, "tag:GetResources": 2.5})

    assert rates[PUT_ALARM] == Rate(20, 1.0, "cloudwatch:PutMetricAlarm")
    assert rates[PUT_POLICY] == Rate(20, 1.0, "cloudwatch:PutMetricAlarm", cost=4)
    assert rates["resourcegroupstaggingapi", "get_resources"] == Rate(2, 0.8)
    assert rates[DELETE_ALARMS] == RATES[DELETE_ALARMS]


def test_own_figures_hold_for_apis_without_a_documented_one() -> None:
    rates = with_own({"dynamodb:DescribeTable": 0.5, "tag:StartReportCreation": 1})

    assert rates["dynamodb", "describe_table"] == Rate(1, 2.0)
    assert rates["resourcegroupstaggingapi", "start_report_creation"] == Rate(1)


def test_an_own_figure_counts_for_the_account_where_aws_counts_by_connection() -> None:
    assert with_own({"dynamodb:DescribeTimeToLive": 10})[TTL] == Rate(10)
