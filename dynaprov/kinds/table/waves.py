"""Waves: the order of index changes, of which AWS takes one at a time per table.

New indexes come first and what is removed goes last, so that readers who move from one to the other
always have one; a removal goes only when everything that is built in the same run has been built.
It comes earlier only where the limit of indexes per table leaves no room (20; a quota).  An index
that is replaced in place is deleted right before it is built again.

Pure: the calls of a whole plan in, the same calls in order out.  What is live at each step is
looked at when the step is due (``waiting``), since others may change indexes meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dynaprov.kinds.table.checks import GLOBAL_INDEXES
from dynaprov.kinds.table.creation import all_keys, definitions, index_keys
from dynaprov.kinds.table.state import IndexState, Key, TableState
from dynaprov.model.address import Address
from dynaprov.model.kind import Reading, Situation
from dynaprov.model.operation import Operation


def in_waves(operations: Sequence[Operation], situation: Situation) -> list[Operation]:
    """The operations, those of each table's indexes in the order in which AWS takes them."""
    tables: dict[Address, list[Operation]] = {}
    for each in operations:
        if _of_index(each):
            tables.setdefault(Address(each.address.table), []).append(each)
    if not tables:
        return list(operations)
    arranged: dict[str, Operation] = {}
    places: dict[Address, list[Operation]] = {}
    for table, changes in tables.items():
        before = [e for e in operations if _of_table(e, table) and not _of_index(e)]
        wave = list(_Wave(table, changes, situation).steps(before[-1].id if before else ""))
        places[table] = wave
        arranged.update({each.id: each for each in wave})
    return list(_in_place(operations, places))


def _of_index(operation: Operation) -> bool:
    part = operation.kind == "table" and operation.address.part == "index"
    return part and (operation.creates or operation.deletes)


def _of_table(operation: Operation, table: Address) -> bool:
    return operation.kind == "table" and operation.address == table


def _in_place(
    operations: Sequence[Operation], waves: Mapping[Address, Sequence[Operation]]
) -> Iterable[Operation]:
    """Each wave at the place of its table's last index operation."""
    left = {table: len(wave) for table, wave in waves.items()}
    for each in operations:
        if not _of_index(each):
            yield each
            continue
        table = Address(each.address.table)
        left[table] -= 1
        if not left[table]:
            yield from waves[table]


@dataclass(slots=True)
class _Wave:
    """The index changes of one table."""

    table: Address
    changes: Sequence[Operation]
    situation: Situation

    def steps(self, first: str) -> Iterable[Operation]:
        """The changes in order, each after the one before it; ``first`` is what goes ahead."""
        present = self._live()
        previous = first
        for operation in self._ordered():
            name = operation.address.name
            if operation.deletes:
                present.pop(name, None)
            else:
                present[name] = self._wanted(name)
                operation = _defined(operation, self._keys(present, name))
            after = (previous,) if previous and previous not in operation.needs else ()
            yield replace(operation, after=tuple(dict.fromkeys((*operation.after, *after))))
            previous = operation.id

    def _ordered(self) -> Iterable[Operation]:
        creations = {e.address.name: e for e in self.changes if e.creates}
        deletions = {e.address.name: e for e in self.changes if e.deletes}
        replaced = [name for name in creations if name in deletions]
        new = [name for name in creations if name not in deletions]
        going = [name for name in deletions if name not in creations]
        room = self._limit() - self._count()
        for name in new:
            made = creations[name]
            if room < 1 and going:
                leaving = deletions[going.pop(0)]
                yield leaving
                made = replace(made, needs=(*made.needs, leaving.id))
                room += 1
            yield made
            room -= 1
        for name in replaced:
            yield deletions[name]
            yield creations[name]
        built = tuple(creations[name].id for name in new)
        for name in going:
            yield replace(deletions[name], needs=(*deletions[name].needs, *built))

    def _limit(self) -> int:
        return self.situation.limits.get("global_indexes", GLOBAL_INDEXES)

    def _count(self) -> int:
        """Indexes that count now: also those that are being deleted."""
        return len(self._reading().facts.get("indexes_status", ()))

    def _reading(self) -> Reading:
        return self.situation.reading(self.table)

    def _live(self) -> dict[str, IndexState]:
        state = self._reading().state
        assert isinstance(state, TableState)
        return {name: index for name, index in state.indexes.items() if index is not None}

    def _wanted(self, name: str) -> IndexState:
        state = self.situation.desired[self.table].state
        assert isinstance(state, TableState)
        index = state.indexes[name]
        assert index is not None
        return index

    def _keys(self, present: Mapping[str, IndexState], name: str) -> list[Key]:
        """The keys of the table and of the indexes that it has then, the new one's last.

        AWS wants those of the new index and ignores the others (measured); moto takes them as all.
        """
        state = self._reading().state
        assert isinstance(state, TableState)
        own = state.model_copy(update={"indexes": {}})
        others = [key for n, index in present.items() if n != name for key in index_keys(index)]
        return [*all_keys(own), *others, *index_keys(present[name])]


def _defined(operation: Operation, keys: Sequence[Key]) -> Operation:
    params = {**operation.call.params, "AttributeDefinitions": definitions(keys)}
    return replace(operation, call=replace(operation.call, params=params))
