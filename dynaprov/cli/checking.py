"""What a drift check is asked on the command line, and one check of it: read, look, judge."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynaprov.cli.next_step import command_line
from dynaprov.cli.reports import write_whole
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.door import Door
    from dynaprov.cli.invocation import Invocation
    from dynaprov.cli.options import Options
    from dynaprov.model.finding import Check, Coverage, ExceptionRule, Memory
    from dynaprov.model.plan import Identity, Plan
    from dynaprov.model.spec import Spec
    from dynaprov.watch.delivering import Channels
    from dynaprov.watch.notice import QuietHours

#: The name that means every environment.
ALL = "all"

#: The largest report that is read as the one of the check before, in bytes.
LARGEST_REPORT = 256_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What only a drift check is asked: its own options.

    Attributes:
        fail_on: a value of ``watch.failing.FailOn``.
        report_only: differences never make it fail.
        exceptions: file of the exceptions; empty for the one beside the specs.
        who: look up who made each difference, and whose commit declares it.
        strict: also tell what others own and have set as they may.
        heal: put right what the files allow.
        baseline: who answers for the exceptions that are written; empty: none are.
        previous: file of the report before.
        history: where checks keep what they hand on.
        sns, slack, webhook: who is told.
        metrics: namespace of the metrics.
        shard: which part of a fleet.
        jitter, deadline: seconds to wait at most first, and to take at most; 0 for none.
        lock: a file that keeps two checks from running at a time.
        remind_after: days until people hear again of what stands.
        quiet_hours: hours in which only critical findings are told.
    """

    fail_on: str = "any"
    report_only: bool = False
    who: bool = False
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
    shard: str = ""
    jitter: float = 0.0
    deadline: float = 0.0
    lock: str = ""
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


class Case:
    """All checks of one invocation: what they are judged by is read once, before anything else.

    Args:
        invocation: options and stages.
        wanted: what was asked.

    Raises:
        SpecInvalid: when the exceptions have mistakes.
        UsageProblem: when the report of the check before cannot be read.
    """

    def __init__(self, invocation: Invocation, wanted: Wanted) -> None:
        from dynaprov.spec.exceptions import load_exceptions

        self.invocation, self.wanted = invocation, wanted
        self._file = exceptions_file(invocation.options, wanted)
        self._rules: tuple[ExceptionRule, ...] = load_exceptions(self._file)
        self._before = _memories(wanted.previous) if wanted.previous else []

    @property
    def knows_before(self) -> bool:
        """Whether a report of the check before was given."""
        return bool(self.wanted.previous)

    def before(self, identity: Identity) -> Memory | None:
        """What the given report says of this environment, account and region."""
        from dynaprov.report.memory import memory_from_document

        try:
            found = (memory_from_document(each, identity) for each in self._before)
            return next((each for each in found if each is not None), None)
        except ValueError as problem:
            raise UsageProblem(_no_report(self.wanted.previous, str(problem))) from problem

    def look(self, spec: Spec, door: Door) -> Plan:
        """Compare, and show how that goes on."""
        stages, options = self.invocation.stages, self.invocation.options
        with self.invocation.progress() as listener:
            return stages.diff(spec, door, options, listener)

    def judge(self, plan: Plan, memory: Memory | None, coverage: Coverage | None) -> Check:
        """Judge a comparison that was made just now."""
        from dynaprov.watch.check import checked

        return checked(
            plan,
            self.invocation.stages.clock.now(),
            rules=self._rules,
            memory=memory,
            coverage=coverage,
            strict=self.wanted.strict,
        )

    def with_baseline(self, check: Check, memory: Memory | None) -> Check:
        """Write exceptions for all that was found, and judge it again under them.

        Raises:
            UsageProblem: when they cannot be written.
        """
        from dynaprov.spec.exceptions import written_exceptions
        from dynaprov.watch.exceptions import baseline

        environment = check.plan.identity.environment
        found = [each.finding for each in check.findings if not each.finding.listed_only]
        more = baseline(found, environment, self.wanted.baseline, check.checked_at.date())
        self._rules = (*self._rules, *more)
        try:
            write_whole(Path(self._file), written_exceptions(self._rules))
        except OSError as problem:
            raise UsageProblem(
                Diagnostic(
                    "DP521",
                    "the exceptions cannot be written",
                    f"`{self._file}`: {problem.strerror or problem}",
                    "name a file that can be written with --exceptions",
                )
            ) from problem
        self.invocation.say(f"Wrote {len(more)} exceptions to {self._file}; have them reviewed")
        return self.judge(check.plan, memory, check.coverage)

    def attribute(
        self, document: dict[str, Any], plan: Plan, memory: Memory | None, door: Door
    ) -> None:
        """Add to every finding who made it and whose commit declares it, where that was asked."""
        if not self.wanted.who:
            return
        from dynaprov.report.attribution import attribution_document, commit_document
        from dynaprov.watch.check import seen_by

        stages = self.invocation.stages
        made = stages.who(plan, door, self.invocation.options, seen_by(memory))
        by = stages.commits(plan)
        for finding in document["findings"]:
            place = (finding["address"], finding["path"])
            if place in made:
                finding["who"] = attribution_document(made[place])
            if place in by:
                finding["commit"] = commit_document(by[place])

    def document(self, check: Check, memory: Memory | None) -> dict[str, Any]:
        """The document of a check, with nothing delivered yet."""
        from dynaprov.report.drift_document import drift_document
        from dynaprov.watch.check import handed_on
        from dynaprov.watch.failing import FailOn, failing

        document = drift_document(
            check,
            handed_on(check, memory),
            failing(check, FailOn(self.wanted.fail_on)),
            fail_on=self.wanted.fail_on,
            report_only=self.wanted.report_only,
            heal=None,
        )
        document["next"] = after_drift(document, self.invocation.options)
        return document


def exceptions_file(options: Options, wanted: Wanted) -> str:
    """Where the exceptions stand."""
    from dynaprov.spec.load import EXCEPTIONS_FILE

    return wanted.exceptions or str(Path(options.specs) / EXCEPTIONS_FILE)


def _memories(file: str) -> Sequence[Mapping[str, Any]]:
    """What the checks before handed on: of one environment, or of each of a fleet.

    Raises:
        UsageProblem: when there is no report in the file.
    """
    try:
        with Path(file).open("rb") as opened:
            text = opened.read(LARGEST_REPORT + 1)
        if len(text) > LARGEST_REPORT:
            raise ValueError(f"it has more than {LARGEST_REPORT:,} bytes")
        document = json.loads(text)
        return [each["memory"] for each in document.get("checks", [document])]
    except (OSError, ValueError, RecursionError) as problem:
        raise UsageProblem(_no_report(file, str(problem))) from problem
    except (KeyError, TypeError, AttributeError) as problem:
        detail = "it is no report of `dynaprov drift --json`"
        raise UsageProblem(_no_report(file, detail)) from problem


def _no_report(file: str, detail: str) -> Diagnostic:
    return Diagnostic(
        "DP520",
        "the report of the check before cannot be read",
        f"`{file}`: {detail}",
        "name the JSON document that an earlier `dynaprov drift --json` wrote, or leave "
        "--previous out",
    )


def after_drift(document: Mapping[str, Any], options: Options) -> list[dict[str, str]]:
    """What to type after a check."""
    if not document["failing"]:
        return []
    if options.env == ALL:  # these are for one environment at a time
        options = replace(options, env=document["environment"])
    return [
        {"why": "To see what would be done", "command": command_line("diff", options)},
        {"why": "To put it right", "command": command_line("apply", options)},
    ]
