"""``dynaprov init``: starter specs for a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynaprov.cli.files import write_file
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.next_step import command_line
from dynaprov.cli.options import Options, output_options, specs_folder
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Refused
from dynaprov.model.visible import harmless


@click.command("init")
@click.argument("name")
@specs_folder
@output_options
@click.pass_obj
def command(invocation: Invocation, /, name: str, **given: Any) -> None:
    """Write starter specs for the project NAME.  Files that exist are never overwritten."""
    options = invocation.begin("init", given)
    folder = Path(options.specs)
    files = invocation.stages.starter(name)
    there = [str(folder / path) for path in files if (folder / path).exists()]
    if there:
        raise Refused(_exists(there))
    for path, text in files.items():
        write_file(folder / path, text, option="--specs")
    written = [str(folder / path) for path in files]
    if options.json:
        invocation.write_json({"format": 1, "command": "init", "written": written})
        return
    for each in written:
        click.echo(harmless(each))
    invocation.say(f"\nNext: {command_line('apply', Options(specs=options.specs, local=True))}")


def _exists(paths: list[str]) -> Diagnostic:
    return Diagnostic(
        code="DP501",
        summary="files are there already, and init overwrites nothing",
        detail=", ".join(paths),
        hint="give another folder with --specs DIR, or move these away",
    )
