"""The document: writing and reading are inverse, secrets are masked, fingerprints stand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from dynaprov.model.address import Address
from dynaprov.model.change import SettingChange
from dynaprov.model.operation import Meaning
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.plan import InProgress, Plan
from dynaprov.report.document import (
    fingerprint,
    left_over,
    plan_document,
    plan_from_document,
    run_document,
)
from dynaprov.report.values import MASK, encoded, masked
from support.report_plans import NOON, plans
from support.sample_plans import (
    EVERYTHING,
    IN_SYNC,
    INDEX_CHANGE,
    TABLE_CHANGE,
    TABLE_UPDATE,
    TTL_CHANGE,
    finished,
    first_apply,
    went_wrong,
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(plans)
def test_writing_a_plan_as_json_and_reading_it_back_is_the_identity(plan: Plan) -> None:
    text = json.dumps(plan_document(plan, command="diff"))
    assert plan_from_document(json.loads(text)) == plan


@pytest.mark.parametrize("plan", [IN_SYNC, EVERYTHING, first_apply()])
def test_sample_plans_come_back_whole(plan: Plan) -> None:
    document = json.loads(json.dumps(plan_document(plan, command="diff")))
    again = plan_from_document(document)
    assert again == plan
    assert fingerprint(again) == document["fingerprint"]


def secret_plan() -> Plan:
    setting = SettingChange("endpoint", "https://old?token=abcdef", "https://new?token=123456")
    change = replace(TABLE_CHANGE, settings=(replace(setting, secret=True),))
    call = replace(TABLE_UPDATE.call, params={"Endpoint": "https://new?token=123456", "a": ["b"]})
    operation = replace(TABLE_UPDATE, call=call, title="subscribe https://new?token=123456 now")
    return replace(IN_SYNC, changes=(change,), operations=(operation,))


def test_secrets_are_masked_wherever_they_occur() -> None:
    text = json.dumps(plan_document(secret_plan(), command="diff"))
    assert "token" not in text
    document = json.loads(text)
    assert document["changes"][0]["settings"][0]["after"] == MASK
    assert document["operations"][0]["params"] == {"Endpoint": MASK, "a": ["b"]}
    assert document["operations"][0]["title"] == f"subscribe {MASK} now"


def test_a_masked_document_reads_back_to_itself() -> None:
    document = plan_document(secret_plan(), command="diff")
    again = plan_document(plan_from_document(document), command="diff")
    del document["fingerprint"], again["fingerprint"]
    assert again == document


def test_a_short_secret_hides_only_itself() -> None:
    assert masked(["a", "banana", 1], {"a"}) == [MASK, "banana", 1]


def test_a_document_holds_only_what_json_holds() -> None:
    with pytest.raises(TypeError, match="cannot hold a set"):
        encoded({"a": {1}})


def test_the_fingerprint_leaves_out_what_may_differ_between_looking_and_applying() -> None:
    plan = first_apply()
    operation = replace(
        plan.operations[0],
        title="said in other words",
        meaning=Meaning(takes="an hour"),
        not_before=NOON + timedelta(hours=1),
    )
    change = replace(plan.changes[0], origin=None, notes=("12 GB",))
    other = replace(
        plan,
        identity=replace(plan.identity, revision="other", caller="somebody else"),
        operations=(operation, *plan.operations[1:]),
        changes=(change, *plan.changes[1:]),
        in_progress=(InProgress(Address("t"), "41%"),),
    )
    assert fingerprint(other) == fingerprint(plan)


def test_the_fingerprint_holds_what_is_approved() -> None:
    plan = EVERYTHING
    call = replace(TABLE_UPDATE.call, params={"TableName": "another"})
    others = [
        replace(plan, identity=replace(plan.identity, account="210987654321")),
        replace(plan, identity=replace(plan.identity, region="eu-west-1")),
        replace(plan, refusals=()),
        replace(plan, changes=plan.changes[1:]),
        replace(plan, operations=(replace(TABLE_UPDATE, call=call), *plan.operations[1:])),
        replace(plan, operations=tuple(reversed(plan.operations))),
    ]
    assert len({fingerprint(each) for each in [plan, *others]}) == len(others) + 1


def test_the_summary_counts_what_will_be_gone() -> None:
    summary = plan_document(EVERYTHING, command="diff")["summary"]
    assert (summary["tables_removed"], summary["indexes_removed"]) == (0, 1)
    assert summary["worst_risk"] == "high"
    drop = replace(TABLE_UPDATE, id="log-metadata:delete", deletes=True)
    gone = plan_document(replace(IN_SYNC, operations=(drop,)), command="destroy")["summary"]
    assert (gone["tables_removed"], gone["indexes_removed"]) == (1, 0)


def test_a_run_that_went_well_is_converged() -> None:
    document = run_document(finished(first_apply()))
    assert document["converged"]
    assert document["in_sync"]
    assert document["summary"]["outcomes"]["succeeded"] == 9


def test_deferred_work_and_what_waits_with_it_is_not_left_over() -> None:
    run = went_wrong()
    assert left_over(run) == (INDEX_CHANGE,)
    document = run_document(run)
    assert not document["converged"]
    only_deferred = replace(
        run,
        outcomes=tuple(o for o in run.outcomes if str(o.operation.address) == "user-sessions/ttl"),
        residual=replace(IN_SYNC, changes=(TTL_CHANGE,)),
    )
    assert run_document(only_deferred)["converged"]


def test_skipped_without_a_known_cause_is_a_failure() -> None:
    outcome = Outcome(TABLE_UPDATE, Status.SKIPPED, blocked_by="nobody")
    run = Run(IN_SYNC, "f", (outcome,), residual=IN_SYNC)
    assert not run_document(run)["converged"]
    around = replace(outcome, blocked_by=TABLE_UPDATE.id)
    assert not run_document(replace(run, outcomes=(around,)))["converged"]


def test_an_unverified_run_is_not_converged() -> None:
    document = run_document(replace(finished(first_apply()), residual=None))
    assert (document["converged"], document["verified"], document["residual"]) == (False, False, [])


def test_unmanaged_parts_are_no_residual_and_still_not_in_sync() -> None:
    after = replace(IN_SYNC, unmanaged=EVERYTHING.unmanaged[:1])
    document = run_document(replace(finished(first_apply()), residual=after))
    assert (document["converged"], document["in_sync"]) == (True, False)
