"""``dynaprov drift``: diff, judged; the check that a scheduler runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dynaprov.cli import exits
from dynaprov.cli.checking import ALL, Wanted
from dynaprov.cli.drifting import check_environment
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import (
    Duration,
    aws_options,
    output_options,
    spec_options,
    target_option,
)
from dynaprov.cli.reports import OF_CHECK, report_option, wants_stdout, write_reports
from dynaprov.cli.schedule import scheduled

if TYPE_CHECKING:
    from dynaprov.watch.notice import QuietHours

FAIL_ON = ("any", "new", "low", "medium", "high", "critical")

_exceptions = click.option(
    "--exceptions",
    metavar="FILE",
    envvar="DYNAPROV_EXCEPTIONS",
    help="Reviewed exceptions; else drift-exceptions.yaml in the specs folder.",
)
_heal = click.option(
    "--heal",
    is_flag=True,
    envvar="DYNAPROV_HEAL",
    help="Put right what the `heal` section of the spec names, and nothing else.",
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


def _quiet_hours(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> QuietHours | None:
    from dynaprov.watch.notice import read_quiet_hours

    try:
        return read_quiet_hours(text) if text else None
    except ValueError as problem:
        raise click.BadParameter(str(problem), context, parameter) from problem


_history = click.option(
    "--history",
    metavar="PLACE",
    envvar="DYNAPROV_HISTORY",
    help="Where checks keep what they hand on: a folder, s3://BUCKET/PREFIX or ssm:/NAME.",
)
_sns = click.option(
    "--sns",
    metavar="ARN",
    envvar="DYNAPROV_SNS",
    multiple=True,
    help="Tell this topic. Repeatable.",
)
_slack = click.option(
    "--slack",
    metavar="URL",
    envvar="DYNAPROV_SLACK_URL",
    multiple=True,
    help="Tell this Slack-compatible webhook; better given by the environment. Repeatable.",
)
_webhook = click.option(
    "--webhook",
    metavar="URL",
    envvar="DYNAPROV_WEBHOOK_URL",
    multiple=True,
    help="Post title, text and report there; signed with DYNAPROV_WEBHOOK_SECRET. Repeatable.",
)
_metrics = click.option(
    "--metrics",
    metavar="NAMESPACE",
    envvar="DYNAPROV_METRICS",
    help="Put the CloudWatch metrics DriftedSettings and NotCompared in this namespace.",
)
_remind_after = click.option(
    "--remind-after",
    type=click.IntRange(min=1),
    metavar="DAYS",
    envvar="DYNAPROV_REMIND_AFTER",
    help="Tell again of what stands for so many days; never without it.",
)
_quiet = click.option(
    "--quiet-hours",
    metavar="FROM-TO[@ZONE]",
    envvar="DYNAPROV_QUIET_HOURS",
    callback=_quiet_hours,
    help="Tell only what is critical in these hours, e.g. 22-07@Europe/Berlin; UTC without a zone.",
)


_shard = click.option(
    "--shard",
    metavar="I/N",
    envvar="DYNAPROV_SHARD",
    help="With --env all: only part I of N; with N alone the job's own number says which.",
)


_jitter = click.option(
    "--jitter",
    type=Duration(),
    metavar="TIME",
    envvar="DYNAPROV_JITTER",
    help="Wait a random part of this first, so that many checks do not begin at once, e.g. 5m.",
)
_deadline = click.option(
    "--deadline",
    type=Duration(),
    metavar="TIME",
    envvar="DYNAPROV_DEADLINE",
    help="Give up after this time (exit 1), e.g. 10m.",
)
_lock = click.option(
    "--lock",
    metavar="FILE",
    envvar="DYNAPROV_LOCK",
    help="Lock this file meanwhile; when another check holds it, do nothing (exit 5).",
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
@click.option(
    "--strict", is_flag=True, help="Also list what autoscalers, schedules and AWS have set."
)
@click.option(
    "--who",
    is_flag=True,
    envvar="DYNAPROV_WHO",
    help="Look up in CloudTrail who made each difference, and in git who declares the other side.",
)
@_heal
@_exceptions
@_baseline
@_previous
@_history
@_sns
@_slack
@_webhook
@_metrics
@_remind_after
@_quiet
@_shard
@_jitter
@_deadline
@_lock
@report_option(OF_CHECK)
@target_option
@spec_options
@aws_options
@output_options
@click.pass_obj
def command(invocation: Invocation, /, reports: tuple[tuple[str, str], ...], **given: Any) -> int:
    """Compare spec and account, and judge what differs.  Changes nothing without --heal.

    For schedulers.  Exit 0: in sync; 2: something differs; 4: something could not be compared,
    which is never success; 5: AWS is still at work on something.

    --env all checks every environment of the project, or those of its `fleet` section.
    """
    wanted = Wanted.of(given)
    options = invocation.begin("drift", given)
    shown = not wants_stdout(reports, json=options.json)
    with scheduled(
        invocation.stages.clock,
        jitter_seconds=wanted.jitter,
        lock=wanted.lock,
        deadline_seconds=wanted.deadline,
    ):
        document = _checked(invocation, wanted)
    code: int = exits.Exit(document["exit_code"])
    if reports:
        from dynaprov.report import forms

        code = write_reports(invocation, document, reports, forms.OF_CHECK, code)
    if options.json:
        invocation.write_json(document)
    elif shown:
        from dynaprov.report.fleet_view import print_checks

        print_checks(document, invocation.stdout())
    return code


def _checked(invocation: Invocation, wanted: Wanted) -> dict[str, Any]:
    if invocation.options.env == ALL:
        from dynaprov.cli.fleet import check_fleet

        return check_fleet(invocation, wanted)
    invocation.stages.stand_by(invocation.options, writes=False)
    return check_environment(invocation, wanted)
