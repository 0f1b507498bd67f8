"""The processors that the two halves of a run keep to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaprov.aws.processors import keep_to, keep_to_one, processor_for

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread choose")


@given(st.integers(0, 10**6), st.sets(st.integers(0, 300), min_size=2))
def test_the_halves_keep_to_two_of_the_processors_that_are_allowed(
    run: int, allowed: set[int]
) -> None:
    ours, theirs = (processor_for(run, half, allowed) for half in (0, 1))
    assert len(ours) == len(theirs) == 1
    assert ours != theirs
    assert ours | theirs <= allowed


def test_two_runs_spread_over_the_processors() -> None:
    assert [min(processor_for(run, 0, {2, 4, 6})) for run in range(3)] == [2, 4, 6]


def test_both_halves_share_the_only_processor() -> None:
    assert processor_for(7, 0, {3}) == processor_for(7, 1, {3}) == {3}


@pytest.fixture
def allowed() -> Iterator[frozenset[int]]:
    before = frozenset(os.sched_getaffinity(0))
    yield before
    os.sched_setaffinity(0, before)


@linux
def test_a_thread_keeps_to_one_until_it_is_let_go(allowed: frozenset[int]) -> None:
    before = keep_to_one(os.getpid(), half=0)
    assert before == allowed
    assert os.sched_getaffinity(0) == processor_for(os.getpid(), 0, allowed)
    keep_to(before)
    assert os.sched_getaffinity(0) == allowed


@linux
def test_letting_go_of_nothing_changes_nothing(allowed: frozenset[int]) -> None:
    keep_to(frozenset())
    assert os.sched_getaffinity(0) == allowed
