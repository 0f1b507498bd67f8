"""Plans to test reports with: one of everything, and generated ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange, Unmanaged
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.operation import (
    Budget,
    Concession,
    Meaning,
    Operation,
    Risk,
    Seen,
    Settled,
    StampWrite,
    Wait,
)
from dynaprov.model.plan import Identity, InProgress, NotCompared, Plan, Refusal
from dynaprov.model.ports import Call, ErrorCategory, Read, ServiceError
from dynaprov.model.setting import Band, Effect, Owner, Ref, Severity
from dynaprov.model.source import Layer, Origin, Position

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12)
words = st.text("abcdefghij-", min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | texts
special = st.builds(Ref, words, words) | st.builds(Band, st.integers(), st.integers())
values: st.SearchStrategy[Any] = st.recursive(
    scalars | special,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts | st.just("$ref"), inner, max_size=3)
    ),
    max_leaves=8,
)
params = st.dictionaries(words, values, max_size=3)
times = st.none() | st.datetimes(timezones=st.just(UTC))
addresses = st.builds(lambda *parts: Address.parse("/".join(parts)), words, words, words) | (
    st.sampled_from(["kms-key", "alarm/user-errors", "t"]).map(Address.parse)
)
positions = st.builds(Position, words, st.integers(0, 99), st.integers(0, 99))
origins = st.none() | st.builds(Origin, positions, st.sampled_from(Layer))
errors = st.builds(
    ServiceError, st.sampled_from(ErrorCategory), words, words, words, texts, words, times
)
reads = st.builds(Read, words, words, params, words)
settings = st.builds(
    SettingChange,
    path=words,
    before=values,
    after=values,
    effect=st.sampled_from(Effect),
    owner=st.sampled_from(Owner),
    severity=st.sampled_from(Severity),
    cause=st.sampled_from(Cause),
    origin=origins,
    secret=st.just(False),
    reason=texts,
)


def tuples(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


changes = st.builds(
    Change,
    addresses,
    words,
    words,
    st.sampled_from(Action),
    st.sampled_from(Cause),
    st.sampled_from(Severity),
    tuples(settings),
    origins,
    tuples(texts),
)
pairs = tuples(st.tuples(words, words))
stamps = st.builds(StampWrite, pairs, tuples(st.tuples(words, words, tuples(words))), pairs)
concessions = st.builds(
    Concession,
    what=texts,
    ours=words | st.builds(Ref, words, words),
    winner=reads,
    outputs=st.dictionaries(words, words, max_size=2).map(lambda made: tuple(made.items())),
    identity=words,
    withdraw=st.none() | st.builds(Call, words, words, params),
    unless=tuples(reads),
)
operations = st.builds(
    Operation,
    id=words,
    address=addresses,
    kind=words,
    title=texts,
    call=st.builds(Call, words, words, params),
    needs=tuples(words),
    after=tuples(words),
    lock=words,
    waits=tuples(st.builds(Wait, words, words, reads, st.floats(0, 9000))),
    settled_by=tuples(st.builds(Settled, words, texts)),
    covers=tuples(words),
    outputs=st.dictionaries(words, words, max_size=2).map(lambda made: tuple(made.items())),
    creates=st.booleans(),
    deletes=st.booleans(),
    repeatable=st.booleans(),
    concession=st.none() | concessions,
    stamp=st.none() | stamps,
    risk=st.sampled_from(Risk),
    meaning=st.builds(Meaning, texts, texts, texts, texts),
    not_before=times,
    budgets=tuples(
        st.builds(
            Budget,
            name=words,
            of=words,
            what=texts,
            rule=texts,
            limit=st.integers(0, 30),
            window_seconds=st.integers(0, 10**7),
            seen=st.sampled_from(Seen),
            used=st.none() | st.integers(0, 30),
            left=st.none() | st.integers(0, 30),
            free_at=times,
        )
    ),
)
unmanaged = st.builds(
    Unmanaged,
    addresses,
    words,
    words,
    texts,
    st.none() | addresses,
    st.dictionaries(words, values, max_size=2).map(lambda made: tuple(made.items())),
)
diagnostics = st.builds(
    Diagnostic,
    words,
    texts,
    texts,
    texts,
    st.none() | positions,
    texts,
    words,
    st.sampled_from(Level),
)
plans = st.builds(
    Plan,
    st.builds(Identity, words, words, words, words, words, words, words),
    tuples(changes),
    tuples(operations),
    tuples(st.builds(Refusal, words, addresses, texts, texts)),
    tuples(unmanaged),
    tuples(st.builds(NotCompared, addresses, words, errors)),
    tuples(st.builds(InProgress, addresses, texts)),
    tuples(diagnostics),
    tuples(st.tuples(words, words)),
)

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
