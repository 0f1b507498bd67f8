"""The lease: who has it, for how long, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov.execution.lease import ATTEMPTS, Held, Holder, take
from dynaprov.model.errors import Refused, Stopped
from dynaprov.model.ports import ErrorCategory
from support.clock import HANGS_SECONDS, START, VirtualClock
from support.leasing import PLACE, LeaseTable, a_lease

E = ErrorCategory


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def table(clock: VirtualClock) -> LeaseTable:
    return LeaseTable(clock)


def test_the_item_says_who_has_it_since_when_and_until_when(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)

    assert lease.attempt() is None
    lease.note("f" * 64)

    assert table.value("id") == "dynaprov/lease/shop-dev"
    assert table.value("lease_owner") == "r1@host, process 1"
    assert table.value("lease_command") == "apply --env dev"
    assert table.value("lease_since") == START.isoformat()
    assert table.value("lease_until") == (START + timedelta(seconds=120)).isoformat()
    assert table.value("lease_fingerprint") == "f" * 64


def test_time_to_live_may_take_an_abandoned_item_a_day_later(
    table: LeaseTable, clock: VirtualClock
) -> None:
    a_lease(table, clock).attempt()

    expiry = START + timedelta(days=1, seconds=120)
    assert table.item is not None
    assert table.item["gone_after"] == {"N": str(int(expiry.timestamp()))}


def test_a_table_without_time_to_live_gets_no_attribute_for_it(
    table: LeaseTable, clock: VirtualClock
) -> None:
    a_lease(table, clock, place=replace(PLACE, ttl="")).attempt()

    assert table.item is not None
    assert not any("N" in value for value in table.item.values())


def test_the_second_one_is_refused_with_who_has_it(table: LeaseTable, clock: VirtualClock) -> None:
    first = a_lease(table, clock)
    first.attempt()
    first.note("abcdef0123456789")

    with pytest.raises(Refused) as refused:
        take(PLACE, Holder("r2", "me", "apply"), table, table, clock)

    [told] = refused.value.diagnostics
    assert told.code == "DP310"
    assert told.detail == (
        "r1@host, process 1 holds it for `apply --env dev` since 2026-01-01 00:00:00 UTC until "
        "2026-01-01 00:02:00 UTC, unless it is renewed, with the plan abcdef012345; nothing was "
        "done (item `dynaprov/lease/shop-dev` of table shop-dev-locks)"
    )
    assert "--lease-wait" in told.hint


def test_who_waits_gets_it_when_it_is_given_back(table: LeaseTable, clock: VirtualClock) -> None:
    first = a_lease(table, clock)
    first.attempt()
    seen: list[Held] = []

    def told(held: Held) -> None:
        seen.append(held)
        first.release()

    take(PLACE, Holder("r2", "me", "apply"), table, table, clock, wait_seconds=60, told=told)

    assert [held.holder.run for held in seen] == ["r1"]
    assert table.value("lease_run") == "r2"


def test_who_waits_gets_what_expired_and_not_a_moment_earlier(
    table: LeaseTable, clock: VirtualClock
) -> None:
    a_lease(table, clock).attempt()

    take(PLACE, Holder("r2", "me", "apply"), table, table, clock, wait_seconds=600)

    assert clock.monotonic() > 120
    assert table.value("lease_run") == "r2"


def test_waiting_has_an_end(table: LeaseTable, clock: VirtualClock) -> None:
    a_lease(table, clock).attempt()

    with pytest.raises(Refused):
        take(PLACE, Holder("r2", "me", "apply"), table, table, clock, wait_seconds=60)

    assert clock.monotonic() == 60


def test_it_is_renewed_when_a_third_of_its_time_is_over(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    clock.advance(39)
    lease.keep()
    assert "update_item" not in table.calls

    clock.advance(1)
    lease.keep()

    assert table.value("lease_until") == (START + timedelta(seconds=160)).isoformat()
    assert lease.why_lost() == ""


def test_an_expired_lease_that_nobody_took_is_renewed_and_goes_on(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    clock.advance(10_000)

    assert lease.why_lost() == ""
    assert table.value("lease_until") == (START + timedelta(seconds=10_120)).isoformat()


def test_an_expired_lease_that_another_took_is_lost_and_says_to_whom(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    clock.advance(200)
    a_lease(table, clock, "r2").attempt()

    assert "it expired, and r2@host, process 1 holds it for" in lease.why_lost()
    assert lease.why_lost() == lease.why_lost()
    lease.release()
    assert table.value("lease_run") == "r2"


def test_an_expired_lease_that_another_took_and_gave_back_is_lost(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    clock.advance(200)
    other = a_lease(table, clock, "r2")
    other.attempt()
    other.release()

    assert "somebody took it and gave it back" in lease.why_lost()


class Suspended(VirtualClock):
    """Its monotonic time stood still for as long as the machine was suspended."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = 0.0

    def monotonic(self) -> float:
        return super().monotonic() - self.asleep

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic() + self.asleep)


def test_a_suspended_machine_finds_its_lease_expired_by_the_clock_on_the_wall(
    table: LeaseTable,
) -> None:
    ours = Suspended()
    lease = a_lease(table, ours)
    lease.attempt()
    ours.advance(500)
    ours.asleep = 500
    table.clock.advance(500)
    a_lease(table, table.clock, "r2").attempt()

    assert "r2@host" in lease.why_lost()


@pytest.mark.parametrize("ahead", [-3600, -120, 120, 3600])
def test_it_does_not_matter_whose_clock_goes_wrong(table: LeaseTable, ahead: float) -> None:
    wrong = VirtualClock(START + timedelta(seconds=ahead))
    a_lease(table, wrong).attempt()
    assert table.value("lease_until") == (START + timedelta(seconds=120)).isoformat()

    other = a_lease(table, VirtualClock(START - timedelta(seconds=ahead)), "r2")
    assert other.attempt() is not None

    table.clock.advance(126)
    assert other.attempt() is None


