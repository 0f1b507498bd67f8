"""``dynaprov drift`` as a scheduler runs it: exit codes, streams, files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynaprov.model.address import Address
from dynaprov.model.attribution import (
    Attribution,
    Channel,
    Commit,
    Identity,
    Principal,
    RecordedCall,
)
from dynaprov.model.change import Tolerated
from dynaprov.model.finding import Coverage
from dynaprov.model.plan import Plan
from dynaprov.model.setting import Band, Owner
from dynaprov.model.source import Position
from support.clock import VirtualClock
from support.command_line import Finished, Runner
from support.fake_stages import FakeStages
from support.sample_checks import DRIFTED, MONDAY, RETAGGED
from support.sample_plans import EVERYTHING, HERE, IN_SYNC

Drift = Callable[..., Finished]

BUSY = replace(IN_SYNC, in_progress=EVERYTHING.in_progress)
BLIND = replace(IN_SYNC, not_compared=EVERYTHING.not_compared)
LEFTOVERS = replace(IN_SYNC, unmanaged=EVERYTHING.unmanaged[1:])
LOW = Plan(HERE, changes=(RETAGGED,), resources=IN_SYNC.resources)


@pytest.fixture
def drift(dynaprov: Runner) -> Drift:
    def run(plan: Plan, *words: str) -> Finished:
        stages = FakeStages(plan)
        stages.clock = VirtualClock(MONDAY)
        return dynaprov("drift", *words, stages=stages)

    return run


def document(finished: Finished) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(finished.out)
    return read


@pytest.mark.parametrize(
    ("plan", "words", "code"),
    [
        (IN_SYNC, (), 0),
        (DRIFTED, ("--report-only",), 4),
        (DRIFTED, (), 4),
        (replace(DRIFTED, not_compared=()), (), 2),
        (replace(DRIFTED, not_compared=()), ("--report-only",), 5),
        (LOW, (), 2),
        (LOW, ("--fail-on", "high"), 0),
        (LOW, ("--fail-on", "low"), 2),
        (LOW, ("--report-only",), 0),
        (LEFTOVERS, (), 0),
        (BUSY, (), 5),
        (BLIND, ("--report-only",), 4),
    ],
)
def test_each_verdict_has_its_exit_code(
    drift: Drift, plan: Plan, words: tuple[str, ...], code: int
) -> None:
    finished = drift(plan, *words)

    assert finished.code == code
    assert document(drift(plan, *words, "--json"))["exit_code"] == code


def test_a_check_is_made_through_a_way_that_cannot_write(dynaprov: Runner) -> None:
    stages = FakeStages(IN_SYNC)

    dynaprov("drift", stages=stages)

    assert stages.wrote is False
    assert stages.applied == []


def test_what_is_wrong_comes_first_and_says_both_sides(drift: Drift) -> None:
    lines = drift(DRIFTED).out.splitlines()

    verdict = next(each for each in lines if each.startswith("Drift: "))
    assert "1 critical" in verdict
    first = next(number for number, each in enumerate(lines) if each.startswith("  ! "))
    assert lines[first].split() == ["!", "table", "deletion_protection", "critical", "new"]
    assert lines[first + 2].split() == ["live", "off"]
    assert lines[first + 3].split() == ["declared", "on"]


def test_a_check_after_another_tells_what_is_new(drift: Drift, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    before.write_text(drift(LOW, "--json").out)

    same = drift(LOW, "--previous", str(before), "--fail-on", "new")
    more = drift(replace(DRIFTED, not_compared=()), "--previous", str(before), "--json")
    less = drift(IN_SYNC, "--previous", str(before))

    assert same.code == 0
    assert more.code == 2
    phases = {each["id"]: each["phase"] for each in document(more)["findings"]}
    assert phases["system-config/tags#tags.Team"] == "ongoing"
    assert phases["audit-trail#deletion_protection"] == "new"
    assert less.code == 0
    assert "Resolved since the check before: 1 finding" in less.out


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"memory": {}}', "\x00", "[" * 100_000])
def test_a_report_that_cannot_be_read_is_named(drift: Drift, tmp_path: Path, text: str) -> None:
    broken = tmp_path / "before.json"
    broken.write_text(text)

    finished = drift(LOW, "--previous", str(broken))

    assert finished.code == 64
    assert "DP520" in finished.err
    assert str(broken) in "".join(finished.err.split())  # a long path is broken over lines


def test_a_baseline_makes_the_next_check_quiet_until_something_moves(
    drift: Drift, tmp_path: Path
) -> None:
    file = str(tmp_path / "exceptions.yaml")

    wrote = drift(LOW, "--baseline", "team-logs", "--exceptions", file)
    after = drift(LOW, "--exceptions", file)
    [setting] = RETAGGED.settings
    moved = replace(LOW, changes=(replace(RETAGGED, settings=(replace(setting, before="x"),)),))
    later = drift(moved, "--exceptions", file, "--json")

    assert wrote.code == after.code == 0
    assert "Wrote 1 exceptions" in wrote.err
    assert "but for 1 finding under exceptions" in after.out
    assert later.code == 2
    assert [each["id"] for each in document(later)["findings"]] == ["system-config/tags#tags.Team"]
    assert len(document(later)["unused_exceptions"]) == 1


def test_a_baseline_that_cannot_be_written_is_named(drift: Drift, tmp_path: Path) -> None:
    finished = drift(LOW, "--baseline", "a", "--exceptions", str(tmp_path / "no" / "e.yaml"))

    assert finished.code == 64
    assert "DP521" in finished.err


def test_an_exception_whose_day_is_over_fails_the_check(drift: Drift, tmp_path: Path) -> None:
    file = tmp_path / "exceptions.yaml"
    file.write_text(
        "exceptions:\n"
        "- {address: system-config, reason: renaming, owner: team, expires: 2026-05-03}\n"
    )

    quiet = drift(IN_SYNC, "--exceptions", str(file))
    loud = drift(LOW, "--exceptions", str(file))

    assert quiet.code == loud.code == 2
    assert "Expired exceptions" in quiet.out
    assert "renaming (team, until 2026-05-03)" in quiet.out


def test_mistakes_in_the_exceptions_are_told_with_their_lines_before_aws_is_asked(
    drift: Drift, tmp_path: Path
) -> None:
    file = tmp_path / "exceptions.yaml"
    file.write_text(
        "exceptions:\n- adress: system-config\n  reason: renaming\n  owner: team\n  expires: soon\n"
    )

    finished = drift(LOW, "--exceptions", str(file))

    assert finished.code == 65
    told = finished.err.replace("\n", "")  # a long path is broken over lines
    assert "exceptions.yaml:2:3" in told
    assert "address" in told
    assert "exceptions.yaml:5:12" in told


def test_no_secret_is_in_any_output(drift: Drift) -> None:
    for words in ((), ("--json",)):
        finished = drift(DRIFTED, *words)
        assert "hunter2" not in finished.out + finished.err
        assert "swordfish" not in finished.out + finished.err


def test_what_others_own_is_listed_by_a_strict_check_alone_and_fails_none(drift: Drift) -> None:
    owned = Tolerated(
        Address("log-metadata"), "capacity.read", 12, Band(5, 20), Owner.AUTOSCALER, "in its band"
    )
    plan = replace(IN_SYNC, tolerated=(owned,))

    usual, strict = drift(plan, "--json"), drift(plan, "--strict", "--json")

    assert (usual.code, strict.code) == (0, 0)
    assert document(usual)["findings"] == []
    [finding] = document(strict)["findings"]
    assert (finding["verdict"], finding["owner"], finding["live"]) == (
        "tolerated",
        "autoscaler",
        12,
    )
    assert "in its band" in drift(plan, "--strict").out


def test_a_finding_says_who_made_it_and_whose_commit_declares_it_where_asked(
    dynaprov: Runner,
) -> None:
    stages = FakeStages(LOW)
    call = RecordedCall(
        "e1",
        "TagResource",
        "dynamodb.amazonaws.com",
        MONDAY,
        Principal(Identity.USER, person="Ana\x1b[31m"),
        Channel.CONSOLE,
    )
    place = ("system-config/tags", "tags.Team")
    stages.made = {place: Attribution(Address.parse(place[0]), place[1], call, proven=True)}
    stages.declared = {place: Commit(Position("a.yaml", 3), problem="git is not installed")}

    asked = dynaprov("drift", "--who", "--json", stages=stages)
    shown = dynaprov("drift", "--who", stages=stages)
    quiet = dynaprov("drift", "--json", stages=stages)

    [finding] = document(asked)["findings"]
    assert finding["who"]["text"].startswith("by Ana")
    assert finding["who"]["call"]["event_id"] == "e1"
    assert finding["commit"]["problem"] == "git is not installed"
    assert "from the console, 2026-05-04 06:00 UTC: TagResource" in " ".join(shown.out.split())
    assert "\x1b" not in shown.out
    assert "who" not in document(quiet)["findings"][0]


def test_a_coverage_that_cannot_be_told_is_no_success_and_names_what_is_missing(
    dynaprov: Runner,
) -> None:
    stages = FakeStages(IN_SYNC)
    action = "dynamodb:ListTables"
    stages.covered = Coverage(problem=f"needs {action}", permission=action)

    shown = dynaprov("drift", stages=stages)
    machine = dynaprov("drift", "--json", stages=stages)

    assert shown.code == machine.code == 4
    assert f"Coverage not known: needs {action}" in shown.out
    assert document(machine)["missing_permissions"] == [action]
