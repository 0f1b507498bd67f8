"""``--report FORM=FILE``: the result in further forms, beside what stdout shows.

Files are written whole or not at all, before the result itself is shown: a reader of stdout that
goes away (``| head``) takes no file along, and a file that cannot be written is an error of its own
and takes nothing away.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from dynaprov.cli.exits import Exit, first_of
from dynaprov.cli.invocation import Invocation
from dynaprov.model.diagnostics import Diagnostic

F = TypeVar("F", bound=Callable[..., Any])
Document = Mapping[str, Any]
Form = Callable[[Document], str]

#: Forms of a check and of a plan; ``report.forms`` has their functions.
OF_CHECK = ("json", "markdown", "html", "junit", "sarif", "github-issue", "prometheus")
OF_PLAN = ("json", "markdown")

#: The name of standard output.
STDOUT = "-"


class ReportTo(click.ParamType[tuple[str, str]]):
    """A form and the file that it is written to: ``markdown=comment.md``."""

    name = "report"

    def __init__(self, forms: Sequence[str]) -> None:
        self.forms = forms

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Form and file."""
        form, equals, file = str(value).partition("=")
        if form not in self.forms:
            self.fail(f"`{form}` is not a form: one of {', '.join(self.forms)}", param, ctx)
        if not equals or not file:
            self.fail(f"`{value}` names no file: {form}=FILE, or {form}=- for stdout", param, ctx)
        return form, file


def report_option(forms: Sequence[str]) -> Callable[[F], F]:
    """The option, for a command that knows these forms."""
    return click.option(
        "--report",
        "reports",
        type=ReportTo(forms),
        metavar="FORM=FILE",
        multiple=True,
        callback=_one_stdout,
        help=f"Also write the result as {', '.join(forms[:-1])} or {forms[-1]}; FILE may be - "
        "(stdout) once. Repeatable.",
    )


def _one_stdout(
    context: click.Context, parameter: click.Parameter, given: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    to_stdout = [form for form, file in given if file == STDOUT]
    if len(to_stdout) > 1:
        text = f"only one report can go to stdout, not {' and '.join(to_stdout)}"
        raise click.BadParameter(text, context, parameter)
    files = [os.path.realpath(file) for _, file in given if file != STDOUT]
    if len(set(files)) < len(files):
        raise click.BadParameter("two reports would be written to one file", context, parameter)
    return given


def wants_stdout(reports: Sequence[tuple[str, str]], *, json: bool) -> bool:
    """Whether a report takes the place of what stdout shows otherwise.

    Raises:
        UsageError: when ``--json`` is to be there too.
    """
    to_stdout = [form for form, file in reports if file == STDOUT]
    if to_stdout and json:
        raise click.UsageError(f"--report {to_stdout[0]}=- and --json both want stdout")
    return bool(to_stdout)


def write_reports(
    invocation: Invocation,
    document: Document,
    reports: Sequence[tuple[str, str]],
    forms: Mapping[str, Form],
    code: int,
) -> int:
    """Write all reports that can be written, the one for stdout last, and tell the others.

    Returns:
        The exit code: ``code``, unless a file could not be written.
    """
    problems = []
    for form, file in sorted(reports, key=lambda each: each[1] == STDOUT):
        text = forms[form](document)
        if file == STDOUT:
            sys.stdout.write(text)
            continue
        try:
            write_whole(Path(file), text)
        except (OSError, ValueError) as problem:
            problems.append(_not_written(form, file, problem))
        else:
            invocation.say(f"Wrote {form} to {file}")
    if not problems:
        return code
    from dynaprov.report.diagnostics import print_diagnostics

    print_diagnostics(problems, invocation.stderr())
    return first_of([Exit(code), Exit.STOPPED])


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader finds the one before or this one, never a part of either.

    A link stays a link, permissions stay as they are; what is no file (``/dev/stderr``, a pipe) is
    written to.

    Raises:
        OSError: when it cannot be written; the file is then as it was.
    """
    content = text.encode("utf-8", "backslashreplace")
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    beside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o7777)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


def _not_written(form: str, file: str, problem: Exception) -> Diagnostic:
    reason = problem.strerror if isinstance(problem, OSError) else str(problem)
    return Diagnostic(
        "DP531",
        "a report cannot be written",
        f"{form}: `{file}`: {reason or problem}",
        "name another file with --report; nothing else of the result is lost",
    )
