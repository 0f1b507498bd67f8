"""Cutting a comparison down to single settings, for a run that may touch nothing else.  Pure.

A selection (``selection``) means addresses and all that their calls write; this is for one who must
not write along: what was not named is as if it did not differ.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from dynaprov.model.change import Change
from dynaprov.planning.changes import Compared

#: A printed address and the path of a setting there; an empty path is the thing itself.
Setting = tuple[str, str]


def narrowed(compared: Sequence[Compared], only: Set[Setting]) -> list[Compared]:
    """The comparison with the named settings alone; all of it when none is named."""
    if not only:
        return list(compared)
    return [
        replace(
            each, changes=tuple(kept for change in each.changes for kept in _kept(change, only))
        )
        for each in compared
    ]


def _kept(change: Change, only: Set[Setting]) -> Sequence[Change]:
    address = str(change.address)
    if (address, "") in only:
        return (change,)
    settings = tuple(each for each in change.settings if (address, each.path) in only)
    return (replace(change, settings=settings),) if settings else ()
