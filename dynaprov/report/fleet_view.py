"""Many checks for a person: one line each, then what was found, environment by environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from dynaprov.report.drift_view import print_drift, print_findings, verdict_line
from dynaprov.report.text import BAD, FAINT, GOOD, STRONG, WARNING, data, line, plural

Document = Mapping[str, Any]

#: More environments in sync than this are counted instead of listed.
LISTED_IN_SYNC = 20

_SIGNS = {0: ("=", GOOD), 2: ("!", BAD), 4: ("?", WARNING), 5: ("~", WARNING)}


def print_checks(document: Document, console: Console) -> None:
    """Print a check, or those of a fleet."""
    if "checks" in document:
        print_fleet(document, console)
    else:
        print_drift(document, console)


def print_fleet(document: Document, console: Console) -> None:
    """Print the checks of a fleet."""
    checks: Sequence[Document] = document["checks"]
    fleet = document["fleet"]
    part = f", part {fleet['shard']}" if fleet["shard"] else ""
    text = f"{len(checks)} of {plural(fleet['members'], 'environment')}{part}"
    console.print(line(("dynaprov ", FAINT), "drift  ", data(document["project"], STRONG)))
    console.print(line((f"  {text}", FAINT)))
    console.print()
    quiet = [each for each in checks if not each["exit_code"]]
    width = max((len(where(each)) for each in checks), default=0)
    for each in checks:
        if each["exit_code"] or len(quiet) <= LISTED_IN_SYNC:
            sign, style = _SIGNS.get(each["exit_code"], ("!", BAD))
            first = line((f"  {sign} ", style), data(where(each).ljust(width), STRONG), "  ")
            console.print(first + verdict_line(each), soft_wrap=True)
    if len(quiet) > LISTED_IN_SYNC:
        console.print(line(("  = ", GOOD), plural(len(quiet), "environment"), " in sync"))
    for each in checks:
        if each["exit_code"] and each["findings"]:
            console.print()
            console.print(data(where(each), STRONG))
            print_findings(each, console)


def where(check: Document) -> str:
    """A check's environment, account and region."""
    return " ".join(filter(None, (check["environment"], check["account"], check["region"])))
