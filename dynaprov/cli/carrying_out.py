"""Carrying a plan out: show it, settle refusals and approval, execute, report.

What ``apply`` and ``destroy`` have in common; they differ in the plan and in the question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dynaprov.cli import exits
from dynaprov.cli.approval import Question, stale
from dynaprov.cli.exits import Exit
from dynaprov.cli.holding import Held
from dynaprov.cli.interrupts import listening
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.leasing import prepared
from dynaprov.cli.next_step import after_run, to_settle
from dynaprov.model.collector import collect_from_now_on
from dynaprov.model.diagnostics import Diagnostic

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dynaprov.cli.door import Door
    from dynaprov.execution.lease import Lease
    from dynaprov.model.events import Event, Listener
    from dynaprov.model.outcome import Run
    from dynaprov.model.plan import Plan


def carry_out(
    invocation: Invocation,
    look: Callable[[Listener], Plan],
    door: Door,
    question: Question,
    *,
    explain: bool = False,
    lease: Lease | None = None,
    patient: bool = True,
) -> int:
    """Look, and carry the plan out if it may be.

    Args:
        invocation: options and streams.
        look: makes the plan; called again to verify the result.
        door: the way to AWS.
        question: how the plan is approved.
        explain: whether every call is shown with its reason.
        lease: the lease that this run holds, if it was to take one.
        patient: whether to wait for what AWS is at work on.

    Returns:
        The exit code.
    """
    with invocation.progress() as listener:
        plan = look(listener)
    if _decided(invocation, plan, question, lease):
        return _carry_out_at_once(invocation, plan, door, look, explain=explain, patient=patient)
    document = _described(invocation, plan)
    expected = question.expected
    if expected is not None and not document["fingerprint"].startswith(expected):
        _show(invocation, document, explain=explain)
        return invocation.refuse(stale(document, expected), document)
    if document["refusals"]:
        _show(invocation, document, explain=explain)
        return invocation.refuse(_refused(len(document["refusals"])), document)
    awaited = patient and any(each.wait for each in plan.in_progress)
    if not plan.operations and not awaited:
        return _nothing_to_do(invocation, plan, document, explain=explain)
    if not invocation.options.quiet:
        _show(invocation, document, explain=explain)
    if lease is not None and (without := prepared(lease, plan, invocation)) is not None:
        return invocation.refuse(without, document)
    if (
        plan.operations
        and (why := question.answer(document, may_ask=invocation.may_ask())) is not None
    ):
        return invocation.refuse(why, document)
    run = _execute(invocation, plan, door, look, lease, document["fingerprint"], patient=patient)
    if lease is not None and (lost := lease.why_lost()):
        invocation.say(f"Stopped early: {lost}. Nothing new was started since; run it again.")
    return _report(invocation, run, document)


def _decided(invocation: Invocation, plan: Plan, question: Question, lease: Lease | None) -> bool:
    """Whether the plan is carried out whatever it says, so that nobody has to read it first.

    Where progress is redrawn in place, the plan has to stand above it.
    """
    free = not plan.refusals and lease is None and bool(plan.operations)
    return free and question.unseen and not invocation.live


def _carry_out_at_once(
    invocation: Invocation,
    plan: Plan,
    door: Door,
    look: Callable[[Listener], Plan],
    *,
    explain: bool,
    patient: bool,
) -> int:
    """Show the plan while its first calls are on their way."""
    from concurrent.futures import ThreadPoolExecutor

    from dynaprov.report.fingerprint import fingerprint

    mark = fingerprint(plan)

    def show() -> dict[str, Any]:
        document = _described(invocation, plan, mark)
        if not invocation.options.quiet:
            _show(invocation, document, explain=explain)
        return document

    beside = ThreadPoolExecutor(1, thread_name_prefix="shown")
    shown = beside.submit(show)
    beside.shutdown(wait=False)
    run = _execute(invocation, plan, door, look, None, mark, patient=patient, shown=shown)
    return _report(invocation, run, shown.result())


def _described(invocation: Invocation, plan: Plan, known_fingerprint: str = "") -> dict[str, Any]:
    from dynaprov.report.document import plan_document

    command = invocation.command
    document = plan_document(plan, command=command, known_fingerprint=known_fingerprint)
    document["next"] = to_settle(document, invocation.options, command)
    return document


def _show(invocation: Invocation, document: dict[str, Any], *, explain: bool) -> None:
    if not invocation.options.json:
        from dynaprov.report.terminal import print_plan

        console = invocation.stdout()
        print_plan(document, console, explain=explain)
        console.file.flush()  # before what is told of the calls, also where both go to one file


def _refused(count: int) -> Diagnostic:
    reasons = "one reason" if count == 1 else f"{count} reasons"
    return Diagnostic(
        code="DP514",
        summary="the plan is refused",
        detail=f"{reasons} above; nothing was changed",
        hint="each names what lifts it; --yes does not",
    )


def _nothing_to_do(
    invocation: Invocation, plan: Plan, document: dict[str, Any], *, explain: bool
) -> int:
    """A run without calls: the comparison just made is its verification too."""
    from dynaprov.model.outcome import Run
    from dynaprov.report.document import run_document

    run = Run(plan, document["fingerprint"], (), residual=plan)
    whole = run_document(run, command=invocation.command, plan=document)
    if invocation.options.json:
        invocation.write_json({**whole, "exit_code": int(exits.of_run(whole))})
    else:
        _show(invocation, document, explain=explain)
    return exits.of_run(whole)


def _execute(
    invocation: Invocation,
    plan: Plan,
    door: Door,
    look: Callable[[Listener], Plan],
    lease: Lease | None,
    fingerprint: str,
    *,
    patient: bool,
    shown: Future[Any] | None = None,
) -> Run:
    collect_from_now_on()  # a run may take hours
    stages = invocation.stages

    def tell() -> None:
        stages.interrupt()
        invocation.say(
            "\nStopping: nothing new is started, calls under way are awaited. "
            "Running it again later is safe.\nPress Ctrl-C again to stop waiting."
        )

    with listening(tell) as interrupted, invocation.progress() as listener:
        held = Held(listener, lambda: shown is None or shown.done())
        run = stages.apply(
            plan,
            door,
            invocation.options,
            again=lambda: look(_unheard),
            fingerprint=fingerprint,
            listener=held,
            interrupted=interrupted,
            halted=lease.why_lost if lease is not None else None,
            patient=patient,
        )
        if shown is not None:
            shown.exception()  # comes back when it has ended; raised where its result is needed
        held.release()
    return run


def _unheard(event: Event) -> None:
    """The verification is one stage of the run; its own stages are not told."""


def _report(invocation: Invocation, run: Run, plan: dict[str, Any]) -> Exit:
    from dynaprov.report.document import run_document

    document = run_document(run, command=invocation.command, plan=plan)
    document["next"] = after_run(document, invocation.options, invocation.command)
    code = exits.of_run(document)
    if invocation.options.json:
        invocation.write_json({**document, "exit_code": int(code)})
    else:
        from dynaprov.report.terminal import print_run

        console = invocation.stdout()
        if not invocation.options.quiet:
            console.print()  # apart from the plan above
        print_run(document, console)
    return code
