"""Pacing: no API is called faster than its documented rate, however many threads ask.

A budget of ``n`` calls a second is kept as the times of its last ``n`` calls: the next one may go
when the oldest of them is a second old.  So a small run never waits, and no window of a second ever
holds more than ``n`` calls (a bucket of ``n`` tokens that refills would let through almost twice as
many in its first second).

Who asks first is served first.  One caller at a time stands at the head of a budget's queue, waits
until the budget has room and a place among the requests under way is free, and only then is its
call counted: so what is counted is what goes out, and room in a budget is taken as soon as it is
there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, Semaphore

from dynaprov.aws.rates import RATES, Rate
from dynaprov.model.ports import Clock

#: Windows are this much longer than documented, since calls may bunch up on their way.
SLACK = 1.05
#: The connection pool that all share, which is also the first of those that are paced one by one.
SHARED = 0
#: Waiting ends when less than this is left of it: sums of floats do not come out even.
_INSTANT = 1e-6


class Interrupted(Exception):
    """The wait for a budget was ended early; the call was not sent."""


class Pacer:
    """Lets callers through when their API's budget allows the call; shared by all threads.

    Args:
        clock: time; sleeping ends early when the run is interrupted.
        rates: budgets by service and method; an API without one is not paced.
        places: how many requests may be under way at once, paced or not; also how many connections
            there are for an API whose budget is one per connection.
    """

    def __init__(
        self, clock: Clock, rates: Mapping[tuple[str, str], Rate] = RATES, *, places: int = 16
    ) -> None:
        self._clock = clock
        self._rates = rates
        self._connections = places
        self._places = Semaphore(places)
        self._lock = Lock()
        self._budgets: dict[str, _Budget] = {}

    @contextmanager
    def admitted(self, service: str, method: str, *, paced: bool = True) -> Iterator[int]:
        """Wait until the call may go, and hold a place for it; gives the connection to use.

        Raises:
            Interrupted: when the run was interrupted meanwhile.
        """
        rate = self._rates.get((service, method)) if paced else None
        if rate is None:
            self._places.acquire()
            connection = SHARED
        else:
            connection = self._pass(self._budget(f"{service}:{method}", rate), rate.cost)
        try:
            yield connection
        finally:
            self._places.release()

    def throttled(self, service: str, method: str, connection: int = SHARED) -> None:
        """Take an API's budget for used up: AWS said so, perhaps because others call it too."""
        rate = self._rates.get((service, method))
        if rate is not None:
            now = self._clock.monotonic()
            self._budget(f"{service}:{method}", rate).exhaust(now, connection)

    def _budget(self, api: str, rate: Rate) -> _Budget:
        name = rate.bucket or api
        with self._lock:
            budget = self._budgets.get(name)
            if budget is None:
                connections = self._connections if rate.per_connection else 1
                budget = self._budgets[name] = _Budget(rate, connections)
            return budget

    def _pass(self, budget: _Budget, cost: int) -> int:
        with budget.queue:
            while (delay := budget.free_at(cost) - self._clock.monotonic()) > _INSTANT:
                due = self._clock.monotonic() + delay
                self._clock.sleep(delay)
                if due - self._clock.monotonic() > _INSTANT:
                    raise Interrupted
            self._places.acquire()
            return budget.take(self._clock.monotonic(), cost)


class _Budget:
    """The times of the latest calls, for each connection where the budget is one of each."""

    def __init__(self, rate: Rate, connections: int) -> None:
        self.queue = _Queue()
        self._rate = rate
        self._window = rate.seconds * SLACK
        self._lock = Lock()
        self._calls = [deque[float](maxlen=rate.calls) for _ in range(connections)]

    def free_at(self, cost: int) -> float:
        """When the next call of this cost may go."""
        with self._lock:
            return min(self._free_at(calls, cost) for calls in self._calls)

    def take(self, now: float, cost: int) -> int:
        """Count a call that goes now; gives the connection, the first of those that are free.

        What costs more than there is at once is counted as if the rest came evenly after it.
        """
        with self._lock:
            soonest = [max(self._free_at(calls, cost), now + _INSTANT) for calls in self._calls]
            connection = soonest.index(min(soonest))
            calls = self._calls[connection]
            for place in range(cost):
                beyond = max(0, place + 1 - self._rate.calls)
                calls.append(now + beyond * self._window / self._rate.calls)
            return connection

    def exhaust(self, now: float, connection: int) -> None:
        """Count as many calls as there can be."""
        with self._lock:
            calls = self._calls[connection]
            calls.extend([now] * self._rate.calls)

    def _free_at(self, calls: deque[float], cost: int) -> float:
        """When so much of the budget is free; all of it, where that is not enough."""
        over = len(calls) + min(cost, self._rate.calls) - self._rate.calls
        return calls[over - 1] + self._window if over > 0 else float("-inf")


class _Queue:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
