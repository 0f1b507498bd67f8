"""One cell of the matrix: a scenario whose first call of an API meets a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dynaprov.cli import exits
from dynaprov.cli.exits import Exit
from dynaprov.model.errors import Stopped
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.report.document import plan_document, run_document
from support.converging import World, differences
from support.losing import things
from support.matrix.scenarios import BY_NAME, Stage, ground
from support.rules.faults import (
    Fault,
    denied,
    expired_from,
    latency,
    lost,
    server_error,
    throttled,
)

LATE_SECONDS = 30.0

#: The faults by the head of their column.
FAULTS: Mapping[str, Callable[[str], Fault]] = {
    "throttled": throttled,
    "server error": server_error,
    "lost before": lambda api: lost(api, with_effect=False),
    "lost after": lambda api: lost(api, with_effect=True),
    "late": lambda api: latency(api, seconds=LATE_SECONDS, times=1),
    "denied": denied,
    "expired": expired_from,
}


class Verdict(StrEnum):
    """What became of a run that met a fault."""

    CONVERGED = "converged"
    NEXT_RUN = "next run"
    NOT_COMPARED = "not compared"
    NOT_DONE = "not done"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Cell:
    """Verdict and exit code, and what should not have been."""

    verdict: Verdict
    exit: Exit
    wrong: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verdict}, {self.exit.value}" if self.exit else str(self.verdict)


@cache
def undisturbed(name: str) -> tuple[tuple[str, ...], Counter[str]]:
    """The APIs that a scenario calls, in their order, and what is there after it."""
    with TemporaryDirectory() as scratch, ground(Path(scratch)) as live:
        stage = Stage(BY_NAME[name], live, Path(scratch))
        if stage.scenario.reads:
            assert stage.look().in_sync
        else:
            run = stage.run()
            assert run.converged, _left(run)
        return tuple(stage.seen()), things()


def cells(scenario: str, api: str, faults: Iterable[str]) -> dict[str, Cell]:
    """What becomes of a scenario whose first call of an API meets a fault, for some faults."""
    _, expected = undisturbed(scenario)
    made: dict[str, Cell] = {}
    with TemporaryDirectory() as scratch, ground(Path(scratch)) as live:
        stage = None
        for fault in faults:
            # A comparison leaves everything as it was.
            if stage is None or not stage.scenario.reads:
                stage = Stage(BY_NAME[scenario], live, Path(scratch))
            made[fault] = _met(stage, live, FAULTS[fault](api), api, expected)
    return made


def _met(stage: Stage, live: World, fault: Fault, api: str, expected: Counter[str]) -> Cell:
    stage.layer.inject(fault)
    found = _compared(stage, api) if stage.scenario.reads else _carried_out(stage, api)
    stage.layer.heal()
    wrong = [*found.wrong]
    if not fault.struck:
        wrong.append("the fault never struck")
    wrong += _again(stage, live, expected)
    return Cell(found.verdict, found.exit, tuple(wrong))


def _compared(stage: Stage, api: str) -> Cell:
    """What a comparison says."""
    try:
        plan = stage.look()
    except Stopped:
        return Cell(Verdict.STOPPED, Exit.STOPPED)
    code = exits.of_plan(plan_document(plan, command="diff"), exit_code=True)
    if plan.not_compared:
        return Cell(Verdict.NOT_COMPARED, code, tuple(_unnamed(plan, api)))
    return Cell(Verdict.CONVERGED, code, tuple(str(each) for each in differences(plan)))


def _carried_out(stage: Stage, api: str) -> Cell:
    """What a run comes to."""
    try:
        run = stage.run()
    except Stopped:
        return Cell(Verdict.STOPPED, Exit.STOPPED)
    code = exits.of_run(run_document(run))
    wrong = _uncounted(run)
    if run.stopped:
        return Cell(Verdict.STOPPED, code, tuple(wrong))
    refused = [o.error for o in run.failed if o.error]
    refused = [each for each in refused if each.category is ErrorCategory.DENIED]
    if refused:
        wrong += [str(each) for each in refused if not _names(each, api)]
        return Cell(Verdict.NOT_DONE, code, tuple(wrong))
    unread = [plan for plan in (run.plan, run.residual) if plan and plan.not_compared]
    if unread:
        wrong += [text for plan in unread for text in _unnamed(plan, api)]
        return Cell(Verdict.NOT_COMPARED, code, tuple(wrong))
    if run.converged and not run.deferred:
        return Cell(Verdict.CONVERGED, code, tuple(wrong))
    return Cell(Verdict.NEXT_RUN, code, tuple(wrong))


def _again(stage: Stage, live: World, expected: Counter[str]) -> list[str]:
    """What is wrong after a run without the fault."""
    if stage.scenario.reads:
        plan = stage.look()
        return [str(each) for each in differences(plan)]
    run = live.finished(stage.run)
    wrong = _left(run) + _uncounted(run)
    # The index of tags shows a stamp some time after it was written.
    live.rest()
    wrong += [f"planned once more: {each.id}" for each in stage.look().operations]
    there = things()
    wrong += [f"too many: {name} {count}" for name, count in (there - expected).items()]
    wrong += [f"missing: {name} {count}" for name, count in (expected - there).items()]
    return wrong


def _uncounted(run: Run) -> list[str]:
    """Operations that ended in no outcome, or in two."""
    ended = Counter(each.operation.id for each in run.outcomes)
    planned = Counter(each.id for each in run.plan.operations)
    return [f"outcomes of {each}" for each in (ended - planned) + (planned - ended)]


def _left(run: Run) -> list[str]:
    bad = [f"{o.operation.id} {o.status} {o.detail} {o.error}" for o in run.failed]
    return bad + sorted(map(str, differences(run.residual) if run.residual else ()))


def _unnamed(plan: Plan, api: str) -> list[str]:
    """Parts that could not be read for want of something else than this API."""
    return [str(each) for each in plan.not_compared if not _names(each.error, api)]


def _names(error: ServiceError, api: str) -> bool:
    return error.action == api.replace("resourcegroupstaggingapi:", "tag:")
