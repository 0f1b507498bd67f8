"""The command as a process: it divides itself, and nothing is left of it afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

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


def test_a_refusal_of_the_endpoint_is_told_by_the_process_that_thinks(tmp_path: Path) -> None:
    with endpoint(lambda number, body: error_reply("ExpiredTokenException", "too old")) as served:
        settings = {**local_environment(served.url), "XDG_CACHE_HOME": str(tmp_path)}
        finished = Program(settings)("diff", "--specs", str(ROOT / "specs"))
    assert (finished.code, finished.out) == (1, "")
    assert "error[DP20" in finished.err
    assert "ExpiredToken" in finished.err
