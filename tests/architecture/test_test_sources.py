"""What no test may do: patch dynaprov, mock, or sleep.

Doubles are classes that implement a port and are handed in; time is a clock that is handed in.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
#: What tests have fetched (DynamoDB Local, ministack) is in folders of this name.
FETCHED = "target"
SOURCES = sorted(each for each in TESTS.rglob("*.py") if FETCHED not in each.parts)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(TESTS)))
def test_a_test_neither_patches_nor_mocks_nor_sleeps(source: Path) -> None:
    assert list(offences(source.read_text())) == []


@pytest.mark.parametrize(
    ("code", "offence"),
    [
        ("from unittest import mock", "1: unittest.mock"),
        ("from unittest.mock import patch", "1: unittest.mock"),
        ("import unittest.mock", "1: unittest.mock"),
        ("from mock import Mock", "1: mock"),
        ("def test(mocker): ...", "1: mocker"),
        ("import time\ntime.sleep(1)", "2: time.sleep"),
        ("import time as t\nt.sleep(1)", "2: time.sleep"),
        ("from time import sleep", "1: time.sleep"),
        ("monkeypatch.setattr('dynaprov.aws.gateway.send', None)", "1: patches dynaprov"),
        ("from dynaprov import aws\nmonkeypatch.setattr(aws, 'x', 1)", "2: patches dynaprov"),
        ("import dynaprov.aws\npatch.delattr(dynaprov.aws, 'x')", "2: patches dynaprov"),
        ("import dynaprov.aws as a\npatch.setattr(a.gateway, 'x', 1)", "2: patches dynaprov"),
        ("from dynaprov.aws import Gate\nsetattr(Gate, 'x', 1)", "2: patches dynaprov"),
        ("from dynaprov.kinds import K\npatch.setitem(K, 'x', 1)", "2: patches dynaprov"),
    ],
)
def test_an_offence_is_found(code: str, offence: str) -> None:
    assert list(offences(code)) == [offence]


@pytest.mark.parametrize(
    "code",
    [
        "monkeypatch.setenv('DYNAPROV_ENV', 'dev')",
        "monkeypatch.setattr(socket, 'connect', None)",
        "from dynaprov.model.clock import Clock\nClock().sleep(1)",
        "import moto\nmoto.mock_aws()",
    ],
)
def test_what_is_allowed_is_no_offence(code: str) -> None:
    assert list(offences(code)) == []


def offences(code: str) -> Iterator[str]:
    """Name each forbidden thing in a source, with its line."""
    tree = ast.parse(code)
    origins = {
        name: origin
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name, origin in _bound_names(node)
    }
    for node in ast.walk(tree):
        offence = _offence(node, origins)
        if offence:
            yield f"{node.lineno}: {offence}"  # type: ignore[attr-defined]


def _offence(node: ast.AST, origins: dict[str, str]) -> str | None:
    if isinstance(node, ast.arg) and node.arg == "mocker":
        return "mocker"
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _forbidden_import(node)
    if isinstance(node, ast.Attribute) and _origin(node, origins) == "time.sleep":
        return "time.sleep"
    if isinstance(node, ast.Call) and _patches_dynaprov(node, origins):
        return "patches dynaprov"
    return None


def _forbidden_import(node: ast.Import | ast.ImportFrom) -> str | None:
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    else:
        names = [alias.name for alias in node.names]
    for forbidden in ("unittest.mock", "mock", "time.sleep"):
        if any(name == forbidden or name.startswith(f"{forbidden}.") for name in names):
            return forbidden
    return None


def _patches_dynaprov(call: ast.Call, origins: dict[str, str]) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else _plain_name(call.func)
    if called not in ("setattr", "delattr", "setitem", "delitem") or not call.args:
        return False
    target = call.args[0]
    if isinstance(target, ast.Constant):
        origin = str(target.value)
    else:
        origin = _origin(target, origins) or ""
    return origin.split(".")[0] == "dynaprov"


def _origin(node: ast.expr, origins: dict[str, str]) -> str | None:
    """Follow a dotted expression to what was imported: ``t.sleep`` to ``time.sleep``."""
    if isinstance(node, ast.Attribute):
        parent = _origin(node.value, origins)
        return parent and f"{parent}.{node.attr}"
    return origins.get(_plain_name(node) or "")


def _plain_name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _bound_names(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif alias.asname:
            yield alias.asname, alias.name
        else:
            first = alias.name.split(".")[0]
            yield first, first
