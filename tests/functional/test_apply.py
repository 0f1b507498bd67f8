"""``dynaprov apply`` and ``destroy``: approval, execution, report."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from dynaprov.report.document import fingerprint
from support.command_line import Finished, Runner
from support.fake_stages import FakeStages
from support.sample_plans import EVERYTHING, IN_SYNC, first_apply, went_wrong

FIRST = first_apply()
REFUSED = replace(FIRST, refusals=EVERYTHING.refusals[:1])


def types(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(answer + "\n"))


def test_yes_shows_the_plan_executes_and_verifies(dynaprov: Runner) -> None:
    stages = FakeStages(FIRST, IN_SYNC)
    finished = dynaprov("apply", "--yes", stages=stages)
    assert finished.code == 0
    assert stages.wrote is True
    assert "9 to create; 9 calls to make." in finished.out
    assert finished.out.splitlines()[-1] == (
        "Converged: 9 calls made; a fresh comparison found nothing left."
    )
    assert "start       kms-key: create the key" in finished.err


def test_in_sync_calls_nothing_and_asks_nothing(dynaprov: Runner) -> None:
    stages = FakeStages(IN_SYNC)
    finished = dynaprov("apply", stages=stages)
    assert (finished.code, finished.err, stages.applied) == (0, "", [])
    assert "In sync" in finished.out


def test_without_a_terminal_and_without_yes_nothing_is_done(dynaprov: Runner) -> None:
    stages = FakeStages(FIRST)
    finished = dynaprov("apply", stages=stages)
    assert (finished.code, stages.applied) == (3, [])
    assert "there is nobody to ask" in finished.err
    assert "--yes" in finished.err


def test_json_without_yes_is_refused_in_one_document(dynaprov: Runner) -> None:
    stages = FakeStages(FIRST)
    finished = dynaprov("apply", "--json", stages=stages)
    document = json.loads(finished.out)
    assert (finished.code, document["exit_code"], stages.applied) == (3, 3, [])
    assert document["problems"][0]["code"] == "DP511"
    assert document["operations"]


def test_json_with_yes_is_one_document_of_the_run(dynaprov: Runner) -> None:
    finished = dynaprov("apply", "--json", "--yes", stages=FakeStages(FIRST, IN_SYNC))
    document = json.loads(finished.out)
    assert document["converged"] is True
    assert document["residual"] == []
    assert {each["status"] for each in document["outcomes"]} == {"succeeded"}


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 3), ("y", 3), ("", 3)])
def test_a_person_has_to_type_yes(
    dynaprov: Runner, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    types(monkeypatch, answer)
    stages = FakeStages(FIRST, IN_SYNC)
    finished = dynaprov("apply", stages=stages, terminal=True)
    assert (finished.code, len(stages.applied)) == (code, 1 if code == 0 else 0)
    assert "Apply this to streaming-logs dev (account 123456789012, us-east-1)?" in finished.err


def test_yes_lifts_no_guard(dynaprov: Runner) -> None:
    stages = FakeStages(REFUSED)
    finished = dynaprov("apply", "--yes", stages=stages)
    assert (finished.code, stages.applied) == (3, [])
    assert "--allow replace-index:log-metadata/index/ServiceIndex" in finished.out
    assert "the plan is refused" in finished.err


def saved(dynaprov: Runner, path: Path, *more: str) -> Finished:
    return dynaprov("diff", "--out", str(path), *more, stages=FakeStages(FIRST))


def test_a_saved_plan_is_run_when_nothing_moved(dynaprov: Runner, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    saved(dynaprov, path, "--target", "*/ttl")
    stages = FakeStages(FIRST, IN_SYNC)
    finished = dynaprov("apply", str(path), stages=stages)
    assert (finished.code, len(stages.applied)) == (0, 1)
    assert stages.used is not None
    assert (stages.used.env, stages.used.targets) == ("dev", ("*/ttl",))


def test_a_saved_plan_is_not_run_when_reality_moved(dynaprov: Runner, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    saved(dynaprov, path)
    moved = replace(FIRST, operations=FIRST.operations[:-1], changes=FIRST.changes[:-1])
    stages = FakeStages(moved)
    finished = dynaprov("apply", str(path), "--yes", stages=stages)
    assert (finished.code, stages.applied) == (3, [])
    assert "this is not the plan that was approved" in finished.err


def test_a_saved_plan_with_other_options_is_a_usage_error(dynaprov: Runner, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    saved(dynaprov, path)
    finished = dynaprov("apply", str(path), "--prune", stages=FakeStages(FIRST))
    assert finished.code == 64
    assert "DP506" in finished.err


@pytest.mark.parametrize("text", ["", "[]", '{"format": 9}', '{"format": 1, "command": "apply"}'])
def test_a_file_that_is_no_plan_is_a_usage_error(
    dynaprov: Runner, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    assert dynaprov("apply", str(path), stages=FakeStages(FIRST)).code == 64


def test_expect_runs_only_the_plan_with_that_fingerprint(dynaprov: Runner) -> None:
    name = fingerprint(FIRST)
    stages = FakeStages(FIRST, IN_SYNC)
    assert dynaprov("apply", "--expect", name[:16], stages=stages).code == 0
    stages = FakeStages(FIRST)
    assert dynaprov("apply", "--yes", "--expect", "0" * 16, stages=stages).code == 3
    assert stages.applied == []
    assert dynaprov("apply", "--expect", name[:4], stages=stages).code == 64


def test_expect_and_a_saved_plan_have_to_agree(dynaprov: Runner, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    saved(dynaprov, path)
    finished = dynaprov("apply", str(path), "--expect", "0" * 64, stages=FakeStages(FIRST))
    assert (finished.code, "DP508" in finished.err) == (64, True)


def test_what_went_wrong_is_exit_4_with_causes_and_what_to_type(dynaprov: Runner) -> None:
    run = went_wrong()
    stages = FakeStages(run.plan, run=lambda plan: run)
    finished = dynaprov("apply", "--yes", stages=stages)
    assert finished.code == 4
    assert "AccessDeniedException" in finished.out
    assert "request REQ-7" in finished.out
    assert "skipped because of it: log-metadata/index/ServiceIndex:create" in finished.out
    assert "  dynaprov diff\n" in finished.out
    assert finished.out.endswith("  dynaprov apply\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_starts_nothing_new_and_says_so(dynaprov: Runner, number: int) -> None:
    stages = FakeStages(FIRST)
    stages.on_apply = lambda: os.kill(os.getpid(), number)
    finished = dynaprov("apply", "--yes", stages=stages)
    assert (finished.code, stages.interrupts) == (130, 1)
    assert "Running it again later is safe" in finished.err
    assert "Running the same command again is safe" in finished.out
    assert "9 not started" in finished.out


def test_the_second_signal_stops_waiting(dynaprov: Runner) -> None:
    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    stages = FakeStages(FIRST)
    stages.on_apply = twice
    finished = dynaprov("apply", "--yes", stages=stages)
    assert finished.code == 130
    assert "Interrupted" in finished.err


def test_quiet_prints_only_what_became_of_it(dynaprov: Runner) -> None:
    finished = dynaprov("apply", "--yes", "--quiet", stages=FakeStages(FIRST, IN_SYNC))
    assert finished.err == ""
    assert "to create" not in finished.out


def test_destroy_wants_the_full_name(dynaprov: Runner) -> None:
    stages = FakeStages(FIRST)
    finished = dynaprov("destroy", stages=stages)
    assert (finished.code, stages.applied) == (3, [])
    assert "--confirm streaming-logs-dev" in finished.err
    assert dynaprov("destroy", "--confirm", "dev", stages=stages).code == 3
    assert stages.applied == []
    stages = FakeStages(FIRST, IN_SYNC)
    assert dynaprov("destroy", "--confirm", "streaming-logs-dev", stages=stages).code == 0
    assert len(stages.applied) == 1


def test_destroy_asks_a_person_for_the_name(
    dynaprov: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    types(monkeypatch, "streaming-logs-dev")
    stages = FakeStages(FIRST, IN_SYNC)
    finished = dynaprov("destroy", "--keep-data", stages=stages, terminal=True)
    assert finished.code == 0
    assert "Type streaming-logs-dev to go on" in finished.err


def test_yes_is_no_option_of_destroy(dynaprov: Runner) -> None:
    assert dynaprov("destroy", "--yes", stages=FakeStages(FIRST)).code == 64
