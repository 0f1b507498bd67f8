"""What is left of something that was deleted: proof that it was there.  Pure.

The stamp of a resource goes with the resource, so of one that is not there it cannot be told by its
own stamp whether it was ever applied.  What is still there may tell:

- a live resource whose stamp says that a setting was applied which names the missing one (the
  actions of an alarm name the topic, the encryption of a table the key): dynaprov writes that entry
  only after the call, and the call had to have what it names;
- a live part of a missing resource which AWS takes only for one that exists (a scalable target, of
  a table; RegisterScalableTarget, Application Auto Scaling API reference).

Where nothing is left that tells, it counts as new.  One thing is not told apart: an alarm whose
spec named the topic by its ARN before any spec declared the topic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.setting import Ref, State
from dynaprov.planning.causes import Stamped


def remains(
    desired: Mapping[Address, Desired],
    readings: Mapping[Address, Reading],
    stamped: Mapping[Address, Stamped],
) -> dict[Address, str]:
    """Declared resources that are absent and were there, each with what tells so, in words."""
    absent = {
        address: each.arn
        for address, each in desired.items()
        if address in readings and readings[address].presence is Presence.ABSENT
    }
    found: dict[Address, str] = {}
    if not absent:
        return found
    arns = {arn: address for address, arn in absent.items() if arn}
    for holder in stamped.values():
        for address in _applied(holder, arns, desired):
            if address in absent:
                words = f"it was there: {holder.holder.address} was applied with it"
                found.setdefault(address, words)
    for each in desired.values():
        reading = readings.get(each.address)
        there = reading is not None and reading.presence is Presence.PRESENT
        if there and each.parent in absent and each.parent in each.requires:
            found.setdefault(each.parent, f"it was there: {each.address} is left of it")
    return found


def _applied(
    stamped: Stamped, arns: Mapping[str, Address], desired: Mapping[Address, Desired]
) -> set[Address]:
    """What the entries name that are stamped as they are wanted, and could not do without."""
    live = stamped.live or {}
    return {
        address
        for entry in stamped.entries
        if live.get(entry.code) == entry.digest
        for address in _named(entry.wanted, arns)
        if address in desired[entry.owner].requires
    }


def _named(value: Any, arns: Mapping[str, Address]) -> Iterator[Address]:
    if isinstance(value, Ref):
        yield Address.parse(value.address)
    elif isinstance(value, str):
        if value in arns:
            yield arns[value]
    elif isinstance(value, State):
        for name in value.model_fields_set:
            yield from _named(getattr(value, name), arns)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _named(each, arns)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _named(each, arns)
