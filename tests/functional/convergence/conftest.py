"""The environment whose every setting is declared, live in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dynaprov.model.spec import Spec
from support.breaking.place import Account
from support.converging import World, differences, world


@dataclass
class Live:
    """The account, dynaprov's way to it, and the spec that was applied there."""

    account: Account
    world: World
    spec: Spec
    scratch: Path

    def is_in_sync(self) -> bool:
        """Whether nothing is left to do."""
        plan = self.world.plan(self.spec)
        return plan.in_sync and plan.is_empty


class Lives:
    """One account for the tests of a module; a fresh one after a test that left it broken."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._open: Iterator[Live] | None = None
        self._live: Live | None = None

    def get(self) -> Live:
        if self._live is None:
            self._open = self._begin()
            self._live = next(self._open)
        return self._live

    def end(self) -> None:
        for _ in self._open or ():
            pass
        self._open = self._live = None

    def _begin(self) -> Iterator[Live]:
        with world(self._scratch) as made:
            account = Account.furnished()
            spec = account.spec(self._scratch)
            made.converge(spec)
            yield Live(account, made, spec, self._scratch)


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    made = Lives(tmp_path_factory.mktemp("full"))
    yield made
    made.end()


@pytest.fixture
def live(lives: Lives, request: pytest.FixtureRequest) -> Iterator[Live]:
    """The live environment, in sync; whoever leaves it otherwise gets the next one a fresh one."""
    yield lives.get()
    if not request.node.stash.get(HEALED, False):
        lives.end()


HEALED = pytest.StashKey[bool]()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[World]:
    """An account with nothing in it."""
    with world(tmp_path) as made:
        yield made


@pytest.fixture
def healed(request: pytest.FixtureRequest, live: Live) -> Iterator[None]:
    """Marks that the test put everything back, which is looked at here."""
    yield
    plan = live.world.plan(live.spec)
    assert differences(plan) == set()
    assert plan.is_empty
    request.node.stash[HEALED] = True
