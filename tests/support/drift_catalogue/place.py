"""The accounts that entries are done in: converged once, and put back before each entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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

#: Specs of each place, by what was there before.
PLACES: Mapping[str, Callable[[Account], Documents]] = {
    "full": lambda account: account.documents,
    "keys": lambda _: {"tables/orders.yaml": fixed.DOCUMENT},
    "mail": lambda _: MAIL,
}


@dataclass
class Stage:
    """An account that was just converged: what an entry changes.

    ``spec`` is what the account is compared with afterwards; an entry may put another one there.
    """

    account: Account
    world: World
    spec: Spec
    scratch: Path
    documents: Documents

    def respecify(self, *sets: str) -> None:
        """Change the spec, too: ``tables.orders.class=STANDARD``."""
        self.spec = written(self.scratch, self.documents, *sets)

    def plan(self) -> Plan:
        """Compare."""
        return self.world.plan(self.spec)


@contextmanager
def stages(place: str, scratch: Path) -> Iterator[Callable[[], Stage]]:
    """A function that puts the account of a place back and gives it."""
    with world(scratch, rules=False) as made:
        account = Account.furnished()
        documents = PLACES[place](account)
        spec = written(scratch, documents)
        made.converge(spec)
        snapshot = Snapshot()

        def fresh() -> Stage:
            snapshot.restore()
            return Stage(account, made, spec, scratch, documents)

        yield fresh
