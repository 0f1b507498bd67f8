"""The use case ``drift``: compare, and judge what differs.

For Python programs; the command line puts files, messages and healing around the same stages.
"""

from __future__ import annotations

from collections.abc import Sequence

from dynaprov import reconciler
from dynaprov.aws.clock import SystemClock
from dynaprov.model.events import Listener
from dynaprov.model.finding import Check, ExceptionRule, Memory
from dynaprov.model.ports import Clock, Reader
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from dynaprov.watch.check import checked
from dynaprov.watch.coverage import coverage


def drift(
    spec: Spec,
    reader: Reader,
    choices: Choices | None = None,
    *,
    rules: Sequence[ExceptionRule] = (),
    memory: Memory | None = None,
    strict: bool = False,
    region: str = "",
    pinned: bool = True,
    clock: Clock | None = None,
    listener: Listener | None = None,
) -> Check:
    """Check one environment.

    Args:
        spec: the resolved spec.
        reader: the way to AWS; nothing is written.
        choices: the selection.
        rules: reviewed exceptions.
        memory: what the check before handed on (``handed_on``).
        strict: also tell what others own and have set as they may.
        region: the region to look at; the spec's when empty.
        pinned: whether account and region must be the ones the spec is pinned to.
        clock: time.
        listener: told which stage begins.

    Raises:
        Refused, Stopped: see ``diff``.
    """
    ticking = clock or SystemClock()
    plan = reconciler.diff(
        spec,
        reader,
        choices,
        region=region,
        pinned=pinned,
        clock=ticking,
        listener=listener,
    )
    return checked(
        plan,
        ticking.now(),
        rules=rules,
        memory=memory,
        coverage=coverage(plan, reader),
        strict=strict,
    )
