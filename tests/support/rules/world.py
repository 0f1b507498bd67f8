"""What the layer remembers: the clock, and records of the rules' own types by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, TypeVar

from dynaprov.model.ports import Clock

_Record = TypeVar("_Record")


class World:
    """The memory of the rules; one lock of the layer guards it.

    A rule keeps what it has to remember in a dataclass of its own, one per resource: ``kept``
    makes it with its defaults when first asked for.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._records: dict[type[Any], dict[tuple[str, ...], Any]] = defaultdict(dict)

    @property
    def now(self) -> float:
        """Seconds on the clock."""
        return self.clock.monotonic()

    @property
    def time(self) -> datetime:
        """The time of day on the clock, in UTC."""
        return self.clock.now()

    def kept(self, kind: type[_Record], *key: str) -> _Record:
        """The record of this type and key."""
        records = self._records[kind]
        if key not in records:
            records[key] = kind()
        record: _Record = records[key]
        return record

    def all(self, kind: type[_Record]) -> dict[tuple[str, ...], _Record]:
        """Every record of a type, by key."""
        return dict(self._records[kind])

    def forget(self, kind: type[Any], *key: str) -> None:
        """Drop a record, if there is one."""
        self._records[kind].pop(key, None)

    def copied(self) -> dict[type[Any], dict[tuple[str, ...], Any]]:
        """Everything that is remembered, as it is now."""
        return deepcopy(dict(self._records))

    def put_back(self, records: Mapping[type[Any], dict[tuple[str, ...], Any]]) -> None:
        """Remember what was copied, and nothing else; the clock stays where it is."""
        self.reset()
        self._records.update(deepcopy(dict(records)))

    def reset(self) -> None:
        """Forget everything."""
        self._records.clear()
