"""The way to AWS as commands hold it, what it is opened with, and what is loaded meanwhile."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynaprov.aws.opening import Opening, Way
    from dynaprov.cli.options import Options


@dataclass(frozen=True, slots=True)
class Door:
    """The open way to AWS.

    Attributes:
        gateway: reads, and calls unless the command only looks.
        region: the region that is worked in.
        pinned: whether account and region must be those of the spec.
    """

    gateway: Way
    region: str
    pinned: bool


def opening_of(options: Options, region: str, endpoint: str | None, *, writes: bool) -> Opening:
    """What the options say of the way to AWS."""
    from dynaprov.aws.opening import Opening

    return Opening(
        profile="" if options.local else options.profile or "",
        region=region,
        endpoint_url=endpoint or "",
        writing=writes,
        pacing="off" if options.local else options.pacing,
        parallelism=options.parallelism,
    )


def load_later_stages(*, writes: bool) -> None:
    """Load what is needed after the first answers, while they are on their way."""
    importlib.import_module("dynaprov.report.terminal")
    if writes:
        importlib.import_module("dynaprov.execution.runner")
