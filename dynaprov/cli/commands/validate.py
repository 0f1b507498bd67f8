"""``dynaprov validate``: every problem of every spec file, before any call."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options, spec_options


@click.command("validate")
@spec_options
@output_options
@click.pass_obj
def command(invocation: Invocation, **given: Any) -> None:
    """Check the spec files and report every problem at once.

    Without --env all environments are checked.  AWS is not called.
    """
    options = invocation.begin("validate", given)
    stages = invocation.stages
    names = [options.env] if options.env else list(stages.environments(options))
    found = [stages.load(options, name) for name in names]
    if options.json:
        invocation.write_json(
            {
                "format": 1,
                "command": "validate",
                "valid": True,
                "environments": [
                    {"environment": spec.environment, "tables": sorted(spec.tables)}
                    for spec in found
                ],
            }
        )
        return
    for spec in found:
        tables = len(spec.tables)
        click.echo(f"{spec.environment}: {tables} {'table' if tables == 1 else 'tables'}: valid")
