"""``dynaprov outputs``: what applications and other tools take from an environment."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import aws_options, output_options, spec_options


@click.command("outputs")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "yaml", "dotenv"]),
    default="table",
    show_default=True,
    help="How to write them.",
)
@spec_options
@aws_options
@output_options
@click.pass_obj
def command(invocation: Invocation, /, form: str, **given: Any) -> None:
    """Print table names, ARNs, the key, configurations and endpoints.

    With --json they stand under the key `outputs` of the document.
    """
    from dynaprov.report.outputs import written

    options = invocation.begin("outputs", given)
    stages = invocation.stages
    stages.stand_by(options, writes=False)
    spec = invocation.load()
    with stages.door(options, spec, writes=False) as door, invocation.progress() as listener:
        outputs = stages.outputs(spec, door, listener)
    if options.json:
        invocation.write_json(
            {
                "format": 1,
                "command": "outputs",
                "project": spec.project,
                "environment": spec.environment,
                "outputs": dict(outputs),
            }
        )
        return
    click.echo(written(outputs, form), nl=False)
