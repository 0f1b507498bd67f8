"""The system clock: the ``Clock`` port that real runs use."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event


class SystemClock:
    """Real time.  ``interrupt()`` ends every sleep, running and future ones, at once."""

    def __init__(self) -> None:
        self._interrupted = Event()

    def now(self) -> datetime:
        """The time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; returns early when the run is interrupted."""
        if seconds > 0:
            self._interrupted.wait(seconds)

    def interrupt(self) -> None:
        """End all sleeping, because a person stopped the run."""
        self._interrupted.set()
