"""The program as users have it, on AWS's rules behind a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.converging import SHIPPED
from support.program import Machine
from support.rules.served import FastClock, Served, served

#: A table is there in an eighth of a second.
SPEED = 50.0


@pytest.fixture
def server() -> Iterator[Served]:
    with served(FastClock(SPEED)) as made:
        yield made


def mutating(server: Served) -> list[str]:
    """The calls that changed something, since this was last asked."""
    seen = [s.request.api for s in server.layer.seen if s.request.mutating and not s.code]
    server.layer.seen.clear()
    return seen


def test_the_program_makes_an_environment_on_the_rules(server: Served, tmp_path: Path) -> None:
    dynaprov = Machine(server.url, tmp_path, ("--env", "dev", "--specs", str(SHIPPED)))
    done = dynaprov("apply", "--yes")
    assert done.code == 0, done.err
    assert "dynamodb:CreateTable" in mutating(server)
    again = dynaprov("diff", "--exit-code")
    assert again.code == 0, again.out
    assert mutating(server) == []
