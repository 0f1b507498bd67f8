"""Two processes that speak with one endpoint, where nothing but the processor sets the pace.

AWS takes a few mutating calls a second, which one process signs and sends with ease.  An endpoint
that is not AWS (an emulator, in a build) takes as many as come, and then a run of thousands of
calls lasts as long as one processor needs for them.  So a second process is started for such runs.

It is never used for AWS: budgets of calls would be kept by each process for itself, and a profile
that asks a person for a token would ask twice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock

from dynaprov.aws.apart import Apart
from dynaprov.aws.opening import Opening
from dynaprov.aws.second import start
from dynaprov.model.ports import Answer, Call, Read

#: With fewer tables the start of another process takes longer than it saves.
MANY_TABLES = 100


def worth_two(opening: Opening, tables: int, environment: Mapping[str, str]) -> bool:
    """Whether a second process may be used, and pays.

    Only with plain keys in the environment, which nobody has to be asked for.
    """
    keys = environment.get("AWS_ACCESS_KEY_ID") and not (opening.profile or opening.role)
    free = opening.endpoint_url and opening.pacing == "off"
    program = sys.executable and not getattr(sys, "frozen", False)
    busy = opening.writing and tables >= MANY_TABLES and opening.parallelism > 1
    return bool(keys and free and program and busy)


class Spread:
    """A ``Way`` over two others: whoever has less to do is asked.

    Args:
        first: the way that is there already.
        second: another one to the same endpoint.
        ended: called when both were told to end; comes back when the second has.
    """

    def __init__(
        self, first: Apart, second: Apart, ended: Callable[[], object] = lambda: None
    ) -> None:
        self._ways = (first, second)
        self._when_ended = ended
        self._lock = Lock()
        self._under_way = [0, 0]

    @classmethod
    def started(cls, first: Apart) -> Spread:
        """Over a way that is there and a process that is started for it."""
        second, process = start(os.getpid(), first.allowed)
        return cls(first, second, process.wait)

    def open(self, opening: Opening, meanwhile: Callable[[], None] | None = None) -> None:
        """Tell both where to go; each has its part of what may be under way at once."""
        half = opening.parallelism // 2
        first, second = self._ways
        first.open(replace(opening, parallelism=opening.parallelism - half), meanwhile)
        second.open(replace(opening, parallelism=half))

    def prepare(self, services: tuple[str, ...]) -> None:
        """Make the clients of these services in both."""
        for way in self._ways:
            way.prepare(services)

    def submit(self, read: Read) -> Future[Answer]:
        """Start a read.  The future raises ``InternalProblem`` when the method is not a read."""
        place = self._begin()
        try:
            future = self._ways[place].submit(read)
        except BaseException:
            self._end(place)
            raise
        future.add_done_callback(lambda _: self._end(place))
        return future

    def call(self, call: Call) -> Answer:
        """Send a mutating call once and wait for its answer.

        Raises:
            InternalProblem: when the process has ended.
        """
        place = self._begin()
        try:
            return self._ways[place].call(call)
        finally:
            self._end(place)

    @property
    def region(self) -> str:
        """The region that is asked; empty when nobody said one."""
        return self._ways[0].region

    def endpoint(self, service: str = "dynamodb") -> str:
        """The URL of a service's endpoint when it is not AWS's own, else empty."""
        return self._ways[0].endpoint(service)

    def interrupt(self) -> None:
        """End all sleeping for repeating, because a person stopped the run."""
        for way in self._ways:
            way.interrupt()

    def close(self) -> None:
        """Let both processes end; what is under way is dropped."""
        for way in self._ways:
            way.close()
        self._when_ended()

    def _begin(self) -> int:
        with self._lock:
            place = int(self._under_way[1] < self._under_way[0])
            self._under_way[place] += 1
            return place

    def _end(self, place: int) -> None:
        with self._lock:
            self._under_way[place] -= 1
