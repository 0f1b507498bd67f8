"""Every entry of the drift catalogue: found exactly, or silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynaprov.kinds import KINDS, TAGS
from support.drift_catalogue.entries import DRIFT, ENTRIES, SILENT
from support.drift_catalogue.entry import Entry
from support.drift_catalogue.place import PLACES, Fresh, Stage, stages
from support.drift_catalogue.run import found_in, run, tolerated_in

#: Entries that send nothing: nothing is done, or it is done in moto's memory.
UNSENT = {
    "nothing",
    "nothing-while-mail-is-unconfirmed",
    "index-attributes-in-another-order",
    "tags-of-services",
}


class Places:
    """The account of one place at a time; entries of one place follow one another."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._name = ""
        self._open: Iterator[Fresh] | None = None
        self._fresh: Fresh | None = None

    def fresh(self, name: str) -> Stage:
        if name != self._name:
            self.end()
            self._open = self._begin(name)
            self._name, self._fresh = name, next(self._open)
        assert self._fresh is not None
        return self._fresh()

    def _begin(self, name: str) -> Iterator[Fresh]:
        with stages(name, self._factory.mktemp(name)) as fresh:
            yield fresh

    def end(self) -> None:
        for _ in self._open or ():
            pass
        self._open, self._name = None, ""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    made = Places(tmp_path_factory)
    yield made
    made.end()


@pytest.mark.parametrize("name", PLACES)
def test_before_anything_is_done_nothing_is_found(name: str, places: Places) -> None:
    plan = places.fresh(name).plan()

    assert plan.in_sync
    assert plan.is_empty
    assert found_in(plan) == frozenset()


@pytest.mark.parametrize(
    "entry", sorted(ENTRIES, key=lambda each: each.place), ids=lambda each: each.name
)
def test_exactly_what_was_done_is_found(entry: Entry, places: Places) -> None:
    before = tolerated_in(places.fresh(entry.place).plan()) if entry.tolerated else frozenset()
    stage = places.fresh(entry.place)
    stage.world.requests.clear()
    plan = run(entry, stage)

    assert bool(stage.world.requests.mutating) == (entry.name not in UNSENT)
    assert found_in(plan) == entry.found
    assert entry.tolerated <= tolerated_in(plan) - before


def test_what_one_entry_does_is_gone_before_the_next(places: Places) -> None:
    [deleted] = [each for each in ENTRIES if each.name == "scaled-table-deleted"]
    run(deleted, places.fresh("full"))

    assert found_in(places.fresh("full").plan()) == frozenset()


def test_entries_have_names_of_their_own_and_say_what_they_do() -> None:
    names = [each.name for each in ENTRIES]

    assert sorted(set(names)) == sorted(names)
    assert [each.name for each in ENTRIES if not each.does] == []


def test_every_kind_and_every_verdict_of_a_difference_is_among_what_is_found() -> None:
    found = [each for entry in DRIFT for each in entry.found]
    words = {word for each in found for word in each.address.split("/")}

    assert {kind.name for kind in (*KINDS, TAGS)} - words == {"table"}
    assert {each.verdict for each in found} == {
        "conflict",
        "drift",
        "missing",
        "pending",
        "unknown",
        "unmanaged",
    }


def test_silent_entries_find_nothing_and_the_others_something() -> None:
    assert [each.name for each in SILENT if not each.silent] == []
    assert [each.name for each in DRIFT if each.silent] == []
    assert len(DRIFT) >= 60
    assert len(SILENT) >= 30
