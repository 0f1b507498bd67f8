"""Timeouts: for how long each kind of operation is waited for, in one table.

A wait names its row; the person's words (``--timeout``, ``timeouts:`` in a spec) replace the
seconds of a row.  When the time is up nothing is lost: AWS goes on, and the next run picks up.

The defaults are several times what others measured (docs/reference/timeouts.md names the figures);
an index of a large table is the one thing that may take a day and be well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: How a time is written: ``90s``, ``15m``, ``1h30m``, ``2d``; a bare number is seconds.
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_UNITS = (86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class Timeout:
    """One row: its default, what is waited for, and how long that takes as far as is known."""

    seconds: float
    what: str
    usual: str


MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

TIMEOUTS: Mapping[str, Timeout] = {
    "create-table": Timeout(
        30 * MINUTE, "a new table and its indexes are ACTIVE", "2-6 s, 14-22 s with indexes"
    ),
    "delete-table": Timeout(30 * MINUTE, "a table is gone", "4-6 s"),
    "index-create": Timeout(
        DAY,
        "an index is built and filled, also one that somebody else began",
        "9-18 min when empty, hours on large tables",
    ),
    "index-delete": Timeout(30 * MINUTE, "an index is gone", "3-5 s"),
    "billing": Timeout(HOUR, "a table has changed its billing mode", "1-3 min"),
    "capacity": Timeout(30 * MINUTE, "capacity or limits are in effect", "1-4 s"),
    "stream": Timeout(20 * MINUTE, "a stream is on or off", "4-5 s"),
    "encryption": Timeout(HOUR, "a table is encrypted with another key", "about 22 s"),
    "class": Timeout(HOUR, "a table has changed its class", "seconds to minutes"),
    "protection": Timeout(10 * MINUTE, "deletion protection is on or off", "at once"),
    "warm-throughput": Timeout(
        HOUR, "AWS has warmed a table, which somebody else began", "5-9 min"
    ),
    "replica": Timeout(
        4 * HOUR,
        "a replica has come or gone, which somebody else began",
        "14-49 s when empty, 2-4 min to go, hours on large tables",
    ),
    "backup": Timeout(HOUR, "the final backup of a table is available", "under a second"),
    "insights": Timeout(5 * MINUTE, "Contributor Insights are on or off", "1-16 s"),
    "scaling": Timeout(MINUTE, "an autoscaler has moved a capacity into its bounds", "seconds"),
    "endpoint": Timeout(5 * MINUTE, "a gateway endpoint is available or gone", "seconds"),
}


def duration_seconds(text: str | int) -> float:
    """The seconds of a written time.

    Raises:
        ValueError: when it is not one, or none at all.
    """
    found = _DURATION.fullmatch(str(text).strip())
    parts = found.groups() if found else ()
    seconds = sum(int(n) * unit for n, unit in zip(parts, _UNITS, strict=False) if n)
    if not seconds:
        raise ValueError(f"`{text}` is not a time such as 90s, 15m, 2h or 1h30m")
    return float(seconds)


def read_timeouts(words: Iterable[str]) -> dict[str, float]:
    """Timeouts from words of the form ``index-create=2h``; the last word of a row counts.

    Raises:
        ValueError: with what is wrong with the first wrong word.
    """
    found: dict[str, float] = {}
    for word in words:
        name, equals, time = word.partition("=")
        if not equals or name not in TIMEOUTS:
            known = ", ".join(TIMEOUTS)
            raise ValueError(f"`{word}` is not NAME=TIME with one of the names {known}")
        found[name] = duration_seconds(time)
    return found


def written(seconds: float) -> str:
    """A time for a reader: ``45 s``, ``30 min``, ``24 h``."""
    if seconds >= HOUR and seconds % HOUR == 0:
        return f"{seconds / HOUR:.0f} h"
    if seconds >= MINUTE and seconds % MINUTE == 0:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds:.0f} s"
