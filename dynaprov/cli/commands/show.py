"""``dynaprov show``: what the layers of the spec files add up to."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options, spec_options, table_names


@click.command("show")
@click.argument("table", required=False, shell_complete=table_names)
@click.option("--explain", is_flag=True, help="Add the file, line and layer of every value.")
@spec_options
@output_options
@click.pass_obj
def command(invocation: Invocation, table: str | None, explain: bool, **given: Any) -> None:
    """Print the resolved spec of an environment, or of one TABLE in it."""
    options = invocation.begin("show", given)
    click.echo(invocation.stages.show(options, table, explain=explain), nl=False)
