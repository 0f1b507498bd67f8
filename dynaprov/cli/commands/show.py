"""``dynaprov show``: what the layers of the spec files add up to."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options, spec_options, table_names
from dynaprov.model.masking import masked_values


@click.command("show")
@click.argument("table", required=False, shell_complete=table_names)
@click.option("--explain", is_flag=True, help="Add the file, line and layer of every value.")
@spec_options
@output_options
@click.pass_obj
def command(invocation: Invocation, /, table: str | None, explain: bool, **given: Any) -> None:
    """Print the resolved spec of an environment, or of one TABLE in it."""
    from dynaprov.report.outputs import explained, written

    options = invocation.begin("show", given)
    stages = invocation.stages
    if explain:
        values = [
            (path, value, str(origin)) for path, value, origin in stages.explain(options, table)
        ]
        if options.json:
            rows = masked_values([{"path": p, "value": v, "source": s} for p, v, s in values])
            invocation.write_json({"format": 1, "command": "show", "values": rows})
            return
        click.echo(explained(values), nl=False)
        return
    document = stages.show(options, table)
    if options.json:
        invocation.write_json({"format": 1, "command": "show", "spec": masked_values(document)})
    else:
        click.echo(written(document, "yaml"), nl=False)
