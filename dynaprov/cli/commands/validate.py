"""``dynaprov validate``: every problem of every spec file, before any call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options, spec_options
from dynaprov.cli.spec_stages import Loaded
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.visible import harmless


@click.command("validate")
@spec_options
@output_options
@click.pass_obj
def command(invocation: Invocation, /, **given: Any) -> None:
    """Check the spec files and report every problem at once.

    Without --env all environments are checked.  AWS is not called.
    """
    options = invocation.begin("validate", given)
    files, loaded = invocation.stages.check(options)
    warnings = {warning: None for each in loaded for warning in each.warnings}
    if options.json:
        invocation.write_json(_document(files, loaded, list(warnings)))
        return
    if warnings:
        from dynaprov.report.diagnostics import print_diagnostics

        print_diagnostics(tuple(warnings), invocation.stderr())
    for each in loaded:
        tables = _counted(len(each.spec.tables), "table")
        click.echo(harmless(f"{each.spec.environment}: {_counted(files, 'file')}, {tables}: valid"))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _document(
    files: int, loaded: Sequence[Loaded], warnings: Sequence[Diagnostic]
) -> dict[str, Any]:
    from dynaprov.report.diagnostics import diagnostic_document

    return {
        "format": 1,
        "command": "validate",
        "valid": True,
        "files": files,
        "environments": [
            {"environment": each.spec.environment, "tables": sorted(each.spec.tables)}
            for each in loaded
        ],
        "warnings": [diagnostic_document(each) for each in warnings],
    }
