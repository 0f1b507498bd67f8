"""Why something differs: the stamp of what was last applied, entry by entry.  Pure.

Which entries a resource's stamp has, what their digests are now on both sides, and the cause that
follows.  The form of the stamp (codes, digests, tags) is ``kinds/identity.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice, product
from typing import Any

from dynaprov.kinds import KIND_BY_NAME, TAGS
from dynaprov.kinds.identity import CUT, digest, json_value, read_stamp, stamp_tags
from dynaprov.kinds.tags import TagsState, declared_tags
from dynaprov.model.address import Address
from dynaprov.model.change import Cause
from dynaprov.model.kind import Desired, Reading
from dynaprov.model.setting import Ref, State, has_own_text, path_names, settings_of
from dynaprov.planning.diff import part_address

#: So many selections of settings are tried; digests of 30 bits stay exact enough for that.
MOST_SHAPES = 1024
_NOT_DECLARED = object()


@dataclass(slots=True)
class Entry:
    """One entry of a stamp; nobody changes it.

    Not frozen: a thousand tables have forty thousand, and freezing triples what each costs.

    ``owner`` is the resource that declares the value.  ``members`` are the (address, path) that the
    entry speaks for; an entry of a part or of a group speaks for all of a part's or of several
    resources' settings (path ``""``).  ``live`` is all that is live, declared or not; ``also_live``
    is it in another cut, for a mapping whose declared keys may have changed since it was stamped.
    ``several``: it speaks for several settings, of which others may have been declared when it was
    stamped.
    """

    code: str
    owner: Address
    wanted: Any
    live: Any
    members: tuple[tuple[Address, str], ...]
    also_live: Any = None
    several: bool = False
    _digest: str = field(default="", init=False, repr=False, compare=False)

    @property
    def digest(self) -> str:
        """What stands in the stamp once the wanted value is applied."""
        if not self._digest:
            self._digest = digest(self.wanted)
        return self._digest

    def live_digests(self, symbols: Mapping[str, Ref]) -> frozenset[str]:
        """The digests that the live value may have been stamped with: as it is, or by reference."""
        live = restricted(self.wanted, self.live)
        found = {digest(live)}
        if self.also_live is not None:
            found.add(digest(self.also_live))
        if isinstance(live, str) and live in symbols:
            found.add(digest(symbols[live]))
        if isinstance(live, Mapping):
            # The stamp may be older than some of the keys that are declared now.
            wanted = json_value(self.wanted)
            same = {k: v for k, v in live.items() if json_value(v) == wanted.get(k)}
            there = {k: v for k, v in live.items() if v is not None}
            found |= {digest(same), digest(there)}
        return frozenset(found)

    def is_live(self, stamped: str, symbols: Mapping[str, Ref]) -> bool:
        """Whether the live value is what was stamped, whichever part of it was declared then."""
        if stamped in self.live_digests(symbols):
            return True
        shapes = islice(_shapes(self.live), MOST_SHAPES) if self.several else ()
        return any(digest(shape) == stamped for shape in shapes)


@dataclass(slots=True)
class Stamped:
    """A resource that carries a stamp: its entries, and the stamp that is live.

    ``source`` gives the entries, the same ones each time.  They are kept only once somebody looks
    at them, since most stamps are as they should be, and a thousand tables have forty thousand.
    """

    holder: Desired
    source: Callable[[], Iterable[Entry]]
    live: Mapping[str, str] | None = None
    _entries: list[Entry] | None = None
    _by_member: dict[tuple[Address, str], Entry] = field(default_factory=dict)
    _exact: bool | None = None

    @property
    def entries(self) -> list[Entry]:
        """The entries, in the order in which they were declared."""
        if self._entries is None:
            self._entries = list(self.source())
        return self._entries

    def wanted(self) -> dict[str, str]:
        """The stamp when everything declared has been applied."""
        entries = self.source() if self._entries is None else self._entries
        return {entry.code: entry.digest for entry in entries}

    def exact(self) -> bool:
        """Whether the live stamp is that one, with all its entries."""
        if self._exact is None:
            self._exact = self.live is not None and self.live == self.wanted()
        return self._exact

    def whole(self) -> bool:
        """Whether the live stamp is the one that a finished apply leaves."""
        # One that does not fit into the tags is cut.
        return self.exact() or self.live == read_stamp(stamp_tags(self.wanted().items()))

    def entry(self, address: Address, path: str) -> Entry | None:
        """The entry that speaks for a setting."""
        if not self._by_member:
            for entry in reversed(self.entries):  # of several the first one counts
                self._by_member.update(dict.fromkeys(entry.members, entry))
        word = path.partition(".")[0]
        return self._by_member.get((address, word)) or self._by_member.get((address, ""))

    def cause(self, address: Address, path: str, symbols: Mapping[str, Ref]) -> Cause:
        """Why a setting differs."""
        if self.live is None or (entry := self.entry(address, path)) is None:
            return Cause.UNKNOWN
        stamped = self.live.get(entry.code)
        if stamped is None:
            return Cause.UNKNOWN if CUT in self.live else Cause.PENDING
        if stamped == entry.digest:
            return Cause.DRIFT
        return Cause.PENDING if entry.is_live(stamped, symbols) else Cause.CONFLICT


def stamps(
    desired: Mapping[Address, Desired], readings: Mapping[Address, Reading]
) -> dict[Address, Stamped]:
    """The stamp of every resource that carries one, by the resource's address."""
    found: dict[Address, Stamped] = {}
    own: dict[Address, list[Desired]] = {}
    for each in desired.values():
        if isinstance(each.state, TagsState):
            continue
        holder = holder_of(each, desired)
        if holder is None:
            continue
        stamped = found.get(holder.address)
        if stamped is None:
            live = live_tags(holder, readings)
            stamp = None if live is None else read_stamp(live)
            declared = own[holder.address] = []
            made = partial(_all_entries, holder, live, declared, readings)
            found[holder.address] = Stamped(holder, made, stamp)
        own[holder.address].append(each)
    return found


