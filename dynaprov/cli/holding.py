"""What is told while a person is still shown something: it is told afterwards.

So the order in a log stays, though the first calls are on their way by then.
"""

from __future__ import annotations

from collections.abc import Callable

from dynaprov.model.events import Event, Listener


class Held:
    """A listener that keeps events back until something is done, and then passes all on in order.

    Args:
        listener: hears them.
        done: whether they may be passed on; once true, it stays so.
    """

    def __init__(self, listener: Listener, done: Callable[[], bool]) -> None:
        self._listener = listener
        self._done = done
        self._kept: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self._kept.append(event)
        if self._done():
            self.release()

    def release(self) -> None:
        """Pass on what was kept."""
        kept, self._kept = self._kept, []
        for event in kept:
            self._listener(event)
