"""Every setting of every kind, one by one: the rows of ``support.breaking``, judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from support.breaking import alarms, fixed, scaling, surroundings, tables, tags
from support.breaking.place import Row
from support.drift_catalogue.entry import Change, Entry, Found, drift, gone, missing
from support.drift_catalogue.place import Stage

#: What ``diff`` shows beforehand of what the replacement of an index will cost is not there yet.
_FORETOLD = frozenset(tables.LOST)
#: A local index that is missing is one finding.
_LOCAL = {(fixed.LOCAL, "sort_key"), (fixed.LOCAL, "projection")}
#: A key that cannot be used is told for what it stops, too.
UNUSABLE = Found("kms-key", "(a key in use cannot be used)", "drift", "critical")
_MORE = {"kms-key-enabled": [UNUSABLE]}


def _found(places: Iterable[tuple[str, str]], cause: str = "drift") -> Iterator[Found]:
    left = set(places)
    if left > _FORETOLD:
        left -= _FORETOLD
    if left >= _LOCAL:
        left -= _LOCAL
        yield from gone(fixed.LOCAL)
    for address, path in left:
        yield from missing(address) if cause == "new" else drift(address, path)


def _changing(row: Row) -> Change:
    def change(stage: Stage) -> None:
        row.change(stage.account)

    return change


def _entry(row: Row) -> Entry:
    [cause] = row.causes
    found = frozenset([*_found(row.found, cause), *_MORE.get(row.name, ())])
    does = f"Setting `{row.setting}` of `{row.kind}`" + (f": {row.title}" if row.title else "")
    return Entry(row.name, does, _changing(row), found)


def _made_again(change: fixed.Change) -> Change:
    return lambda _: fixed.made_again(change)


ROWS = [
    *map(_entry, [*tables.ROWS, *scaling.ROWS, *alarms.ROWS, *surroundings.ROWS, *tags.ROWS]),
    *(
        Entry(
            f"table-made-anew-{name}",
            f"Table deleted and made again otherwise: {name.replace('-', ' ')}",
            _made_again(change),
            frozenset(_found(found)),
            place="keys",
        )
        for name, (change, found) in fixed.CASES.items()
    ),
]
