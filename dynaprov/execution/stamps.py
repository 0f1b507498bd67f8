"""The stamp call as it is sent: with the entries of what really went well.

The plan holds the stamp call as it is when everything goes well.  Just before it is sent its
entries are worked out again from the outcomes: a setting whose operation failed keeps its previous
entry.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from dynaprov.kinds.identity import STAMP, STAMP_MORE, stamp_tags
from dynaprov.model.operation import StampWrite
from dynaprov.model.ports import Call

_KEYS = frozenset({STAMP, STAMP_MORE})


def entries_after(stamp: StampWrite, good: Container[str]) -> dict[str, str]:
    """The stamp's entries by code, given the ids of the operations that went well."""
    previous = dict(stamp.previous)
    entries = dict(stamp.kept)
    for code, value, ids in stamp.earned:
        if all(id in good for id in ids):
            entries[code] = value
        elif code in previous:
            entries[code] = previous[code]
    return entries


def stamp_call(call: Call, stamp: StampWrite, good: Container[str]) -> Call | None:
    """The call with the right stamp in it; ``None`` when there is nothing to write."""
    entries = entries_after(stamp, good)
    tags = stamp_tags(entries.items())
    before = stamp_tags(stamp.previous) if stamp.previous else {}
    if STAMP_MORE in before and STAMP_MORE not in tags:
        # Tagging cannot remove; an old second part would be read as if it still held.
        tags[STAMP_MORE] = ""
    params, others = _put_in(call.params, tags)
    if not others and (entries == dict(stamp.previous) or not entries):
        return None
    return replace(call, params=params)


def _put_in(params: Mapping[str, Any], tags: Mapping[str, str]) -> tuple[dict[str, Any], bool]:
    """The parameters with these stamp tags, and whether they hold other tags too.

    Services take tags as a mapping or as a list of pairs, whose two fields differ in name.
    """
    changed = dict(params)
    others = False
    for name, value in params.items():
        if isinstance(value, Mapping) and STAMP in value:
            kept = {key: each for key, each in value.items() if key not in _KEYS}
            changed[name] = dict(sorted({**kept, **tags}.items()))
            others = bool(kept)
        elif isinstance(value, list | tuple) and (fields := _fields(value)):
            key, text = fields
            pairs = {item[key]: item[text] for item in value if item[key] not in _KEYS}
            others = bool(pairs)
            pairs.update(tags)
            changed[name] = [{key: k, text: v} for k, v in sorted(pairs.items())]
    return changed, others


def _fields(tags: list[Any] | tuple[Any, ...]) -> tuple[str, str] | None:
    """The names of the two fields of a list of tags that holds the stamp."""
    for item in tags:
        if isinstance(item, Mapping) and STAMP in item.values():
            key = next(name for name, value in item.items() if value == STAMP)
            return key, next(name for name in item if name != key)
    return None
