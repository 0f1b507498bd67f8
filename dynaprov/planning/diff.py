"""The difference between a desired and an observed state: generic, total and pure.

Only *declared* settings are compared.  What is allowed, refused or ignored is decided afterwards by
guards; why something differs is decided by ``causes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from dynaprov.model.address import Address
from dynaprov.model.change import Action, SettingChange
from dynaprov.model.kind import Desired, Kind, Presence, Reading
from dynaprov.model.setting import (
    Band,
    Effect,
    Ref,
    Setting,
    State,
    has_own_text,
    path_names,
    settings_of,
)

#: Values that are shown as they are.
_AS_IT_IS = frozenset({str, int, float, bool, type(None), Ref, Band})


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs at one address, before it is known why.

    ``field`` and ``key`` say which part of the resource's state the address is (an index); both are
    empty for the resource itself.
    """

    address: Address
    action: Action
    settings: tuple[SettingChange, ...]
    field: str = ""
    key: str = ""


def diff(kind: Kind, desired: Desired, state: State, reading: Reading) -> list[Difference]:
    """All differences of one resource; ``state`` is the desired one with references resolved.

    An unreadable resource has none: nothing is known of it.
    """
    if reading.presence is Presence.UNREADABLE:
        return []
    observed = reading.state
    if reading.presence is Presence.ABSENT:
        if kind.fresh is None:
            return [Difference(desired.address, Action.CREATE, tuple(_created(state, desired)))]
        observed = kind.fresh
    assert observed is not None
    skipped = frozenset(reading.unreadable)
    own: list[SettingChange] = []
    parts: list[Difference] = []
    words = path_names(type(state))
    for name, setting in settings_of(type(state)).items():
        if name not in state.model_fields_set or not setting.compared or words[name] in skipped:
            continue
        after, before = getattr(state, name), getattr(observed, name, None)
        if setting.part:
            parts.extend(_entries(desired, name, setting, after or {}, before or {}))
        else:
            own.extend(_compare(words[name], setting, after, before, desired, words[name]))
    made = [Difference(desired.address, _action(reading), tuple(own))] if own else []
    return [*made, *parts]


def _action(reading: Reading) -> Action:
    return Action.CREATE if reading.presence is Presence.ABSENT else Action.UPDATE


def _compare(
    path: str, setting: Setting, after: Any, before: Any, desired: Desired, written: str
) -> Iterator[SettingChange]:
    """Compare one declared setting; nested states give one change per declared leaf."""
    # A state with a text of its own (a key) is one value.
    nested = isinstance(after, State) and not has_own_text(after)
    if nested and (before is None or isinstance(before, State)):
        yield from _nested(path, after, before, desired, written)
    elif setting.keyed and isinstance(after, Mapping):
        live = before or {}
        for key, value in after.items():
            if live.get(key) != value:
                at = f"{path}.{key}"
                yield _change(at, setting, value, live.get(key), desired, f"{written}.{key}")
    elif not same(after, before):
        yield _change(path, setting, after, before, desired, written)


def _nested(
    path: str, after: State, before: State | None, desired: Desired, written: str
) -> Iterator[SettingChange]:
    words = path_names(type(after))
    for name, setting in settings_of(type(after)).items():
        if name in after.model_fields_set and setting.compared:
            live = getattr(before, name, None)
            word = words[name]
            yield from _compare(
                f"{path}.{word}" if path else word,
                setting,
                getattr(after, name),
                live,
                desired,
                f"{written}.{word}",
            )


def _entries(
    desired: Desired,
    name: str,
    setting: Setting,
    after: Mapping[str, Any],
    before: Mapping[str, Any],
) -> Iterator[Difference]:
    """Compare the entries of a mapping one by one; live ones that nobody named are not touched."""
    word = path_names(type(desired.state))[name]
    for key, wanted in after.items():
        address = part_address(desired.address, setting.part, key)
        live = before.get(key)
        written = f"{word}.{key}"
        if wanted is None:
            if live is not None:
                change = _change("", setting, None, live, desired, written)
                yield Difference(address, Action.DELETE, (change,), name, key)
        elif live is None:
            changes = tuple(_nested("", wanted, None, desired, written))
            if setting.effect is Effect.FIXED:
                changes = tuple(_fixed(change) for change in changes)
            yield Difference(address, Action.CREATE, changes, name, key)
        else:
            changes = tuple(_nested("", wanted, live, desired, written))
            if changes:
                replaces = any(change.effect is Effect.REPLACE for change in changes)
                action = Action.REPLACE if replaces else Action.UPDATE
                yield Difference(address, action, changes, name, key)


def _fixed(change: SettingChange) -> SettingChange:
    return replace(change, effect=Effect.FIXED)


def part_address(resource: Address, part: str, key: str) -> Address:
    """The address of an entry of a resource's mapping."""
    return resource.child(part).child(key)


def _created(state: State, desired: Desired) -> Iterator[SettingChange]:
    """What a resource is created with: every declared setting that is not explicitly none."""
    words = path_names(type(state))
    declared = state.model_fields_set
    for name, setting in settings_of(type(state)).items():
        if name in declared and setting.compared and (value := getattr(state, name)) is not None:
            if setting.part:
                value = {key: entry for key, entry in value.items() if entry is not None}
                if not value:
                    continue
            yield _change(words[name], setting, value, None, desired, words[name])


def _change(
    path: str, setting: Setting, after: Any, before: Any, desired: Desired, written: str
) -> SettingChange:
    return SettingChange(
        path=path,
        before=shown(before),
        after=shown(after),
        effect=setting.effect,
        owner=setting.owner,
        severity=setting.severity,
        origin=desired.origin(written),
        secret=setting.secret,
        reason=f"outside the band {after}" if isinstance(after, Band) else "",
    )


def same(after: Any, before: Any) -> bool:
    """Whether the live value is what is declared; anything within a band is."""
    if isinstance(after, Band):
        return before in after
    return bool(after == before)


def shown(value: Any) -> Any:
    """A value as JSON, or as the ``Ref`` or ``Band`` that it is."""
    if type(value) in _AS_IT_IS:
        return value
    if has_own_text(value):
        return str(value)
    if isinstance(value, BaseModel):
        words = path_names(type(value)) if isinstance(value, State) else {}
        return {
            words.get(name, name): shown(getattr(value, name))
            for name in type(value).model_fields
            if name in value.model_fields_set
        }
    if isinstance(value, Mapping):
        return {str(key): shown(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [shown(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted(shown(entry) for entry in value)
    return value
