"""Run the drift catalogue and print, as Markdown, what was found of it.

    python tests/benchmarks/catalogue.py [--only WORD]

Every entry is done to a converged account on the embedded endpoint in this process; then a drift
check says what it finds.  Detection is the share of changes whose findings were exactly the
expected ones; a false alarm is a silent entry after which something was found.  Exit code 1 unless
detection is 100 % and there are no false alarms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.drift_catalogue.entries import ENTRIES
from support.drift_catalogue.entry import Entry
from support.drift_catalogue.place import PLACES, stages
from support.drift_catalogue.run import found_in


@dataclass(frozen=True)
class Result:
    """What became of one entry, and how long the check took."""

    entry: Entry
    exact: bool
    seconds: float


def results(only: str) -> Iterator[Result]:
    """Every entry, place by place."""
    for place in PLACES:
        wanted = [each for each in ENTRIES if each.place == place and only in each.name]
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch, stages(place, Path(scratch)) as fresh:
            for entry in wanted:
                stage = fresh()
                entry.change(stage)
                begun = time.perf_counter()
                found = found_in(stage.plan())
                yield Result(entry, found == entry.found, time.perf_counter() - begun)


def report(made: list[Result]) -> str:
    """The table, and the figures below it."""
    lines = ["| Entry | Expected | Found |", "|---|---|---|"]
    for each in made:
        expected = "silent" if each.entry.silent else f"{len(each.entry.found)} findings"
        lines.append(f"| {each.entry.name} | {expected} | {'yes' if each.exact else 'NO'} |")
    changes = [each for each in made if not each.entry.silent]
    silent = [each for each in made if each.entry.silent]
    exact = sum(each.exact for each in changes)
    share = 100 * exact / len(changes) if changes else 100.0
    alarms = sum(not each.exact for each in silent)
    seconds = statistics.median(each.seconds for each in made)
    return "\n".join(
        [
            *lines,
            "",
            f"Detection: {exact} of {len(changes)} ({share:.1f} %).",
            f"False alarms: {alarms} of {len(silent)}.",
            f"A check took {seconds * 1000:.0f} ms in the middle.",
        ]
    )


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="entries whose name has this in it")
    made = list(results(parser.parse_args().only))
    if not made:
        print("no entry has this in its name", file=sys.stderr)
        return 1
    print(report(made))
    return 0 if all(each.exact for each in made) else 1


if __name__ == "__main__":
    sys.exit(main())
