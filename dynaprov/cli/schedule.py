"""What a scheduler needs of a check: not all at once, not two at a time, not for ever, a clean end.

Lives here: waiting a random while first, the lock of a file, the time after which a check gives up,
and the signals that end it.  All of it concerns one process on one machine.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import DynaprovError, Stopped

if TYPE_CHECKING:
    from dynaprov.model.ports import Clock


class AnotherRuns(DynaprovError):
    """Another check of the same kind is under way; nothing is wrong."""

    exit_code = 5


@contextlib.contextmanager
def scheduled(
    clock: Clock,
    *,
    jitter_seconds: float = 0.0,
    lock: str = "",
    deadline_seconds: float = 0.0,
    rand: Callable[[], float] = random.random,
) -> Iterator[None]:
    """The surroundings of a check that a scheduler runs.

    Args:
        clock: time, for the jitter.
        jitter_seconds: at most so long is waited first, before the lock is taken.
        lock: a file that is locked while the block runs; empty for none.
        deadline_seconds: so long the block may take; 0 for ever.
        rand: gives numbers in [0, 1).

    Raises:
        AnotherRuns: when the file is locked.
        Stopped: when the file cannot be made, or the time is up.
        KeyboardInterrupt: on SIGTERM, which ends a check like Ctrl-C does.
    """
    with ending_on_sigterm():
        if jitter_seconds:
            clock.sleep(rand() * jitter_seconds)
        with locked(lock) if lock else contextlib.nullcontext(), within(deadline_seconds):
            yield


@contextlib.contextmanager
def locked(file: str) -> Iterator[None]:
    """Hold the lock of a file; the system gives it back however the process ends.

    Raises:
        AnotherRuns: when another process holds it.
        Stopped: when the file cannot be made.
    """
    import fcntl

    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        detail = f"`{file}`: {problem.strerror or problem}"
        hint = "name a file that can be written with --lock"
        raise Stopped(Diagnostic("DP528", "the lock cannot be made", detail, hint)) from problem
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            summary = "another check is under way"
            detail = f"it holds the lock of `{file}`"
            raise AnotherRuns(Diagnostic("DP529", summary, detail)) from problem
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let the block take so long and no longer; 0 lets it take any time.

    Raises:
        Stopped: when the time is up.
    """
    if not seconds or not _main():
        yield
        return

    def up(number: int, frame: FrameType | None) -> None:
        raise Stopped(
            Diagnostic(
                "DP530",
                "the time is up",
                f"the check was not done after {seconds:g} s; nothing is known",
                "give it more with --deadline, or find out what is slow with --trace of `diff`",
            )
        )

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Take SIGTERM like Ctrl-C while the block runs: what is open is closed; the exit is 130."""
    if not _main():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _main() -> bool:
    """Whether signals can be taken here."""
    return threading.current_thread() is threading.main_thread()
