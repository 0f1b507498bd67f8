"""docs/reference/fault-matrix.md: what becomes of a run when a call of it meets a fault.

The table's cells come from the runs themselves; everything else is written here.
"""

from __future__ import annotations

import fcntl
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from support.matrix.cells import FAULTS, LATE_SECONDS, Cell
from support.matrix.scenarios import SCENARIOS
from support.matrix.stages import usual

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "fault-matrix.md"
COMMAND = "TEST_FAULT_MATRIX=all pytest tests/rules/test_fault_matrix.py --update-golden"
NOTE = f"<!-- Written by the runs: `{COMMAND}`. -->\n"
UNKNOWN = "?"

#: The text of every cell of a row, by the head of its column.
Row = Mapping[str, str]
#: Scenario and API of a row.
Place = tuple[str, str]

#: The columns in words.
MEANINGS: Mapping[str, str] = {
    "throttled": "The call is answered with the service's throttling error, once.",
    "server error": "The call is answered with the service's HTTP 500, once, without an effect.",
    "lost before": "The connection is closed before the call has its effect, once.",
    "lost after": "The connection is closed after the call had its effect, once.",
    "late": f"The answer takes {LATE_SECONDS:.0f} s, once.",
    "denied": "From this call on, the permission for this API is missing.",
    "expired": "From this call on, every call is told that the token has expired.",
}
#: The verdicts in words.
VERDICTS: Mapping[str, str] = {
    "converged": "The run ended as if nothing had happened: exit code 0.",
    "next run": "The run told what failed or is left, exit code 4; the next run converged.",
    "not compared": "What needs the API was *not compared*, the missing IAM action was named, and "
    "the rest went on; exit code 4.",
    "not done": "The operation failed with the missing IAM action, what needs it was skipped, and "
    "the rest went on; exit code 4.",
    "refused": "The run was refused before it began, and the refusal names the missing IAM action: "
    "without it nobody can tell what still needs what would be taken away. Exit code 3.",
    "stopped": "The run stopped and said why; nothing was begun after it. Exit code 1.",
}


@cache
def places() -> tuple[Place, ...]:
    """The rows: every API, in the first scenario that calls it."""
    first: dict[str, str] = {}
    for scenario in SCENARIOS:
        for api in usual(scenario.name).apis:
            first.setdefault(api, scenario.name)
    return tuple(sorted(((name, api) for api, name in first.items()), key=lambda row: row[1]))


def row_of(cells: Mapping[str, Cell]) -> Row:
    """The texts of cells."""
    return {fault: str(each) for fault, each in cells.items()}


def rows_in(text: str) -> dict[Place, Row]:
    """The rows that a page shows."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("| `"):
            continue
        api, scenario, *texts = (each.strip() for each in line.strip("|").split("|"))
        if len(texts) == len(FAULTS):
            found[scenario, api.strip("`")] = dict(zip(FAULTS, texts, strict=True))
    return found


def page(rows: Mapping[Place, Row]) -> str:
    """The page."""
    table = [
        f"| `{api}` | {scenario} | {' | '.join(row.get(each, UNKNOWN) for each in FAULTS)} |"
        for (scenario, api), row in sorted(rows.items(), key=lambda item: item[0][1])
    ]
    return "\n".join(
        [
            "# Fault matrix\n",
            NOTE,
            "Every API that dynaprov calls, met by every fault at its first call in a run.",
            "The runs are made under AWS's rules as the tests model them: *modelled*, *not yet "
            "run on AWS*.\n",
            "After each run the fault is taken away and dynaprov is run again.",
            "In every cell that is filled (not the `?`), that run converged, what is there is what "
            "an undisturbed run leaves, nothing is there twice, the plan after it is empty, and "
            "every operation of both runs ended in exactly one outcome.\n",
            "## Faults\n",
            "| Fault | What happens |\n|---|---|",
            *(f"| {name} | {MEANINGS[name]} |" for name in FAULTS),
            "\n## Runs\n",
            "An API is met in the first of these runs that calls it.\n",
            "| Run | What it is |\n|---|---|",
            *(f"| {each.name} | {each.title} |" for each in SCENARIOS),
            "\n## Verdicts\n",
            "A number behind a verdict is the exit code of the run, where it is not 0.",
            f"`{UNKNOWN}` is a run that nobody has made yet.\n",
            "| Verdict | What it says |\n|---|---|",
            *(f"| {name} | {meaning} |" for name, meaning in VERDICTS.items()),
            "\n## The matrix\n",
            f"{len(rows)} APIs, {len(FAULTS)} faults, {len(rows) * len(FAULTS)} runs.\n",
            f"| API | Run | {' | '.join(FAULTS)} |",
            "|---|---|" + "---|" * len(FAULTS),
            *table,
            "",
        ]
    )


def put(place: Place, row: Row) -> None:
    """Write a row into the page, beside whoever writes another one; gone APIs leave it."""
    # Before the lock, which the processes that this starts would keep for as long as they live.
    every = places()
    with (PAGE.parent / "index.md").open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows = rows_in(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
        rows = {each: rows.get(each, {}) for each in every} | {place: row}
        PAGE.write_text(page(rows), encoding="utf-8")
