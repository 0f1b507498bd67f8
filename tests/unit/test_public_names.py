"""``import dynaprov`` names everything that is public, and loads none of it."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dynaprov

ROOT = Path(__file__).parents[2]
HEAVY = ("boto3", "botocore", "click", "moto", "pydantic", "rich", "yaml")


@pytest.mark.parametrize("name", dynaprov.__all__)
def test_a_public_name_can_be_loaded(name: str) -> None:
    assert getattr(dynaprov, name) is getattr(dynaprov, name)
    assert name in dir(dynaprov)


def test_a_name_that_is_not_public_is_missing_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'destroy_everything'"):
        dynaprov.destroy_everything  # noqa: B018


def test_importing_the_package_loads_nothing_of_weight() -> None:
    code = f"import sys, dynaprov; print([m for m in {HEAVY} if m in sys.modules])"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_the_version_is_the_one_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert dynaprov.__version__ == project["version"]


def test_no_module_of_the_package_takes_a_name_from_the_package_itself() -> None:
    parts = {path.stem for path in (ROOT / "dynaprov").iterdir()}
    taken = [
        f"{module.relative_to(ROOT)}: {alias.name}"
        for module in sorted((ROOT / "dynaprov").rglob("*.py"))
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "dynaprov"
        for alias in node.names
        if alias.name not in parts
    ]

    assert taken == []
