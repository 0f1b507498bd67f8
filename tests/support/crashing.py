"""The scenarios in which a run is stopped: what is there before, what is to come, and the runs.

Small, and with one of everything that there must not be two of: key, alias, topic, subscription,
policy, dashboard, index, alarm, scaling target, and at the end a backup of each table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dynaprov.local import LOCAL_REGION
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.spec.resolve import load_specs
from support.converging import World, differences, world
from support.inventory import Inventory, inventory, twice
from support.rules.clients import client
from support.rules.faults import Killed, killed

Documents = Mapping[str, Any]

#: Every guard that an update of these lifts.
ALLOWED = ("delete", "delete-index", "stream-off", "too-much-change")

BEFORE: Documents = {
    "project.yaml": {
        "project_name": "shop",
        "region": LOCAL_REGION,
        "default_environment": "full",
    },
    "environments/full.yaml": {
        "allow_destroy": True,
        "kms_key": {"description": "of the shop", "rotation": False},
        "topic": {"encryption": "kms-key", "subscriptions": {"email:a@example.com": {}}},
        "access_policies": {"app": {"tables": "*", "roles": ["reader"]}},
        "dashboard": {"widgets": ["throttles"], "period_seconds": 60, "range": "-PT3H"},
    },
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "encryption": "kms-key",
        "indexes": {"ByState": {"partition_key": "state", "projection": "KEYS_ONLY"}},
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True, "recovery_period_days": 7},
        "alarms": {"suite": "basic"},
        "deletion_protection": True,
        "tags": {"Team": "shop"},
    },
    "tables/events.yaml": {
        "partition_key": "id",
        "billing_mode": "PROVISIONED",
        "capacity": {"write": 5},
        "stream": "NEW_IMAGE",
        "scaling": {"read": {"min": 5, "max": 20, "target_utilization": 70}},
    },
}


def _mixed() -> Documents:
    made = deepcopy(dict(BEFORE))
    environment = made["environments/full.yaml"]
    environment["kms_key"] = {"description": "of all shops", "rotation": True}
    environment["topic"]["display_name"] = "shop"
    environment["topic"]["subscriptions"]["email:b@example.com"] = {}
    environment["access_policies"]["app"] = {"tables": ["orders"], "roles": ["reader", "writer"]}
    environment["dashboard"]["widgets"] = ["capacity"]
    made["tables/orders.yaml"].update(
        {
            "class": "STANDARD_INFREQUENT_ACCESS",
            "stream": "NEW_IMAGE",
            "pitr": {"enabled": True, "recovery_period_days": 9},
            "alarms": {"suite": "full"},
            "tags": {"Team": "none", "Cost": "1"},
            "indexes": {"ByOwner": {"partition_key": "owner", "projection": "ALL"}},
        }
    )
    made["tables/events.yaml"].update(
        {
            "capacity": {"write": 3},
            "encryption": "kms-key",
            "ttl": {"attribute": "expires"},
            "scaling": {"read": {"min": 5, "max": 60, "target_utilization": 70}},
        }
    )
    made["tables/carts.yaml"] = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    return made


def _wave() -> Documents:
    made = deepcopy(dict(BEFORE))
    made["tables/orders.yaml"]["indexes"] = {
        "ByState": "none",
        "ByDate": {"partition_key": "placed", "projection": "KEYS_ONLY"},
        "ByOwner": {"partition_key": "owner", "projection": "ALL"},
        "ByTotal": {"partition_key": {"name": "total", "type": "N"}, "projection": ["state"]},
    }
    return made


@dataclass(frozen=True)
class Scenario:
    """What is there before a run (nothing, if that is None), and what the run makes of it.

    A run that ``destroys`` is given the documents that say what is to go.
    """

    name: str
    before: Documents | None
    after: Documents
    destroys: bool = False

    def __str__(self) -> str:
        return self.name


SCENARIOS = (
    Scenario("create", None, BEFORE),
    Scenario("update", BEFORE, _mixed()),
    Scenario("index-wave", BEFORE, _wave()),
    Scenario("destroy", BEFORE, BEFORE, destroys=True),
)


def folder_of(documents: Documents, folder: Path) -> Path:
    """A specs directory with these documents."""
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder


#: Until nothing is shown late any more.
LATE_SECONDS = 1800.0


class Stage:
    """A live account before the run, and the run."""

    def __init__(self, scenario: Scenario, live: World, scratch: Path) -> None:
        self.live = live
        self._destroys = scenario.destroys
        if scenario.before is not None:
            before = load_specs(folder_of(scenario.before, scratch / "before"), "full").spec
            live.converge(before)
            live.rest()
        self._folder = folder_of(scenario.after, scratch / "after")
        self._spec = load_specs(self._folder, "full").spec
        assert live.layer is not None
        self.layer = live.layer
        self.layer.seen.clear()

    @property
    def command(self) -> Sequence[str]:
        """The same run on the command line."""
        if self._destroys:
            return ("destroy", "--confirm", "shop-full")
        return ("apply", "--yes", "--prune")

    @property
    def arguments(self) -> Sequence[str]:
        """What follows the command: the spec, and what ``run`` allows."""
        allowed = [word for code in ALLOWED for word in ("--allow", code)]
        return ("--env", "full", "--specs", str(self._folder), "--json", *allowed)

    def look(self) -> Plan:
        """The plan at this moment."""
        if self._destroys:
            return self.live.plan_destroy(self._spec, *ALLOWED)
        return self.live.plan_now(self._spec, *ALLOWED, targets=(), prune=True)

    def run(self, again: Callable[[], Plan] | None = None) -> Run:
        """Look, carry out, look again."""
        return self.live.carry_out(self.look(), again or self.look)

    def stopped_at(self, number: int, *, with_effect: bool) -> bool:
        """Run until a mutating call; False when there are fewer."""
        fault = killed(number=number, with_effect=with_effect)

        def again() -> Plan:
            if fault.struck:
                raise Killed("nobody compares after a kill")
            return self.look()

        self.layer.inject(fault)
        with suppress(Killed):
            self.live.finished(lambda: self.run(again))
        self.layer.heal()
        self.layer.revive()
        return bool(fault.struck)

    def end(self) -> tuple[list[str], Inventory]:
        """Run to the end; what did not go well, and what there is then."""
        run = self.live.finished(self.run)
        wrong = [f"{o.operation.id} {o.status} {o.detail} {o.error}" for o in run.failed]
        wrong += sorted(map(str, differences(run.residual) if run.residual else ()))
        if not run.converged:
            wrong.append("not converged")
        self.live.clock.advance(LATE_SECONDS)
        left = self.look().operations
        wrong += [f"still planned: {each.id}" for each in left]
        # All is at rest: what moto holds is what there is, and nobody counts how often it is read.
        self.layer.rules = ()
        return wrong, inventory(client)


@cache
def undisturbed(name: str) -> Inventory:
    """What there is after a scenario that nobody stops."""
    [scenario] = [each for each in SCENARIOS if each.name == name]
    with TemporaryDirectory() as scratch, world(Path(scratch), rules=True) as live:
        wrong, found = Stage(scenario, live, Path(scratch)).end()
        assert wrong == []
        assert twice(found) == []
        return found
