"""``dynaprov wait``, ``apply --no-wait`` and timeouts, as a person and a pipeline use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from dynaprov.model.address import Address
from dynaprov.model.awaited import Awaited, Until
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.plan import InProgress, NotCompared, Plan
from dynaprov.model.ports import ErrorCategory
from dynaprov.model.readiness import Readiness
from support.command_line import Finished, Runner
from support.fake_stages import FakeStages
from support.operations import IDENTITY, a_wait
from support.ports import an_error
from support.sample_plans import EVERYTHING, IN_SYNC

Invoke = Callable[..., Finished]
Waiting = Callable[..., tuple[Finished, FakeStages]]

TABLE = Address("log-metadata")
INDEX = Address("log-metadata", "index", "ServiceIndex")
SAFE = Readiness(TABLE, "shop-dev-log-metadata", True, "ACTIVE")
FILLING = Readiness(INDEX, "shop-dev-log-metadata", False, "CREATING", "it is being filled", True)
MISSING = Readiness(INDEX, "shop-dev-log-metadata", False, "", "it does not exist")
BUSY = InProgress(TABLE, "index ServiceIndex is CREATING, backfilling, 42 % filled")
READY = Awaited(IDENTITY, Until.READABLE, (SAFE, replace(FILLING, safe_to_deploy=True)), seconds=75)
LATE = replace(READY, readiness=(SAFE, FILLING), in_progress=(BUSY,))
NEVER = replace(READY, readiness=(SAFE, MISSING))
DENIED = replace(
    READY,
    unreadable=(NotCompared(TABLE, "", an_error(ErrorCategory.DENIED)),),
    readiness=(MISSING,),
)


@pytest.fixture
def invoke(dynaprov: Runner) -> Invoke:
    return lambda stages, *words: dynaprov(*words, stages=stages)


@pytest.fixture
def waiting(dynaprov: Runner) -> Waiting:
    def run(awaited: Awaited, *words: str) -> tuple[Finished, FakeStages]:
        stages = FakeStages()
        stages.awaited = awaited
        return dynaprov("wait", *words, stages=stages), stages

    return run


@pytest.mark.parametrize(
    ("awaited", "code"),
    [
        (READY, 0),
        (LATE, 5),
        (NEVER, 4),
        (DENIED, 4),
        (replace(LATE, interrupted=True), 130),
        (replace(LATE, until=Until.SETTLED), 5),
        (replace(NEVER, until=Until.SETTLED), 0),
        (replace(DENIED, until=Until.SETTLED), 4),
    ],
)
def test_the_exit_code_says_how_waiting_ended(
    waiting: Waiting, awaited: Awaited, code: int
) -> None:
    ran, stages = waiting(awaited)

    assert ran.code == code
    assert stages.wrote is False


def test_a_person_reads_the_verdict_last(waiting: Waiting) -> None:
    assert waiting(READY)[0].out == (
        "Readable: 2 tables and indexes safe to deploy, after 1 min 15 s.\n"
    )
    late = waiting(LATE)[0].out
    assert "log-metadata/index/ServiceIndex  it is being filled\n" in late
    assert "backfilling, 42 % filled" in late
    assert late.endswith("Not yet: the time is up after 1 min 15 s; AWS goes on.\n")
    never = waiting(NEVER)[0].out
    assert "it does not exist; waiting does not help" in never
    assert never.endswith("Never: waiting does not help; look at `dynaprov diff`.\n")
    assert "needs dynamodb:UpdateTable" in waiting(DENIED)[0].out
    settled = waiting(replace(READY, until=Until.SETTLED))[0].out
    assert settled == "Settled: AWS is at work on none of it, after 1 min 15 s.\n"


def test_the_indexes_of_a_table_that_is_not_safe_are_not_told_one_by_one(waiting: Waiting) -> None:
    lost = replace(SAFE, safe_to_deploy=False, reason="it does not exist")

    out = waiting(replace(NEVER, readiness=(lost, MISSING)))[0].out

    assert "log-metadata  it does not exist" in out
    assert "ServiceIndex" not in out


def test_the_document_has_a_row_for_each_table_and_index(waiting: Waiting) -> None:
    document = json.loads(waiting(LATE, "--json")[0].out)

    assert document["safe_to_deploy"] is False
    assert [row["safe_to_deploy"] for row in document["readiness"]] == [True, False]
    assert document["readiness"][1]["reason"] == "it is being filled"
    assert document["in_progress"][0]["detail"].endswith("42 % filled")
    assert (document["until"], document["reached"], document["exit_code"]) == ("readable", False, 5)


def test_until_and_time_are_handed_on(waiting: Waiting) -> None:
    _, stages = waiting(READY, "--until", "settled", "--timeout", "1h30m")

    assert stages.waited == {"until": "settled", "timeout_seconds": 5400}
    assert waiting(READY)[1].waited == {"until": "readable", "timeout_seconds": 3600}


@pytest.mark.parametrize(
    "words", [["--timeout", "soon"], ["--until", "later"], ["--timeout", "index-create=2h"]]
)
def test_what_makes_no_sense_is_a_usage_error(waiting: Waiting, words: list[str]) -> None:
    assert waiting(READY, *words)[0].code == 64


def test_apply_hands_its_timeouts_on_and_refuses_unknown_ones(invoke: Invoke) -> None:
    stages = FakeStages(EVERYTHING, IN_SYNC)

    invoke(stages, "apply", "--timeout", "index-create=2h", "--timeout", "billing=5m")

    assert stages.used is not None
    assert stages.used.timeouts == ("index-create=2h", "billing=5m")
    ran = invoke(FakeStages(EVERYTHING), "apply", "--timeout", "index=2h")
    assert ran.code == 64
    assert "index-create, index-delete" in ran.err


CLEAN = replace(EVERYTHING, refusals=(), not_compared=(), in_progress=())


def submitted(plan: Plan) -> Run:
    first, *rest = plan.operations
    outcomes = [Outcome(first, Status.SUBMITTED, 1, detail="accepted, and not waited for")]
    outcomes += [Outcome(each, Status.DEFERRED, blocked_by=first.id) for each in rest]
    return Run(plan, "f" * 64, tuple(outcomes), residual=replace(IN_SYNC, in_progress=(BUSY,)))


def test_apply_without_waiting_says_what_is_under_way_and_exits_5(invoke: Invoke) -> None:
    stages = FakeStages(CLEAN, run=submitted)

    ran = invoke(stages, "apply", "--yes", "--no-wait")

    assert ran.code == 5
    assert stages.patient is False
    assert "Under way: AWS took these and is at work on them" in ran.out
    assert "accepted, and not waited for" in ran.out
    assert "To finish later:" in ran.out


def test_apply_waits_for_what_is_under_way_without_asking(invoke: Invoke) -> None:
    stages = FakeStages(
        replace(IN_SYNC, in_progress=(replace(BUSY, wait=a_wait()),)),
        run=lambda plan: Run(plan, "f" * 64, (), residual=IN_SYNC),
    )

    ran = invoke(stages, "apply")

    assert ran.code == 0
    assert len(stages.applied) == 1
    assert stages.patient is True


def test_apply_without_waiting_leaves_what_is_under_way_alone(invoke: Invoke) -> None:
    stages = FakeStages(replace(IN_SYNC, in_progress=(replace(BUSY, wait=a_wait()),)))

    ran = invoke(stages, "apply", "--no-wait")

    assert ran.code == 5
    assert stages.applied == []
