"""``dynaprov kinds``: what can be managed, straight from the tables that the code runs on."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options


@click.command("kinds")
@click.argument("kind", required=False)
@output_options
@click.pass_obj
def command(invocation: Invocation, /, kind: str | None, **given: Any) -> None:
    """List the kinds of resources, or every setting of one KIND."""
    from dynaprov.report import kinds

    options = invocation.begin("kinds", given)
    found = [kinds.kind_document(each) for each in kinds.chosen(kind)]
    if options.json:
        invocation.write_json({"format": 1, "command": "kinds", "kinds": found})
        return
    console = invocation.stdout()
    if kind:
        kinds.print_kind(found[0], console)
    else:
        kinds.print_list(found, console)
