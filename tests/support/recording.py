"""A record of the requests that leave this process, made by botocore and not by dynaprov."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.handlers

READING = ("Describe", "Get", "List")


class Requests(list[str]):
    """``service.Operation`` of every request that was about to be sent, in order."""

    @property
    def mutating(self) -> list[str]:
        """Those that change something."""
        return [each for each in self if not each.partition(".")[2].startswith(READING)]


@contextmanager
def requests() -> Iterator[Requests]:
    """Record the requests of every botocore session that is made from here on.

    It hooks into the last event before the wire, ahead of whoever answers there.
    """
    seen = Requests()

    def note(event_name: str = "", **_: Any) -> None:
        seen.append(event_name.removeprefix("before-send."))

    hook: Any = ("before-send", note)
    botocore.handlers.BUILTIN_HANDLERS.insert(0, hook)
    try:
        yield seen
    finally:
        botocore.handlers.BUILTIN_HANDLERS.remove(hook)
