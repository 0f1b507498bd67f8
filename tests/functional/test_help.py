"""The list of commands and the commands say the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from dynaprov.cli.exits import MEANINGS, PRECEDENCE, Exit, first_of
from dynaprov.cli.main import COMMANDS, program
from support.command_line import Runner

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "module", "line"), COMMANDS)
def test_every_listed_command_is_there(name: str, module: str, line: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert (command.name, command.callback.__module__ if command.callback else "") == (name, module)
    assert line.endswith(".")


def test_there_is_no_command_that_is_not_listed() -> None:
    from importlib.resources import files

    found = {each.name for each in files("dynaprov.cli.commands").iterdir() if each.is_file()}
    listed = {module.rpartition(".")[2] + ".py" for _, module, _ in COMMANDS}
    assert found - {"__init__.py"} == listed


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_every_option_of_every_command_is_explained(dynaprov: Runner, name: str) -> None:
    finished = dynaprov(name, "--help")
    assert finished.code == 0
    command = program.get_command(click.Context(program), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_shell_completes_commands_tables_and_environments(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(str(tmp_path))
    for name in ("environments/dev", "environments/prod", "tables/log-metadata"):
        path = folder / "specs" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(folder)
    complete = ShellComplete(program, {}, "dynaprov", "_DYNAPROV_COMPLETE")

    def words(args: list[str], start: str) -> list[str]:
        return [item.value for item in complete.get_completions(args, start)]

    assert words([], "d") == ["diff", "drift", "destroy"]
    assert words(["diff", "--env"], "p") == ["prod"]
    assert words(["show"], "log") == ["log-metadata"]


def test_exit_codes_that_hold_together_have_one_winner() -> None:
    assert [int(code) for code in PRECEDENCE] == [130, 65, 64, 1, 3, 4, 2, 5]
    assert first_of([Exit.UNDER_WAY, Exit.DIFFERENT, Exit.REFUSED]) is Exit.REFUSED
    assert first_of([]) is Exit.DONE
    assert set(MEANINGS) == set(Exit)


def in_a_process(code: str, **environment: str) -> str:
    """What a Python process prints; the environment is this one's, with some more."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_a_short_answer_loads_nothing_but_click(word: str) -> None:
    found = in_a_process(
        "import sys, click\n"
        "from click import _textwrap\n"
        "before = set(sys.modules)\n"
        "from dynaprov.cli.main import run\n"
        f"run([{word!r}])\n"
        "print(*sorted(set(sys.modules) - before - {*sys.builtin_module_names, 'locale'}))"
    ).splitlines()

    assert found[-1] == "dynaprov dynaprov.cli dynaprov.cli.main dynaprov.version"


def test_the_shell_completes_in_a_process_of_its_own() -> None:
    entry = "from dynaprov.cli.main import entry_point; entry_point()"
    asked = {"_DYNAPROV_COMPLETE": "bash_complete"}
    second = {**asked, "COMP_CWORD": "2"}

    assert "diff" in in_a_process(entry, **asked, COMP_WORDS="dynaprov di", COMP_CWORD="1")
    assert "log-metadata" in in_a_process(entry, **second, COMP_WORDS="dynaprov show log")
    assert "--exit-code" in in_a_process(entry, **second, COMP_WORDS="dynaprov diff --ex")


def test_output_goes_on_where_the_encoding_lacks_a_character() -> None:
    entry = "from dynaprov.cli.main import entry_point; entry_point()"
    code = f"import sys; sys.argv = ['dynaprov', 'show', 'log-metadata']; {entry}"

    assert "table: log-metadata" in in_a_process(code, PYTHONIOENCODING="ascii")
