"""The command line on the embedded endpoint as users have it: a server in the background."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.converging import SHIPPED
from support.program import Finished, Program, watched

PREFIX = "streaming-logs-dev"


@dataclass
class Machine:
    """A machine whose endpoint was started."""

    dynaprov: Program
    url: str

    def __call__(self, *arguments: str) -> Finished:
        return self.dynaprov(*arguments, "--local")

    def calls(self, *arguments: str) -> tuple[Finished, list[str]]:
        """Run on the same endpoint through a proxy; what changed anything as the proxy saw it."""
        with watched(self.url) as proxy:
            program = replace(
                self.dynaprov, settings={**self.dynaprov.settings, **proxy.settings()}
            )
            done = program(*arguments, "--pacing", "off")
            return done, [each.rpartition(".")[2] for each in proxy.requests.mutating]

    def client(self, service: str) -> Any:
        """A plain boto3 client of the endpoint."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    settings = {"DYNAPROV_STATE_DIR": str(tmp_path / "state"), "DYNAPROV_SPECS": str(SHIPPED)}
    dynaprov = Program(settings, folder=tmp_path)
    made = Machine(dynaprov, dynaprov("local", "up", "--json").document["endpoint"])
    yield made
    dynaprov("local", "down")


def test_applied_broken_found_healed_and_nothing_left_to_call(machine: Machine) -> None:
    first, created = machine.calls("apply", "--env", "dev", "--yes")
    assert first.code == 0, first.err
    assert len(created) >= 37
    assert machine("diff", "--env", "dev", "--exit-code").code == 0

    machine.client("dynamodb").update_table(
        TableName=f"{PREFIX}-log-metadata", TableClass="STANDARD_INFREQUENT_ACCESS"
    )
    compared = machine("diff", "--env", "dev", "--exit-code", "--json")
    assert compared.code == 2
    [change] = compared.document["changes"]
    assert (change["address"], change["cause"]) == ("log-metadata", "drift")
    assert [each["path"] for each in change["settings"]] == ["class"]
    shown = machine("diff", "--env", "dev")
    assert shown.code == 0
    assert "STANDARD_INFREQUENT_ACCESS" in shown.out

    healed, calls = machine.calls("apply", "--env", "dev", "--yes")
    assert (healed.code, calls) == (0, ["UpdateTable"])
    again, calls = machine.calls("apply", "--env", "dev", "--yes")
    assert (again.code, calls) == (0, [])
    assert "In sync" in again.out

    assert machine.dynaprov("local", "down").code == 0
    assert machine.dynaprov("local", "down").code == 0


def test_destroy_leaves_the_key_that_the_backups_need(machine: Machine) -> None:
    assert machine("apply", "--env", "dev", "--yes").code == 0
    gone, calls = machine.calls("destroy", "--env", "dev", "--confirm", PREFIX)
    assert gone.code == 0, gone.out + gone.err
    assert "ScheduleKeyDeletion" not in calls
    assert machine.client("dynamodb").list_tables()["TableNames"] == []


def test_destroy_keeps_the_data_when_told_to(machine: Machine) -> None:
    assert machine("apply", "--env", "dev", "--yes").code == 0
    kept = machine("destroy", "--env", "dev", "--keep-data", "--confirm", PREFIX)
    assert kept.code == 0, kept.out + kept.err
    assert len(machine.client("dynamodb").list_tables()["TableNames"]) == 4
    assert machine.client("sns").list_topics()["Topics"] == []
    kms = machine.client("kms")
    aliases = {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]}
    key = kms.describe_key(KeyId=aliases[f"alias/{PREFIX}"]["TargetKeyId"])["KeyMetadata"]
    assert key["KeyState"] == "Enabled"


def test_destroy_takes_backups_and_retires_the_key_last(machine: Machine) -> None:
    assert machine("apply", "--env", "dev", "--yes").code == 0
    refused, calls = machine.calls("destroy", "--env", "dev")
    assert (refused.code, calls) == (3, [])
    wrong, calls = machine.calls("destroy", "--env", "dev", "--confirm", "streaming-logs-prod")
    assert (wrong.code, calls) == (3, [])

    gone, calls = machine.calls(
        "destroy", "--env", "dev", "--confirm", PREFIX, "--allow", "retire-key"
    )
    assert gone.code == 0, gone.out + gone.err
    dynamodb = machine.client("dynamodb")
    assert dynamodb.list_tables()["TableNames"] == []
    assert len(dynamodb.list_backups()["BackupSummaries"]) == 4
    assert calls.count("CreateBackup") == calls.count("DeleteTable") == 4
    assert calls[:4] == ["CreateBackup"] * 4
    assert calls[-1] == "ScheduleKeyDeletion"


def test_an_environment_that_does_not_allow_it_is_not_destroyed(
    machine: Machine, tmp_path: Path
) -> None:
    specs = tmp_path / "specs"
    shutil.copytree(SHIPPED, specs)
    dev = specs / "environments" / "dev.yaml"
    dev.write_text(dev.read_text().replace("allow_destroy: true", "allow_destroy: false"))
    assert machine("apply", "--env", "dev", "--yes").code == 0
    done, calls = machine.calls(
        "destroy", "--specs", str(specs), "--env", "dev", "--confirm", PREFIX
    )
    assert (done.code, calls) == (3, [])
    assert "allow_destroy" in done.err
