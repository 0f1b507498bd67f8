"""``dynaprov diff``: apply, stopped before execution."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli import exits
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.next_step import after_diff
from dynaprov.cli.options import (
    allow_option,
    aws_options,
    output_options,
    prune_option,
    spec_options,
    target_option,
    trace_option,
)
from dynaprov.cli.reports import OF_PLAN, report_option, wants_stdout, write_reports
from dynaprov.cli.saved_plan import save_plan, saved_options, sealed


@click.command("diff")
@click.option(
    "--exit-code", is_flag=True, help="Exit 2 on a difference, 3 when apply would refuse."
)
@click.option("--out", metavar="FILE", help="Save the plan, to be approved and applied later.")
@click.option("--explain", is_flag=True, help="Add every call with its parameters and its reason.")
@report_option(OF_PLAN)
@target_option
@prune_option
@allow_option
@trace_option
@spec_options
@aws_options
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    exit_code: bool,
    out: str | None,
    explain: bool,
    reports: tuple[tuple[str, str], ...],
    **given: Any,
) -> int:
    """Show what differs between spec and account, and what would be called.  Changes nothing."""
    options = invocation.begin("diff", given)
    shown = not wants_stdout(reports, json=options.json)
    stages = invocation.stages
    stages.stand_by(options, writes=False)
    from dynaprov.report.document import plan_document

    spec = invocation.load()
    with stages.door(options, spec, writes=False) as door, invocation.progress() as listener:
        plan = stages.diff(spec, door, options, listener)
    document = plan_document(plan, command="diff")
    document["options"] = saved_options(options)
    document["next"] = after_diff(document, options, out)
    document = sealed(document)
    if out is not None:
        save_plan(out, document)
        invocation.say(f"Saved the plan to {out}")
    code: int = exits.of_plan(document, exit_code=exit_code)
    if reports:
        from dynaprov.report import forms

        code = write_reports(invocation, document, reports, forms.OF_PLAN, code)
    if options.json:
        invocation.write_json(document)
    elif shown:
        from dynaprov.report.terminal import print_plan

        print_plan(document, invocation.stdout(), explain=explain)
    return code
