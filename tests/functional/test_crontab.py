"""The crontab to copy, run as cron runs it: a bare shell, and only what the file sets."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.clock import HANGS_SECONDS
from support.program import ROOT, PlainMoto, Program, plain_moto
from support.scheduling_files import crontab, unit

TABLE = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}


class Machine:
    """A machine with dynaprov at a path of its own, and an account behind it."""

    def __init__(self, folder: Path, moto: PlainMoto) -> None:
        self.folder, self.moto = folder, moto
        self.home = folder / "home"
        for each in (self.home, folder / "bin", folder / "history"):
            each.mkdir()
        program = folder / "bin" / "dynaprov"
        shell = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m dynaprov "$@"\n'
        program.write_text(shell)
        program.chmod(0o755)
        for name, document in {
            "project.yaml": {"project_name": "shop", "region": "us-east-1"},
            "tables/orders.yaml": TABLE,
            "environments/prod.yaml": {},
        }.items():
            path = folder / "specs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document))

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.moto.url,
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )

    def here(self, text: str) -> str:
        """The paths of the file as they are on this machine."""
        for path, own in {
            "/opt/dynaprov/bin": "bin",
            "/srv/acme/specs": "specs",
            "/var/lib/dynaprov": "history",
        }.items():
            text = text.replace(path, str(self.folder / own))
        return text

    def run(
        self, shell: str, command: str, given: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a line with nothing in its environment but what is given (`env -i`)."""
        settings = {"HOME": str(self.home), **self.moto.settings()}
        settings |= {name: self.here(value) for name, value in given.items()}
        words = [f"{name}={value}" for name, value in settings.items()]
        return subprocess.run(
            ["env", "-i", *words, shell, "-c", self.here(command)],
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
            check=False,
            cwd=self.home,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with plain_moto() as moto:
        made = Machine(tmp_path, moto)
        made.client("sns").create_topic(Name="drift")
        yield made


def quickly(command: str) -> str:
    """The command without the random wait, which no test can have."""
    assert "--jitter 5m " in command
    return command.replace("--jitter 5m ", "")


def test_cron_mails_what_differs_and_nothing_when_all_is_well(machine: Machine) -> None:
    cron = crontab()
    given = dict(cron.environment)
    given.pop("MAILTO")
    command = quickly(cron.command)

    missing = machine.run(given["SHELL"], command, given)
    specs = str(machine.folder / "specs")
    applied = Program(machine.moto.settings())("apply", "--env", "prod", "--specs", specs, "--yes")
    well = machine.run(given["SHELL"], command, given)

    assert "orders" in missing.stdout, missing.stderr
    assert applied.code == 0, applied.err
    assert (well.returncode, well.stdout, well.stderr) == (0, "", "")
    metrics = machine.client("cloudwatch").list_metrics(Namespace="Dynaprov")["Metrics"]
    assert {each["MetricName"] for each in metrics} == {"DriftedSettings", "NotCompared"}
    assert list((machine.folder / "history").rglob("*.json"))


def test_the_command_of_the_service_runs_with_its_environment(machine: Machine) -> None:
    service = unit("dynaprov-drift.service")["Service"]
    given = dict(value.split("=", 1) for key, value in service if key == "Environment")
    line = shlex.join(shlex.split(dict(service)["ExecStart"]))

    done = machine.run("/bin/sh", line, given)

    assert done.returncode == 2, done.stderr
    assert "orders" in done.stdout
    assert (machine.folder / "history" / "lock").exists()
