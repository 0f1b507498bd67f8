"""Values inside a document: what Python has and JSON has not.

``Ref`` and ``Band`` become tagged objects; a mapping that has a key of that shape itself is wrapped
so that nothing can be mistaken for a tag.  JSON has one kind of array: ``arrays_as`` says which
Python sequence it stands for, and the paths of the others are written beside the value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dynaprov.model.setting import Band, Ref

#: What stands for a value that must not be shown.
MASK = "(secret)"

#: Secrets of at least this length are hidden inside longer strings too.
_SEARCHED = 6


#: What JSON has as it is.
_PLAIN = frozenset({str, int, float, bool, type(None)})


def encoded(value: Any) -> Any:
    """The value as JSON.

    Raises:
        TypeError: for a value that a document cannot hold.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, str):  # an enumeration
        return str(value)
    if isinstance(value, Ref):
        return {"$ref": value.address, "output": value.output}
    if isinstance(value, Band):
        return {"$band": [value.low, value.high]}
    if isinstance(value, dict | Mapping):
        # Most values are plain, and a large plan has a hundred thousand: asked here, not in a call.
        plain = {
            str(key): each if type(each) in _PLAIN else encoded(each) for key, each in value.items()
        }
        return {"$map": plain} if any(key[:1] == "$" for key in plain) else plain
    if isinstance(value, list | tuple):
        return [each if type(each) in _PLAIN else encoded(each) for each in value]
    raise TypeError(f"a document cannot hold a {type(value).__name__}")


def decoded(
    value: Any, arrays_as: type = list, others: Collection[str] = (), path: str = ""
) -> Any:
    """The value that ``encoded`` wrote; ``others`` are the paths that ``odd_paths`` gave."""
    if isinstance(value, dict):
        if "$ref" in value:
            return Ref(value["$ref"], value["output"])
        if "$band" in value:
            return Band(*value["$band"])
        plain = value.get("$map", value)
        return {k: decoded(v, arrays_as, others, f"{path}/{k}") for k, v in plain.items()}
    if isinstance(value, list):
        items = [
            decoded(each, arrays_as, others, f"{path}/{number}")
            for number, each in enumerate(value)
        ]
        other = tuple if arrays_as is list else list
        return (other if path in others else arrays_as)(items)
    return value


def odd_paths(value: Any, arrays_as: type) -> list[str]:
    """Where the value has sequences that are not ``arrays_as``, sorted."""
    found: list[str] = []
    if type(value) not in _PLAIN:
        _look_for_odd(value, arrays_as, "", found)
    return sorted(found)


def _look_for_odd(value: Any, arrays_as: type, path: str, found: list[str]) -> None:
    if isinstance(value, dict | Mapping):
        for key, each in value.items():
            if type(each) not in _PLAIN:
                _look_for_odd(each, arrays_as, f"{path}/{key}", found)
    elif isinstance(value, list | tuple):
        if not isinstance(value, arrays_as):
            found.append(path)
        for number, each in enumerate(value):
            if type(each) not in _PLAIN:
                _look_for_odd(each, arrays_as, f"{path}/{number}", found)


def texts_in(value: Any) -> Iterator[str]:
    """All strings inside a value that are worth hiding when the value is secret."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, str) and value:
        yield str(value)


def masked(value: Any, secrets: Collection[str]) -> Any:
    """An encoded value in which secrets are replaced wherever they occur.

    A very short secret is only replaced where it is the whole string: hiding every "a" would
    hide nothing and spoil everything.
    """
    if not secrets:
        return value
    if isinstance(value, dict):
        return {key: masked(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(each, secrets) for each in value]
    if not isinstance(value, str):
        return value
    if value in secrets:
        return MASK
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SEARCHED:
            value = value.replace(secret, MASK)
    return value
