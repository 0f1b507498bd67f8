"""Whether applications can read a table and its indexes, as the spec declares them.  Pure.

A table can be read while it is UPDATING, an index only when it is filled: a query on an index that
is CREATING or being filled is refused (guide: GSI.OnlineOps).  An index that is there under the
right name with other keys is not the one that new code expects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from dynaprov.kinds.table.reading import UNUSABLE
from dynaprov.kinds.table.state import IndexState, TableState
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.readiness import Readiness

#: Errors of a read that pass by themselves.
_PASSING = frozenset({ErrorCategory.BUSY, ErrorCategory.THROTTLED, ErrorCategory.TRANSIENT})


def readiness(desired: Desired, reading: Reading) -> list[Readiness]:
    """The table first, then each declared global index."""
    table = _table(desired, reading)
    wanted = desired.state
    assert isinstance(wanted, TableState)
    names = [name for name, index in (wanted.indexes or {}).items() if index is not None]
    return [table, *(_index(desired, reading, name, table) for name in names)]


def _table(desired: Desired, reading: Reading) -> Readiness:
    made = partial(Readiness, desired.address, desired.name)
    if reading.presence is Presence.UNREADABLE:
        passing = reading.problem is not None and reading.problem.category in _PASSING
        return made(False, reason=f"it cannot be looked at: {reading.problem}", in_time=passing)
    if reading.presence is Presence.ABSENT:
        return made(False, reason="it does not exist; `dynaprov apply` creates it")
    status = str(reading.facts.get("status", ""))
    if status == "CREATING":
        return made(False, status, "it is being created", in_time=True)
    if status == "DELETING" or status in UNUSABLE:
        return made(False, status, f"the table is {status}")
    wanted, live = desired.state, reading.state
    assert isinstance(wanted, TableState)
    assert isinstance(live, TableState)
    if differing := list(_differing(wanted, live, ("partition_key", "sort_key"))):
        return made(False, status, f"{_words(differing)} of the live table differs from the spec")
    return made(True, status)


def _index(desired: Desired, reading: Reading, name: str, table: Readiness) -> Readiness:
    address = Address(desired.address.table, "index", name)
    statuses = reading.facts.get("indexes_status", {})
    status = str(statuses.get(name, ""))
    made = partial(Readiness, address, desired.name)
    if not table.safe_to_deploy:
        return made(False, status, f"its table: {table.reason}", in_time=table.in_time)
    if not status:
        return made(False, status, "it does not exist; `dynaprov apply` builds it")
    if status == "DELETING":
        return made(False, status, "it is being deleted")
    wanted, live = desired.state, reading.state
    assert isinstance(wanted, TableState)
    assert isinstance(live, TableState)
    meant, there = wanted.indexes[name], live.indexes[name]
    assert meant is not None
    assert there is not None
    if differing := list(_differing(meant, there, ("partition_key", "sort_key", "projection"))):
        return made(False, status, f"{_words(differing)} of the live index differs from the spec")
    if name in reading.facts.get("backfilling", ()):
        return made(False, status, "it is being filled", in_time=True)
    if status == "CREATING":
        return made(False, status, "it is being built", in_time=True)
    return made(True, status)


def _differing(
    wanted: TableState | IndexState, live: TableState | IndexState, names: Iterable[str]
) -> Iterator[str]:
    for name in names:
        if wanted.declared(name) and getattr(wanted, name) != getattr(live, name):
            yield name


def _words(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)
