"""``dynaprov``: the list of commands and the one place where exceptions become exit codes.

Commands are loaded when they are used; ``--help`` and ``--version`` load none of them, nor anything
else of dynaprov but its version, so they cost no more than click.  ``run`` is what tests and
``entry_point`` call.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dynaprov.version import __version__

if TYPE_CHECKING:
    from dynaprov.cli.invocation import Invocation
    from dynaprov.model.errors import InternalProblem, UsageProblem

#: What help is wrapped to at most.
WIDEST_HELP = 100

#: Every command: its name, the module that holds it as ``command``, and its line in ``--help``.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("init", "dynaprov.cli.commands.init", "Write starter specs for a new project."),
    ("validate", "dynaprov.cli.commands.validate", "Check the spec files; AWS is not called."),
    ("show", "dynaprov.cli.commands.show", "Print the resolved spec of an environment."),
    ("diff", "dynaprov.cli.commands.diff", "Show what differs and what would be called."),
    ("apply", "dynaprov.cli.commands.apply", "Bring the account into line with the spec."),
    ("drift", "dynaprov.cli.commands.drift", "Judge what differs; for schedulers."),
    ("report", "dynaprov.cli.commands.report", "Join the reports of several checks."),
    ("wait", "dynaprov.cli.commands.wait", "Wait until tables and indexes can be read."),
    ("outputs", "dynaprov.cli.commands.outputs", "Print names, ARNs and endpoints for others."),
    ("destroy", "dynaprov.cli.commands.destroy", "Remove an environment; refuses by default."),
    ("local", "dynaprov.cli.commands.local", "Run the embedded endpoint on this machine."),
    ("kinds", "dynaprov.cli.commands.kinds", "List what can be managed, and every setting."),
    ("schema", "dynaprov.cli.commands.schema", "Print the JSON Schema of spec files and reports."),
)


class LazyCommands(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a first day's work."""
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        module = next((module for name, module, _ in COMMANDS if name == cmd_name), None)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest one."""
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            import difflib

            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"No such command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, _, line in COMMANDS])


@click.group(
    cls=LazyCommands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST_HELP},
    epilog="Start with: dynaprov apply --local, then dynaprov diff --local.",
)
@click.version_option(__version__, message="dynaprov %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """The reconciler for DynamoDB: YAML specs, the live account, and the difference."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    else:
        context.obj = context.obj.invocation


class _Beginning:
    """The invocation, made when a command is really run, or something went wrong."""

    def __init__(self, made: Invocation | None, *, own_process: bool) -> None:
        self._made = made
        self._own_process = own_process

    @property
    def invocation(self) -> Invocation:
        if self._made is None:
            from dynaprov.cli.invocation import Invocation
            from dynaprov.cli.stages import Stages

            self._made = Invocation(Stages(may_divide=self._own_process))
        return self._made

    def end(self) -> None:
        """Leave behind what was asked for, however the command ended."""
        if self._made is not None:
            self._made.end()


def run(
    argv: Sequence[str] | None = None,
    *,
    invocation: Invocation | None = None,
    own_process: bool = False,
) -> int:
    """Run the command line and return its exit code; never raises.

    Args:
        argv: the arguments without the program's name.
        invocation: what the commands reach the rest of dynaprov through.
        own_process: whether this process is nobody else's, so that it may be divided.
    """
    beginning = _Beginning(invocation, own_process=own_process)
    try:
        return _run(argv, beginning)
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.Abort, KeyboardInterrupt):
        from dynaprov.cli.exits import Exit

        click.echo("Interrupted.", err=True)
        return Exit.INTERRUPTED
    except click.ClickException as problem:
        return beginning.invocation.failed(_usage(problem), color="auto")
    except BrokenPipeError:
        from dynaprov.cli.exits import Exit

        # The reader of our output went away (`dynaprov diff | head`): nothing more to say.
        _silence_stdout()
        return Exit.STOPPED
    except Exception as problem:  # noqa: BLE001 - the boundary: a defect is told, not thrown
        return _failed(problem, beginning.invocation)
    finally:
        beginning.end()


def _run(argv: Sequence[str] | None, beginning: _Beginning) -> int:
    arguments = None if argv is None else list(argv)
    result: Any = program.main(
        args=arguments,
        prog_name="dynaprov",
        standalone_mode=False,
        obj=beginning,
        terminal_width=_help_width(),
    )
    return int(result or 0)


def _help_width() -> int:
    """How wide help is written; asked here, since click loads half of ``shutil`` to find out."""
    columns = 0
    with contextlib.suppress(OSError, ValueError):
        columns = int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size(1).columns
    return max(min(columns or 80, WIDEST_HELP) - 2, 50)


def _failed(problem: Exception, invocation: Invocation) -> int:
    from dynaprov.model.errors import DynaprovError

    if isinstance(problem, DynaprovError):
        return invocation.failed(problem, color=invocation.options.color)
    if invocation.options.debug:
        import traceback

        click.echo(_told("".join(traceback.format_exception(problem))), err=True, nl=False)
    return invocation.failed(_defect(problem), color=invocation.options.color)


def _usage(problem: click.ClickException) -> UsageProblem:
    from dynaprov.model.diagnostics import Diagnostic
    from dynaprov.model.errors import UsageProblem

    context = getattr(problem, "ctx", None)
    path = context.command_path if context is not None else "dynaprov"
    return UsageProblem(
        Diagnostic(
            code="DP500",
            summary="the command line makes no sense",
            detail=problem.format_message(),
            hint=f"{path} --help",
        )
    )


def _defect(defect: Exception) -> InternalProblem:
    from dynaprov.model.diagnostics import Diagnostic
    from dynaprov.model.errors import InternalProblem

    return InternalProblem(
        Diagnostic(
            code="DP900",
            summary="this is a defect of dynaprov, not of your files",
            detail=_told(f"{type(defect).__name__}: {defect}"),
            hint="run it again with --debug and report what it prints",
        )
    )


def _told(text: str) -> str:
    """Text of an exception as it may be shown: no credentials, nothing that acts on a terminal."""
    from dynaprov.model.masking import known_credentials, masked_text
    from dynaprov.model.visible import harmless_lines

    return harmless_lines(masked_text(text, known_credentials(os.environ)))


def _silence_stdout() -> None:
    """Keep the interpreter from complaining about the lost reader when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def entry_point() -> None:
    """What the installed ``dynaprov`` calls.

    Three things only a process may do that is nobody else's.  The garbage collector stays off: a
    run is short, and collecting while modules and AWS's models are loaded costs more than it could
    give back.  pydantic does not search every installed distribution for plugins.  And the process
    ends without taking itself apart, which costs a tenth of a second after everything is said.
    """
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # What a terminal's encoding lacks is written out; a report must not end in the middle.
    if isinstance(sys.stdout, io.TextIOWrapper):  # None where there is none
        sys.stdout.reconfigure(errors="backslashreplace")
    code = run(own_process=True)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        code = code or 1
    os._exit(code)
