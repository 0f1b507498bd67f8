"""From an observation to a plan: changes, operations, stamps, order, selection, guards.

Pure: equal observations and choices give equal plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from dynaprov.kinds import KIND_BY_NAME, KINDS
from dynaprov.kinds.identity import holds
from dynaprov.kinds.table.readiness import readiness
from dynaprov.kinds.table.waiting import look_while_busy, timeout_of, until_settled
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, Tolerated, Unmanaged
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.kind import Presence, Reading, Situation
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.plan import Identity, InProgress, NotCompared, Plan
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.setting import Severity
from dynaprov.model.timeouts import TIMEOUTS
from dynaprov.planning.causes import live_tags, stamps
from dynaprov.planning.changes import Compared, compare
from dynaprov.planning.graph import closed, with_requirements
from dynaprov.planning.guards import Considered, key_of_backups, key_retirement, refusals
from dynaprov.planning.key_health import alarming, unknown_states
from dynaprov.planning.narrowing import Setting, narrowed
from dynaprov.planning.observe import Observed
from dynaprov.planning.references import symbols
from dynaprov.planning.selection import select
from dynaprov.planning.stamping import creation_tags, stamp_operations

#: What `destroy` must be allowed by name before it schedules the deletion of a key.
RETIRE_KEY = key_of_backups.CODE


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for this plan.

    Attributes:
        targets: address patterns; empty means everything.
        prune: also delete what no spec names.
        allowed: guards lifted by name: ``code`` or ``code:address``.
        endpoint: the endpoint's URL where it is not AWS's own.
        timeouts: seconds by row of ``model.timeouts``, which beat those of the spec.
        only: settings (printed address, path) that the plan is about, and no others; empty means
            every one.
    """

    targets: tuple[str, ...] = ()
    prune: bool = False
    allowed: frozenset[str] = field(default_factory=frozenset)
    endpoint: str = ""
    timeouts: Mapping[str, float] = field(default_factory=dict)
    only: frozenset[Setting] = field(default_factory=frozenset)

    def wants(self, address: Address) -> bool:
        """Whether the selection means this address."""
        if self.only:
            return any(str(address) == each for each, _ in self.only)
        return not self.targets or any(address.matches(pattern) for pattern in self.targets)


def build_plan(observed: Observed, choices: Choices) -> Plan:
    """Compare, find the calls, put them in order, and ask the guards."""
    known = symbols(observed.desired, observed.readings)
    stamped = observed.stamped or stamps(observed.desired, observed.readings)
    compared = compare(observed, stamped, known)
    situation = Situation(
        scope=observed.scope,
        desired={each.desired.address: each.desired for each in compared},
        readings=observed.readings,
        creation_tags=creation_tags(observed, stamped),
        allowed=choices.allowed,
        limits=observed.spec.limits,
        now=observed.now,
    )
    chosen = narrowed(compared, choices.only)
    operations = _operations(chosen, situation)
    unmanaged = _unmanaged(observed.readings)
    pruned, removals = _pruned(unmanaged, situation) if choices.prune else ([], [])
    operations += removals
    operations += stamp_operations(observed, stamped, compared, operations)
    changes = [change for each in chosen for change in each.changes]
    changes += pruned
    if choices.targets or choices.only:
        owners = {c.address: each.desired.address for each in compared for c in each.changes}
        changes, operations = select(changes, operations, owners, choices.wants)
        unmanaged = [each for each in unmanaged if choices.wants(each.address)]
    changes.sort(key=lambda change: change.address)
    for kind in KINDS:
        operations = list(kind.arranged(operations, situation))
    operations = closed(_with_waits(operations, observed, choices))
    gone = {change.address for change in pruned}
    considered = Considered(
        situation,
        tuple(changes),
        tuple(operations),
        choices.allowed,
        observed.spec.limits,
        key_users=observed.key_users,
    )
    return Plan(
        identity=_identity(observed, choices),
        changes=tuple(changes),
        operations=tuple(operations),
        refusals=refusals(considered),
        unmanaged=tuple(each for each in unmanaged if each.address not in gone),
        not_compared=tuple(_not_compared(compared, observed, choices)),
        in_progress=tuple(_in_progress(compared, observed, choices)),
        diagnostics=(
            *alarming(observed),
            *_lost_copies(considered),
            *unknown_states(observed),
            *_notes(observed, choices),
        ),
        resources=tuple(
            (str(each.address), each.name)
            for each in observed.desired.values()
            if each.kind != "tags"
        ),
        held=_held(observed),
        readiness=tuple(
            row
            for each in compared
            if each.desired.kind == "table"
            for row in readiness(each.desired, each.reading)
            if choices.wants(row.address)
        ),
        tolerated=_tolerated(observed, choices),
    )


