"""The way to other keys or another projection that never leaves readers without an index.  Pure.

AWS cannot change an index in place (UpdateTable).  So a successor is built under a new name, the
readers move, and then the old index is retired: expand, and then contract.  Here is what a person
has to write for that, ready to be pasted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

from dynaprov.kinds.table.creation import index_keys
from dynaprov.kinds.table.state import Capacity, IndexState, Key, Limits
from dynaprov.model.address import Address

_LONGEST_NAME = 255
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n"})


def steps(
    address: Address, live: IndexState, wanted: IndexState, taken: Collection[str], file: str
) -> tuple[str, ...]:
    """What to write and to run, line by line.

    Args:
        address: of the index.
        live: the index as it is.
        wanted: the index as the spec wants it now.
        taken: names of the table's indexes, live and declared.
        file: the spec file that declares the index.
    """
    if clash := _two_types(live, wanted):
        return clash
    old, new = address.name, successor_name(address.name, taken)
    return (
        f"1. In {file}, write the index as it is live, and a successor beside it:",
        "     indexes:",
        *(f"       {line}" for line in _index_lines(old, live, "as it is live")),
        *(f"       {line}" for line in _index_lines(new, wanted, "as you want it")),
        "2. Run `dynaprov apply`, then `dynaprov wait --until readable`.",
        f"3. Move the readers to {new}, until ConsumedReadCapacityUnits of {old} stays at 0.",
        f"4. Write `{old}: none` in place of its lines, and run",
        f"     dynaprov apply --allow delete-index:{address}",
    )


def _two_types(live: IndexState, wanted: IndexState) -> tuple[str, ...]:
    """What to do where a successor cannot stand beside the old index.

    An attribute has one type in all keys of a table (AttributeDefinitions, API reference).
    """
    types = {key.name: key.type for key in index_keys(live)}
    for key in index_keys(wanted):
        if types.get(key.name, key.type) != key.type:
            return (
                f"{key.name} is {types[key.name]} in the live index and {key.type} in the spec, "
                "and an attribute has one type in a table.",
                "Write its value into a new attribute too, make that the key of a successor under "
                "a new name, and retire this index when nobody reads it.",
            )
    return ()


def successor_name(name: str, taken: Collection[str]) -> str:
    """``ByDate-v2``, or the first number after it that is free."""
    found = re.fullmatch(r"(.+?)-v(\d+)", name)
    base, number = (found[1], int(found[2])) if found else (name, 1)
    while True:
        number += 1
        tail = f"-v{number}"
        made = base[: _LONGEST_NAME - len(tail)] + tail
        if made not in taken:
            return made


def _index_lines(name: str, index: IndexState, remark: str) -> Iterator[str]:
    yield f"{_scalar(name)}:  # {remark}"
    yield f"  partition_key: {_keys(index.partition_key)}"
    if index.sort_key:
        yield f"  sort_key: {_keys(index.sort_key)}"
    listed = isinstance(index.projection, tuple)
    names = ", ".join(_scalar(each) for each in index.projection) if listed else ""
    yield f"  projection: {f'[{names}]' if listed else index.projection}"
    for word, units in (
        ("capacity", index.capacity),
        ("on_demand_limits", index.on_demand_limits),
    ):
        if text := _units(units):
            yield f"  {word}: {{{text}}}"


def _keys(keys: tuple[Key, ...]) -> str:
    written = [_key(each) for each in keys]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _key(key: Key) -> str:
    name = _scalar(key.name)
    return name if key.type == "S" else f"{{name: {name}, type: {key.type}}}"


def _units(units: Capacity | Limits | None) -> str:
    if units is None:
        return ""
    values = {name: getattr(units, name) for name in type(units).model_fields}
    return ", ".join(f"{name}: {value}" for name, value in values.items() if value is not None)


def _scalar(text: str) -> str:
    """JSON is YAML; only words that are surely strings go without quotes."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text)
