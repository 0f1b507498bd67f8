"""The lease on the command line: taken before anything is looked at, given back in the end."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dynaprov.cli.invocation import Invocation
from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.door import Door
    from dynaprov.execution.journal import Journal
    from dynaprov.execution.lease import Held, Holder, Lease
    from dynaprov.model.plan import Identity, Plan
    from dynaprov.model.ports import Caller, Clock, Reader
    from dynaprov.model.spec import LeasePlace, Spec


@contextlib.contextmanager
def leased(invocation: Invocation, spec: Spec, door: Door) -> Iterator[Lease | None]:
    """Hold the lease while the block runs, where it was asked for.

    What is shown and approved is seen under the lease, so that nobody else's run comes between.
    Its writes stand in the journal, which the run then goes on with.

    Raises:
        UsageProblem, Refused, Stopped: see ``take_lease``.
    """
    if not invocation.options.wants_lease:
        yield None
        return

    def tell(other: Held) -> None:
        invocation.say(f"Waiting for the lease: {other}.")

    command = f"{invocation.command} --env {spec.environment}"
    from dynaprov.execution.lease import Holder

    with contextlib.ExitStack() as open_files:
        taken = take_lease(
            spec,
            door.gateway,
            door.gateway,
            Holder(uuid.uuid4().hex, _owner(), command),
            clock=invocation.stages.clock,
            region=door.region,
            pinned=door.pinned,
            wait_seconds=invocation.options.lease_wait or 0.0,
            told=tell,
            journal=lambda identity: open_files.enter_context(_journal(invocation, identity)),
        )
        with taken.kept() as lease:
            yield lease


def _journal(invocation: Invocation, identity: Identity) -> Journal:
    """Begin the journal, and let the run write into the same file.

    Raises:
        Stopped: when it cannot be written.
    """
    from dynaprov.execution.journal import Journal

    named = invocation.options.journal
    journal = Journal.open(identity, invocation.stages.clock, path=Path(named) if named else None)
    invocation.options = replace(invocation.options, journal=str(journal.path))
    return journal


def take_lease(
    spec: Spec,
    reader: Reader,
    caller: Caller,
    holder: Holder,
    *,
    clock: Clock,
    region: str = "",
    pinned: bool = True,
    wait_seconds: float = 0.0,
    told: Callable[[Held], None] = lambda held: None,
    journal: Callable[[Identity], Journal] | None = None,
) -> Lease:
    """Take the lease of the environment, before anything is looked at.

    Args:
        spec: the resolved spec; it names the table of the lease.
        reader: reads the item.
        caller: writes it.
        holder: who asks.
        clock: time.
        region: the region; the spec's when empty.
        pinned: see ``diff``; nothing is written into another account than the spec's.
        wait_seconds: for how long to wait for another run to end.
        told: told of every other holder that is waited for.
        journal: opens the journal of the calls, before the first write.

    Raises:
        UsageProblem: when the spec names no table for it.
        Refused: when somebody else holds it, or this is the wrong account or region.
        Stopped: when it could be neither read nor written, or the journal could not.
    """
    from dynaprov.execution.journal import Journaled
    from dynaprov.execution.lease import Place, take
    from dynaprov.model.kind import Scope
    from dynaprov.model.plan import Identity
    from dynaprov.planning.observe import IDENTITY, identified
    from dynaprov.planning.pinned import check_pinned

    where = place_of(spec)
    unknown = Scope(spec.project, spec.environment, "", region or spec.region)
    scope, who = identified(reader.submit(IDENTITY).result(), unknown, reader)
    if pinned:
        check_pinned(spec, scope.account, scope.region)
    place = Place(
        scope.table_name(where.table),
        where.key,
        f"dynaprov/lease/{scope.prefix}",
        where.seconds,
        where.ttl,
        where.table,
    )
    if journal is not None:
        identity = Identity(
            spec.project,
            spec.environment,
            scope.account,
            scope.region,
            who,
            reader.endpoint(),
            spec.revision,
        )
        address = str(Address(where.table))
        caller = Journaled(caller, partial(journal, identity), "lease", address)
    return take(place, holder, reader, caller, clock, wait_seconds=wait_seconds, told=told)


def place_of(spec: Spec) -> LeasePlace:
    """The table that the spec names for the lease.

    Raises:
        UsageProblem: when it names none.
    """
    if spec.lease is None:
        raise UsageProblem(
            Diagnostic(
                "DP403",
                "no table is named for the lease",
                f"the files of `{spec.environment}` do not say where the lease stands",
                "write `lease: {table: NAME}` into project.yaml, with a table of the spec",
            )
        )
    return spec.lease


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
