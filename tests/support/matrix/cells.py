"""One cell of the matrix: a scenario whose first call of an API meets a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dynaprov.cli import exits
from dynaprov.cli.exits import Exit
from dynaprov.model.errors import Stopped
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.report.document import plan_document, run_document
from support.converging import differences
from support.losing import things
from support.matrix.scenarios import Stage
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
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Cell:
    """Verdict and exit code, and what should not have been."""

    verdict: Verdict
    exit: Exit
    wrong: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verdict}, {self.exit.value}" if self.exit else str(self.verdict)


@dataclass(frozen=True)
class Undisturbed:
    """A run that meets no fault: the APIs that it calls, in their order, and what it leaves."""

    apis: tuple[str, ...]
    there: Counter[str]


def undisturbed(stage: Stage) -> Undisturbed:
    """Run the scenario of a stage."""
    if stage.scenario.reads:
        assert stage.look().in_sync
    else:
        run = stage.run()
        assert run.converged, _left(run)
    return Undisturbed(tuple(stage.seen()), things())


def met(stage: Stage, api: str, fault: str, usual: Undisturbed) -> Cell:
    """Run the scenario of a stage with the first call of an API meeting a fault, and run again."""
    strikes = FAULTS[fault](api)
    stage.layer.inject(strikes)
    found = _compared(stage, api) if stage.scenario.reads else _carried_out(stage, api)
    stage.layer.heal()
    wrong = [*found.wrong]
    if not strikes.struck:
        wrong.append("the fault never struck")
    wrong += _again(stage, usual.there)
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
        plan = stage.look()
        if plan.refusals:
            return Cell(Verdict.REFUSED, Exit.REFUSED, tuple(_unexplained(plan, api)))
        run = stage.carry_out(plan)
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


def _again(stage: Stage, expected: Counter[str]) -> list[str]:
    """What is wrong after a run without the fault."""
    if stage.scenario.reads:
        plan = stage.look()
        return [str(each) for each in differences(plan)]
    run = stage.live.finished(stage.run)
    wrong = _left(run) + _uncounted(run)
    # The index of tags shows a stamp some time after it was written.
    stage.live.rest()
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


def _unexplained(plan: Plan, api: str) -> list[str]:
    """Refusals that do not say which permission they are for want of."""
    action = _action(api)
    return [f"{each.code}: {each.detail}" for each in plan.refusals if action not in each.detail]


def _names(error: ServiceError, api: str) -> bool:
    return error.action == _action(api)


def _action(api: str) -> str:
    return api.replace("resourcegroupstaggingapi:", "tag:")
