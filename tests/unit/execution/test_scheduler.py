"""The scheduler: examples, and what holds for every graph."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynaprov.execution.scheduler import Scheduler
from dynaprov.model.errors import InternalProblem
from dynaprov.model.operation import Operation
from support.operations import an_operation


def startable(scheduler: Scheduler) -> list[str]:
    found = []
    while operation := scheduler.start_next():
        found.append(operation.id)
    return found


def test_what_depends_on_nothing_starts_in_the_order_of_the_plan() -> None:
    scheduler = Scheduler([an_operation(id) for id in "cab"])

    assert startable(scheduler) == ["c", "a", "b"]


def test_a_need_must_have_gone_well() -> None:
    scheduler = Scheduler([an_operation("a"), an_operation("b", needs=("a",))])
    assert startable(scheduler) == ["a"]

    assert scheduler.end("a", good=True) == []

    assert startable(scheduler) == ["b"]


def test_a_failure_skips_what_needs_it_through_others_and_names_the_cause() -> None:
    scheduler = Scheduler(
        [
            an_operation("a"),
            an_operation("b", needs=("a",)),
            an_operation("c", needs=("b",)),
            an_operation("d", after=("a",)),
        ]
    )
    startable(scheduler)

    skipped = scheduler.end("a", good=False)

    assert [(each.operation.id, each.blocked_by) for each in skipped] == [("b", "a"), ("c", "a")]
    assert startable(scheduler) == ["d"]


def test_what_comes_after_a_skipped_one_may_start() -> None:
    scheduler = Scheduler(
        [an_operation("a"), an_operation("b", needs=("a",)), an_operation("c", after=("b",))]
    )
    startable(scheduler)

    scheduler.end("a", good=False)

    assert startable(scheduler) == ["c"]


def test_a_lock_is_held_by_one_at_a_time() -> None:
    scheduler = Scheduler([an_operation(id, lock="t") for id in "abc"])

    assert startable(scheduler) == ["a"]
    scheduler.end("a", good=False)
    assert startable(scheduler) == ["b"]


def test_one_that_is_skipped_while_it_queues_for_its_lock_never_starts() -> None:
    scheduler = Scheduler(
        [
            an_operation("a", lock="t"),
            an_operation("b", lock="t"),
            an_operation("x"),
            an_operation("c", needs=("x",), lock="t"),
        ]
    )
    assert startable(scheduler) == ["a", "x"]

    scheduler.end("x", good=False)
    scheduler.end("a", good=True)

    assert startable(scheduler) == ["b"]
    assert scheduler.unfinished == ()


def test_an_after_that_is_not_in_the_plan_has_ended() -> None:
    assert startable(Scheduler([an_operation("a", after=("elsewhere",))])) == ["a"]


def test_a_need_that_is_not_in_the_plan_is_a_defect() -> None:
    with pytest.raises(InternalProblem, match="`a` needs `b`, which is not in the plan"):
        Scheduler([an_operation("a", needs=("b",))])


def test_the_first_of_several_missing_needs_is_named() -> None:
    with pytest.raises(InternalProblem, match="`a` needs `b`, which"):
        Scheduler([an_operation("a", needs=("b", "c"))])


def test_an_id_that_repeats_is_a_defect() -> None:
    with pytest.raises(InternalProblem, match="same id"):
        Scheduler([an_operation("a"), an_operation("a")])


def test_a_circle_is_named() -> None:
    with pytest.raises(InternalProblem, match=r"wait for each other: a, b$"):
        Scheduler(
            [
                an_operation("a", needs=("b",)),
                an_operation("b", after=("a",)),
                an_operation("c"),
            ]
        )


@st.composite
def graphs(draw: st.DrawFn) -> list[Operation]:
    """Operations without circles: each points only at those made before it, then shuffled."""
    made: list[Operation] = []
    for number in range(draw(st.integers(1, 9))):
        ids = [each.id for each in made]
        some = st.lists(st.sampled_from(ids), unique=True, max_size=3) if ids else st.just([])
        made.append(
            an_operation(
                f"op{number}",
                needs=tuple(draw(some)),
                after=tuple(draw(some)),
                lock=draw(st.sampled_from(["", "t1", "t2"])),
            )
        )
    return draw(st.permutations(made))


def needers(operations: list[Operation], failed: set[str]) -> set[str]:
    """The transitive dependents of some operations, the slow and simple way."""
    found: set[str] = set()
    while True:
        more = {
            each.id
            for each in operations
            if each.id not in found and (set(each.needs) & (found | failed))
        }
        if not more:
            return found - failed
        found |= more


@given(graphs(), st.data())
def test_every_graph_is_run_to_its_end_in_order(
    operations: list[Operation], data: st.DataObject
) -> None:
    scheduler = Scheduler(operations)
    by_id: Mapping[str, Operation] = {each.id: each for each in operations}
    running: list[str] = []
    good: dict[str, bool] = {}
    skipped: dict[str, str] = {}
    while True:
        # At any moment some of what may start has been started, and some of what runs ends.
        while (operation := scheduler.start_next()) is not None:
            assert operation.id not in good
            assert operation.id not in skipped
            assert all(good.get(id) for id in operation.needs)
            assert all(id in good or id in skipped for id in operation.after)
            locks = [by_id[id].lock for id in running if by_id[id].lock]
            assert operation.lock not in locks
            running.append(operation.id)
        if not running:
            break
        ended = data.draw(st.sampled_from(running))
        running.remove(ended)
        good[ended] = data.draw(st.booleans())
        for each in scheduler.end(ended, good=good[ended]):
            assert each.operation.id not in skipped
            assert not good[each.blocked_by]
            skipped[each.operation.id] = each.blocked_by

    assert set(good) | set(skipped) == set(by_id)
    assert set(good) & set(skipped) == set()
    assert scheduler.unfinished == ()
    failed = {id for id, well in good.items() if not well}
    assert set(skipped) == needers(operations, failed)
