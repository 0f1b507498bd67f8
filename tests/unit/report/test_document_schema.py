"""The published schemas know every member of every document, and say so when they do not."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.report.document import plan_document, run_document
from dynaprov.report.document_schema import document_schemas
from dynaprov.report.fleet_document import fleet_document
from support.closed_schemas import problems
from support.report_plans import plans
from support.sample_checks import FIRST, HEALED, QUIET, SECOND, document
from support.sample_plans import (
    EVERYTHING,
    IN_SYNC,
    finished,
    first_apply,
    went_wrong,
    with_budgets,
)

OPTIONS = {"env": None, "sets": [], "targets": [], "allow": ["x"], "prune": False}
STOPPED = replace(finished(first_apply()), stopped=Diagnostic("DP402", "no more"), residual=None)


def diff(plan: Any) -> dict[str, Any]:
    steps = [{"why": "a", "command": "b"}]
    return plan_document(plan, command="diff", options=OPTIONS, next=steps, digest="0" * 64)


@pytest.mark.parametrize("name", ["diff-report", "apply-report", "drift-report", "fleet-report"])
def test_a_schema_is_one(name: str) -> None:
    schema = document_schemas()[name]

    Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"dynaprov {name}"


@pytest.mark.parametrize("of", [QUIET, FIRST, SECOND], ids=["quiet", "first", "second"])
def test_checks_follow_their_schema(of: Any) -> None:
    made = document(of, heal=HEALED, deliveries=[{"to": "a", "what": "message", "error": ""}])
    for finding in made["findings"]:
        finding["who"] = {"text": "alice", "event": "UpdateTable"}
        finding["commit"] = None

    assert problems("drift-report", made) == []


@pytest.mark.parametrize(
    "plan",
    [EVERYTHING, IN_SYNC, first_apply(), with_budgets()],
    ids=["everything", "in-sync", "first-apply", "budgets"],
)
def test_plans_follow_their_schema(plan: Any) -> None:
    assert problems("diff-report", diff(plan)) == []


@pytest.mark.parametrize(
    "run",
    [finished(first_apply()), went_wrong(), STOPPED],
    ids=["finished", "went-wrong", "stopped"],
)
def test_runs_follow_their_schema(run: Any) -> None:
    assert problems("apply-report", run_document(run, exit_code=0, next=[])) == []


@given(plan=plans)
@settings(max_examples=60)
def test_whatever_a_plan_holds_its_document_follows_the_schema(plan: Any) -> None:
    assert problems("diff-report", diff(plan)) == []


@pytest.mark.parametrize(
    "place",
    [
        (),
        ("findings", 0),
        ("findings", 0, "source"),
        ("ignored", 0, "exception"),
        ("coverage",),
        ("memory",),
        ("memory", "findings", 0),
        ("verdicts",),
        ("summary",),
        ("changes", 0, "settings", 0),
        ("operations", 0, "meaning"),
        ("not_compared", 0, "error"),
        ("unmanaged", 0),
        ("diagnostics", 0),
    ],
    ids=lambda place: "-".join(map(str, place)) or "whole",
)
def test_a_member_that_the_schema_does_not_know_is_found(place: tuple[Any, ...]) -> None:
    made = copy.deepcopy(document(FIRST))
    inside: Any = made
    for step in place:
        inside = inside[step]
    inside["a_new_member"] = 1

    assert any("a_new_member" in each for each in problems("drift-report", made))


def test_a_member_that_is_gone_is_found() -> None:
    made = document(FIRST)
    del made["findings"][0]["digest"]

    assert problems("drift-report", made) == ["$.findings[0]: 'digest' is a required property"]


@pytest.mark.parametrize("member", ["held", "heal", "notice", "deliveries"])
def test_what_every_check_tells_is_required(member: str) -> None:
    made = document(FIRST)
    del made[member]

    assert problems("drift-report", made) == [f"$: '{member}' is a required property"]


@pytest.mark.parametrize("checks", [(), (FIRST,), (FIRST, QUIET)], ids=["none", "one", "two"])
def test_fleets_follow_their_schema(checks: Any) -> None:
    made = fleet_document([document(each) for each in checks], members=2, shard="1/2")

    assert problems("fleet-report", made) == []


def test_a_check_in_a_fleet_that_is_not_whole_is_found() -> None:
    made = fleet_document([document(FIRST)], members=1)
    del made["checks"][0]["memory"]

    assert problems("fleet-report", made) == ["$.checks[0]: 'memory' is a required property"]


def test_what_is_published_lets_later_versions_add_members() -> None:
    made = {**document(FIRST), "a_new_member": 1}

    assert Draft202012Validator(document_schemas()["drift-report"]).is_valid(made)