def _all_entries(
    holder: Desired,
    live: Mapping[str, str] | None,
    own: Sequence[Desired],
    readings: Mapping[Address, Reading],
) -> Iterator[Entry]:
    """The entries of a holder's stamp: its tags, all that it speaks for, and the groups of that."""
    yield _tags_entry(holder, live)
    groups: dict[str, list[Entry]] = {}
    for each in own:
        entries = list(_entries(each, readings.get(each.address)))
        if each.stamp_group:
            groups.setdefault(each.stamp_group, []).extend(entries)
        else:
            yield from entries
    for code, members in groups.items():
        yield _group(code, members)


def holder_of(desired: Desired, all_desired: Mapping[Address, Desired]) -> Desired | None:
    """The resource whose tags hold the stamp of this one."""
    each: Desired | None = desired
    while each is not None:
        if KIND_BY_NAME[each.kind].tagging is not None and each.tags is not None:
            return each
        each = all_desired.get(each.parent) if each.parent else None
    return None


def live_tags(holder: Desired, readings: Mapping[Address, Reading]) -> Mapping[str, str] | None:
    """The live tags of a resource; ``None`` where it does not exist or they were not read."""
    reading = readings.get(holder.address.child("tags"))
    state = reading.state if reading else None
    if not isinstance(state, TagsState):
        return None
    return {key: value for key, value in state.tags.items() if value is not None}


def _tags_entry(holder: Desired, live: Mapping[str, str] | None) -> Entry:
    declared = declared_tags(holder.tags or {})
    address = holder.address.child("tags")
    return Entry(
        TAGS.stamp_code + "g",
        holder.address,
        declared,
        live or {},
        ((address, "tags"),),
        declared_tags(live or {}),
    )


def _entries(desired: Desired, reading: Reading | None) -> Iterator[Entry]:
    kind = KIND_BY_NAME[desired.kind]
    state = desired.state
    observed = reading.state if reading and reading.state is not None else kind.fresh
    declared = state.model_fields_set
    for name, word, code, part in _stamped_settings(type(state), kind.stamp_code):
        if name not in declared:
            continue
        wanted, live = getattr(state, name), getattr(observed, name, None)
        if part:
            yield from _part_entries(desired, code, part, word, wanted or {}, live or {})
        else:
            yield Entry(code, desired.address, wanted, live, ((desired.address, word),))


@cache
def _stamped_settings(state: type[State], prefix: str) -> Sequence[tuple[str, str, str, str]]:
    """The settings of a state that are stamped: field, word, code in the stamp, part."""
    words = path_names(state)
    return [
        (name, words[name], prefix + setting.code, setting.part)
        for name, setting in settings_of(state).items()
        if setting.compared and setting.code
    ]


def _part_entries(
    desired: Desired,
    code: str,
    part: str,
    word: str,
    wanted: Mapping[str, Any],
    live: Mapping[str, Any],
) -> Iterator[Entry]:
    for key, value in wanted.items():
        address = part_address(desired.address, part, key)
        members = ((address, ""), (desired.address, f"{word}.{key}"))
        yield Entry(
            f"{code}{digest(key)[:4]}",
            desired.address,
            value,
            live.get(key),
            members,
            several=True,
        )


def _group(code: str, entries: list[Entry]) -> Entry:
    def by_member(side: str) -> dict[str, Any]:
        return {
            f"{each.members[0][0]}.{each.members[0][1]}": getattr(each, side) for each in entries
        }

    members = tuple(dict.fromkeys((member[0], "") for each in entries for member in each.members))
    return Entry(
        code, entries[0].owner, by_member("wanted"), by_member("live"), members, several=True
    )


def _shapes(live: Any) -> Iterator[Any]:
    """The live value cut down to each selection of its settings: what may have been declared."""
    if isinstance(live, State) and not has_own_text(live):
        named = {name: getattr(live, name) for name in sorted(type(live).model_fields)}
    elif isinstance(live, Mapping):
        named = dict(live)
    else:
        yield live
        return
    choices = [[_NOT_DECLARED, *_shapes(value)] for value in named.values()]
    for chosen in product(*choices):
        pairs = zip(named, chosen, strict=True)
        yield {name: value for name, value in pairs if value is not _NOT_DECLARED}


def restricted(wanted: Any, live: Any) -> Any:
    """The live value cut down to what is declared of it, in the same shape."""
    if isinstance(wanted, State) and isinstance(live, State):
        names = sorted(wanted.model_fields_set)
        return {name: restricted(getattr(wanted, name), getattr(live, name)) for name in names}
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return {key: restricted(value, live.get(key)) for key, value in wanted.items()}
    return live
