"""DynamoDB Local as the tests start it: on the loopback alone, silent, gone with its starter."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.ddblocal import Server, Unavailable, java, libraries, version

TESTS = Path(__file__).parents[1]
LISTENING, ESTABLISHED = "0A", "01"
LOOPBACK = "0100007F"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def ends(pid: int) -> bool:
    """Whether a process has ended, or does so soon."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return bool(poll.poll(20_000))
    finally:
        os.close(process)


def sockets(pid: int) -> list[tuple[str, str, str]]:
    """Local address, remote address and state of every TCP socket of a process."""
    folder = Path(f"/proc/{pid}/fd")
    inodes = {
        str(each.readlink()).removeprefix("socket:[").removesuffix("]")
        for each in folder.iterdir()
        if str(each.readlink()).startswith("socket:[")
    }
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return [(row[1], row[2], row[3]) for row in rows if row[9] in inodes]


@on_linux
def test_only_the_loopback_listens(ddblocal: Server) -> None:
    listening = [local for local, _, state in sockets(ddblocal.pid) if state == LISTENING]

    port = urlsplit(ddblocal.url).port
    assert port
    assert listening == [f"{LOOPBACK}:{port:04X}"]


@on_linux
def test_it_talks_to_nobody_else(ddblocal: Server) -> None:
    talking = [remote for _, remote, state in sockets(ddblocal.pid) if state == ESTABLISHED]

    assert {remote.partition(":")[0] for remote in talking} <= {LOOPBACK}


def test_the_libraries_of_its_telemetry_are_not_even_there(
    installation: tuple[str, Path],
) -> None:
    names = [each.name for each in installation[1].glob("*.jar")]

    assert f"DynamoDBLocal-{version()}.jar" in names
    assert [name for name in names if name.startswith(("pinpoint", "cognito"))] == []


@on_linux
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_it_ends_with_whoever_started_it(installation: tuple[str, Path], by: int) -> None:
    starter = (
        "import sys\n"
        "from pathlib import Path\n"
        "from support.ddblocal import server\n"
        "with server(sys.argv[1], Path(sys.argv[2])) as started:\n"
        "    print(started.pid, started.url, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter, installation[0], str(installation[1])],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        pid, url = process.stdout.readline().split()
        process.send_signal(by)
        process.wait()

    assert ends(int(pid)), "the server still runs"
    where = urlsplit(url)
    with socket.socket() as probe:
        assert probe.connect_ex((where.hostname, where.port)) != 0


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_machine_without_java_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no Java here"):
        java({"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("modules", "problem"),
    [
        ("java.base@11.0.2\njdk.compiler@11.0.2", "older than 17"),
        ("java.base@21", "cannot compile"),
        ("", "older than 17"),
    ],
)
def test_a_java_that_does_not_do_is_told_so(tmp_path: Path, modules: str, problem: str) -> None:
    program(tmp_path, "java", f"printf '{modules}\\n'")

    with pytest.raises(Unavailable, match=problem):
        java({"PATH": str(tmp_path)})


def test_a_machine_without_maven_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no Maven"):
        libraries({"PATH": str(tmp_path)}, tmp_path / "libraries")


def test_what_maven_cannot_bring_is_told_in_its_words(tmp_path: Path) -> None:
    program(tmp_path, "mvn", "echo '[ERROR] no such artefact'; exit 1")

    with pytest.raises(Unavailable, match="cannot bring DynamoDB Local: no such artefact"):
        libraries({"PATH": str(tmp_path)}, tmp_path / "libraries")


@on_linux
def test_a_maven_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = f"PATH={os.environ['PATH']}; sleep 600 & echo $! > {child}; wait"
    program(tmp_path, "mvn", script)

    with pytest.raises(Unavailable, match="within 2 s"):
        libraries({"PATH": str(tmp_path)}, tmp_path / "libraries", seconds=2)
    assert ends(int(child.read_text()))
