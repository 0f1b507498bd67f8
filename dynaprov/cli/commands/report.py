"""``dynaprov report``: reports of drift checks, joined."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from dynaprov.cli import exits
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem


@click.group("report")
def command() -> None:
    """Work with the reports that `drift --json` wrote."""


@command.command("merge")
@click.argument("files", metavar="REPORT.JSON...", nargs=-1, required=True)
@output_options
@click.pass_obj
def merge(invocation: Invocation, /, files: tuple[str, ...], **given: Any) -> int:
    """Join the reports of the parts of a fleet into one; exits as one check of all would."""
    from dynaprov.cli.fleet import of_checks
    from dynaprov.report.fleet_document import checks_of, fleet_document, members_of, place_of

    options = invocation.begin("report merge", given)
    read = [(file, _read(file)) for file in files]
    checks: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for file, document in read:
        try:
            found = checks_of(document)
        except (ValueError, AttributeError, TypeError) as problem:
            raise UsageProblem(_no_report(file, str(problem))) from problem
        for check in found:
            place = place_of(check)
            if place in checks:
                raise UsageProblem(_twice(file, place))
            checks[place] = check
    ordered = [checks[place] for place in sorted(checks)]
    whole = max(members_of(document for _, document in read), len(ordered))
    document = fleet_document(ordered, members=whole, exit_code=int(of_checks(ordered)))
    if len(ordered) < whole:
        invocation.say(f"{whole - len(ordered)} of {whole} environments are in none of the reports")
        document["exit_code"] = int(
            exits.first_of((exits.Exit(document["exit_code"]), exits.Exit.INCOMPLETE))
        )
    if options.json:
        invocation.write_json(document)
    else:
        from dynaprov.report.fleet_view import print_fleet

        print_fleet(document, invocation.stdout())
    return exits.Exit(document["exit_code"])


def _read(file: str) -> Mapping[str, Any]:
    try:
        document = json.loads(Path(file).read_bytes())
    except (OSError, ValueError, RecursionError) as problem:
        raise UsageProblem(_no_report(file, str(problem))) from problem
    if not isinstance(document, dict):
        raise UsageProblem(_no_report(file, "it is no report of `dynaprov drift --json`"))
    return document


def _no_report(file: str, detail: str) -> Diagnostic:
    return Diagnostic(
        "DP526",
        "a report cannot be read",
        f"`{file}`: {detail}",
        "name JSON documents that `dynaprov drift --json` wrote",
    )


def _twice(file: str, place: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        "DP527",
        "an environment is in two reports",
        f"`{file}` has {' '.join(place)}, and so has one before it",
        "name each part of the fleet once",
    )