def _held(observed: Observed) -> tuple[str, ...]:
    """The resources whose live tags say that nobody but a person may change them."""
    tags = {each.address: live_tags(each, observed.readings) for each in observed.desired.values()}
    return tuple(str(address) for address, live in tags.items() if live and holds(live))


def _identity(observed: Observed, choices: Choices) -> Identity:
    scope = observed.scope
    return Identity(
        project=scope.project,
        environment=scope.environment,
        account=scope.account,
        region=scope.region,
        caller=observed.caller,
        endpoint=choices.endpoint,
        revision=observed.spec.revision,
    )


def _operations(compared: Sequence[Compared], situation: Situation) -> list[Operation]:
    """Every kind's calls, and the need of whatever creates or readies what they require."""
    made: list[tuple[Compared, list[Operation]]] = []
    creating: dict[Address, str] = {}
    for each in compared:
        if not each.changes:
            continue
        kind = KIND_BY_NAME[each.desired.kind]
        calls = kind.operations(each.changes, each.desired, each.reading, situation)
        made.append((each, calls))
        creating.update({call.address: call.id for call in calls if call.creates or call.readies})
    return [
        call for each, calls in made for call in with_requirements(calls, each.desired, creating)
    ]


def _with_waits(
    operations: Sequence[Operation], observed: Observed, choices: Choices
) -> list[Operation]:
    """Operations on a busy table look first; every wait has the time that it is given."""
    made = []
    timed = partial(_timed, observed=observed, choices=choices)
    for each in operations:
        table = observed.readings.get(Address(each.address.table)) if each.address.table else None
        look = each.look if table is None else look_while_busy(each, table)
        if look or each.look or each.waits:
            waits = tuple(timed(wait) for wait in each.waits)
            each = replace(each, look=look and timed(look), waits=waits)
        made.append(each)
    return made


def _timed(wait: Wait, observed: Observed, choices: Choices) -> Wait:
    if not wait.timeout:
        return wait
    for said in (choices.timeouts, observed.spec.timeouts):
        if wait.timeout in said:
            return replace(wait, timeout_seconds=said[wait.timeout])
    return replace(wait, timeout_seconds=TIMEOUTS[wait.timeout].seconds)


def _in_progress(
    compared: Sequence[Compared], observed: Observed, choices: Choices
) -> Iterator[InProgress]:
    """What AWS is at work on, and what cannot be read for that reason."""
    for reading in observed.readings.values():
        if not reading.busy or not choices.wants(reading.address):
            continue
        desired = observed.desired.get(reading.address)
        table = desired is not None and desired.kind == "table"
        wait = until_settled(desired.name, timeout_of(reading.busy)) if desired and table else None
        yield InProgress(reading.address, reading.busy, wait and _timed(wait, observed, choices))
    for each in (problem for one in compared for problem in one.not_compared):
        if each.error.category is ErrorCategory.BUSY and choices.wants(each.address):
            detail = "it cannot be read before AWS is done with its table"
            yield InProgress(each.address, detail, compared=False)


def _unmanaged(readings: Mapping[Address, Reading]) -> list[Unmanaged]:
    found = {each.address: each for reading in readings.values() for each in reading.unmanaged}
    return [found[address] for address in sorted(found)]


def _tolerated(observed: Observed, choices: Choices) -> tuple[Tolerated, ...]:
    """What others own of everything that was declared, by address and path."""
    found = (
        each
        for reading in observed.readings.values()
        for each in reading.tolerated
        if choices.wants(each.address)
    )
    return tuple(sorted(found, key=lambda each: (each.address, each.path)))


def _pruned(
    unmanaged: Sequence[Unmanaged], situation: Situation
) -> tuple[list[Change], list[Operation]]:
    """Deletions of what no spec names, where its kind can delete it."""
    changes, operations = [], []
    for each in unmanaged:
        holder = situation.reading(each.part_of or each.address)
        calls = KIND_BY_NAME[each.kind].prune(each, holder, situation)
        if not calls:
            continue
        operations += calls
        changes.append(
            Change(
                address=each.address,
                kind=each.kind,
                resource=each.resource,
                action=Action.DELETE,
                cause=Cause.UNKNOWN,
                severity=Severity.HIGH,
                notes=(each.detail,),
            )
        )
    return changes, operations


def _not_compared(
    compared: Sequence[Compared], observed: Observed, choices: Choices
) -> list[NotCompared]:
    found = [problem for each in compared for problem in each.not_compared]
    undeclared = sorted(observed.readings.keys() - observed.desired.keys())
    found += [
        NotCompared(address, "", reading.problem)
        for address in undeclared
        if (reading := observed.readings[address]).problem
        and reading.presence is Presence.UNREADABLE
    ]
    # What AWS is at work on is busy, not unreadable (``_in_progress``).
    return [
        each
        for each in found
        if choices.wants(each.address) and each.error.category is not ErrorCategory.BUSY
    ]


