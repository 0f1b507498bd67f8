"""One row of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from support.drift_catalogue.place import Stage
from support.severities import severity_of


class Found(NamedTuple):
    """A finding as the catalogue knows it: where, what it is, and how bad."""

    address: str
    path: str
    verdict: str
    severity: str

    def __str__(self) -> str:
        where = f"{self.address} {self.path}".strip()
        return f"{where}: {self.verdict}, {self.severity}"


def drift(address: str, *paths: str, verdict: str = "drift") -> list[Found]:
    """Settings that were changed live, as severe as the agreed table says."""
    return [Found(address, path, verdict, severity_of(address, path)) for path in paths]


def conflict(address: str, *paths: str) -> list[Found]:
    """Settings that were changed live and in the spec."""
    return drift(address, *paths, verdict="conflict")


def gone(address: str) -> list[Found]:
    """A whole thing that was applied and is not there any more."""
    return drift(address, "")


def missing(*addresses: str) -> list[Found]:
    """Things that are not there, and nothing that is left tells whether they ever were."""
    return [Found(address, "", "missing", "medium") for address in addresses]


def unmanaged(address: str) -> list[Found]:
    """A live part of a managed resource that no spec names."""
    return [Found(address, "", "unmanaged", "medium")]


def listed(address: str) -> list[Found]:
    """A whole live resource that no spec names: told, and never a failure."""
    return [Found(address, "", "unmanaged", "low")]


Change = Callable[[Stage], object]


@dataclass(frozen=True)
class Entry:
    """What is done, and what must be found.

    Attributes:
        name: the test's id and the first column of the page.
        does: what is done, in words.
        change: does it.
        found: exactly what the check must say.
        tolerated: what a strict check must show besides, by (address, path); only what was not
            there before.
        place: the account that it is done in, see ``place.PLACES``.
    """

    name: str
    does: str
    change: Change
    found: frozenset[Found]
    tolerated: frozenset[tuple[str, str]] = frozenset()
    place: str = "full"

    @property
    def silent(self) -> bool:
        """Whether nothing may be found that differs."""
        return not any(each.verdict not in ("in-progress", "tolerated") for each in self.found)


@dataclass
class Entries:
    """Entries of one file, as a decorator over the functions that change something."""

    rows: list[Entry] = field(default_factory=list)

    def __call__(
        self,
        name: str,
        *found: Iterable[Found],
        tolerated: Iterable[tuple[str, str]] = (),
        place: str = "full",
    ) -> Callable[[Change], Change]:
        """An entry of the function below; its docstring says what it does."""

        def add(change: Change) -> Change:
            does = " ".join((change.__doc__ or "").split()).rstrip(".")
            expected = frozenset(each for some in found for each in some)
            self.rows.append(Entry(name, does, change, expected, frozenset(tolerated), place))
            return change

        return add
