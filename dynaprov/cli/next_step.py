"""The next command to type: the same surroundings as the one that was just typed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from dynaprov.cli.options import Options
from dynaprov.model.masking import masked_url

Document = Mapping[str, Any]
Step = dict[str, str]


def command_line(command: str, options: Options, *more: str) -> str:
    """The command with the options that say where and what, ready to be pasted."""
    default = Options()
    words = ["dynaprov", command, *more]
    if options.local:
        words.append("--local")
    if options.env:
        words += ["--env", options.env]
    if options.specs != default.specs:
        words += ["--specs", options.specs]
    for name in ("region", "profile", "endpoint_url"):
        if value := getattr(options, name):
            words += [f"--{name.replace('_', '-')}", masked_url(value)]
    for name, values in (("set", options.sets), ("target", options.targets)):
        for value in values:
            words += [f"--{name}", value]
    flags = {"--prune": options.prune, "--lease": options.wants_lease and command != "diff"}
    words += [flag for flag, wanted in flags.items() if wanted]
    for allowed in options.allow:
        words += ["--allow", allowed]
    return shlex.join(words)


def after_diff(document: Document, options: Options, saved: str | None) -> list[Step]:
    """What to type after looking."""
    settle = to_settle(document, options, "apply")
    if settle or not document["operations"]:
        return settle
    if saved is not None:
        where = Options(
            specs=options.specs,
            local=options.local,
            region=options.region,
            profile=options.profile,
            endpoint_url=options.endpoint_url,
        )
        line = command_line("apply", where, saved)
        return [_step("To make exactly these changes", line)]
    return [_step("To make these changes", command_line("apply", options))]


def to_settle(document: Document, options: Options, command: str) -> list[Step]:
    """What to type to let refused things happen after all: every flag at once, spelled out."""
    flags = [each["allowed_by"] for each in document["refusals"]]
    if not flags:
        return []
    if not all(flags):
        return [_step("Once these are settled, look again", command_line("diff", options))]
    words = dict.fromkeys(flags)
    line = " ".join([command_line(command, options), *words])
    return [_step("To allow all that is refused, once you are sure", line)]


def after_run(document: Document, options: Options, command: str) -> list[Step]:
    """What to type after a run."""
    if document["converged"] and not document["interrupted"]:
        counts = document["summary"]["outcomes"]
        if counts["deferred"] or counts["submitted"] or document["residual_in_progress"]:
            return [_step("To finish later", command_line(command, options))]
        return []
    on = _step("To go on", command_line(command, options))
    if command == "destroy":
        return [on]
    return [_step("To see what is left", command_line("diff", options)), on]


def _step(why: str, command: str) -> Step:
    return {"why": why, "command": command}
