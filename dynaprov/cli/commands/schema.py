"""``dynaprov schema``: the JSON Schema of spec files and reports, for editors and programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dynaprov.cli.files import write_file
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options

#: Of the spec files, and of what ``--json`` writes.
DOCUMENTS = (
    *("project", "table", "environment", "spec"),
    *("diff-report", "apply-report", "drift-report", "fleet-report"),
)


@click.command("schema")
@click.argument("document", required=False, type=click.Choice(DOCUMENTS))
@click.option("--write", metavar="DIR", help="Write <document>.json files into the folder.")
@output_options
@click.pass_obj
def command(
    invocation: Invocation, /, document: str | None, write: str | None, **given: Any
) -> None:
    """Print the JSON Schema of a spec file or of a JSON report; without an argument of all."""
    invocation.begin("schema", given)
    from dynaprov.report.document_schema import document_schemas

    found = {**invocation.stages.schemas(), **document_schemas()}
    schemas = {document: found[document]} if document else found
    if write is None:
        invocation.write_json(schemas[document] if document else schemas)
        return
    for name, schema in schemas.items():
        path = Path(write) / f"{name}.json"
        write_file(path, json.dumps(schema, indent=2) + "\n", option="--write")
        invocation.say(f"wrote {path}")
