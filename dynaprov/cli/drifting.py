"""One drift check as the command line asks for it: read what is needed, look, judge, document."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaprov.cli import exits
from dynaprov.cli.desk import Desk
from dynaprov.cli.healing import heal, heal_document, healing_of
from dynaprov.cli.next_step import command_line
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.invocation import Invocation
    from dynaprov.cli.options import Options
    from dynaprov.model.finding import Check, ExceptionRule, Memory
    from dynaprov.model.plan import Identity
    from dynaprov.watch.delivering import Channels
    from dynaprov.watch.notice import QuietHours

#: The largest report that is read as the one of the check before, in bytes.
LARGEST_REPORT = 64_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What only a drift check is asked: its own options.

    Attributes:
        fail_on: a value of ``watch.failing.FailOn``.
        report_only: differences never make it fail.
        exceptions: file of the exceptions; empty for the one beside the specs.
        strict: also tell what others own and have set as they may.
        heal: put right what the files allow.
        baseline: who answers for the exceptions that are written; empty: none are.
        previous: file of the report before.
        history: where checks keep what they hand on.
        sns, slack, webhook: who is told.
        metrics: namespace of the metrics.
        remind_after: days until people hear again of what stands.
        quiet_hours: hours in which only critical findings are told.
    """

    fail_on: str = "any"
    report_only: bool = False
    strict: bool = False
    heal: bool = False
    exceptions: str = ""
    baseline: str = ""
    previous: str = ""
    history: str = ""
    sns: tuple[str, ...] = ()
    slack: tuple[str, ...] = ()
    webhook: tuple[str, ...] = ()
    metrics: str = ""
    remind_after: int = 0
    quiet_hours: QuietHours | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Wanted:
        """Take the options of a check out of all that were given."""
        own = {each.name: given.pop(each.name) for each in fields(cls)}
        return cls(**{name: value for name, value in own.items() if value is not None})

    def channels(self) -> Channels:
        """Who is told; the secret of webhooks comes from the environment alone."""
        from dynaprov.watch.delivering import Channels

        secret = os.environ.get("DYNAPROV_WEBHOOK_SECRET", "")
        return Channels(self.sns, self.slack, self.webhook, secret, self.metrics)


def check_environment(invocation: Invocation, wanted: Wanted) -> dict[str, Any]:
    """Check one environment; the document says with which exit code that ends.

    Raises:
        DynaprovError: when it could not be looked at, or a file of the check is not readable.
    """
    from dynaprov.watch.check import checked
    from dynaprov.watch.heal import choose

    options, stages = invocation.options, invocation.stages
    file = exceptions_file(options, wanted)
    rules = _rules(file)
    before = _report(wanted.previous) if wanted.previous else None
    spec = invocation.load()
    healing = healing_of(spec) if wanted.heal else None
    healed = None
    with contextlib.ExitStack() as doors:
        door = doors.enter_context(stages.door(options, spec, writes=False))
        desk = Desk.of(invocation, wanted, door)
        with invocation.progress() as listener:
            plan = stages.diff(spec, door, options, listener)
        if before is not None:
            memory = _memory(before["memory"], plan.identity, wanted.previous)
        else:
            memory = desk.recall(plan.identity)
        check = checked(plan, stages.clock.now(), rules=rules, memory=memory, strict=wanted.strict)
        if wanted.baseline:
            check = _with_baseline(invocation, wanted, check, rules, file, memory)
        if healing is not None:
            choice, ended = choose(check, healing), None
            if choice.chosen:
                doors.close()  # the door that only looks, before the one that writes
                door = doors.enter_context(stages.door(options, spec, writes=True))
                ended = heal(invocation, spec, door, choice)
                with invocation.progress() as listener:
                    plan = stages.diff(spec, door, options, listener)
                check = checked(
                    plan, stages.clock.now(), rules=rules, memory=memory, strict=wanted.strict
                )
            healed = heal_document(choice, ended, check)
        document = _document(invocation, wanted, check, memory)
        document["heal"] = healed
        desk.deliver(document, check, memory)
    document["deliveries"] = desk.document()
    document["exit_code"] = int(exits.of_drift(document))
    return document


