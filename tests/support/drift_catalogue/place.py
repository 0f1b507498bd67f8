"""The accounts that entries are done in: converged once, and put back before each entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from support.breaking import fixed
from support.breaking.place import Account
from support.converging import World, world, written
from support.drift_catalogue.snapshot import Snapshot

Documents = Mapping[str, Any]

#: An encrypted table, an alarm, and a subscription that nobody has confirmed yet.
MAIL: Documents = {
    "environments/full.yaml": {
        "kms_key": {"policy": "standard"},
        "topic": {
            "encryption": "kms-key",
            "policy": "standard",
            "subscriptions": {"email:ops@example.com": True},
        },
    },
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "encryption": "kms-key",
        "alarms": {"suite": "basic"},
    },
}

#: A table that AWS is at work on for a while whenever it is changed.
WORK: Documents = {
    "environments/full.yaml": {"kms_key": {"policy": "standard"}},
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PROVISIONED",
        "capacity": {"read": 5, "write": 5},
        "encryption": "kms-key",
        "stream": "NEW_IMAGE",
        "ttl": {"attribute": "expires"},
    },
}

#: Specs of each place, by what was there before.
PLACES: Mapping[str, Callable[[Account], Documents]] = {
    "full": lambda account: account.documents,
    "keys": lambda _: {"tables/orders.yaml": fixed.DOCUMENT},
    "mail": lambda _: MAIL,
    "work": lambda _: WORK,
}
#: Places where AWS's rules hold whatever ``TEST_ON_RULES`` says, and its work takes time.
_AT_WORK = frozenset({"work"})


@dataclass
class Stage:
    """An account that was just converged: what an entry changes.

    ``spec`` is what the account is compared with afterwards; an entry may put another one there.
    ``at_work``: it is compared while AWS is still at work on what was changed.
    """

    account: Account
    world: World
    spec: Spec
    scratch: Path
    documents: Documents
    at_work: bool

    def respecify(self, *sets: str) -> None:
        """Change the spec, too: ``tables.orders.class=STANDARD``."""
        self.spec = written(self.scratch, self.documents, *sets)

    def plan(self) -> Plan:
        """Compare: at once where AWS is to be at work, else at rest."""
        return self.world.plan_now(self.spec) if self.at_work else self.world.plan(self.spec)


Fresh = Callable[[], Stage]


@contextmanager
def stages(place: str, scratch: Path) -> Iterator[Fresh]:
    """A function that gives the account of a place, converged and as if nobody had touched it."""
    with ExitStack() as stack:
        if place in _AT_WORK:
            yield lambda: _anew(place, scratch, stack)
        else:
            yield _put_back(place, scratch, stack)


def _anew(place: str, scratch: Path, stack: ExitStack) -> Stage:
    stack.close()  # what was there before
    return _converged(place, scratch, stack, at_work=True)


def _put_back(place: str, scratch: Path, stack: ExitStack) -> Fresh:
    stage = _converged(place, scratch, stack, at_work=False)
    snapshot = Snapshot(stage.world.layer)

    def fresh() -> Stage:
        snapshot.restore()
        return replace(stage)

    return fresh


def _converged(place: str, scratch: Path, stack: ExitStack, *, at_work: bool) -> Stage:
    made = stack.enter_context(world(scratch, rules=at_work or None))
    account = Account.furnished()
    documents = PLACES[place](account)
    spec = written(scratch, documents)
    made.converge(spec)
    made.rest()
    return Stage(account, made, spec, scratch, documents, at_work)
