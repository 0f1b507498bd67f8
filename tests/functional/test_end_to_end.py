"""The real stages: from starter specs to a converged environment, on moto in this process."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.local import LocalEndpointError, in_process, local_environment
from support.command_line import Runner


class InProcess(Stages):
    """Like ``--local``, without a server; the endpoint is in this process."""

    @contextlib.contextmanager
    def surroundings(self, options: Options, region: str) -> Iterator[str | None]:
        yield None


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dynaprov: Runner
) -> Iterator[list[str]]:
    for name, value in local_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = str(tmp_path / "specs")
    assert dynaprov("init", "shop", "--specs", folder).code == 0
    with in_process():
        yield ["--specs", folder, "--local"]


def test_a_new_project_converges_and_stays_in_sync(dynaprov: Runner, project: list[str]) -> None:
    assert dynaprov("validate", *project[:2]).code == 0
    first = dynaprov("diff", "--exit-code", *project, stages=InProcess())
    assert first.code == 2, first.err
    applied = dynaprov("apply", "--yes", *project, stages=InProcess())
    assert applied.code == 0, applied.out + applied.err
    assert dynaprov("diff", "--exit-code", *project, stages=InProcess()).code == 0
    again = json.loads(dynaprov("apply", "--json", *project, stages=InProcess()).out)
    assert (again["outcomes"], again["converged"]) == ([], True)
    outputs = json.loads(dynaprov("outputs", "--json", *project, stages=InProcess()).out)
    assert outputs["outputs"]["table_names"]


def test_show_and_schema_answer_from_the_spec(dynaprov: Runner, project: list[str]) -> None:
    specs = project[:2]
    assert "environment: dev" in dynaprov("show", *specs).out
    assert "project.yaml" in dynaprov("show", "--explain", *specs).out
    assert json.loads(dynaprov("schema", "table").out)["type"] == "object"
    assert dynaprov("show", "--env", "nowhere", *specs).code == 65
    assert dynaprov("validate", "--env", "nowhere", *specs).code == 65


class FakeLocal(Stages):
    def __init__(self) -> None:
        self.url: str | None = None

    def local_up(self, port: int | None) -> str:
        self.url = f"http://127.0.0.1:{port or 8764}"
        return self.url

    def local_down(self) -> bool:
        ran, self.url = self.url is not None, None
        return ran

    def local_reset(self) -> bool:
        return self.url is not None

    def local_status(self) -> str | None:
        return self.url


def test_local_is_started_asked_emptied_and_stopped(dynaprov: Runner) -> None:
    stages = FakeLocal()

    def out(*argv: str) -> str:
        finished = dynaprov("local", *argv, stages=stages)
        assert finished.code == 0
        return finished.out

    assert out("status") == "No embedded endpoint is running.\n"
    assert out("reset") == "No embedded endpoint is running.\n"
    assert out("up", "--port", "9000") == "The embedded endpoint listens on http://127.0.0.1:9000\n"
    assert json.loads(out("up", "--json"))["endpoint"] == "http://127.0.0.1:8764"
    assert out("status") == "The embedded endpoint listens on http://127.0.0.1:8764\n"
    assert out("reset") == "Emptied.\n"
    assert out("down") == "Stopped; what was in it is gone.\n"
    assert out("down") == "No embedded endpoint was running.\n"


def test_nothing_runs_without_being_started(dynaprov: Runner) -> None:
    assert dynaprov("local", "status").out == "No embedded endpoint is running.\n"
    assert dynaprov("local", "reset").out == "No embedded endpoint is running.\n"
    assert dynaprov("local", "down").out == "No embedded endpoint was running.\n"


def test_trouble_with_the_endpoint_is_told_with_its_hint(dynaprov: Runner) -> None:
    class Broken(Stages):
        def _endpoint(self) -> object:
            return self

        def up(self, port: int | None) -> object:
            raise LocalEndpointError("port 80 cannot be used", hint="choose another one")

    finished = dynaprov("local", "up", stages=Broken())
    assert finished.code == 1
    assert "port 80 cannot be used" in finished.err
    assert "hint: choose another one" in finished.err
