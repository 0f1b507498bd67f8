"""``dynaprov destroy``: remove an environment, behind every lock there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynaprov.cli.approval import TypedName
from dynaprov.cli.carrying_out import carry_out
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.leasing import leased
from dynaprov.cli.options import (
    allow_option,
    aws_options,
    journal_option,
    lease_options,
    output_options,
    spec_options,
    timeout_option,
    trace_option,
)

if TYPE_CHECKING:
    from dynaprov.model.events import Listener
    from dynaprov.model.plan import Plan


@click.command("destroy")
@click.option("--keep-data", is_flag=True, help="Leave the tables and what they need.")
@click.option("--confirm", metavar="NAME", help="The full name, where there is nobody to type it.")
@click.option("--explain", is_flag=True, help="Add every call with its parameters and its reason.")
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
    invocation: Invocation, /, keep_data: bool, confirm: str | None, explain: bool, **given: Any
) -> int:
    """Remove everything that the spec of an environment names.

    Refuses unless the environment's file says `allow_destroy: true`, and asks for the full name
    (project-environment) to be typed.  A final backup of every table is taken first.
    """
    options = invocation.begin("destroy", given)
    stages = invocation.stages
    stages.stand_by(options, writes=True)
    spec = invocation.load()
    with (
        stages.door(options, spec, writes=True) as door,
        leased(invocation, spec, door) as lease,
    ):

        def look(listener: Listener) -> Plan:
            return stages.plan_destroy(spec, door, options, listener, keep_data=keep_data)

        question = TypedName(f"{spec.project}-{spec.environment}", confirm)
        return carry_out(invocation, look, door, question, explain=explain, lease=lease)
