"""Stages that need neither specs nor AWS, for tests of the command line alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from dynaprov.cli.door import Door
from dynaprov.cli.options import Options
from dynaprov.cli.spec_stages import Loaded
from dynaprov.cli.stages import Stages
from dynaprov.model.attribution import Attribution, Commit
from dynaprov.model.awaited import Awaited
from dynaprov.model.delivery import Deliverer, Targets
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.events import Listener, OperationEnded, OperationStarted, Stage, StageStarted
from dynaprov.model.finding import Coverage
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.plan import Plan
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec, TableSpec
from support.deliveries import FakeDeliverer

SPEC = Spec(
    project="streaming-logs",
    environment="dev",
    region="us-east-1",
    tables={name: TableSpec(name, {}) for name in ("audit-trail", "log-metadata")},
)


class FakeStages(Stages):
    """Finds the plans that it was given, in this order; the last one again and again."""

    def __init__(self, *plans: Plan, run: Callable[[Plan], Run] | None = None) -> None:
        super().__init__()
        self.plans = list(plans)
        self.run = run
        self.warnings: tuple[Diagnostic, ...] = ()
        self.problem: Exception | None = None
        self.on_apply: Callable[[], None] = lambda: None
        self.wrote: bool | None = None
        self.applied: list[Plan] = []
        self.used: Options | None = None
        self.interrupts = 0
        self.patient: bool | None = None
        self.awaited: Awaited | None = None
        self.waited: dict[str, Any] = {}
        self.delivered = FakeDeliverer()
        self.targets = Targets()
        self.made: dict[tuple[str, str], Attribution] = {}
        self.declared: dict[tuple[str, str], Commit] = {}
        self.covered = Coverage(managed=4, live=4)
        self.only: list[frozenset[tuple[str, str]]] = []
        self.spec = SPEC

    def check(self, options: Options) -> tuple[int, list[Loaded]]:
        return 3, [self.load(options)]

    def load(self, options: Options) -> Loaded:
        if self.problem:
            raise self.problem
        self.used = options
        return Loaded(self.spec, self.warnings)

    def show(self, options: Options, table: str | None) -> Mapping[str, Any]:
        return {"environment": "dev", "tables": {"log-metadata": {"ttl": {"attribute": "ttl"}}}}

    def explain(self, options: Options, table: str | None) -> Iterable[tuple[str, Any, Origin]]:
        yield "region", "us-east-1", Origin(Position("specs/project.yaml", 3, 9), Layer.PROJECT)
        yield "stamp", True, Origin(Position("specs/project.yaml", 4, 8), Layer.PROJECT)

    def schemas(self) -> Mapping[str, Any]:
        return {name: {"title": name} for name in ("project", "table", "environment", "spec")}

    def starter(self, project: str) -> Mapping[str, str]:
        return {"project.yaml": f"project_name: {project}\n", "tables/things.yaml": "ttl: none\n"}

    @contextlib.contextmanager
    def door(self, options: Options, spec: Spec, *, writes: bool) -> Iterator[Door]:
        self.wrote = writes
        yield Door(cast("Any", None), "us-east-1", pinned=True)

    def diff(
        self,
        spec: Spec,
        door: Door,
        options: Options,
        listener: Listener,
        *,
        only: frozenset[tuple[str, str]] = frozenset(),
    ) -> Plan:
        self.only.append(only)
        listener(StageStarted(Stage.OBSERVING, "2 tables"))
        return self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]

    def plan_destroy(
        self, spec: Spec, door: Door, options: Options, listener: Listener, *, keep_data: bool
    ) -> Plan:
        return self.diff(spec, door, options, listener)

    def apply(
        self,
        plan: Plan,
        door: Door,
        options: Options,
        again: Callable[[], Plan],
        *,
        fingerprint: str,
        listener: Listener,
        interrupted: Callable[[], bool],
        halted: Callable[[], str] | None = None,
        patient: bool = True,
    ) -> Run:
        self.applied.append(plan)
        self.patient = patient
        listener(StageStarted(Stage.EXECUTING, f"{len(plan.operations)} operations"))
        self.on_apply()
        outcomes = []
        for operation in plan.operations:
            stopped = interrupted()
            if not stopped:
                listener(OperationStarted(operation))
            status = Status.CANCELLED if stopped else Status.SUCCEEDED
            outcome = Outcome(operation, status, 1, seconds=0.0 if stopped else 0.3)
            listener(OperationEnded(outcome))
            outcomes.append(outcome)
        if self.run:
            return self.run(plan)
        run = Run(plan, "f" * 64, tuple(outcomes), interrupted(), journal="/state/run.jsonl")
        return run if run.interrupted else replace(run, residual=again())

    def wait(
        self,
        spec: Spec,
        door: Door,
        options: Options,
        listener: Listener,
        *,
        until: str,
        timeout_seconds: float,
        interrupted: Callable[[], bool],
    ) -> Awaited:
        self.waited = {"until": until, "timeout_seconds": timeout_seconds}
        assert self.awaited is not None
        return self.awaited

    def interrupt(self) -> None:
        self.interrupts += 1

    def coverage(self, plan: Plan, door: Door) -> Coverage:
        return self.covered

    def who(self, plan: Plan, door: Door, options: Options, seen: Any) -> Any:
        return self.made

    def commits(self, plan: Plan) -> Any:
        return self.declared

    def deliverer(self, options: Options, region: str, targets: Targets) -> Deliverer:
        self.targets = targets
        return self.delivered

    def outputs(self, spec: Spec, door: Door, listener: Listener) -> Mapping[str, Any]:
        return {
            "table_names": {"log-metadata": "streaming-logs-dev-log-metadata"},
            "table_arns": {"log-metadata": "arn:aws:dynamodb:us-east-1:1:table/x"},
            "kms_key_arn": "arn:aws:kms:us-east-1:1:key/k",
            "table_configurations": {"log-metadata": {"ttl": True, "stream": None}},
            "dynamodb_endpoints": {"dynamodb": "https://dynamodb.us-east-1.amazonaws.com"},
        }
