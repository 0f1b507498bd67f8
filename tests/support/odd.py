"""JSON values that are not what they should be: members taken away, replaced or added."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

#: What stands in the place of a member.
ODD: tuple[Any, ...] = (
    *(None, 0, -1, 1.5, 10**20, True, "", "NEW_FANGLED", "x" * 300, "\x1b[31m[red]\u202e"),
    *([], {}, [None], [1], ["a"], {"x": 1}, {"Key": 1}, [{"Key": None}]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every member and item, however deep."""
    entries = value.items() if isinstance(value, dict) else ()
    entries = enumerate(value) if isinstance(value, list) else entries
    for key, each in entries:
        yield (*path, key)
        yield from places(each, (*path, key))


def changed(value: Any, chance: random.Random, times: int) -> Any:
    """The value with members taken away, replaced or added."""
    value = copy.deepcopy(value)
    for _ in range(times):
        found = list(places(value))
        if not found:
            break
        *above, last = chance.choice(found)
        place = value
        for step in above:
            place = place[step]
        what = chance.random()
        if what < 0.4:
            del place[last]
        elif what < 0.9:
            place[last] = copy.deepcopy(chance.choice(ODD))
        elif isinstance(place, dict):
            place["Unheard"] = copy.deepcopy(chance.choice(ODD))
        else:
            place.append(copy.deepcopy(place[last]))
    return value
