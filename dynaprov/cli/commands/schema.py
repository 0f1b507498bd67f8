"""``dynaprov schema``: the JSON Schema of the spec files, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dynaprov.cli.files import write_file
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options

DOCUMENTS = ("project", "table", "environment", "spec")


@click.command("schema")
@click.argument("document", required=False, type=click.Choice(DOCUMENTS))
@click.option("--write", metavar="DIR", help="Write <document>.json files into the folder.")
@output_options
@click.pass_obj
def command(
    invocation: Invocation, /, document: str | None, write: str | None, **given: Any
) -> None:
    """Print the JSON Schema of one kind of spec file; without an argument of all of them."""
    invocation.begin("schema", given)
    found = invocation.stages.schemas()
    schemas = {document: found[document]} if document else dict(found)
    if write is None:
        invocation.write_json(schemas[document] if document else schemas)
        return
    for name, schema in schemas.items():
        path = Path(write) / f"{name}.json"
        write_file(path, json.dumps(schema, indent=2) + "\n", option="--write")
        invocation.say(f"wrote {path}")
