"""The scheduler: which operation may start now, and which never will.

Pure bookkeeping without threads, time or AWS; the runner's coordinating thread owns it.  An
operation may start when everything it ``needs`` went well, everything it comes ``after`` has ended,
and its lock is free; among several, the order of the plan decides.  When one does not go well,
everything that needs it, directly or through others, is skipped at once.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import InternalProblem
from dynaprov.model.operation import Operation


@dataclass(frozen=True, slots=True)
class Skipped:
    """An operation that will not start, and the id of the one whose end is the cause of it."""

    operation: Operation
    blocked_by: str


class Scheduler:
    """See the module docstring.

    Raises:
        InternalProblem: when ids repeat, a needed id is not in the plan, or the order is a circle.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = tuple(operations)
        self._place = {each.id: place for place, each in enumerate(self._operations)}
        if len(self._place) != len(self._operations):
            raise _broken("two operations have the same id")
        self._open: dict[str, set[str]] = {}  # what each operation still waits for
        self._needed_by: dict[str, list[str]] = defaultdict(list)
        self._before: dict[str, list[str]] = defaultdict(list)
        for operation in self._operations:
            self._enter(operation)
        self._refuse_circles()
        self._ended: set[str] = set()
        self._running: set[str] = set()
        self._locked: dict[str, list[int]] = {}  # held locks, and the ready ones queueing for them
        self._ready = [self._place[id] for id, open_ in self._open.items() if not open_]
        heapq.heapify(self._ready)

    def _enter(self, operation: Operation) -> None:
        missing = [needed for needed in operation.needs if needed not in self._place]
        if missing:
            raise _broken(f"`{operation.id}` needs `{missing[0]}`, which is not in the plan")
        first = {id for id in (*operation.needs, *operation.after) if id in self._place}
        self._open[operation.id] = first
        for needed in dict.fromkeys(operation.needs):
            self._needed_by[needed].append(operation.id)
        for id in first:
            self._before[id].append(operation.id)

    def _refuse_circles(self) -> None:
        open_ = {id: len(first) for id, first in self._open.items()}
        free = [id for id, count in open_.items() if not count]
        for id in free:
            for later in self._before[id]:
                open_[later] -= 1
                if not open_[later]:
                    free.append(later)
        if len(free) != len(open_):
            circle = sorted(set(open_) - set(free))
            raise _broken(f"these operations wait for each other: {', '.join(circle)}")

    @property
    def unfinished(self) -> tuple[Operation, ...]:
        """What has not ended and is not running, in the order of the plan."""
        gone = self._ended | self._running
        return tuple(each for each in self._operations if each.id not in gone)

    def start_next(self) -> Operation | None:
        """Mark the next operation that may start as running and give it back, if there is one."""
        while self._ready:
            place = heapq.heappop(self._ready)
            operation = self._operations[place]
            if operation.lock and operation.lock in self._locked:
                self._locked[operation.lock].append(place)
                continue
            if operation.lock:
                self._locked[operation.lock] = []
            self._running.add(operation.id)
            return operation
        return None

    def end(self, id: str, *, good: bool) -> list[Skipped]:
        """Note that a running operation has ended; what is skipped because of it, in plan order."""
        operation = self._operations[self._place[id]]
        self._running.remove(id)
        if operation.lock:
            for place in self._locked.pop(operation.lock):
                heapq.heappush(self._ready, place)
        ended = [id]
        if not good:
            ended += self._doomed_by(id)
        self._ended.update(ended)
        for each in ended:
            self._free_followers(each)
        places = sorted(self._place[each] for each in ended[1:])
        return [Skipped(self._operations[place], blocked_by=id) for place in places]

    def _doomed_by(self, id: str) -> list[str]:
        """Everything that needs this operation, directly or through others, and has not ended."""
        found: dict[str, None] = {}
        look_at = [id]
        for each in look_at:
            for dependent in self._needed_by[each]:
                if dependent not in found and dependent not in self._ended:
                    found[dependent] = None
                    look_at.append(dependent)
        return list(found)

    def _free_followers(self, id: str) -> None:
        for later in self._before[id]:
            open_ = self._open[later]
            open_.discard(id)
            if not open_ and later not in self._ended:
                heapq.heappush(self._ready, self._place[later])


def _broken(detail: str) -> InternalProblem:
    return InternalProblem(Diagnostic("DP902", "the plan cannot be put in order", detail))
