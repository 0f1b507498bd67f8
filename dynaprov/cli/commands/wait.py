"""``dynaprov wait``: until code that reads the tables and indexes may be deployed."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli import exits
from dynaprov.cli.interrupts import listening
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import aws_options, output_options, spec_options, target_option

UNTIL = ("readable", "settled")


def _seconds(context: click.Context, parameter: click.Parameter, text: str) -> float:
    from dynaprov.model.timeouts import duration_seconds

    try:
        return duration_seconds(text)
    except ValueError as problem:
        raise click.BadParameter(str(problem), context, parameter) from problem


@click.command("wait")
@click.option(
    "--until",
    type=click.Choice(UNTIL),
    default="readable",
    show_default=True,
    help="readable: applications can read all of it; settled: AWS is at work on none of it.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    metavar="TIME",
    envvar="DYNAPROV_WAIT_TIMEOUT",
    default="1h",
    show_default=True,
    callback=_seconds,
    help="How long to wait, e.g. 90s, 30m or 2h.",
)
@target_option
@spec_options
@aws_options
@output_options
@click.pass_obj
def command(invocation: Invocation, /, until: str, timeout_seconds: float, **given: Any) -> int:
    """Wait until every table and index of an environment can be read.  Changes nothing.

    For pipelines, between `apply` and the deployment of code that reads a new index.  Exit 0:
    it is safe to deploy; 5: the time was up, and AWS is still at work; 4: something cannot be
    looked at, or will never be readable by waiting (it does not exist, or is another one).
    """
    options = invocation.begin("wait", given)
    stages = invocation.stages
    stages.stand_by(options, writes=False)
    from dynaprov.report.awaited import awaited_document, print_awaited

    spec = invocation.load()
    with (
        stages.door(options, spec, writes=False) as door,
        listening(stages.interrupt) as interrupted,
        invocation.progress() as listener,
    ):
        awaited = stages.wait(
            spec,
            door,
            options,
            listener,
            until=until,
            timeout_seconds=timeout_seconds,
            interrupted=interrupted,
        )
    document = awaited_document(awaited)
    code = exits.of_waiting(document)
    if options.json:
        invocation.write_json({**document, "exit_code": int(code)})
    else:
        print_awaited(document, invocation.stdout())
    return code
