"""The lease on the command line: taken before anything is looked at, given back in the end."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dynaprov.cli.invocation import Invocation
from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic

if TYPE_CHECKING:
    from dynaprov.cli.stages import Door
    from dynaprov.execution.lease import Held, Lease
    from dynaprov.model.plan import Plan
    from dynaprov.model.spec import Spec


@contextlib.contextmanager
def leased(invocation: Invocation, spec: Spec, door: Door) -> Iterator[Lease | None]:
    """Hold the lease while the block runs, where it was asked for.

    What is shown and approved is seen under the lease, so that nobody else's run comes between.

    Raises:
        UsageProblem, Refused, Stopped: see ``reconciler.take_lease``.
    """
    if not invocation.options.wants_lease:
        yield None
        return

    def tell(other: Held) -> None:
        invocation.say(f"Waiting for the lease: {other}.")

    command = f"{invocation.command} --env {spec.environment}"
    holder = (uuid.uuid4().hex, _owner(), command)
    with invocation.stages.lease(spec, door, invocation.options, holder, tell).kept() as lease:
        yield lease


def prepared(lease: Lease, plan: Plan, invocation: Invocation) -> Diagnostic | None:
    """Note in the lease what is about to be done; why it must not be, if there is a reason.

    The first run of an environment makes the table of the lease itself, so it has none.
    """
    from dynaprov.report.fingerprint import fingerprint

    table = Address(lease.place.name)
    about = [each for each in plan.operations if each.address == table]
    if lease.absent and not any(each.creates for each in about):
        return Diagnostic(
            "DP311",
            "there is no table to hold the lease",
            f"table {lease.place.table} does not exist, and this run does not make it",
            "make it first (`dynaprov apply --target` with its name), or go without `--lease`",
        )
    if lease.absent:
        invocation.say(
            f"This run goes without a lease: it makes {lease.place.table}, the table that will "
            "hold it."
        )
        return None
    if any(each.deletes for each in about):
        lease.goes_with_its_table()
    lease.note(fingerprint(plan))
    return None


def _owner() -> str:
    """Who this is, as far as the machine knows: user, host and process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container may have no name for its user
        user = f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"
    return f"{user} on {socket.gethostname()}, process {os.getpid()}"
