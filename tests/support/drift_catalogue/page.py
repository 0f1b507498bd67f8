"""docs/reference/drift-catalogue.md: the catalogue for a reader, from the entries alone.

That a check says exactly this is tested by tests/functional/drift, entry by entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from support.drift_catalogue.entries import DRIFT, SILENT
from support.drift_catalogue.entry import Entry, Found

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "drift-catalogue.md"
COMMAND = "pytest tests/docs --update-golden"
NOTE = f"<!-- Generated from the tests' own table: `{COMMAND}` writes this page. -->\n"

#: Worst first.
_RANKS = ("critical", "high", "medium", "low")


def page() -> str:
    """The page."""
    return "\n".join(
        [
            "# Drift catalogue\n",
            NOTE,
            "What is done to an account behind dynaprov's back, and exactly what `dynaprov drift` "
            "then says: these findings and no other one.",
            "Each row is a test on a converged account of which every setting of every kind is "
            "declared: *tested on moto*, *not yet run on AWS*.",
            "What only AWS does (service tags, another order in its lists, work under way) is put "
            "into the emulator's memory or made by the tests' model of AWS: *modelled*.\n",
            f"{len(DRIFT)} changes, all found: 100 %. {len(SILENT)} that must stay silent, all "
            "silent: 0 false alarms. `python tests/benchmarks/catalogue.py` runs them and prints "
            "what was found.\n",
            "## What is found\n",
            "Settings are those of the [kinds](kinds/index.md); `(...)` is no setting.",
            "`missing`: nothing that is left tells whether it was ever there; a check that knows "
            "the one before says `drift` then, with the severity of the kind.\n",
            "| What is done | Finding | Verdict | Severity |\n|---|---|---|---|",
            *(line for entry in DRIFT for line in _found(entry)),
            "\n## What stays silent\n",
            "In the second column is what a strict check shows besides: what others own and have "
            "moved.\n",
            "| What is done | Shown by a strict check |\n|---|---|",
            *(_silent(entry) for entry in SILENT),
            "",
        ]
    )


def _found(entry: Entry) -> Iterable[str]:
    """A line for each finding, worst first; what is done stands at the first."""
    what = entry.does
    for each in sorted(entry.found, key=_worst_first):
        place = " ".join(filter(None, [f"`{each.address}`", each.path and f"`{each.path}`"]))
        yield f"| {what} | {place} | {each.verdict} | {each.severity} |"
        what = ""


def _worst_first(found: Found) -> tuple[int, str, str]:
    return (_RANKS.index(found.severity), found.address, found.path)


def _silent(entry: Entry) -> str:
    shown = [f"`{address}` `{path}`" for address, path in sorted(entry.tolerated)]
    shown += [f"`{each.address}` is in progress" for each in sorted(entry.found)]
    return f"| {entry.does} | {', '.join(shown)} |"
