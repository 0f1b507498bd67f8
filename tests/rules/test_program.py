"""The program as users have it, on AWS's rules behind a server; killed, it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from dynaprov.local import local_environment
from support.clock import HANGS_SECONDS
from support.converging import SHIPPED
from support.program import ROOT, Finished
from support.rules.clients import client
from support.rules.faults import killed
from support.rules.served import FastClock, Served, served

#: A table is there in an eighth of a second.
SPEED = 50.0


@dataclass
class Machine:
    """dynaprov in a process of its own, and the server."""

    server: Served
    folder: Path

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program on the shipped environment dev."""
        words = [*arguments, "--env", "dev", "--specs", str(SHIPPED), "--pacing", "off"]
        return subprocess.Popen(
            [sys.executable, "-m", "dynaprov", *words],
            cwd=self.folder,
            env={
                **local_environment(self.server.url, base=os.environ),
                "PYTHONPATH": str(ROOT),
                "DYNAPROV_STATE_DIR": str(self.folder / "state"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> Finished:
        """Run it to its end."""
        with self.begin(*arguments) as program:
            out, err = program.communicate(timeout=HANGS_SECONDS)
            return Finished(program.returncode, out, err)

    def mutating(self) -> list[str]:
        """The calls that changed something, since this was last asked."""
        seen = [s.request.api for s in self.server.layer.seen if s.request.mutating and not s.code]
        self.server.layer.seen.clear()
        return seen


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with served(FastClock(SPEED)) as server:
        yield Machine(server, tmp_path)


def test_the_program_makes_an_environment_on_the_rules(machine: Machine) -> None:
    done = machine("apply", "--yes")
    assert done.code == 0, done.err
    assert "dynamodb:CreateTable" in machine.mutating()
    again = machine("diff", "--exit-code")
    assert again.code == 0, again.out
    assert machine.mutating() == []


@pytest.mark.parametrize(("number", "with_effect"), [(1, True), (9, False)])
def test_the_program_is_killed_and_goes_on(
    number: int, with_effect: bool, machine: Machine
) -> None:
    victims: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
    machine.server.layer.inject(
        killed(number=number, with_effect=with_effect, victim=lambda: victims.get().kill())
    )
    with machine.begin("apply", "--yes") as program:
        victims.put(program)
        program.communicate(timeout=HANGS_SECONDS)
    assert program.returncode < 0
    machine.server.layer.heal()
    done = machine("apply", "--yes")
    assert done.code == 0, done.err
    assert own_keys(machine.server.url) == 1
    assert len(client("dynamodb", machine.server.url).list_tables()["TableNames"]) == 4
    assert machine("diff", "--exit-code").code == 0


def own_keys(url: str) -> int:
    """How many keys the account has that AWS does not manage."""
    kms = client("kms", url)
    keys = [kms.describe_key(KeyId=each["KeyId"]) for each in kms.list_keys()["Keys"]]
    return [each["KeyMetadata"]["KeyManager"] for each in keys].count("CUSTOMER")
