"""The stamp in a plan: what creating calls carry, and the calls that renew it.  Pure.

A creating call stamps only what it carries.  After everything that concerns a resource, one tag
call renews the entries whose operations went well, and only where that changes anything.

Tags that cannot be found yet (a table that an earlier run left CREATING) are written again, and the
stamp with them: it says what holds and what this run does.  What the creating call may have stamped
beside that is given up; such a setting differs without an entry, which is *pending*, and that is
what it is on a table which nobody has changed since it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dynaprov.kinds import KIND_BY_NAME, TAGS
from dynaprov.kinds.identity import STAMP_MORE, identity_tags, read_stamp, stamp_tags
from dynaprov.kinds.tags import TagsState
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.operation import Meaning, Operation, Risk, StampWrite
from dynaprov.planning.causes import Entry, Stamped, live_tags
from dynaprov.planning.changes import Compared
from dynaprov.planning.observe import Observed
from dynaprov.planning.selection import covers


def creation_tags(
    observed: Observed, stamped: Mapping[Address, Stamped]
) -> dict[Address, dict[str, str]]:
    """The tags that creating calls carry: declared, identity, and the first stamp."""
    found = {}
    for each in observed.desired.values():
        if each.tags is None or isinstance(each.state, TagsState):
            continue
        reading = observed.readings.get(each.address)
        if reading is not None and reading.presence is Presence.PRESENT:
            continue
        tags = {key: value for key, value in each.tags.items() if value is not None}
        tags |= identity_tags(observed.scope, each.address)
        stamp = stamped.get(each.address)
        if observed.spec.stamp and stamp is not None:
            tags |= stamp_tags(_at_creation(stamp).items())
        found[each.address] = tags
    return found


def _at_creation(stamp: Stamped) -> dict[str, str]:
    """The entries that the creating call of a holder carries."""
    own = stamp.holder.address
    whole = KIND_BY_NAME[stamp.holder.kind].created_whole
    return {
        entry.code: entry.digest
        for entry in stamp.entries
        if entry.owner == own and (whole or entry.members[0][0] == own.child("tags"))
    }


def stamp_operations(
    observed: Observed,
    stamped: Mapping[Address, Stamped],
    compared: Sequence[Compared],
    operations: Sequence[Operation],
) -> list[Operation]:
    """The tag calls that renew stamps, one at most per resource."""
    if not observed.spec.stamp:
        return []
    by_address: dict[Address, list[Operation]] = {}
    for each in operations:
        by_address.setdefault(each.address, []).append(each)
    unsettled = _unsettled(compared)
    made = []
    for stamp in stamped.values():
        exact = stamp.exact()
        operation = None if exact else _renewal(observed, stamp, by_address, unsettled)
        if operation is not None:
            made.append(operation)
    return made


def _renewal(
    observed: Observed,
    stamp: Stamped,
    by_address: Mapping[Address, Sequence[Operation]],
    unsettled: Mapping[Address, set[str]],
) -> Operation | None:
    holder = stamp.holder
    reading = observed.readings.get(holder.address)
    live = live_tags(holder, observed.readings)
    create = next((o.id for o in by_address.get(holder.address, ()) if o.creates), "")
    tags_read = observed.readings.get(holder.address.child("tags"))
    unseen = tags_read is not None and tags_read.presence is Presence.ABSENT
    if create:
        before = _at_creation(stamp)
        if len(before) == len(stamp.entries):
            return None  # the creating call carries the whole of it (an alarm)
    elif reading is None or (live is None and not unseen):
        return None
    else:
        before = dict(stamp.live or {})
    kept, earned = [], []
    for entry in stamp.entries:
        ids = tuple(o.id for o in _writers(entry, stamp, by_address))
        if ids:
            earned.append((entry.code, entry.digest, ids))
        elif not any(_open(path, unsettled.get(address)) for address, path in entry.members):
            kept.append((entry.code, entry.digest))
    codes = {entry.code for entry in stamp.entries}
    previous = {code: value for code, value in before.items() if code in codes}
    after = {**previous, **dict(kept), **{code: value for code, value, _ in earned}}
    if after == before and (create or stamp.live is not None):
        return None
    # Compared as written: a stamp that does not fit is cut, and must not be written for ever.
    tags = stamp_tags(after.items())
    if not create and read_stamp(tags) == stamp.live:
        return None
    # Whole, with entries that go: the executor compares with it to see whether to write at all.
    write = StampWrite(tuple(kept), tuple(earned), tuple(sorted(before.items())))
    if live and STAMP_MORE in live:
        tags.setdefault(STAMP_MORE, "")
    family = sorted({i for _, _, ids in earned for i in ids} - {create})
    wanted = TAGS.wanted(holder, reading or Reading.absent(holder.address), holder.tags or {})
    tagging = [o.id for o in by_address.get(wanted.address, ())]
    needs = (create,) if create else tuple(tagging) if unseen else ()
    return Operation(
        id=f"{wanted.address}:stamp",
        address=wanted.address,
        kind=TAGS.name,
        title=f"note on {holder.name} what was applied",
        call=TAGS.tag_call(wanted, tags),
        needs=needs,
        after=tuple(i for i in dict.fromkeys((*family, *tagging)) if i not in needs),
        lock=_lock(holder),
        covers=(),
        stamp=write,
        risk=Risk.NONE,
        meaning=Meaning("online: a tag of dynaprov's own", "reversible", "at once"),
    )


def _lock(holder: Desired) -> str:
    return holder.name if holder.kind == "table" else ""


def _writers(
    entry: Entry, stamp: Stamped, by_address: Mapping[Address, Sequence[Operation]]
) -> Iterable[Operation]:
    """The operations that write the value of an entry."""
    if not by_address:
        return ()
    found = {}
    for address, path in entry.members:
        for operation in by_address.get(address, ()):
            if any(covers(cover, path) for cover in operation.covers):
                found[operation.id] = operation
    if entry.owner == stamp.holder.address:
        whole = KIND_BY_NAME[stamp.holder.kind].created_whole
        for operation in by_address.get(entry.owner, ()):
            if operation.creates and (whole or entry.code.startswith(TAGS.stamp_code)):
                found[operation.id] = operation
    return found.values()


def _unsettled(compared: Sequence[Compared]) -> dict[Address, set[str]]:
    """First words of the paths that differ or were not compared, by address."""
    found: dict[Address, set[str]] = {}
    for each in compared:
        for change in each.changes:
            words = found.setdefault(change.address, set())
            words.update(setting.path.partition(".")[0] for setting in change.settings)
        for problem in each.not_compared:
            found.setdefault(problem.address, set()).add(problem.path.partition(".")[0])
    return found


def _open(path: str, words: set[str] | None) -> bool:
    return words is not None and (not path or "" in words or path in words)
