"""Work beside the main thread: what a person is shown, while the first calls are on their way.

Whatever is told meanwhile is told afterwards, so that the order on a screen or in a log stays.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

from dynaprov.model.events import Event, Listener

T = TypeVar("T")


class Beside(Generic[T]):
    """Work on a thread of its own, begun at once.

    Args:
        work: what is done; it must not need the main thread.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._made: list[T] = []
        self._problem: BaseException | None = None
        self._thread = Thread(target=self._do, name="beside", daemon=True)
        self._thread.start()

    def _do(self) -> None:
        try:
            self._made.append(self._work())
        # Raised to the one who asks for the result.
        except BaseException as problem:  # noqa: BLE001
            self._problem = problem

    @property
    def done(self) -> bool:
        """Whether the work has ended."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Come back when the work has ended, however it did."""
        self._thread.join()

    def result(self) -> T:
        """What the work gave, once it has ended; raises what it raised."""
        self.wait()
        if self._problem is not None:
            raise self._problem
        return self._made[0]


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
