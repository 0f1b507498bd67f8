"""What a selection means: the chosen operations, what they need, and all that these write.  Pure.

A call may write more than the address that was selected: one UpdateTable sets the capacity of a
table and of all its indexes, and a new index may need another billing mode first.  Whatever the
chosen calls write is part of the plan's changes, so that it is shown and the guards see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.model.address import Address
from dynaprov.model.change import Change
from dynaprov.model.operation import Operation
from dynaprov.model.setting import path_names, settings_of
from dynaprov.planning.graph import with_their_needs

Wants = Callable[[Address], bool]


def select(
    changes: Sequence[Change],
    operations: Sequence[Operation],
    owners: Mapping[Address, Address],
    wants: Wants,
) -> tuple[list[Change], list[Operation]]:
    """The changes that are wanted or written along, and the operations that make them.

    ``owners`` maps the address of each change of a part (an index) to that of its resource.
    """
    wanted = [change for change in changes if wants(change.address)]
    chosen = [
        each
        for each in operations
        if wants(each.address) or any(_written(change, each, owners) for change in wanted)
    ]
    made = with_their_needs(chosen, operations)
    ids = {each.id for each in made}
    made = [each for each in operations if each.id in ids or _notes_any(each, ids)]
    shown = []
    for change in changes:
        if change in wanted:
            shown.append(change)
            continue
        paths = {path for each in made for path in _written(change, each, owners)}
        if paths:
            settings = tuple(each for each in change.settings if each.path in paths)
            shown.append(replace(change, settings=settings))
    return shown, made


def _notes_any(operation: Operation, ids: Set[str]) -> bool:
    """Whether this renews a stamp for what one of these did; other entries stay as they were."""
    earned = operation.stamp.earned if operation.stamp else ()
    return any(not ids.isdisjoint(each) for _, _, each in earned)


def _written(change: Change, operation: Operation, owners: Mapping[Address, Address]) -> list[str]:
    """The paths of a change that an operation writes."""
    owner = owners.get(change.address, change.address)
    if operation.address == change.address:
        prefix = ""
    elif operation.address == owner:
        prefix = f"{_word(change)}.{change.address.name}."
    else:
        return []
    return [
        each.path
        for each in change.settings
        if any(covers(cover, prefix + each.path) for cover in operation.covers)
    ]


def _word(change: Change) -> str:
    """The setting of the resource whose entry a part is (``indexes`` for an index)."""
    state = KIND_BY_NAME[change.kind].state
    words = path_names(state)
    return next(
        (words[name] for name, s in settings_of(state).items() if s.part == change.address.part), ""
    )


def covers(cover: str, path: str) -> bool:
    """Whether what an operation says it writes includes a path, or a part of it."""
    return (
        not cover
        or not path
        or cover == path
        or cover.startswith(path + ".")
        or path.startswith(cover + ".")
    )
