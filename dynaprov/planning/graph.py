"""Order among operations: what needs what, and what a selection pulls in.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dynaprov.model.address import Address
from dynaprov.model.kind import Desired
from dynaprov.model.operation import Operation
from dynaprov.model.setting import Ref


def with_requirements(
    operations: Sequence[Operation], desired: Desired, creating: Mapping[Address, str]
) -> list[Operation]:
    """Add to each operation the need of whatever creates the resources it requires.

    ``creating`` maps the address of each resource that the plan creates, or makes fit for use, to
    the operation that does.
    An index that comes with a new table needs the table's creation.  A resource that is required
    for a value (the key's ARN) is needed only by the calls that carry the value.
    """
    for_value = {
        Address.parse(value.address)
        for name in desired.state.model_fields_set
        if isinstance(value := getattr(desired.state, name), Ref)
    }
    made = []
    for each in operations:
        refs = _refs(each.call.params) if for_value else ()
        carried = {Address.parse(ref.address) for ref in refs}
        ids = [
            identifier
            for required in desired.requires
            if required not in for_value or required in carried
            if (identifier := _creating(required, creating)) and identifier != each.id
        ]
        made.append(replace(each, needs=_merged(each.needs, ids)) if ids else each)
    return made


def _refs(value: object) -> Iterator[Ref]:
    """The references inside a call's parameters."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict | Mapping):
        for inner in value.values():
            if type(inner) is not str:  # most are
                yield from _refs(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _refs(inner)


def _creating(required: Address, creating: Mapping[Address, str]) -> str | None:
    if required in creating:
        return creating[required]
    return creating.get(Address(required.table)) if required.table else None


def _merged(first: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def with_their_needs(
    chosen: Iterable[Operation], operations: Sequence[Operation]
) -> list[Operation]:
    """The chosen operations and everything they need, in plan order."""
    by_id = {each.id: each for each in operations}
    wanted: set[str] = set()
    waiting = [each.id for each in chosen]
    while waiting:
        identifier = waiting.pop()
        if identifier not in wanted and identifier in by_id:
            wanted.add(identifier)
            waiting.extend(by_id[identifier].needs)
    return [each for each in operations if each.id in wanted]


def closed(operations: Sequence[Operation]) -> list[Operation]:
    """The operations without order after, or need of, ones that are not there."""
    there = {each.id for each in operations}
    made = []
    for each in operations:
        needs = tuple([i for i in each.needs if i in there])
        after = tuple([i for i in each.after if i in there and i not in each.needs])
        same = (needs, after) == (each.needs, each.after)
        made.append(each if same else replace(each, needs=needs, after=after))
    return made
