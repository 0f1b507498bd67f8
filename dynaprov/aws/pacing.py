"""Pacing: no API is called faster than its documented rate, however many threads ask.

A budget of ``n`` calls a second is kept as the start times of its last ``n`` calls: the next one
may start when the oldest of them is a second old.  So a small run never waits, and no window of a
second ever holds more than ``n`` calls (a bucket of ``n`` tokens that refills would let through
almost twice as many in its first second).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Lock

from dynaprov.aws.rates import RATES, Rate
from dynaprov.model.ports import Clock

#: Windows are this much longer than documented, since calls may bunch up on their way.
_SLACK = 1.05


class Pacer:
    """Makes callers wait until their API's budget allows the call; shared by all threads."""

    def __init__(self, clock: Clock, rates: Mapping[tuple[str, str], Rate] = RATES) -> None:
        self._clock = clock
        self._rates = rates
        self._lock = Lock()
        self._starts: dict[str, deque[float]] = {}

    def wait(self, service: str, method: str) -> None:
        """Return when the call may be sent; at once when its API is not paced."""
        delay = self.reserve(service, method)
        if delay > 0:
            self._clock.sleep(delay)

    def reserve(self, service: str, method: str) -> float:
        """Take a place in the API's budget; the seconds until that place's time has come."""
        rate = self._rates.get((service, method))
        if rate is None:
            return 0.0
        bucket = rate.bucket or f"{service}:{method}"
        with self._lock:
            now = start = self._clock.monotonic()
            starts = self._starts.setdefault(bucket, deque(maxlen=rate.calls))
            for _ in range(rate.cost):
                if len(starts) == rate.calls:
                    start = max(now, starts[0] + rate.seconds * _SLACK)
                starts.append(start)
        return start - now
