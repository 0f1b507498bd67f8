"""``dynaprov diff``: exit code, stdout and stderr."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dynaprov.model.plan import Plan
from support.command_line import Runner
from support.fake_stages import FakeStages
from support.sample_plans import EVERYTHING, IN_SYNC, first_apply

UNREFUSED = replace(EVERYTHING, refusals=(), not_compared=())
ONLY_UNDER_WAY = replace(IN_SYNC, in_progress=EVERYTHING.in_progress)
ONLY_UNMANAGED = replace(IN_SYNC, unmanaged=EVERYTHING.unmanaged[:1])
ONLY_LISTED = replace(IN_SYNC, unmanaged=EVERYTHING.unmanaged[1:])


@pytest.mark.parametrize(
    ("plan", "plain", "asked"),
    [
        (IN_SYNC, 0, 0),
        (first_apply(), 0, 2),
        (ONLY_UNMANAGED, 0, 2),
        (ONLY_LISTED, 0, 0),
        (ONLY_UNDER_WAY, 0, 5),
        (UNREFUSED, 0, 2),
        (replace(EVERYTHING, not_compared=()), 0, 3),
        (EVERYTHING, 4, 3),
        (replace(EVERYTHING, refusals=()), 4, 4),
    ],
)
def test_the_exit_code_says_what_was_found(
    dynaprov: Runner, plan: Plan, plain: int, asked: int
) -> None:
    assert dynaprov("diff", stages=FakeStages(plan)).code == plain
    assert dynaprov("diff", "--exit-code", stages=FakeStages(plan)).code == asked


def test_diff_looks_through_a_door_that_cannot_write(dynaprov: Runner) -> None:
    stages = FakeStages(IN_SYNC)
    dynaprov("diff", stages=stages)
    assert stages.wrote is False


def test_the_result_goes_to_stdout_and_nothing_else(dynaprov: Runner) -> None:
    finished = dynaprov("diff", stages=FakeStages(first_apply()))
    assert finished.err == ""
    assert "0 tables and 0 indexes will be removed." in finished.out
    assert finished.out.endswith("To make these changes:\n  dynaprov apply\n")


def test_json_is_one_document_with_what_machines_need(dynaprov: Runner) -> None:
    finished = dynaprov("diff", "--json", stages=FakeStages(EVERYTHING))
    document = json.loads(finished.out)
    assert finished.err == ""
    assert {
        "format": 1,
        "command": "diff",
        "project": "streaming-logs",
        "environment": "dev",
        "account": "123456789012",
        "region": "us-east-1",
        "in_sync": False,
    }.items() <= document.items()
    for member in (
        "fingerprint",
        "changes",
        "operations",
        "refusals",
        "unmanaged",
        "not_compared",
        "summary",
    ):
        assert document[member], member


def test_the_next_command_repeats_where_and_what(dynaprov: Runner) -> None:
    finished = dynaprov(
        "diff",
        "--env",
        "dev",
        "--local",
        "--specs",
        "my specs",
        "--set",
        "enable_ttl=false",
        "--target",
        "*/ttl",
        "--prune",
        "--profile",
        "team",
        stages=FakeStages(first_apply()),
    )
    assert (
        "  dynaprov apply --local --env dev --specs 'my specs' --profile team"
        " --set enable_ttl=false --target '*/ttl' --prune\n"
    ) in finished.out


def test_a_refusal_that_can_be_lifted_ends_with_the_whole_command(dynaprov: Runner) -> None:
    plan = replace(EVERYTHING, refusals=EVERYTHING.refusals[:1])
    finished = dynaprov("diff", stages=FakeStages(plan))
    assert finished.out.endswith(
        "  dynaprov apply --allow replace-index:log-metadata/index/ServiceIndex\n"
    )


def test_a_refusal_that_nothing_lifts_offers_no_apply(dynaprov: Runner) -> None:
    finished = dynaprov("diff", stages=FakeStages(EVERYTHING))
    assert "dynaprov apply" not in finished.out
    assert "nothing lifts this" in finished.out


def test_a_saved_plan_names_the_command_that_runs_exactly_it(
    dynaprov: Runner, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    finished = dynaprov("diff", "--out", str(path), stages=FakeStages(first_apply()))
    assert finished.err == f"Saved the plan to {path}\n"
    assert finished.out.endswith(f"  dynaprov apply {path}\n")
    assert json.loads(path.read_text())["command"] == "diff"


def test_explain_adds_calls_parameters_and_where_the_spec_says_so(dynaprov: Runner) -> None:
    finished = dynaprov("diff", "--explain", stages=FakeStages(UNREFUSED))
    assert "dynamodb UpdateTable" in finished.out
    assert "DeletionProtectionEnabled: true" in finished.out
    assert "specs/tables/log-metadata.yaml:31:19" in finished.out


def test_color_never_and_not_a_terminal_write_no_escape(dynaprov: Runner) -> None:
    assert "\x1b" not in dynaprov("diff", stages=FakeStages(EVERYTHING)).out
    colored = dynaprov("diff", "--color", "always", stages=FakeStages(EVERYTHING)).out
    assert "\x1b" in colored


def test_no_color_is_obeyed(dynaprov: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in dynaprov("diff", stages=FakeStages(EVERYTHING)).out


def test_an_option_beats_its_variable(dynaprov: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAPROV_ENV", "staging")
    stages = FakeStages(IN_SYNC)
    dynaprov("diff", stages=stages)
    assert stages.used is not None
    assert stages.used.env == "staging"
    dynaprov("diff", "--env", "prod", stages=stages)
    assert stages.used.env == "prod"