def test_without_a_date_the_run_s_own_clock_counts(clock: VirtualClock) -> None:
    table = LeaseTable(VirtualClock(START - timedelta(days=1)), dated=False)
    a_lease(table, clock).attempt()

    assert table.value("lease_since") == START.isoformat()


def test_a_lost_answer_does_not_lose_the_lease(table: LeaseTable, clock: VirtualClock) -> None:
    table.lost = {"put_item", "update_item"}
    lease = a_lease(table, clock)

    assert lease.attempt() is None
    assert table.value("lease_run") == "r1"
    clock.advance(50)
    lease.keep()
    lease.keep()
    assert lease.why_lost() == ""


def test_who_is_overtaken_between_reading_and_writing_reads_again(
    table: LeaseTable, clock: VirtualClock
) -> None:
    table.errors = {"put_item": [E.CONFLICT]}

    assert a_lease(table, clock).attempt() is None
    assert table.calls == ["get_item", "put_item", "get_item", "put_item"]


@pytest.mark.parametrize(
    ("method", "category", "times"),
    [("get_item", E.DENIED, 1), ("put_item", E.DENIED, 1), ("put_item", E.THROTTLED, ATTEMPTS)],
)
def test_what_cannot_be_read_or_written_stops_the_run(
    table: LeaseTable, clock: VirtualClock, method: str, category: E, times: int
) -> None:
    table.errors = {method: [category] * 9}

    with pytest.raises(Stopped) as stopped:
        a_lease(table, clock).attempt()

    [told] = stopped.value.diagnostics
    assert told.code == "DP404"
    assert ("allow dynamodb:GetItem" in told.hint) == (category is E.DENIED)
    assert table.calls.count(method) == times


def test_a_renewal_that_fails_is_tried_again_until_the_time_is_over(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    table.errors = {"update_item": [E.THROTTLED] * 9}
    clock.advance(60)
    lease.keep()
    assert lease.why_lost() == ""
    clock.advance(60)

    assert "could not be renewed in time" in lease.why_lost()
    lease.note("f")
    lease.keep()
    assert table.calls.count("update_item") == 2


def test_without_its_table_there_is_none_yet(table: LeaseTable, clock: VirtualClock) -> None:
    table.exists = False
    lease = a_lease(table, clock)

    assert lease.attempt() is None
    lease.note("f")
    lease.keep()
    clock.advance(1000)
    lease.release()

    assert (lease.absent, lease.why_lost(), table.calls) == (True, "", ["get_item"])


@pytest.mark.parametrize("own", [True, False], ids=["by this run", "by somebody else"])
def test_a_table_that_is_deleted_ends_it(table: LeaseTable, clock: VirtualClock, own: bool) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    if own:
        lease.goes_with_its_table()
    table.exists = False
    clock.advance(130)

    assert lease.why_lost() == (
        "" if own else "the lease was lost: its table shop-dev-locks is gone"
    )


def test_whose_successor_cannot_be_read_is_lost_all_the_same(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()
    table.item = None
    table.errors = {"get_item": [E.DENIED]}
    clock.advance(130)

    assert "the lease was lost" in lease.why_lost()


def test_what_is_no_lease_in_its_place_is_left_alone(
    table: LeaseTable, clock: VirtualClock
) -> None:
    table.item = {"id": {"S": PLACE.item}, "text": {"S": "not ours"}}

    with pytest.raises(Stopped):
        a_lease(table, clock).attempt()

    assert table.value("text") == "not ours"


def test_it_is_given_back_when_the_block_ends_however_it_ends(
    table: LeaseTable, clock: VirtualClock
) -> None:
    lease = a_lease(table, clock)
    lease.attempt()

    with pytest.raises(KeyError), lease.kept():
        raise KeyError

    assert table.item is None
    lease.release()
    assert table.calls.count("delete_item") == 1


def test_it_is_renewed_in_the_background(table: LeaseTable, clock: VirtualClock) -> None:
    lease = a_lease(table, clock, place=replace(PLACE, seconds=0))
    lease.attempt()

    with lease.kept():
        assert table.renewed.wait(HANGS_SECONDS)


@given(data=st.data())
@settings(deadline=None, max_examples=60, database=None, derandomize=True)
def test_no_two_hold_it_at_the_same_time(data: st.DataObject) -> None:
    clock = VirtualClock()
    table = LeaseTable(clock)
    skews = data.draw(st.lists(st.integers(-1000, 1000), min_size=3, max_size=3))
    clocks = [VirtualClock(START + timedelta(seconds=skew)) for skew in skews]
    runs = [a_lease(table, mine, f"r{n}") for n, mine in enumerate(clocks)]
    holding: set[int] = set()
    for _ in range(data.draw(st.integers(1, 30))):
        number = data.draw(st.integers(0, 2))
        step = data.draw(st.sampled_from(["ask", "keep", "pass", "give back"]))
        if step == "pass":
            seconds = data.draw(st.integers(1, 200))
            for each in (clock, *clocks):
                each.advance(seconds)
        elif step == "give back" and number in holding:
            runs[number].release()
            runs[number] = a_lease(table, clocks[number], f"r{number}-{len(table.calls)}")
            holding.discard(number)
        elif step == "ask" and number not in holding and runs[number].attempt() is None:
            holding.add(number)
        elif step == "keep" and number in holding:
            runs[number].keep()
        # Whoever may begin a call asks first, and at most one of them may.
        may = {each for each in holding if not runs[each].why_lost()}
        assert len(may) <= 1
