"""The use cases: the only place that composes the stages.

The flow goes one way::

    specs/*.yaml --load, resolve--> Spec --declare--> Desired --+
                                                                +-diff--> Changes --operations,
    AWS ----------observe (bulk, paced, side by side)--> Observed -+        guards--> Plan
                                                                              |
                   Run <-- observe + diff again <-- Outcomes <-- execute <----+

``diff`` stops at the plan.  ``apply`` executes it and compares again: what is left over is the
residual.  ``plan_destroy`` makes the plan that removes an environment; ``apply`` executes that one
too.  Only ``observe`` and ``execute`` touch AWS, both through the ports that they are given.

Nothing is remembered between calls: the live account is the state.  Reading specs is ``spec``'s
work, opening the way to AWS is ``aws``'s, showing anything is ``report``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dynaprov.aws.clock import SystemClock
from dynaprov.kinds.outputs import outputs_of
from dynaprov.model.awaited import Awaited, Until
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Refused, Stopped
from dynaprov.model.events import Event, Listener, Stage, StageStarted
from dynaprov.model.operation import Operation
from dynaprov.model.outcome import Outcome, Run, Status, without_deferred
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Caller, Clock, Reader, ServiceError
from dynaprov.model.spec import Spec
from dynaprov.planning.credentials import RENEW
from dynaprov.planning.key_users import key_users, retired
from dynaprov.planning.observe import (
    Observed,
    identify,
    observe,
)
from dynaprov.planning.pinned import check_pinned
from dynaprov.planning.planner import Choices, build_destroy_plan, build_plan
from dynaprov.report.fingerprint import fingerprint

#: How long a comparison may keep seeing an old value after a write before it counts: tags,
#: policies and listings lag by seconds (DynamoDB tags 1.3-3 s; see docs/explanation).
LAG_SECONDS = 5.0


def diff(
    spec: Spec,
    reader: Reader,
    choices: Choices | None = None,
    *,
    region: str = "",
    pinned: bool = True,
    clock: Clock | None = None,
    listener: Listener | None = None,
) -> Plan:
    """Compare the spec with the live account.

    Args:
        spec: the resolved spec of one environment.
        reader: the way to AWS; nothing is written.
        choices: selection, pruning and lifted guards.
        region: the region to look at; the spec's when empty.
        pinned: whether account and region must be the ones the spec is pinned to.
        clock: time, from which AWS's budgets count.
        listener: told which stage begins.

    Raises:
        Refused: when account or region are not the pinned ones; nothing was looked at.
        Stopped: when there are no credentials or no connection.
    """
    chosen = choices or Choices()
    _tell(listener, StageStarted(Stage.OBSERVING, _tables(spec)))
    observed = _observe(spec, reader, region=region, pinned=pinned, clock=clock)
    _tell(listener, StageStarted(Stage.PLANNING))
    return _with_key_users(observed, reader, lambda seen: build_plan(seen, chosen))


def plan_destroy(
    spec: Spec,
    reader: Reader,
    choices: Choices | None = None,
    *,
    keep_data: bool = False,
    region: str = "",
    pinned: bool = True,
    clock: Clock | None = None,
    listener: Listener | None = None,
) -> Plan:
    """The plan that removes everything the spec names.

    With ``keep_data`` the tables stay, and the keys that encrypt them.

    Raises:
        Refused, Stopped: see ``diff``; and ``Refused`` when the environment's files do not allow
            it (``allow_destroy: true``).
    """
    if not spec.allow_destroy:
        raise Refused(
            Diagnostic(
                "DP302",
                "this environment must not be destroyed",
                f"the files of `{spec.environment}` do not say `allow_destroy: true`",
                f"write `allow_destroy: true` into environments/{spec.environment}.yaml, have it "
                "reviewed, and run this again",
            )
        )
    _tell(listener, StageStarted(Stage.OBSERVING, _tables(spec)))
    observed = _observe(spec, reader, region=region, pinned=pinned, clock=clock)
    _tell(listener, StageStarted(Stage.PLANNING))
    chosen = choices or Choices()
    return _with_key_users(
        observed, reader, lambda seen: build_destroy_plan(seen, chosen, keep_data=keep_data)
    )


def apply(
    plan: Plan,
    reader: Reader,
    caller: Caller,
    again: Callable[[], Plan],
    *,
    clock: Clock | None = None,
    listener: Listener | None = None,
    journal: Path | None = None,
    known_fingerprint: str = "",
    interrupted: Callable[[], bool] | None = None,
    halted: Callable[[], str] | None = None,
    patient: bool = True,
) -> Run:
    """Execute a plan and compare again.

    Args:
        plan: what to do; it must have no refusals.
        reader: the way to AWS for waits.
        caller: the way to AWS for mutating calls.
        again: makes the plan anew, for the verification: ``diff`` or ``plan_destroy`` with the same
            arguments.
        clock: time.
        listener: told what happens.
        journal: file of the journal; by default a new one under the user's state directory.
        known_fingerprint: the plan's fingerprint, where that is known already.
        interrupted: whether a person stopped the run.
        halted: why nothing more may be begun (a lost lease), empty while it may.
        patient: whether to wait for what AWS is at work on, also where this run did not begin it;
            else what AWS takes now is submitted and the rest is left to a later run.

    Raises:
        Refused: when the plan has refusals; nothing was called.
    """
    if plan.refusals:
        raise Refused([_refusal(plan)])
    ticking = clock or SystemClock()
    run = Run(plan, known_fingerprint or fingerprint(plan), ())
    if plan.operations:
        run = _execute(
            run,
            reader,
            caller,
            ticking,
            listener=listener,
            journal=journal,
            interrupted=interrupted,
            halted=halted,
            patient=patient,
        )
    if run.interrupted or run.stopped:
        return run
    if patient:
        from dynaprov.execution.ready import wait_for_others

        wait_for_others(plan, reader, ticking, listener=listener, stopped=interrupted)
    if interrupted is not None and interrupted():
        return replace(run, interrupted=True)
    _tell(listener, StageStarted(Stage.VERIFYING))
    try:
        left = _verify(again, run.outcomes, ticking)
    except Stopped as problem:
        # What was done is told all the same.
        return replace(run, stopped=problem.diagnostics[0])
    return replace(run, residual=left, outcomes=tuple(_found_out(o, left) for o in run.outcomes))


def _execute(
    run: Run,
    reader: Reader,
    caller: Caller,
    ticking: Clock,
    *,
    listener: Listener | None,
    journal: Path | None,
    interrupted: Callable[[], bool] | None,
    halted: Callable[[], str] | None,
    patient: bool,
) -> Run:
    """The run with what became of its operations."""
    # Only needed here; a comparison starts without them.
    from dynaprov.execution.journal import Journal
    from dynaprov.execution.runner import execute

    plan, mark = run.plan, run.fingerprint
    with Journal.open(plan.identity, ticking, path=journal, fingerprint=mark) as book:
        _tell(listener, StageStarted(Stage.EXECUTING, f"{len(plan.operations)} operations"))
        done = execute(
            plan,
            caller,
            reader,
            ticking,
            listener=listener,
            journal=book,
            interrupted=interrupted,
            halted=halted,
            patient=patient,
        )
        path = str(book.path)
    return replace(
        run,
        outcomes=done.outcomes,
        interrupted=done.interrupted,
        journal=path,
        stopped=_expired(done.expired) if done.expired else None,
    )


def wait(
    spec: Spec,
    reader: Reader,
    choices: Choices | None = None,
    *,
    until: Until = Until.READABLE,
    timeout_seconds: float = 3600.0,
    region: str = "",
    pinned: bool = True,
    clock: Clock | None = None,
    listener: Listener | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Awaited:
    """Wait until the tables and indexes of the spec can be read, or have settled.

    Only DescribeTable is read (and once a minute a metric of an index that is being built).

    Args:
        spec: the resolved spec of one environment.
        reader: the way to AWS; nothing is written.
        choices: the selection.
        until: what is waited for.
        timeout_seconds: for how long.
        region: the region to look at; the spec's when empty.
        pinned: whether account and region must be the ones the spec is pinned to.
        clock: time.
        listener: told what is still at work.
        interrupted: whether a person stopped it.

    Raises:
        Refused, Stopped: see ``diff``.
        UsageProblem: when the selection means no table and no index.
    """
    from dynaprov.execution.readable import wait_until

    def check(account: str, where: str) -> None:
        if pinned:
            check_pinned(spec, account, where)

    _tell(listener, StageStarted(Stage.WAITING, _tables(spec)))
    scope, caller = identify(spec, reader, check, region=region)
    return wait_until(
        until,
        spec,
        scope,
        caller,
        (choices or Choices()).wants,
        reader,
        clock or SystemClock(),
        timeout_seconds=timeout_seconds,
        listener=listener,
        stopped=interrupted,
    )


def outputs(
    spec: Spec,
    reader: Reader,
    *,
    region: str = "",
    endpoint: str = "",
    pinned: bool = True,
    listener: Listener | None = None,
) -> dict[str, Any]:
    """What applications need to know of the environment: the five outputs by their names.

    ``endpoint`` is handed on in place of AWS's own endpoints.

    Raises:
        Refused, Stopped: see ``diff``.
    """
    _tell(listener, StageStarted(Stage.OBSERVING, _tables(spec)))
    observed = _observe(spec, reader, region=region, pinned=pinned)
    return outputs_of(observed.spec, observed.scope, observed.readings, endpoint, observed.desired)


def _observe(
    spec: Spec, reader: Reader, *, region: str, pinned: bool, clock: Clock | None = None
) -> Observed:
    def check(account: str, where: str) -> None:
        if pinned:
            check_pinned(spec, account, where)

    return observe(spec, reader, check, region=region, now=(clock or SystemClock()).now())


def _with_key_users(observed: Observed, reader: Reader, build: Callable[[Observed], Plan]) -> Plan:
    """The plan; where it would retire a key, made again with all that needs the key."""
    plan = build(observed)
    keys = retired(plan.operations)
    if not keys:
        return plan
    return build(replace(observed, key_users=key_users(keys, reader)))


def _verify(again: Callable[[], Plan], outcomes: tuple[Outcome, ...], clock: Clock) -> Plan:
    """Compare again; wait out the lag of what was just written before it counts as left over."""
    written = {o.operation.address for o in outcomes if o.status.good}
    deadline = clock.monotonic() + LAG_SECONDS
    while True:
        plan = _without_deferred(again(), outcomes)
        late = any(change.address in written for change in plan.changes)
        late = late or any(_renews_only(operation) for operation in plan.operations)
        if not late or clock.monotonic() >= deadline:
            return plan
        clock.sleep(1.0)


def _renews_only(operation: Operation) -> bool:
    """A stamp that is written though no call earns it: the one just written does not show yet."""
    stamp = operation.stamp
    return stamp is not None and not any(ids for _, _, ids in stamp.earned)


def _found_out(outcome: Outcome, left: Plan) -> Outcome:
    """What the check after the run says of a call whose end nobody had seen.

    Had it had no effect, the same operation would be planned again.  A repetition that AWS put off
    may have been put off because of the first sending, whose answer was lost.
    """
    unseen = outcome.status is Status.UNKNOWN
    unseen = unseen or (outcome.status is Status.DEFERRED and outcome.attempts > 1)
    address = outcome.operation.address
    again = any(each.id == outcome.operation.id for each in left.operations)
    unread = any(each.address == address for each in left.not_compared)
    if not unseen or again or unread:
        return outcome
    detail = "nobody saw its end; the check after the run found it done"
    return replace(outcome, status=Status.SETTLED, error=None, not_before=None, detail=detail)


def _expired(error: ServiceError) -> Diagnostic:
    summary = "the credentials are no longer accepted"
    return Diagnostic("DP402", summary, str(error), RENEW)


def _without_deferred(plan: Plan, outcomes: tuple[Outcome, ...]) -> Plan:
    """Deferred work is not left over: a later run finishes it."""
    later = [o.operation for o in outcomes if o.status.later]
    return replace(plan, changes=without_deferred(plan.changes, later)) if later else plan


def _refusal(plan: Plan) -> Diagnostic:
    return Diagnostic(
        "DP300",
        "the plan is refused",
        "; ".join(f"{refusal.address}: {refusal.detail}" for refusal in plan.refusals),
        " ".join(refusal.allowed_by for refusal in plan.refusals if refusal.allowed_by),
    )


def _tables(spec: Spec) -> str:
    return f"{len(spec.tables)} tables"


def _tell(listener: Listener | None, event: Event) -> None:
    if listener is not None:
        listener(event)
