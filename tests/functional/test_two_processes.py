"""The command as a process: it divides itself, and nothing is left of it afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from dynaprov.aws.spread import MANY_TABLES
from dynaprov.local import local_environment
from support.clock import HANGS_SECONDS
from support.endpoint import Reply, endpoint, error_reply
from support.program import ROOT, Program

ALLOWED = os.sched_getaffinity(0) if sys.platform == "linux" else {0}
COMMAND = [sys.executable, "-m", "dynaprov", "diff", "--specs", str(ROOT / "specs")]


def test_a_killed_run_leaves_no_process_behind(tmp_path: Path) -> None:
    asked, answer = Event(), Event()

    def hold(number: int, body: bytes) -> Reply:
        asked.set()
        answer.wait(HANGS_SECONDS)
        return Reply(hang_up=True)

    with endpoint(hold) as served:
        environment = {**os.environ, **local_environment(served.url), "PYTHONPATH": str(ROOT)}
        environment["XDG_CACHE_HOME"] = str(tmp_path)
        process = subprocess.Popen(
            COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            assert asked.wait(HANGS_SECONDS)
            process.kill()
            # Both ends of the pipe are closed only when the last process that holds it has ended.
            assert process.communicate(timeout=HANGS_SECONDS)[0] == b""
        finally:
            process.kill()
            answer.set()
    assert process.returncode < 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose")
@pytest.mark.skipif(len(ALLOWED) == 1, reason="there is one processor only")
def test_each_of_the_two_keeps_to_a_processor_of_its_own(tmp_path: Path) -> None:
    kept: list[set[int]] = []

    def look(number: int, body: bytes) -> Reply:
        main = process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        kept.extend(os.sched_getaffinity(int(pid)) for pid in (main, *children))
        return error_reply("ExpiredTokenException", "too old")

    with endpoint(look) as served:
        environment = {**os.environ, **local_environment(served.url), "PYTHONPATH": str(ROOT)}
        environment["XDG_CACHE_HOME"] = str(tmp_path)
        process = subprocess.Popen(COMMAND, env=environment, stderr=subprocess.DEVNULL)
        process.wait(HANGS_SECONDS)
    ours, theirs = kept[:2]
    assert len(ours) == len(theirs) == 1
    assert ours != theirs


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its processes as files")
def test_a_large_apply_to_an_endpoint_without_rates_has_three_and_leaves_none(
    tmp_path: Path,
) -> None:
    for place in range(MANY_TABLES):
        (tmp_path / "specs" / "tables").mkdir(parents=True, exist_ok=True)
        table = tmp_path / "specs" / "tables" / f"t{place}.yaml"
        table.write_text("partition_key: id\nbilling_mode: PAY_PER_REQUEST\n")
    (tmp_path / "specs" / "environments").mkdir()
    (tmp_path / "specs" / "environments" / "dev.yaml").write_text("")
    (tmp_path / "specs" / "project.yaml").write_text(
        "project_name: shop\ndefault_environment: dev\nregion: us-east-1\n"
    )
    processes: set[int] = set()

    def look(number: int, body: bytes) -> Reply:
        main = process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        processes.update(map(int, children))
        return error_reply("ExpiredTokenException", "too old")

    command = [sys.executable, "-m", "dynaprov", "apply", "--yes", "--pacing", "off"]
    with endpoint(look) as served:
        environment = {**os.environ, **local_environment(served.url), "PYTHONPATH": str(ROOT)}
        environment["XDG_CACHE_HOME"] = str(tmp_path)
        process = subprocess.Popen(
            [*command, "--endpoint-url", served.url, "--specs", str(tmp_path / "specs")],
            env=environment,
            stderr=subprocess.PIPE,
        )
        # Comes back when the last process that holds the pipe has ended.
        _, told = process.communicate(timeout=HANGS_SECONDS)
    assert (process.returncode, b"ExpiredToken" in told, len(processes)) == (1, True, 2)


def test_a_refusal_of_the_endpoint_is_told_by_the_process_that_thinks(tmp_path: Path) -> None:
    with endpoint(lambda number, body: error_reply("ExpiredTokenException", "too old")) as served:
        settings = {**local_environment(served.url), "XDG_CACHE_HOME": str(tmp_path)}
        finished = Program(settings)("diff", "--specs", str(ROOT / "specs"))
    assert (finished.code, finished.out) == (1, "")
    assert "error[DP20" in finished.err
    assert "ExpiredToken" in finished.err
