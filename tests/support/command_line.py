"""Running the command line in this process: exit code, stdout and stderr together."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dynaprov.cli.invocation import Invocation
from dynaprov.cli.main import run
from dynaprov.cli.stages import Stages


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


class Runner:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(
        self, *argv: str, stages: Stages | None = None, terminal: bool = False
    ) -> Finished:
        self._capsys.readouterr()
        code = run(argv, invocation=Invocation(stages, lambda: terminal))
        out, err = self._capsys.readouterr()
        return Finished(code, out, err)


@pytest.fixture
def dynaprov(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)
