"""The next command to type: the same surroundings as the one that was just typed."""

from __future__ import annotations

import shlex

from dynaprov.cli.options import Options


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
            words += [f"--{name.replace('_', '-')}", value]
    for name, values in (("set", options.sets), ("target", options.targets)):
        for value in values:
            words += [f"--{name}", value]
    if options.prune:
        words.append("--prune")
    for allowed in options.allow:
        words += ["--allow", allowed]
    return shlex.join(words)
