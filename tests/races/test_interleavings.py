"""Applies at the same time, in every order up to a bound and in orders by chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.converging import World, written
from support.raced_account import CHAIN, TABLE, WIDE, check_account, check_end, forget, told
from support.racing import Choose, Interleavings, race

quick = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def by_chance(seed: int) -> Choose:
    """Whoever went on last goes on again with a likelihood of the seed's own."""
    chance = random.Random(seed)
    staying = chance.random()
    last = -1

    def choose(waiting: Sequence[int]) -> int:
        nonlocal last
        if last not in waiting or chance.random() >= staying:
            last = chance.choice(waiting)
        return last

    return choose


def differing(number: int) -> dict[str, Any]:
    """The chain with settings of the table, and of the key, that are this number's own."""
    return {
        "environments/full.yaml": {
            "kms_key": {"description": f"as {number} says", "rotation": bool(number % 2)},
            "topic": {"encryption": "kms-key", "display_name": f"n{number}"},
        },
        "tables/orders.yaml": {
            **TABLE,
            "class": ["STANDARD", "STANDARD_INFREQUENT_ACCESS"][number % 2],
            "pitr": {"enabled": True, "recovery_period_days": 7 + number},
            "tags": {"Number": str(number)},
        },
    }


def test_two_of_the_same_spec_converge_in_every_order_with_one_switch(
    account: World, tmp_path: Path
) -> None:
    spec = written(tmp_path, CHAIN)
    orders = Interleavings(switches=1)
    for choose in orders:
        forget()

        raced = race([spec, spec], account.gateway, tmp_path, choose)

        assert [run.converged for run in raced.runs] == [True, True], raced
        check_account()
    assert orders.tried > 10  # as often as a run has steps at which another may go on
    check_end(account, spec)


def test_two_of_the_key_and_its_table_converge_in_every_order_with_two_switches(
    account: World, tmp_path: Path
) -> None:
    spec = written(tmp_path, {**CHAIN, "environments/full.yaml": {"kms_key": {}}})
    for choose in Interleavings(switches=2):
        forget()

        raced = race([spec, spec], account.gateway, tmp_path, choose)

        assert [run.converged for run in raced.runs] == [True, True], raced
        check_account()


@given(seed=st.integers(0, 2**32), count=st.sampled_from([2, 2, 3, 4]))
@settings(quick, max_examples=8)
def test_several_of_the_same_wide_spec_converge_in_any_order_of_their_calls(
    seed: int, count: int, account: World, tmp_path: Path
) -> None:
    forget()
    spec = written(tmp_path, WIDE)

    raced = race([spec] * count, account.gateway, tmp_path, by_chance(seed))

    assert all(run.converged for run in raced.runs), raced
    check_account()
    check_end(account, spec)


@given(seed=st.integers(0, 2**32), count=st.sampled_from([2, 3]))
@settings(quick, max_examples=8)
def test_even_when_one_reads_while_another_writes_each_converges_or_tells_why_not(
    seed: int, count: int, account: World, tmp_path: Path
) -> None:
    forget()
    spec = written(tmp_path, CHAIN)

    raced = race([spec] * count, account.gateway, tmp_path, by_chance(seed), fine=True)

    assert all(told(run) for run in raced.runs), raced
    assert any(run.converged for run in raced.runs), raced
    check_account()
    check_end(account, spec)


@given(seed=st.integers(0, 2**32), count=st.sampled_from([2, 3]))
@settings(quick, max_examples=8)
def test_different_specs_make_nothing_twice_and_what_differs_is_told(
    seed: int, count: int, account: World, tmp_path: Path
) -> None:
    forget()
    specs = [written(tmp_path, differing(number)) for number in range(count)]

    raced = race(specs, account.gateway, tmp_path, by_chance(seed))

    assert all(told(run) for run in raced.runs), raced
    check_account()
    check_end(account, specs[0])
