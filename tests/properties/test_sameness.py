"""Order means nothing, and what equals itself does not differ."""

import random
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynaprov.model.ports import Answer, Read, Reader
from dynaprov.report.fingerprint import fingerprint
from support.worlds import Watched, World, applied, pairs, plan_of, resolved

#: Lists of AWS whose order means something.
ORDERED = frozenset({"KeySchema"})


@dataclass(frozen=True)
class Shuffling:
    """Implements ``Reader``: the same answers with every list in another order."""

    inner: Reader
    chance: random.Random

    def submit(self, read: Read) -> Future[Answer]:
        answer = self.inner.submit(read).result()
        future: Future[Answer] = Future()
        future.set_result(answer if answer.error else Answer(self._shuffled(answer.value)))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """Clients are made when they are first used."""

    def endpoint(self, service: str) -> str:
        """As if it were AWS's own."""
        return ""

    def _shuffled(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {key: self._shuffled(each, key) for key, each in value.items()}
        if isinstance(value, list):
            items = [self._shuffled(each) for each in value]
            return items if name in ORDERED else self.chance.sample(items, len(items))
        return value


def shuffled_keys(value: Any, chance: random.Random) -> Any:
    """The same documents with the keys of every mapping in another order."""
    if isinstance(value, Mapping):
        names = chance.sample(list(value), len(value))
        return {name: shuffled_keys(value[name], chance) for name in names}
    return value


@given(pair=pairs(), seed=st.integers(0, 999))
@settings(settings.get_profile("properties"), max_examples=8)
def test_the_order_of_files_keys_and_listings_changes_neither_plan_nor_fingerprint(
    pair: tuple[World, World], seed: int, live: Watched, workplace: Path
) -> None:
    live.forget()
    before, after = pair
    chance = random.Random(seed)
    assert not applied(resolved(before, workplace), live, workplace / "journal").failed
    plan = plan_of(resolved(after, workplace), live)

    other = plan_of(resolved(shuffled_keys(after, chance), workplace), Shuffling(live, chance))

    assert [each.id for each in other.operations] == [each.id for each in plan.operations]
    assert [each.call for each in other.operations] == [each.call for each in plan.operations]
    assert fingerprint(other) == fingerprint(plan)
