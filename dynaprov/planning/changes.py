"""From an observation to changes: every resource compared, every difference explained.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.kinds.identity import identity_tags
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.plan import NotCompared
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.model.setting import Ref, Severity, State, settings_of
from dynaprov.planning.causes import Stamped, holder_of, live_tags
from dynaprov.planning.diff import Difference, diff
from dynaprov.planning.observe import Observed
from dynaprov.planning.references import resolve_state
from dynaprov.planning.remains import remains

#: When several settings of one address differ for several causes, the first of these is the
#: change's: the one that a person must know first.
_WORST_FIRST = (Cause.CONFLICT, Cause.DRIFT, Cause.UNKNOWN, Cause.PENDING, Cause.NEW)


@dataclass(frozen=True, slots=True)
class Compared:
    """One resource after comparing: its resolved desired state and what differs."""

    desired: Desired
    reading: Reading
    changes: tuple[Change, ...]
    not_compared: tuple[NotCompared, ...] = ()


def compare(
    observed: Observed, stamped: Mapping[Address, Stamped], symbols: Mapping[str, Ref]
) -> list[Compared]:
    """Compare every declared resource with its reading, in the order of declaration."""
    found: list[Compared] = []
    replaced: set[Address] = set()
    hindered: dict[Address, ServiceError] = {}
    left = remains(observed.desired, observed.readings, stamped)
    for desired in observed.desired.values():
        reading = observed.readings.get(desired.address) or Reading.absent(desired.address)
        # What is made anew has lost its aspects: the insights of a replaced index.
        anew = not replaced.isdisjoint(desired.requires)
        if KIND_BY_NAME[desired.kind].fresh and (anew or _comes_too_early(reading, observed)):
            reading = replace(reading, presence=Presence.ABSENT, state=None, problem=None)
        each = _compare(desired, reading, observed, stamped, symbols, left)
        if problem := _hindrance(each, hindered, foreign=observed.foreign):
            hindered[desired.address] = problem
            each = replace(
                each,
                changes=(),
                not_compared=(NotCompared(desired.address, "", problem),),
            )
        replaced.update(c.address for c in each.changes if c.action is Action.REPLACE)
        found.append(each)
    return found


def _comes_too_early(reading: Reading, observed: Observed) -> bool:
    """Whether AWS does not tell it because it is creating the table: nothing is set there yet.

    In the last moments of a creation DescribeTimeToLive says so instead of finding nothing
    (measured: DDB-TABLE-145).
    """
    table = observed.readings.get(Address(reading.address.table))
    busy = reading.problem is not None and reading.problem.category is ErrorCategory.BUSY
    return busy and table is not None and table.busy.startswith("table is CREATING")


def _hindrance(
    compared: Compared, hindered: Mapping[Address, ServiceError], *, foreign: bool
) -> ServiceError | None:
    """Why nothing can be said of the resource: it, or what it needs to be created, is unreadable.

    What is there is compared whatever it needs.  On an endpoint that is not AWS's (``foreign``)
    what the endpoint lacks altogether hinders nothing else.
    """
    desired, reading = compared.desired, compared.reading
    if reading.presence is Presence.UNREADABLE:
        return reading.problem
    if reading.presence is Presence.PRESENT:
        return None
    unknown = [*reading.unreadable.values()]
    unknown += [hindered[each] for each in desired.requires if each in hindered]
    lacking = ErrorCategory.UNSUPPORTED if foreign else None
    return next((error for error in unknown if error.category is not lacking), None)


def _compare(
    desired: Desired,
    reading: Reading,
    observed: Observed,
    stamped: Mapping[Address, Stamped],
    symbols: Mapping[str, Ref],
    left: Mapping[Address, str],
) -> Compared:
    state, unreadable = resolve_state(desired.state, observed.readings, foreign=observed.foreign)
    if unreadable:
        reading = replace(reading, unreadable={**reading.unreadable, **unreadable})
    resolved = desired if state is desired.state else replace(desired, state=state)
    kind = KIND_BY_NAME[desired.kind]
    holder = holder_of(desired, observed.desired)
    stamp = stamped.get(holder.address) if holder else None
    changes = tuple(
        _change(difference, desired, reading, stamp, symbols, observed, left)
        for difference in diff(kind, desired, state, reading)
    )
    return Compared(resolved, reading, changes, tuple(_not_compared(desired, state, reading)))


def _not_compared(desired: Desired, state: State, reading: Reading) -> list[NotCompared]:
    return [NotCompared(desired.address, path, error) for path, error in reading.unreadable.items()]


def _change(
    difference: Difference,
    desired: Desired,
    reading: Reading,
    stamp: Stamped | None,
    symbols: Mapping[str, Ref],
    observed: Observed,
    left: Mapping[Address, str],
) -> Change:
    absent = difference.action is Action.CREATE and reading.presence is Presence.ABSENT
    was_there = left.get(difference.address, "") if absent else ""

    def cause(path: str) -> Cause:
        if was_there:
            return Cause.DRIFT
        if stamp is None:
            return Cause.NEW if absent else Cause.UNKNOWN
        found = stamp.cause(difference.address, path, symbols)
        # What is stamped on another resource and was applied before was deleted live.
        return Cause.NEW if absent and found is not Cause.DRIFT else found

    settings = tuple([each.because(cause(each.path)) for each in difference.settings])
    causes = {each.cause for each in settings} or {cause("")}
    new_part = difference.action is Action.CREATE and reading.presence is Presence.PRESENT
    part = settings_of(type(desired.state)).get(difference.field) if new_part else None
    worst = next(each for each in _WORST_FIRST if each in causes)
    first_written = f"{difference.field}.{difference.key}" if difference.key else ""
    return Change(
        address=difference.address,
        kind=desired.kind,
        resource=desired.name,
        action=difference.action,
        cause=worst,
        severity=_severity(difference, part.severity if part else None, worst, desired.kind),
        settings=settings,
        origin=desired.origin(first_written),
        notes=(*filter(None, [was_there]), *_notes(difference, desired, observed)),
    )


def _severity(difference: Difference, part: Severity | None, cause: Cause, kind: str) -> Severity:
    """How bad the whole change is: as bad as the worst of its settings.

    ``part`` is the severity of a part that is missing as a whole (an index, a subscription); it is
    ``None`` for anything else.  What was never applied protects nothing yet.
    """
    if difference.action is Action.CREATE and part is None:
        return Severity.MEDIUM if cause is Cause.NEW else KIND_BY_NAME[kind].missing
    each = [setting.severity for setting in difference.settings]
    return max([*each, *([part] if part else [])], key=lambda s: s.rank, default=Severity.MEDIUM)


def _notes(difference: Difference, desired: Desired, observed: Observed) -> tuple[str, ...]:
    """Say so by name when a resource is taken over that carries no identity, or another one."""
    if desired.kind != "tags":
        return ()
    owner = observed.desired.get(desired.requires[0])
    live = live_tags(owner, observed.readings) if owner else None
    if owner is None or live is None:
        return ()
    ours = identity_tags(observed.scope, owner.address)
    theirs = {key: live[key] for key in ours if key in live}
    if theirs == ours:
        return ()
    whose = ", ".join(f"{key} {value}" for key, value in theirs.items())
    carries = f"the identity {whose}" if theirs else "no identity of dynaprov"
    return (f"taken over: {owner.kind} {owner.name} exists and carries {carries}",)
