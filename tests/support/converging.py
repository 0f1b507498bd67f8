"""A whole environment on the embedded endpoint in this process: applied, broken, healed."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from dynaprov import reconciler
from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.local import LOCAL_REGION, in_process
from dynaprov.model.outcome import Run, Status
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Caller, Reader
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from dynaprov.spec.resolve import load_specs
from support.clock import VirtualClock
from support.recording import Requests, requests
from support.rules import Layer, aws
from support.rules.dynamodb import keys
from support.rules.registry import RULES

SHIPPED = Path(__file__).parents[2] / "specs"

Clients = Callable[[str], Any]

#: Longer than every budget: a table's class is changed twice in 30 days.
REST_SECONDS = 31 * 24 * 3600.0
#: How the threads of a gateway and of a run are called; they end by themselves in a moment.
_THREADS = ("read", "operation", "clients")
_END_SECONDS = 5.0
#: Of an apply that defers something; more are a defect.
MOST_RUNS = 4


@cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name=LOCAL_REGION
    )


@cache
def client(service: str) -> Any:
    """The plain boto3 client by which things are changed behind dynaprov's back.

    Under AWS's rules nothing is under way, and no budget is used up, when it calls.
    """
    made: Any = _session().client(service)  # type: ignore[call-overload]
    made.meta.events.register("before-call", lambda **_: _rest())
    return made


_WORLDS: list[World] = []


def _rest() -> None:
    for each in _WORLDS:
        each.rest()


class World:
    """The account in this process, and dynaprov's way to it.

    ``requests`` holds what dynaprov and the tests sent, as botocore saw it; ``clock`` is that of
    dynaprov, and of the account where there is a rule layer (``layer``).
    """

    def __init__(
        self,
        gateway: Gateway,
        clock: VirtualClock,
        seen: Requests,
        scratch: Path,
        layer: Layer | None = None,
    ):
        self.gateway = gateway
        self.requests = seen
        self.layer = layer
        self.clock = clock
        self.journal = scratch / "journal.jsonl"

    def close(self) -> None:
        """End the threads of the way to the account, before this process is copied."""
        self.gateway.close()
        for thread in threading.enumerate():
            if thread.name.startswith(_THREADS):
                thread.join(_END_SECONDS)

    def reopen(self) -> None:
        """Another way to the same account, in a copy of the process that had the first."""
        self.gateway = Gateway(_door(), writing=True, clock=self.clock)

    def rest(self) -> None:
        """Let everything that is under way end, and every budget fill."""
        if self.layer is not None:
            self.clock.advance(REST_SECONDS)

    def plan(
        self, spec: Spec, *allowed: str, targets: Sequence[str] = (), prune: bool = False
    ) -> Plan:
        """Compare, at rest."""
        self.rest()
        return self.plan_now(spec, *allowed, targets=targets, prune=prune)

    def plan_now(
        self, spec: Spec, *allowed: str, targets: Sequence[str] = (), prune: bool = False
    ) -> Plan:
        """Compare, whatever is under way."""
        return reconciler.diff(
            spec,
            self.gateway,
            Choices(tuple(targets), prune, frozenset(allowed)),
            clock=self.clock,
        )

    def plan_destroy(self, spec: Spec, *allowed: str) -> Plan:
        """Compare with nothing."""
        return reconciler.plan_destroy(spec, self.gateway, Choices(allowed=frozenset(allowed)))

    def carry_out(
        self,
        plan: Plan,
        again: Callable[[], Plan],
        *,
        caller: Caller | None = None,
        reader: Reader | None = None,
        patient: bool = True,
    ) -> Run:
        """Execute a plan, by another way if one is given, and compare again.

        Not patient is ``--no-wait``.
        """
        return reconciler.apply(
            plan,
            reader or self.gateway,
            caller or self.gateway,
            again,
            clock=self.clock,
            journal=self.journal,
            patient=patient,
        )

    def apply(
        self,
        spec: Spec,
        *allowed: str,
        targets: Sequence[str] = (),
        prune: bool = False,
        patient: bool = True,
    ) -> Run:
        """Compare, execute, compare again."""

        def again() -> Plan:
            return self.plan_now(spec, *allowed, targets=targets, prune=prune)

        return self.carry_out(again(), again, patient=patient)

    def finished(self, carry_out: Callable[[], Run]) -> Run:
        """Run until nothing is deferred; what is, gets its time."""
        run = carry_out()
        for _ in range(MOST_RUNS):
            if all(outcome.status is not Status.DEFERRED for outcome in run.outcomes):
                break
            # Also without the rule layer some steps are planned with their time.
            self.clock.advance(REST_SECONDS)
            run = carry_out()
        return run

    def converge(self, spec: Spec, *allowed: str, prune: bool = False) -> None:
        """Apply, and insist that it converged; what is deferred gets its time."""
        run = self.finished(lambda: self.apply(spec, *allowed, prune=prune))
        assert [
            (o.operation.id, o.detail, o.error) for o in run.outcomes if not o.status.good
        ] == []
        assert run.converged, differences(run.residual) if run.residual else ""

    def calls_of_apply(self, spec: Spec) -> list[str]:
        """Apply once more; the mutating requests that went out meanwhile."""
        self.requests.clear()
        self.converge(spec)
        return self.requests.mutating


@contextmanager
def world(
    scratch: Path, *, rules: bool | None = None, clock: VirtualClock | None = None
) -> Iterator[World]:
    """An empty account; under AWS's rules where the test or ``TEST_ON_RULES=1`` asks for that."""
    if rules is None:
        rules = bool(os.environ.get("TEST_ON_RULES"))
    clock = clock or VirtualClock()
    with (
        in_process(),
        aws(clock, LASTING) if rules else nullcontext() as layer,
        connected(scratch, clock, layer) as made,
    ):
        yield made


#: A rest here is a month; tables that have lost their key would be archived in it.
LASTING = tuple(rule for rule in RULES if rule not in keys.ARCHIVING)


@contextmanager
def connected(scratch: Path, clock: VirtualClock, layer: Layer | None) -> Iterator[World]:
    """The account as it is, with a gateway to it for as long as the context lasts."""
    seen = requests()
    seen.clear()
    with Gateway(_door(), writing=True, clock=clock) as gateway:
        made = World(gateway, clock, seen, scratch, layer)
        _WORLDS.append(made)
        try:
            yield made
        finally:
            _WORLDS.remove(made)


@cache
def _door() -> Session:
    """dynaprov's clients; making them takes longer than most tests."""
    return Session(region=LOCAL_REGION, checked=True)


def differences(plan: Plan) -> set[tuple[str, str]]:
    """Address and path of everything that differs; a path is empty where a whole thing does."""
    found = {
        (str(change.address), setting.path)
        for change in plan.changes
        for setting in change.settings
    }
    found |= {(str(change.address), "") for change in plan.changes if not change.settings}
    found |= {(str(each.address), "unmanaged") for each in plan.unmanaged_parts}
    found |= {(str(each.address), "not compared") for each in plan.not_compared}
    return found


def shipped(env: str, *sets: str) -> Spec:
    """The shipped specs of an environment."""
    return load_specs(SHIPPED, env, sets).spec


def written(scratch: Path, documents: Mapping[str, Any], *sets: str) -> Spec:
    """The spec of these documents, for the environment ``full`` of the project ``shop``."""
    for path, document in {
        "project.yaml": {"project_name": "shop", "region": LOCAL_REGION},
        "environments/full.yaml": {},
        **documents,
    }.items():
        target = scratch / "specs" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(document))
    return load_specs(scratch / "specs", "full", sets).spec
