"""The two commands of the README: what they name is there, and .ci/run calls the second."""

import configparser
import os
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def two_commands() -> list[str]:
    readme = (ROOT / "README.md").read_text()
    section = readme.split("## Two commands\n")[1].split("\n## ")[0]
    return [block.strip() for block in re.findall(r"^```console\n(.*?)^```$", section, re.M | re.S)]


def test_there_are_two_and_each_is_one_line() -> None:
    commands = two_commands()

    assert [len(command.splitlines()) for command in commands] == [1, 1]


def test_the_first_names_an_extra_and_a_script_of_the_project() -> None:
    provision = two_commands()[0]

    extra = re.search(r"install -q -e '\.\[(\w+)\]'", provision)
    script = re.search(r"\.venv/bin/(\w+) apply --env dev --local --yes$", provision)

    assert extra
    assert extra[1] in PROJECT["optional-dependencies"]
    assert script
    assert script[1] in PROJECT["scripts"]


def test_the_second_names_an_environment_of_tox() -> None:
    environment = re.search(r"tox -e (\w+)$", two_commands()[1])
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")

    assert environment
    section = tox[f"testenv:{environment[1]}"]
    assert "pytest" in section.get("commands", tox["testenv"]["commands"])


def test_ci_calls_the_second_in_an_environment_of_its_own() -> None:
    script = ROOT / ".ci" / "run"

    tests, rules, ddblocal, iam = script.read_text().splitlines()[-4:]

    assert tests.replace(".venv-ci", ".venv") == two_commands()[1]
    assert rules == ".venv-ci/bin/tox -e rules"
    assert ddblocal == ".venv-ci/bin/tox -e ddblocal"
    assert iam == ".venv-ci/bin/tox -e iam"
    assert os.access(script, os.X_OK)
