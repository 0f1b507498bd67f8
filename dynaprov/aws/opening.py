"""What a way to AWS is opened with, and what it can be asked; plain data and one protocol.

A run asks AWS either through a ``Gateway`` in its own process or through one in a process of its
own (``apart``); whoever uses it sees no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dynaprov.model.fleet import Role
from dynaprov.model.ports import Caller, Reader


@dataclass(frozen=True, slots=True)
class Opening:
    """Which account is reached, and how.

    Attributes:
        profile: profile of the SDK's configuration files; empty for the SDK's choice.
        region: region; empty for what environment and profile say.
        endpoint_url: one endpoint for all services; empty for what the SDK finds.
        writing: whether mutating calls are allowed.
        pacing: ``"documented"`` or ``"off"``.
        parallelism: how many requests are in flight at once.
        rates: calls a second by IAM action, where they are not the documented ones.
        role: a role that is assumed first.
    """

    profile: str = ""
    region: str = ""
    endpoint_url: str = ""
    writing: bool = False
    pacing: str = "documented"
    parallelism: int = 16
    rates: tuple[tuple[str, float], ...] = ()
    role: Role | None = None


class Way(Reader, Caller, Protocol):
    """An open way to AWS."""

    @property
    def region(self) -> str:
        """The region that is asked; empty when nobody said one."""
        ...

    def interrupt(self) -> None:
        """End all sleeping for pacing and repeating, because a person stopped the run."""
        ...