def _notes(observed: Observed, choices: Choices) -> list[Diagnostic]:
    return [
        Diagnostic("DP210", "note", note, address=str(reading.address), level=Level.NOTE)
        for reading in observed.readings.values()
        for note in reading.notes
        if choices.wants(reading.address)
    ]


def build_destroy_plan(observed: Observed, choices: Choices, *, keep_data: bool) -> Plan:
    """The plan that removes everything the spec names.

    With ``keep_data`` the tables stay.  The key goes last, and only when its retirement is allowed
    by name: the final backups, and what AWS keeps of deleted tables, cannot be read without it.
    """
    desired = observed.desired
    situation = Situation(
        observed.scope, desired, observed.readings, {}, choices.allowed, now=observed.now
    )
    changes, operations = [], []
    removed: dict[Address, list[str]] = {}
    kept = _kept_keys(situation, keep_data=keep_data)
    for each in desired.values():
        reading = situation.reading(each.address)
        if each.address in kept or (keep_data and each.kind == "table"):
            continue
        if reading.presence is not Presence.PRESENT:
            continue
        calls = KIND_BY_NAME[each.kind].destroy(each, reading, situation)
        if not calls:
            continue
        operations += calls
        removed[each.address] = [call.id for call in calls if call.deletes]
        changes.append(
            Change(
                address=each.address,
                kind=each.kind,
                resource=each.name,
                action=Action.DELETE,
                cause=Cause.PENDING,
                severity=Severity.CRITICAL,
                origin=each.origin(""),
            )
        )
    operations = _in_reverse(operations, observed, removed)
    changes.sort(key=lambda change: change.address)
    considered = Considered(
        situation,
        tuple(changes),
        tuple(operations),
        choices.allowed,
        observed.spec.limits,
        destroying=True,
        key_users=observed.key_users,
    )
    return Plan(
        identity=_identity(observed, choices),
        changes=tuple(changes),
        operations=tuple(closed(_with_waits(operations, observed, choices))),
        refusals=refusals(considered),
        not_compared=tuple(_unread(observed)),
        diagnostics=(
            *alarming(observed),
            *_lost_copies(considered),
            *(_key_stays(address) for address in kept),
        ),
        resources=tuple(
            (str(each.address), each.name) for each in desired.values() if each.kind != "tags"
        ),
    )


def _unread(observed: Observed) -> Iterator[NotCompared]:
    """What could not be read of all that a destruction takes.

    What is left over and no spec names is none of its business.
    """
    for address in observed.desired:
        reading = observed.readings.get(address)
        if reading is None:
            continue
        if reading.presence is Presence.UNREADABLE and reading.problem:
            yield NotCompared(address, "", reading.problem)
        for path, error in reading.unreadable.items():
            yield NotCompared(address, path, error)


def _kept_keys(situation: Situation, *, keep_data: bool) -> list[Address]:
    """Live keys that this destruction leaves: all of them, unless they are named."""
    return [
        address
        for address, desired in situation.desired.items()
        if desired.kind == "kms-key"
        and situation.reading(address).presence is Presence.PRESENT
        and (keep_data or situation.allowed.isdisjoint((RETIRE_KEY, f"{RETIRE_KEY}:{address}")))
    ]


def _key_stays(address: Address) -> Diagnostic:
    return Diagnostic(
        "DP303",
        "the key stays",
        "backups of the tables cannot be read without the key that encrypted them",
        f"`--allow {RETIRE_KEY}:{address}` schedules its deletion too, after everything else",
        address=str(address),
        level=Level.NOTE,
    )


def _lost_copies(considered: Considered) -> list[Diagnostic]:
    """What a retirement that is allowed by name makes unreadable."""
    found = []
    for operation in key_retirement.retirements(considered):
        users = considered.key_users.get(operation.call.params["KeyId"])
        if users is None:
            continue
        known = key_of_backups.needing(users.copies) if users.copies else ""
        found += [
            Diagnostic(
                "DP304",
                "backups lose their key",
                detail,
                "points in time of a live table from before it was given another key may need "
                "this one too; AWS does not show which",
                address=str(operation.address),
                level=Level.WARNING,
            )
            for detail in (known, key_of_backups.untold(users))
            if detail
        ]
    return found


def _in_reverse(
    operations: Sequence[Operation], observed: Observed, removed: Mapping[Address, Sequence[str]]
) -> list[Operation]:
    """What is required goes after everything that requires it: tables before their key.

    Nothing goes before every final backup has been taken and verified.
    """
    backups = [each.id for each in operations if each.call.method == "create_backup"]
    dependents: dict[Address, list[str]] = {}
    for each in observed.desired.values():
        for required in each.requires:
            dependents.setdefault(required, []).extend(removed.get(each.address, ()))
    return [
        each
        if each.id in backups
        else replace(
            each,
            needs=tuple(dict.fromkeys((*each.needs, *backups, *dependents.get(each.address, ())))),
        )
        for each in operations
    ]
