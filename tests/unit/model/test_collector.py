"""Garbage collection in long runs."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from dynaprov.model.collector import collect_from_now_on


class Node:
    """Something that holds itself, which only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    threshold, was_on = gc.get_threshold(), gc.isenabled()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    if was_on:
        gc.enable()
    else:
        gc.disable()


def test_what_comes_from_now_on_is_collected_by_itself() -> None:
    gc.disable()
    collect_from_now_on()
    circle = weakref.ref(Node())
    kept = [[] for _ in range(2 * gc.get_threshold()[0])]
    assert (circle(), len(kept) > 0) == (None, True)


def test_what_was_there_before_is_not_looked_at_again() -> None:
    circle = weakref.ref(Node())
    collect_from_now_on()
    gc.collect()
    assert circle() is not None
