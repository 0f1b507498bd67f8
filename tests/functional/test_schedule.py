"""A check under a scheduler: jitter, lock, deadline and SIGTERM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dynaprov.cli.schedule import AnotherRuns, ending_on_sigterm, locked, scheduled, within
from dynaprov.model.errors import Stopped
from dynaprov.model.plan import Plan
from support.clock import VirtualClock
from support.command_line import Finished, Runner
from support.endpoint import Reply, endpoint
from support.fake_stages import FakeStages
from support.program import ROOT
from support.sample_plans import IN_SYNC

Drift = Callable[..., tuple[Finished, FakeStages]]


@pytest.fixture
def drift(dynaprov: Runner) -> Drift:
    def run(*words: str, plan: Plan = IN_SYNC) -> tuple[Finished, FakeStages]:
        stages = FakeStages(plan)
        stages.clock = VirtualClock()  # type: ignore[assignment]
        return dynaprov("drift", *words, stages=stages), stages

    return run


def test_the_jitter_is_a_random_part_of_what_is_said() -> None:
    clock = VirtualClock()

    with scheduled(clock, jitter_seconds=300, rand=lambda: 0.25):
        assert clock.slept == [75]


def test_a_check_waits_before_it_looks(drift: Drift) -> None:
    finished, stages = drift("--jitter", "5m")

    assert finished.code == 0
    [waited] = stages.clock.slept  # type: ignore[attr-defined]
    assert 0 <= waited < 300


def test_of_two_checks_with_one_lock_the_second_does_nothing(drift: Drift, tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")

    with locked(lock):
        busy, stages = drift("--lock", lock)
    free, _ = drift("--lock", lock)

    assert busy.code == 5
    assert "DP529" in busy.err
    assert stages.wrote is None
    assert free.code == 0


def test_a_lock_is_free_again_however_its_holder_ended(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    program = "import os, sys; from dynaprov.cli.schedule import locked\n"
    program += "with locked(sys.argv[1]): os._exit(9)"
    done = subprocess.run([sys.executable, "-c", program, lock], cwd=ROOT, check=False)

    assert done.returncode == 9
    with locked(lock), pytest.raises(AnotherRuns), locked(lock):
        pass


def test_a_lock_that_cannot_be_made_is_told(drift: Drift, tmp_path: Path) -> None:
    finished, _ = drift("--lock", str(tmp_path / "no" / "lock"))

    assert finished.code == 1
    assert "DP528" in finished.err


def test_when_the_time_is_up_nothing_is_known() -> None:
    with pytest.raises(Stopped, match=r"not done after 0\.01 s"), within(0.01):
        threading.Event().wait(30)


def test_what_ends_in_time_is_not_disturbed_afterwards() -> None:
    before = signal.getsignal(signal.SIGALRM)

    with within(60):
        pass

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_sigterm_ends_a_check_like_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def terminated() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(30)

    with pytest.raises(KeyboardInterrupt), ending_on_sigterm():
        terminated()

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(("words", "code"), [((), 130), (("--deadline", "2s"), 1)])
def test_a_program_that_is_stuck_is_ended(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    """The endpoint never answers: SIGTERM, or the deadline, ends the check at once."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "project.yaml").write_text("{project_name: shop, region: us-east-1}")
    (tmp_path / "environments" / "dev.yaml").write_text("{}")
    asked, over = threading.Event(), threading.Event()

    def answer(number: int, body: bytes) -> Reply:
        asked.set()
        over.wait(120)
        return Reply(500)

    with endpoint(answer) as served:
        settings = {
            "AWS_ENDPOINT_URL": served.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "PYTHONPATH": str(ROOT),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "dynaprov", "drift", "--specs", str(tmp_path), *words],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if not words:
            assert asked.wait(60)
            process.terminate()
        out, err = process.communicate(timeout=60)
        over.set()

    assert process.returncode == code, err
    assert "Traceback" not in err
    assert out == ""
