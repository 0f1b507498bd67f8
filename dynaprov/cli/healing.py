"""``drift --heal``: an apply of what may be put right, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynaprov.cli.interrupts import listening
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.door import Door
    from dynaprov.cli.invocation import Invocation
    from dynaprov.model.events import Event
    from dynaprov.model.finding import Check
    from dynaprov.model.outcome import Run
    from dynaprov.model.spec import Healing, Spec
    from dynaprov.watch.heal import Choice


def healing_of(spec: Spec) -> Healing:
    """What the files allow to be put right.

    Raises:
        UsageProblem: when they allow nothing.
    """
    if spec.healing is None:
        raise UsageProblem(
            Diagnostic(
                "DP523",
                "nothing may be put right here",
                f"the files of `{spec.environment}` have no section `heal`",
                f"write `heal: {{classes: [protection, pitr]}}` into "
                f"environments/{spec.environment}.yaml, or leave --heal out",
            )
        )
    return spec.healing


def heal(invocation: Invocation, spec: Spec, door: Door, choice: Choice) -> Run | tuple[str, ...]:
    """Put the chosen findings right; or why the guards refuse that."""
    from dynaprov.report.fingerprint import fingerprint

    stages, options = invocation.stages, invocation.options
    only = choice.settings
    with invocation.progress() as listener:
        plan = stages.diff(spec, door, options, listener, only=only)
    if plan.refusals:
        return tuple(f"{each.address}: {each.detail}" for each in plan.refusals)
    with listening(stages.interrupt) as interrupted, invocation.progress() as listener:
        return stages.apply(
            plan,
            door,
            options,
            again=lambda: stages.diff(spec, door, options, _unheard, only=only),
            fingerprint=fingerprint(plan),
            listener=listener,
            interrupted=interrupted,
        )


def heal_document(
    choice: Choice, ended: Run | tuple[str, ...] | None, after: Check
) -> dict[str, Any]:
    """What became of it, as a member of the document.

    Args:
        choice: what was to be put right, and what was left.
        ended: the run, or why there was none; ``None``: there was nothing to put right.
        after: the check that was made afterwards.
    """
    from dynaprov.model.outcome import Run

    run = ended if isinstance(ended, Run) else None
    still = {each.finding.id for each in (*after.findings, *after.ignored)}
    problems = _problems(run) if run else {}
    refused = "; ".join(ended) if isinstance(ended, tuple) else ""
    chosen = [each.finding for each in choice.chosen]
    return {
        "healed": [
            {"id": each.id, "severity": each.severity.value}
            for each in chosen
            if each.id not in still
        ],
        "failed": [
            {
                "id": each.id,
                "severity": each.severity.value,
                "reason": refused or problems.get(str(each.address)) or "it still differs",
            }
            for each in chosen
            if each.id in still
        ],
        "left": [{"id": each.finding.id, "reason": reason} for each, reason in choice.left],
        "journal": run.journal if run else "",
    }


def _problems(run: Run) -> dict[str, str]:
    return {
        str(each.operation.address): str(each.error) if each.error else each.detail
        for each in run.outcomes
        if not each.status.good
    }


def _unheard(event: Event) -> None:
    """The verification is one stage of the run; its own stages are not told."""