def exceptions_file(options: Options, wanted: Wanted) -> str:
    """Where the exceptions stand."""
    from dynaprov.spec.load import EXCEPTIONS_FILE

    return wanted.exceptions or str(Path(options.specs) / EXCEPTIONS_FILE)


def _rules(file: str) -> tuple[ExceptionRule, ...]:
    from dynaprov.spec.exceptions import load_exceptions

    return load_exceptions(file)


def _report(file: str) -> Mapping[str, Any]:
    """The report of the check before.

    Raises:
        UsageProblem: when there is none in the file.
    """
    try:
        with Path(file).open("rb") as opened:
            text = opened.read(LARGEST_REPORT + 1)
        if len(text) > LARGEST_REPORT:
            raise ValueError(f"it has more than {LARGEST_REPORT:,} bytes")
        document = json.loads(text)
        if not isinstance(document, dict) or "memory" not in document:
            raise ValueError("it is no report of `dynaprov drift --json`")
    except (OSError, ValueError, RecursionError) as problem:
        raise UsageProblem(_no_report(file, str(problem))) from problem
    return document


def _memory(kept: Mapping[str, Any], identity: Identity, file: str) -> Memory | None:
    from dynaprov.report.memory import memory_from_document

    try:
        return memory_from_document(kept, identity)
    except ValueError as problem:
        raise UsageProblem(_no_report(file, str(problem))) from problem


def _no_report(file: str, detail: str) -> Diagnostic:
    return Diagnostic(
        "DP520",
        "the report of the check before cannot be read",
        f"`{file}`: {detail}",
        "name the JSON document that an earlier `dynaprov drift --json` wrote, or leave "
        "--previous out",
    )


def _with_baseline(
    invocation: Invocation,
    wanted: Wanted,
    check: Check,
    rules: tuple[ExceptionRule, ...],
    file: str,
    memory: Memory | None,
) -> Check:
    """The check, judged again under exceptions for all that it found."""
    from dynaprov.spec.exceptions import written_exceptions
    from dynaprov.watch.check import checked
    from dynaprov.watch.exceptions import baseline

    day = check.checked_at.date()
    environment = check.plan.identity.environment
    found = [each.finding for each in check.findings if not each.finding.listed_only]
    more = baseline(found, environment, wanted.baseline, day)
    every = (*rules, *more)
    try:
        Path(file).write_text(written_exceptions(every), encoding="utf-8")
    except OSError as problem:
        raise UsageProblem(
            Diagnostic(
                "DP521",
                "the exceptions cannot be written",
                f"`{file}`: {problem.strerror or problem}",
                "name a file that can be written with --exceptions",
            )
        ) from problem
    invocation.say(f"Wrote {len(more)} exceptions to {file}; have them reviewed")
    return checked(check.plan, check.checked_at, rules=every, memory=memory, strict=wanted.strict)


def _document(
    invocation: Invocation, wanted: Wanted, check: Check, memory: Memory | None
) -> dict[str, Any]:
    from dynaprov.report.drift_document import drift_document
    from dynaprov.watch.check import handed_on
    from dynaprov.watch.failing import FailOn, failing

    document = drift_document(
        check,
        handed_on(check, memory),
        failing(check, FailOn(wanted.fail_on)),
        fail_on=wanted.fail_on,
        report_only=wanted.report_only,
    )
    document["next"] = after_drift(document, invocation.options)
    return document


def after_drift(document: Mapping[str, Any], options: Options) -> list[dict[str, str]]:
    """What to type after a check."""
    if not document["failing"]:
        return []
    return [
        {"why": "To see what would be done", "command": command_line("diff", options)},
        {"why": "To put it right", "command": command_line("apply", options)},
    ]
