"""A record of the requests that leave this process, made by botocore and not by dynaprov."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.handlers

READING = ("Describe", "Get", "List")


class Requests(list[str]):
    """``service.Operation`` of every request that was about to be sent, in order."""

    @property
    def mutating(self) -> list[str]:
        """Those that change something."""
        return [each for each in self if not each.partition(".")[2].startswith(READING)]


@cache
def requests() -> Requests:
    """The record of every request of the botocore sessions made from the first call on.

    It hooks into the last event before the wire, ahead of whoever answers there.
    """
    seen = Requests()

    def note(event_name: str = "", **_: Any) -> None:
        seen.append(event_name.removeprefix("before-send."))

    hook: Any = ("before-send", note)
    botocore.handlers.BUILTIN_HANDLERS.insert(0, hook)
    return seen
