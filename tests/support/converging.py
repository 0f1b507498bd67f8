"""A whole environment on the embedded endpoint in this process: applied, broken, healed."""

from __future__ import annotations

import json
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
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from dynaprov.spec.resolve import load_specs
from support.clock import VirtualClock
from support.recording import Requests, requests
from support.rules import Layer, aws

SHIPPED = Path(__file__).parents[2] / "specs"

Clients = Callable[[str], Any]


@cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name=LOCAL_REGION
    )


@cache
def client(service: str) -> Any:
    """The plain boto3 client by which things are changed behind dynaprov's back."""
    return _session().client(service)


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
        self._scratch = scratch

    def plan(
        self, spec: Spec, *allowed: str, targets: Sequence[str] = (), prune: bool = False
    ) -> Plan:
        """Compare."""
        return reconciler.diff(
            spec,
            self.gateway,
            Choices(tuple(targets), prune, frozenset(allowed)),
            clock=self.clock,
        )

    def carry_out(self, plan: Plan, again: Callable[[], Plan]) -> Run:
        """Execute a plan and compare again."""
        return reconciler.apply(
            plan,
            self.gateway,
            self.gateway,
            again,
            clock=self.clock,
            journal=self._scratch / "journal.jsonl",
        )

    def apply(
        self, spec: Spec, *allowed: str, targets: Sequence[str] = (), prune: bool = False
    ) -> Run:
        """Compare, execute, compare again."""

        def again() -> Plan:
            return self.plan(spec, *allowed, targets=targets, prune=prune)

        return self.carry_out(again(), again)

    def converge(self, spec: Spec, *allowed: str, prune: bool = False) -> None:
        """Apply, again once the time of what was put off has come, and insist that it converged."""
        run = self.apply(spec, *allowed, prune=prune)
        if times := [each.not_before for each in run.deferred if each.not_before]:
            self.clock.advance((max(times) - self.clock.now()).total_seconds())
            run = self.apply(spec, *allowed, prune=prune)
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
def world(scratch: Path, *, rules: bool = False) -> Iterator[World]:
    """An empty account; under AWS's rules where that is asked for."""
    clock = VirtualClock()
    with in_process(), aws(clock) if rules else nullcontext() as layer:
        seen = requests()
        seen.clear()
        with Gateway(_door(), writing=True, clock=clock) as gateway:
            yield World(gateway, clock, seen, scratch, layer)


@cache
def _door() -> Session:
    """dynaprov's clients; making them takes longer than most tests."""
    return Session(region=LOCAL_REGION)


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
