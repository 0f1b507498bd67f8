"""Index changes of any sort reach the wanted set, one at a time, and touch nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov import reconciler
from dynaprov.cli import exits
from dynaprov.cli.exits import Exit
from dynaprov.model.outcome import Run
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from dynaprov.report.document import run_document
from dynaprov.spec.resolve import load_specs
from support.clock import VirtualClock
from support.one_table import OneTable

NAMES = ("ByA", "ByB", "ByC", "ByD", "ByE")
ALLOWED = frozenset({"delete-index", "replace-index"})

#: What an index may be: in the words of the spec, and as AWS has it.
SHAPES: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = tuple(
    (
        {"partition_key": key, "projection": projection},
        {
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": projection},
        },
    )
    for key, projection in (("a", "ALL"), ("a", "KEYS_ONLY"), ("b", "ALL"))
)

index_sets = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(range(len(SHAPES))))


def a_spec(folder: Path, wanted: Mapping[str, int], gone: set[str], limit: int) -> Spec:
    """The spec of these indexes; those that are gone are explicitly none."""
    indexes: dict[str, Any] = {name: SHAPES[shape][0] for name, shape in wanted.items()}
    indexes |= dict.fromkeys(sorted(gone), "none")
    for path, document in {
        "project.yaml": {
            "project_name": "shop",
            "region": "eu-west-1",
            "stamp": False,
            "limits": {"global_indexes": limit},
        },
        "environments/dev.yaml": {},
        "tables/orders.yaml": {"partition_key": "id", "indexes": indexes},
    }.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(document))
    return load_specs(folder, "dev").spec


def live_table(live: Mapping[str, int]) -> OneTable:
    table = OneTable(VirtualClock())
    table.types |= {"a": "S", "b": "S"}
    for name, shape in live.items():
        table.put(name, SHAPES[shape][1])
    return table


def apply(spec: Spec, table: OneTable, folder: Path, *, patient: bool = True) -> Run:
    def look() -> Any:
        return reconciler.diff(spec, table, Choices(targets=("*/index/*",), allowed=ALLOWED))

    return reconciler.apply(
        look(),
        table,
        table,
        look,
        clock=table.clock,
        journal=folder / "journal.jsonl",
        patient=patient,
    )


def exit_of(run: Run) -> Exit:
    return exits.of_run(run_document(run))


def shapes_of(table: OneTable) -> dict[str, Any]:
    return {
        name: (body["KeySchema"], body["Projection"]) for name, body in table.definitions().items()
    }


def wanted_shapes(wanted: Mapping[str, int]) -> dict[str, Any]:
    return {
        name: (SHAPES[s][1]["KeySchema"], SHAPES[s][1]["Projection"]) for name, s in wanted.items()
    }


def in_folder(check: Callable[[Path], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder))


@settings(max_examples=40, deadline=None)
@given(live=index_sets, wanted=index_sets, room=st.integers(0, 2))
def test_any_set_of_indexes_becomes_any_other(
    live: dict[str, int], wanted: dict[str, int], room: int
) -> None:
    def check(folder: Path) -> None:
        limit = max(len(live), len(wanted), 1) + room
        table = live_table(live)
        spec = a_spec(folder, wanted, set(live) - set(wanted), limit)
        run = apply(spec, table, folder)

        assert exit_of(run) is Exit.DONE
        assert shapes_of(table) == wanted_shapes(wanted)
        # Never two at once: AWS was never asked while it was at work.
        assert table.refused == []
        # What is as it should be was never touched, and nothing was done twice.
        same = {name for name in live if wanted.get(name) == live[name]}
        assert not [change for change in table.changes if change.split()[1] in same]
        assert len(set(table.changes)) == len(table.changes)
        # Where there was room, what is new was built before anything that goes.
        new = [f"Create {name}" for name in wanted if name not in live]
        going = [f"Delete {name}" for name in live if name not in wanted]
        if len(live) + len(new) <= limit and new and going:
            last_built = max(table.changes.index(each) for each in new)
            assert last_built < min(table.changes.index(each) for each in going)

    in_folder(check)


@settings(max_examples=25, deadline=None)
@given(live=index_sets, wanted=index_sets)
def test_runs_that_do_not_wait_get_there_too(live: dict[str, int], wanted: dict[str, int]) -> None:
    def check(folder: Path) -> None:
        table = live_table(live)
        spec = a_spec(folder, wanted, set(live) - set(wanted), 20)
        for _ in range(2 * len(NAMES) + 1):
            if exit_of(apply(spec, table, folder, patient=False)) is Exit.DONE:
                break
            table.clock.advance(700)

        assert shapes_of(table) == wanted_shapes(wanted)
        assert table.refused == []
        assert len(set(table.changes)) == len(table.changes)

    in_folder(check)


others = st.tuples(
    st.integers(1, 4), st.sampled_from(NAMES), st.sampled_from(range(len(SHAPES))), st.booleans()
)


@settings(max_examples=25, deadline=None)
@given(live=index_sets, wanted=index_sets, meddling=st.lists(others, max_size=3))
def test_whoever_else_changes_indexes_a_few_runs_reach_the_wanted_set(
    live: dict[str, int], wanted: dict[str, int], meddling: list[tuple[int, str, int, bool]]
) -> None:
    def check(folder: Path) -> None:
        table = live_table(live)
        spec = a_spec(folder, wanted, set(NAMES) - set(wanted), 20)

        def meddle(number: int) -> None:
            """Just before a call of ours comes in, somebody else was quicker."""
            for at, name, shape, delete in meddling:
                if at != number or table.busy:
                    continue
                if delete and name in table.indexes:
                    table.take("Delete", {"IndexName": name}, ())
                elif not delete and name not in table.indexes:
                    table.take("Create", {"IndexName": name, **SHAPES[shape][1]}, ())

        table.before_call = meddle
        for _ in range(4):
            run = apply(spec, table, folder)
            if exit_of(run) is Exit.DONE:
                break

        assert exit_of(run) is Exit.DONE
        assert shapes_of(table) == wanted_shapes(wanted)

    in_folder(check)
