"""The layer behind a server: the same rules, and connections that are really closed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ConnectionClosedError

from dynaprov.local import local_environment
from support.clock import HANGS_SECONDS, VirtualClock
from support.rules import faults
from support.rules.clients import TABLE, client, code_of
from support.rules.served import Served, served

TESTS = Path(__file__).parents[1]


@pytest.fixture
def server(clock: VirtualClock) -> Iterator[Served]:
    with served(clock) as running:
        yield running


def test_the_rules_hold_behind_a_server(server: Served, clock: VirtualClock) -> None:
    ddb = client("dynamodb", server.url)
    ddb.create_table(**TABLE)
    assert code_of(ddb.delete_table, TableName="orders") == "ResourceInUseException"
    clock.advance(10)
    assert ddb.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"
    assert server.layer.seen[0].request.connection.startswith("127.0.0.1:")


def test_a_lost_answer_is_a_closed_connection(server: Served) -> None:
    ddb = client("dynamodb", server.url)
    server.layer.inject(faults.lost("dynamodb:CreateTable", with_effect=True))
    with pytest.raises(ConnectionClosedError):
        ddb.create_table(**TABLE)
    assert ddb.list_tables()["TableNames"] == ["orders"]


def test_a_victim_is_killed_at_its_call(server: Served) -> None:
    ddb = client("dynamodb", server.url)
    killed: list[str] = []
    server.layer.inject(
        faults.killed(number=1, with_effect=False, victim=lambda: killed.append("victim"))
    )
    with pytest.raises(ConnectionClosedError):
        ddb.create_table(**TABLE)
    assert killed == ["victim"]
    with pytest.raises(ConnectionClosedError):
        ddb.list_tables()
    server.layer.revive()
    assert ddb.list_tables()["TableNames"] == []


def test_the_program_serves_until_its_input_ends() -> None:
    environment = {
        **local_environment(),
        "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "support.rules.served", "--speed", "100000"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        ddb = client("dynamodb", program.stdout.readline().strip())
        made = ddb.create_table(**TABLE)["TableDescription"]
        assert made["TableStatus"] == "CREATING"
        assert ddb.describe_table(TableName="orders")["Table"]["TableStatus"] == "ACTIVE"
        program.stdin.close()
        assert program.wait(HANGS_SECONDS) == 0
