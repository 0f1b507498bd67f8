"""One invocation of the command line: its options, its streams, and its way to the stages."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.model.errors import DynaprovError

if TYPE_CHECKING:
    from rich.console import Console


class Invocation:
    """What a command is given by ``main``.

    Attributes:
        stages: the rest of dynaprov, as the command line calls it.
        command: the name of the running command.
        options: the shared options it was given.
    """

    def __init__(self, stages: Stages | None = None) -> None:
        self.stages = stages or Stages()
        self.command = ""
        self.options = Options()

    def begin(self, command: str, given: Mapping[str, Any]) -> Options:
        """Take the options that click parsed."""
        self.command = command
        self.options = Options.of(given)
        return self.options

    def stdout(self) -> Console:
        """The console of the result."""
        from dynaprov.cli import consoles

        return consoles.stdout(self.options.color)

    def stderr(self) -> Console:
        """The console of everything else."""
        from dynaprov.cli import consoles

        return consoles.stderr(self.options.color)

    def say(self, text: str) -> None:
        """Tell a person something on stderr, unless they want quiet."""
        if not self.options.quiet:
            sys.stderr.write(text + "\n")

    def write_json(self, document: Any) -> None:
        """Write one JSON document to stdout."""
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def failed(self, problem: DynaprovError, *, color: str) -> int:
        """Report what stopped the command and return the exit code of that."""
        from dynaprov.cli import consoles
        from dynaprov.report.diagnostics import print_diagnostics

        if self.options.json:
            from dynaprov.report.diagnostics import problem_document

            self.write_json(problem_document(problem, command=self.command))
        print_diagnostics(problem.diagnostics, consoles.stderr(color))
        return problem.exit_code
