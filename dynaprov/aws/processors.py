"""Which processor a process keeps to.

Python runs one thread of a process at a time, and hands on with every request that is sent and
every answer that is waited for.  Where the next thread stands on another processor, that takes
longer than much of the work in between: a call of the SDK with others under way costs 2.4 to 3.1 ms
of processor time on two processors, and 1.5 ms on one (measured on a virtual machine).  So each
half of a divided run keeps to one processor, and to another one than the other half.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable


def processor_for(run: int, half: int, allowed: Iterable[int]) -> frozenset[int]:
    """The processor of one half of a run: both have the same one where there is only one.

    Args:
        run: the number of the run (that of its process), so that several runs spread.
        half: which half, from 0.
        allowed: the processors that the process may use.
    """
    processors = sorted(allowed)
    return frozenset({processors[(run + half) % len(processors)]})


def keep_to_one(run: int, half: int) -> frozenset[int]:
    """Let this thread, and all that it starts from now on, run on one processor only.

    Does nothing where the system has no such thing (all but Linux) or does not allow it.

    Returns:
        Where it ran before, for ``keep_to``; empty when nothing was done.
    """
    if not hasattr(os, "sched_setaffinity"):
        return frozenset()
    try:
        before = frozenset(os.sched_getaffinity(0))
        os.sched_setaffinity(0, processor_for(run, half, before))
    except OSError:
        return frozenset()
    return before


def keep_to(processors: frozenset[int]) -> None:
    """Let this thread run on these processors again; nothing when there are none."""
    if processors and hasattr(os, "sched_setaffinity"):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, processors)
