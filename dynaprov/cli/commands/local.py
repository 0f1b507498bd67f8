"""``dynaprov local``: the embedded endpoint on this machine."""

from __future__ import annotations

from typing import Any

import click

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options
from dynaprov.model.visible import harmless


@click.group("local")
def command() -> None:
    """Run the embedded endpoint: AWS on this machine, kept in memory until `down`."""


def _told(invocation: Invocation, state: str, url: str | None, text: str) -> None:
    if invocation.options.json:
        invocation.write_json(
            {"format": 1, "command": invocation.command, "state": state, "endpoint": url}
        )
    else:
        click.echo(harmless(text))


@command.command("up")
@click.option("--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1; else any free one.")
@output_options
@click.pass_obj
def up(invocation: Invocation, /, port: int | None, **given: Any) -> None:
    """Start the endpoint, or find the one that runs."""
    invocation.begin("local up", given)
    url = invocation.stages.local_up(port)
    _told(invocation, "up", url, f"The embedded endpoint listens on {url}")
    if not invocation.options.json:
        invocation.say(
            "Use it with --local, or from other programs:\n"
            f"  export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=local"
            " AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1"
        )


@command.command("down")
@output_options
@click.pass_obj
def down(invocation: Invocation, /, **given: Any) -> None:
    """Stop the endpoint and forget everything in it; fine when none runs."""
    invocation.begin("local down", given)
    stopped = invocation.stages.local_down()
    text = "Stopped; what was in it is gone." if stopped else "No embedded endpoint was running."
    _told(invocation, "down", None, text)


@command.command("status")
@output_options
@click.pass_obj
def status(invocation: Invocation, /, **given: Any) -> None:
    """Say whether the endpoint runs, and where."""
    invocation.begin("local status", given)
    url = invocation.stages.local_status()
    text = f"The embedded endpoint listens on {url}" if url else "No embedded endpoint is running."
    _told(invocation, "up" if url else "down", url, text)


@command.command("reset")
@output_options
@click.pass_obj
def reset(invocation: Invocation, /, **given: Any) -> None:
    """Empty the running endpoint."""
    invocation.begin("local reset", given)
    emptied = invocation.stages.local_reset()
    text = "Emptied." if emptied else "No embedded endpoint is running."
    url = invocation.stages.local_status() if emptied else None
    _told(invocation, "up" if emptied else "down", url, text)
