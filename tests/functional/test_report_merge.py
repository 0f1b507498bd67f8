"""``dynaprov report merge``: reports of several checks as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.closed_schemas import problems
from support.command_line import Finished, Runner
from support.sample_checks import FIRST, QUIET, document


class Reports:
    """Files with reports, and the command over them."""

    def __init__(self, dynaprov: Runner, folder: Path) -> None:
        self._dynaprov, self._folder = dynaprov, folder
        self._files: list[str] = []

    def add(self, content: Any) -> None:
        file = self._folder / f"{len(self._files)}.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        self._files.append(str(file))

    def merge(self, *words: str) -> Finished:
        return self._dynaprov("report", "merge", *self._files, *words)


@pytest.fixture
def reports(dynaprov: Runner, tmp_path: Path) -> Reports:
    return Reports(dynaprov, tmp_path)


def drifted(environment: str = "dev") -> dict[str, Any]:
    return {**document(FIRST), "environment": environment}


def quiet(environment: str) -> dict[str, Any]:
    return {**document(QUIET, exit_code=0), "environment": environment}


def fleet(members: int, *checks: dict[str, Any]) -> dict[str, Any]:
    part = {"members": members, "checked": len(checks), "shard": "1/2"}
    return {"format": 1, "command": "drift", "fleet": part, "checks": list(checks)}


def test_checks_of_all_reports_stand_in_the_order_of_their_environments(reports: Reports) -> None:
    reports.add(quiet("prod"))
    reports.add(drifted("dev"))

    merged = reports.merge("--json")

    joined = json.loads(merged.out)
    assert [each["environment"] for each in joined["checks"]] == ["dev", "prod"]
    assert joined["verdicts"] == document(FIRST)["verdicts"]
    assert joined["fleet"] == {"members": 2, "checked": 2, "shard": ""}
    assert (merged.code, joined["exit_code"]) == (2, 2)
    assert problems("fleet-report", joined) == []


def test_a_line_for_each_and_below_what_was_found(reports: Reports) -> None:
    reports.add(drifted("dev"))
    reports.add(quiet("prod"))

    text = reports.merge().out

    assert "2 of 2 environments" in text
    first, second = [line for line in text.splitlines() if line.startswith(("  ! ", "  = "))][:2]
    assert first.startswith("  ! dev ")
    assert "Drift: " in first
    assert second.startswith("  = prod ")
    below = text.split(second)[1]
    assert "audit-trail" in below
    assert "deletion_protection" in below
    assert "prod" not in below


def test_many_in_sync_are_counted(reports: Reports) -> None:
    reports.add(fleet(22, *(quiet(f"team-{number}") for number in range(21)), drifted()))

    text = reports.merge().out

    assert "22 of 22 environments" in text
    assert "  = 21 environments in sync" in text
    assert "team-" not in text


def test_members_in_no_report_leave_the_whole_incomplete(reports: Reports) -> None:
    reports.add(fleet(3, quiet("dev")))

    merged = reports.merge("--json")

    assert (merged.code, json.loads(merged.out)["exit_code"]) == (4, 4)
    assert "2 of 3 environments are in none of the reports" in merged.err


def test_an_environment_may_stand_in_one_report_only(reports: Reports) -> None:
    reports.add(quiet("dev"))
    reports.add(drifted("dev"))

    merged = reports.merge()

    assert merged.code == 64
    assert "DP527" in merged.err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        {"command": "diff", "findings": []},
        {"command": "drift"},
        {**document(FIRST), "format": 2},
        {"checks": 5},
        {"checks": [5]},
    ],
    ids=["empty", "a list", "of a diff", "no findings", "of another format", "no checks", "odd"],
)
def test_what_is_no_report_is_named(reports: Reports, content: Any) -> None:
    reports.add(content)

    merged = reports.merge()

    assert merged.code == 64
    assert "DP526" in merged.err
    assert "0.json" in "".join(merged.err.split())
