"""Garbage collection in runs that take long.

Short commands run without the collector: nearly all that they make stays until their end.
"""

from __future__ import annotations

import gc

#: So many new objects between two collections.  With Python's own figure (700) a first ``apply`` of
#: 400 tables spent a sixth of its processor time on looking at objects that all stayed (measured).
_NEW_OBJECTS = 50_000


def collect_from_now_on() -> None:
    """Keep what was loaded so far for good, and collect what comes now, rarely."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
