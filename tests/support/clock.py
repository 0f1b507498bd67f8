"""A clock that tests move: sleeping takes no time and is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

START = datetime(2026, 1, 1, tzinfo=UTC)

#: Real seconds after which a thread, a process or a server hangs.  Not a limit for anything that
#: comes: a loaded machine may take many times as long as an idle one.
HANGS_SECONDS = 300.0


class VirtualClock:
    """Implements the ``Clock`` port; ``slept`` holds every sleep in order."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._seconds = 0.0
        self._lock = Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with self._lock:
            return self._seconds

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._seconds += max(0.0, seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self._lock:
            self._seconds += seconds
