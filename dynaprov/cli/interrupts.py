"""Ctrl-C and SIGTERM while a plan is executed.

The first one stops new calls and lets those under way end; the second stops waiting for them.
Nothing is lost either way: what is live is looked at again by the next run.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether the person has asked to stop."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._asked = threading.Event()
        self._tell = tell

    def __call__(self) -> bool:
        """Whether nothing new may be started."""
        return self._asked.is_set()

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Take a signal.

        Raises:
            KeyboardInterrupt: on the second one.
        """
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        self._tell()


@contextlib.contextmanager
def listening(tell: Callable[[], None]) -> Iterator[Interruption]:
    """Take the signals to stop for as long as the block runs; ``tell`` is called on the first.

    Outside of the main thread signals cannot be taken; then nothing interrupts.
    """
    interruption = Interruption(tell)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, interruption.receive) for number in SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
