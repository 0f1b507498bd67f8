"""An AWS Lambda function that runs one drift check: ``dynaprov.cli.lambda_function.handler``.

Lives here: what the invocation of a function gives and wants back.  The check itself is the command
``dynaprov drift``, run in this process; nothing of it is repeated here.

Options come from the environment of the function (``DYNAPROV_ENV``, ``DYNAPROV_SNS``, ...) and from
``arguments`` of the event.  Whoever may invoke the function may give it options.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

from dynaprov.cli.exits import Exit
from dynaprov.cli.main import run

#: What the check leaves of the time for telling its result.
SPARED_SECONDS = 10
#: The only place that a function can write to (Lambda developer guide).
WRITABLE = "/tmp"
#: Exit codes of a check that said what it had to say.
TOLD = (Exit.DONE, Exit.DIFFERENT, Exit.UNDER_WAY)


class Context(Protocol):
    """What is asked of the context object of the Python runtime."""

    def get_remaining_time_in_millis(self) -> int:
        """The time until Lambda ends the invocation."""
        ...


class CheckFailed(RuntimeError):
    """The check did not work or could not compare everything, so the invocation has failed."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Run one check, and give up before Lambda ends the invocation.

    Args:
        event: ``{"arguments": ["--env", "prod"]}``; any other event adds no options.
        context: that of the runtime.

    Returns:
        ``exit_code`` (0, 2 or 5), and for each check its place and its numbers of findings.

    Raises:
        CheckFailed: on every other exit code, so that the function's metric ``Errors`` counts it.
        ValueError: when ``arguments`` is no list of words.
    """
    code, document = _run(_arguments(event, context))
    if code not in TOLD:
        raise CheckFailed(f"dynaprov drift ended with exit code {code}: {_why(document)}")
    return {"exit_code": code, "checks": [_summary(each) for each in _checks(document)]}


def _arguments(event: Mapping[str, Any], context: Context) -> list[str]:
    more = event.get("arguments", [])
    if not isinstance(more, list) or not all(isinstance(each, str) for each in more):
        raise ValueError('`arguments` of the event has to be a list of words: ["--env", "prod"]')
    seconds = context.get_remaining_time_in_millis() // 1000 - SPARED_SECONDS
    return ["drift", *more, "--json", "--deadline", f"{max(seconds, 1)}s"]


def _run(arguments: list[str]) -> tuple[int, dict[str, Any]]:
    os.environ.setdefault("DYNAPROV_STATE_DIR", f"{WRITABLE}/dynaprov")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run(arguments)
    text = out.getvalue()
    return code, json.loads(text) if text.strip() else {}


def _checks(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The checks of a fleet, or the one that it was."""
    return list(document.get("checks", [document]))


def _summary(check: Mapping[str, Any]) -> dict[str, Any]:
    names = ("project", "environment", "account", "region", "verdicts", "severities")
    return {name: check.get(name) for name in names}


def _why(document: Mapping[str, Any]) -> str:
    """The problems that stopped it, else what was not compared or not delivered."""
    said = [f"{each['code']} {each['summary']}" for each in document.get("problems", ())]
    for check in _checks(document):
        if blind := check.get("verdicts", {}).get("not-compared"):
            said.append(f"{check['environment']}: {blind} not compared")
        failed = [each for each in check.get("deliveries", ()) if each.get("error")]
        said += [f"not delivered: {each['error']}" for each in failed]
    return "; ".join(said) or "see the log"
