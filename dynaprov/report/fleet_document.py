"""The document of many checks: of a fleet, of a part of it, and of its parts joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from dynaprov.model.finding import Verdict
from dynaprov.model.setting import Severity
from dynaprov.report.document import FORMAT

Document = Mapping[str, Any]


def fleet_document(
    checks: Sequence[Document], *, members: int, shard: str = "", exit_code: int = 0
) -> dict[str, Any]:
    """The document of the checks of a fleet.

    Args:
        checks: the documents of the checks, in the order of the fleet.
        members: how many the whole fleet has.
        shard: which part this is (``2/4``); empty for the whole.
        exit_code: how all of it ends.
    """
    return {
        "format": FORMAT,
        "command": "drift",
        "project": checks[0]["project"] if checks else "",
        "fleet": {"members": members, "checked": len(checks), "shard": shard},
        "verdicts": _summed(Verdict, (each["verdicts"] for each in checks)),
        "severities": _summed(Severity, (each["severities"] for each in checks)),
        "checks": list(checks),
        "exit_code": exit_code,
    }


def checks_of(document: Document) -> list[Document]:
    """The checks of a report: of one environment, or of a fleet.

    Raises:
        ValueError: when it is no report of a check.
    """
    found = document.get("checks", [document])
    for each in found:
        if each.get("command") != "drift" or "findings" not in each:
            raise ValueError("it is no report of `dynaprov drift --json`")
        if each.get("format") != FORMAT:
            raise ValueError(f"its format is {each.get('format')!r}, and this version reads 1")
    return list(found)


def place_of(check: Document) -> tuple[str, str, str, str]:
    """Which environment a check is of: project, environment, account, region."""
    return (check["project"], check["environment"], check["account"], check["region"])


def members_of(documents: Iterable[Document]) -> int:
    """How many members the fleet has that these are parts of."""
    whole = [each["fleet"]["members"] for each in documents if "fleet" in each]
    return max(whole, default=0)


def _summed(words: type[StrEnum], counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sums, of every word: a part of a fleet may have no checks at all."""
    total: Counter[str] = Counter({each.value: 0 for each in words})
    for each in counts:
        for name, count in each.items():
            total[name] += count
    return dict(total)
