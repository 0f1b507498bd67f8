"""One invocation of the command line: its options, its streams, and its way to the stages."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dynaprov.cli.exits import Exit
from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import DynaprovError

if TYPE_CHECKING:
    from dynaprov.cli.consoles import Console
    from dynaprov.model.events import Listener
    from dynaprov.model.spec import Spec


class Invocation:
    """What a command is given by ``main``.

    Attributes:
        stages: the rest of dynaprov, as the command line calls it.
        command: the name of the running command.
        options: the shared options it was given.
    """

    def __init__(
        self, stages: Stages | None = None, terminal: Callable[[], bool] | None = None
    ) -> None:
        self.stages = stages or Stages()
        self._terminal = terminal or _both_ends
        self.command = ""
        self.options = Options()

    def begin(self, command: str, given: Mapping[str, Any]) -> Options:
        """Take the options that click parsed."""
        self.command = command
        self.options = Options.of(given)
        if self.options.trace:
            self.stages.begin_trace(self.options.trace)
        return self.options

    def end(self) -> None:
        """Write the trace, however the command ended."""
        if self.options.trace:
            try:
                self.stages.end_trace(self.options.trace)
            except OSError as problem:  # what the command did is done
                sys.stderr.write(f"The trace was not written: {problem}\n")

    def may_ask(self) -> bool:
        """Whether there is a person who can be asked, and who did not want a document."""
        return not self.options.json and self._terminal()

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
            from dynaprov.model.visible import harmless_lines

            sys.stderr.write(harmless_lines(text) + "\n")

    def write_json(self, document: Any) -> None:
        """Write one JSON document to stdout."""
        from dynaprov.model.visible import json_text

        sys.stdout.write(json_text(document) + "\n")

    def load(self) -> Spec:
        """The resolved spec; what is worth a warning is told.

        Raises:
            SpecInvalid: with every problem of every file.
        """
        loaded = self.stages.load(self.options)
        if loaded.warnings and not self.options.quiet:
            from dynaprov.report.diagnostics import print_diagnostics

            print_diagnostics(loaded.warnings, self.stderr())
        return loaded.spec

    @property
    def live(self) -> bool:
        """Whether progress is redrawn in place."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    @contextlib.contextmanager
    def progress(self) -> Iterator[Listener]:
        """Progress on stderr while the block runs: live lines on a terminal, else plain ones."""
        from dynaprov.report.progress import progress

        options, live = self.options, self.live
        console = self.stderr() if not live else _live_console(options.color)
        with progress(console, live=live, quiet=options.quiet) as listener:
            yield listener

    def refuse(self, diagnostic: Diagnostic, document: dict[str, Any] | None = None) -> int:
        """Say why nothing is done; with ``--json`` beside the document of the plan."""
        from dynaprov.report.diagnostics import diagnostic_document, print_diagnostics

        if self.options.json:
            more = {"exit_code": int(Exit.REFUSED), "problems": [diagnostic_document(diagnostic)]}
            self.write_json({**(document or {}), **more})
        print_diagnostics((diagnostic,), self.stderr())
        return Exit.REFUSED

    def failed(self, problem: DynaprovError, *, color: str) -> int:
        """Report what stopped the command and return the exit code of that."""
        from dynaprov.cli import consoles
        from dynaprov.report.diagnostics import print_diagnostics

        if self.options.json:
            from dynaprov.report.diagnostics import problem_document

            self.write_json(problem_document(problem, command=self.command))
        print_diagnostics(problem.diagnostics, consoles.stderr(color))
        return problem.exit_code


def _both_ends() -> bool:
    """Whether both ends of a conversation, the question and the answer, are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _live_console(color: str) -> Console:
    from dynaprov.cli import consoles

    return consoles.live(color)
