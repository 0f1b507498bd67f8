"""Every API that dynaprov calls, met by every fault: what the page says is what happens.

A spread sample is run by default; ``TEST_FAULT_MATRIX=all`` runs every cell, and with
``--update-golden`` writes them into the page.
"""

from __future__ import annotations

import os

import pytest

from support.matrix.cells import FAULTS
from support.matrix.page import PAGE, UNKNOWN, Place, places, put, row_of, rows_in
from support.matrix.scenarios import declared
from support.matrix.stages import cells

EVERY = os.environ.get("TEST_FAULT_MATRIX") == "all"
#: Of so many rows one is in the sample, with one of its faults.
SPREAD = 3

ROWS = rows_in(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}


def sample() -> list[tuple[Place, tuple[str, ...]]]:
    """Rows and their faults: all of them, or a spread of both."""
    faults = list(FAULTS)
    if EVERY:
        return [(place, tuple(faults)) for place in sorted(ROWS, key=lambda row: row[1])]
    run = [place for place, row in ROWS.items() if UNKNOWN not in row.values()]
    return [
        (place, (faults[number * 2 % len(faults)],)) for number, place in enumerate(run[::SPREAD])
    ]


def test_the_runs_call_every_api_that_kinds_declare_and_no_other() -> None:
    assert {api for _, api in places()} == declared()


def test_the_page_has_every_api() -> None:
    assert set(ROWS) == set(places())


@pytest.mark.parametrize(
    ("place", "faults"), sample(), ids=lambda value: "-".join(value).replace(" ", "_")
)
def test_a_run_that_meets_a_fault_ends_as_the_page_says(
    place: Place, faults: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    made = cells(*place, faults)

    wrong = {fault: each.wrong for fault, each in made.items() if each.wrong}
    assert wrong == {}
    if EVERY and request.config.getoption("--update-golden"):
        put(place, row_of(made))
    else:
        assert row_of(made) == {fault: ROWS[place][fault] for fault in faults}
