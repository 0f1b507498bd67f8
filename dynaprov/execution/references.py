"""Values that are known only once something exists: putting them in, and taking them out.

A call may hold a ``Ref`` (the key's ARN); the answer of the call that makes the thing gives the
value (``KeyMetadata.Arn``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.model.operation import Operation
from dynaprov.model.setting import Ref

#: The outputs of each resource by its printed address.
Outputs = Mapping[str, Mapping[str, str]]


_PLAIN = frozenset({str, int, float, bool, type(None)})


class NotKnown(LookupError):
    """A value that a call needs has not become known."""

    def __init__(self, ref: Ref) -> None:
        super().__init__(f"the {ref.output} of `{ref.address}` is not known")


def resolved(value: Any, outputs: Outputs) -> Any:
    """The value with every ``Ref`` in it replaced.

    Raises:
        NotKnown: when an output is not there.
    """
    if type(value) in _PLAIN:  # most are, and a large plan has thousands
        return value
    if isinstance(value, Ref):
        found = outputs.get(value.address, {}).get(value.output)
        if found is None:
            raise NotKnown(value)
        return found
    if isinstance(value, dict | Mapping):
        return {key: resolved(each, outputs) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(each, outputs) for each in value]
    return value


def outputs_of(operation: Operation, answer: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What the operation gives to others, taken from its answer; what is not there is left out."""
    return outputs_at(operation.outputs, answer)


def outputs_at(
    places: Sequence[tuple[str, str]], answer: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """The values at these places of an answer, (name, dotted path) each."""
    found = ((name, _at(answer, path)) for name, path in places)
    return tuple((name, str(value)) for name, value in found if value is not None)


def _at(value: Any, path: str) -> Any:
    for word in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(word)
        elif isinstance(value, Sequence) and word.isdigit() and int(word) < len(value):
            value = value[int(word)]
        else:
            return None
    return value
