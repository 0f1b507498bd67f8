"""``dynaprov apply``: look, ask, execute, look again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynaprov.cli.approval import Approval, expected_fingerprint
from dynaprov.cli.carrying_out import carry_out
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.leasing import leased
from dynaprov.cli.options import (
    allow_option,
    aws_options,
    journal_option,
    lease_options,
    output_options,
    prune_option,
    spec_options,
    target_option,
    timeout_option,
    trace_option,
    yes_option,
)
from dynaprov.cli.saved_plan import as_approved, read_plan

if TYPE_CHECKING:
    from dynaprov.model.events import Listener
    from dynaprov.model.plan import Plan


@click.command("apply")
@click.argument("plan_file", metavar="[PLAN.JSON]", required=False)
@click.option(
    "--expect",
    metavar="FINGERPRINT",
    help="Run only a plan with this fingerprint (at least its first 12 characters).",
)
@click.option("--explain", is_flag=True, help="Add every call with its parameters and its reason.")
@click.option(
    "--no-wait",
    is_flag=True,
    envvar="DYNAPROV_NO_WAIT",
    help="Submit what AWS takes now and leave the rest to a later run (exit 5).",
)
@yes_option
@target_option
@prune_option
@allow_option
@lease_options
@timeout_option
@journal_option
@trace_option
@spec_options
@aws_options
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    plan_file: str | None,
    expect: str | None,
    explain: bool,
    no_wait: bool,
    yes: bool,
    **given: Any,
) -> int:
    """Bring the account into line with the spec.

    Shows the plan and asks before anything is changed.  With PLAN.JSON (from diff --out) or
    --expect only what was approved is run: when the plan would be another one now, it stops.
    """
    options = invocation.begin("apply", given)
    stages = invocation.stages
    stages.stand_by(options, writes=True)
    approved = read_plan(plan_file) if plan_file else None
    if approved is not None:
        options = invocation.options = as_approved(options, approved)
    expected = expected_fingerprint(approved, expect)
    spec = invocation.load()
    with (
        stages.door(options, spec, writes=True) as door,
        leased(invocation, spec, door) as lease,
    ):

        def look(listener: Listener) -> Plan:
            return stages.diff(spec, door, options, listener)

        approval = Approval(yes=yes, expected=expected)
        return carry_out(
            invocation, look, door, approval, explain=explain, lease=lease, patient=not no_wait
        )
