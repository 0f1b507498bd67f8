"""``dynaprov drift``: diff, judged; the check that a scheduler runs."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli import exits
from dynaprov.cli.drifting import Wanted, check_environment
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import aws_options, output_options, spec_options, target_option
from dynaprov.cli.reports import OF_CHECK, report_option, wants_stdout, write_reports

FAIL_ON = ("any", "new", "low", "medium", "high", "critical")

_exceptions = click.option(
    "--exceptions",
    metavar="FILE",
    envvar="DYNAPROV_EXCEPTIONS",
    help="Reviewed exceptions; else drift-exceptions.yaml in the specs folder.",
)
_baseline = click.option(
    "--baseline",
    metavar="OWNER",
    help="Write exceptions for all that differs today into the exceptions file, answered for by "
    "OWNER; they end after 30 days.",
)
_previous = click.option(
    "--previous",
    metavar="FILE",
    envvar="DYNAPROV_PREVIOUS",
    help="JSON report of the check before: tells new, ongoing, changed and resolved apart.",
)


@click.command("drift")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    envvar="DYNAPROV_FAIL_ON",
    default="any",
    show_default=True,
    help="Exit 2 for any difference, only for what is new or changed, or from a severity on.",
)
@click.option("--report-only", is_flag=True, help="Never exit 2; differences are only reported.")
@_exceptions
@_baseline
@_previous
@report_option(OF_CHECK)
@target_option
@spec_options
@aws_options
@output_options
@click.pass_obj
def command(invocation: Invocation, /, reports: tuple[tuple[str, str], ...], **given: Any) -> int:
    """Compare spec and account, and judge what differs.  Changes nothing.

    For schedulers.  Exit 0: in sync; 2: something differs; 4: something could not be compared,
    which is never success; 5: AWS is still at work on something.
    """
    wanted = Wanted.of(given)
    options = invocation.begin("drift", given)
    shown = not wants_stdout(reports, json=options.json)
    invocation.stages.stand_by(options, writes=False)
    document = check_environment(invocation, wanted)
    if options.json:
        invocation.write_json(document)
    elif shown:
        from dynaprov.report.drift_view import print_drift

        print_drift(document, invocation.stdout())
    code = exits.Exit(document["exit_code"])
    if not reports:
        return code
    from dynaprov.report import forms

    return write_reports(invocation, document, reports, forms.OF_CHECK, code)
