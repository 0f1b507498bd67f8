"""The use cases: what stops them, what they give, and what counts as left over."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dynaprov import reconciler
from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Refused, Stopped
from dynaprov.model.events import Event, Stage, StageStarted
from dynaprov.model.outcome import Status
from dynaprov.model.plan import NotCompared, Plan
from dynaprov.model.ports import ErrorCategory
from dynaprov.planning.planner import Choices
from support.cases import WrittenReader
from support.clock import VirtualClock
from support.ports import FakeCaller, failing
from support.specs import spec, table

IN_SYNC_TAGS = [
    {"Key": "dynaprov:address", "Value": "orders"},
    {"Key": "dynaprov:environment", "Value": "dev"},
    {"Key": "dynaprov:project", "Value": "shop"},
    {"Key": "Owner", "Value": "shop"},
]
NAME = "shop-dev-orders"
ARN = f"arn:aws:dynamodb:eu-west-1:111122223333:table/{NAME}"
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
SPEC = replace(spec(table(billing_mode="PAY_PER_REQUEST")), stamp=False)


def row(method: str, answer: dict[str, Any], service: str = "dynamodb") -> dict[str, Any]:
    return {"service": service, "method": method, "answer": answer}


def live(**more: Any) -> WrittenReader:
    described = {
        "TableName": NAME,
        "TableArn": ARN,
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    }
    return WrittenReader(
        [
            row("describe_table", {"Table": described | more}),
            row("list_tags_of_resource", {"Tags": IN_SYNC_TAGS}),
        ]
    )


def test_a_comparison_tells_its_stages() -> None:
    told: list[Event] = []

    plan = reconciler.diff(SPEC, live(), listener=told.append)

    assert plan.in_sync
    assert told == [StageStarted(Stage.OBSERVING, "1 tables"), StageStarted(Stage.PLANNING)]


@pytest.mark.parametrize(
    ("wanted", "word"), [({"account": "999999999999"}, "account"), ({"region": "eu-west-2"}, "reg")]
)
def test_the_wrong_account_or_region_is_refused(wanted: dict[str, str], word: str) -> None:
    pinned = replace(SPEC, **wanted)  # type: ignore[arg-type]

    with pytest.raises(Refused, match="belongs to") as refused:
        reconciler.diff(pinned, live(), region="eu-west-1")

    assert word in refused.value.diagnostics[0].summary
    assert reconciler.diff(pinned, live(), region="eu-west-1", pinned=False).identity


def test_without_credentials_nothing_is_planned() -> None:
    reader = WrittenReader(
        [
            {
                "service": "sts",
                "method": "get_caller_identity",
                "error": {"category": "credentials", "code": "ExpiredToken", "message": "old"},
            }
        ]
    )

    with pytest.raises(Stopped, match="ExpiredToken"):
        reconciler.diff(SPEC, reader)


def test_only_what_the_files_allow_is_destroyed() -> None:
    told: list[Event] = []

    with pytest.raises(Refused, match="allow_destroy"):
        reconciler.plan_destroy(SPEC, live())

    allowed = replace(SPEC, allow_destroy=True)
    plan = reconciler.plan_destroy(allowed, live(), listener=told.append)
    assert [each.id for each in plan.operations] == ["orders:final-backup", "orders:delete"]
    assert [event.stage for event in told if isinstance(event, StageStarted)] == [
        Stage.OBSERVING,
        Stage.PLANNING,
    ]


def test_a_refused_plan_is_not_executed(tmp_path: Path) -> None:
    caller = FakeCaller()
    plan = reconciler.diff(with_stream("none"), live(StreamSpecification=STREAM))

    with pytest.raises(Refused, match="stream"):
        reconciler.apply(plan, live(), caller, lambda: plan, journal=tmp_path / "journal")

    assert caller.calls == []


def with_stream(view: str) -> Any:
    orders = table(billing_mode="PAY_PER_REQUEST")
    section = orders.sections[""]
    assert section is not None
    wanted = type(section).model_validate(
        {**section.model_dump(exclude_unset=True), "stream": view}
    )
    return replace(SPEC, tables={"orders": replace(orders, sections={"": wanted})})


def apply(plan: Plan, caller: FakeCaller, again: list[Plan], journal: Path, **more: Any) -> Any:
    """Apply, and verify with these plans in turn (the last one stays)."""
    seen: list[Plan] = []

    def compared() -> Plan:
        seen.append(again[min(len(seen), len(again) - 1)])
        return seen[-1]

    return reconciler.apply(
        plan, live(), caller, compared, clock=VirtualClock(), journal=journal, **more
    )


@pytest.fixture
def pending() -> Plan:
    return reconciler.diff(with_stream("NEW_IMAGE"), live())


@pytest.fixture
def done() -> Plan:
    return reconciler.diff(SPEC, live())


def test_what_still_shows_the_old_value_for_a_moment_is_not_left_over(
    pending: Plan, done: Plan, tmp_path: Path
) -> None:
    run = apply(pending, FakeCaller(), [pending, pending, done], tmp_path / "journal")

    assert run.converged


def test_what_shows_the_old_value_for_long_is_left_over(pending: Plan, tmp_path: Path) -> None:
    run = apply(pending, FakeCaller(), [pending], tmp_path / "journal")

    assert not run.failed
    assert [str(change.address) for change in run.residual.changes] == ["orders"]


def test_deferred_work_is_not_left_over(pending: Plan, tmp_path: Path) -> None:
    caller = FakeCaller({"update_table": failing(ErrorCategory.DEFERRED)})

    run = apply(pending, caller, [pending], tmp_path / "journal")

    assert [outcome.operation.id for outcome in run.deferred] == ["orders:stream-on"]
    assert run.residual.changes == ()


def test_an_interrupted_run_is_not_verified(pending: Plan, done: Plan, tmp_path: Path) -> None:
    run = apply(pending, FakeCaller(), [done], tmp_path / "journal", interrupted=lambda: True)

    assert run.interrupted
    assert run.residual is None


def test_outputs_are_live_where_something_exists_and_computed_where_not() -> None:
    stream = f"{ARN}/stream/1"
    reader = live(StreamSpecification=STREAM, LatestStreamArn=stream)

    outputs = reconciler.outputs(SPEC, reader)
    nothing = reconciler.outputs(SPEC, WrittenReader([]))

    assert outputs["table_names"] == nothing["table_names"] == {"orders": NAME}
    assert outputs["table_arns"] == nothing["table_arns"] == {"orders": ARN}
    assert outputs["kms_key_arn"] is None
    assert outputs["dynamodb_endpoints"]["stream_arns"] == {"orders": stream}
    assert outputs["table_configurations"]["orders"]["stream"] == "NEW_IMAGE"
    assert nothing["table_configurations"]["orders"] == {
        "exists": False,
        "retention_days": None,
        "retention_seconds": None,
        "safe_to_deploy": False,
        "index_safe_to_deploy": {},
    }
    assert outputs["table_configurations"]["orders"]["safe_to_deploy"] is True


def test_a_plan_with_targets_is_of_these_alone() -> None:
    plan = reconciler.diff(with_stream("NEW_IMAGE"), live(), Choices(targets=("customers",)))

    assert plan.is_empty


LOST = failing(ErrorCategory.TRANSIENT)


def test_a_call_without_an_answer_that_the_check_finds_done_is_settled(
    pending: Plan, done: Plan, tmp_path: Path
) -> None:
    run = apply(pending, FakeCaller({"update_table": LOST}), [done], tmp_path / "journal")

    [outcome] = run.outcomes
    assert outcome.status is Status.SETTLED
    assert "the check after the run found it done" in outcome.detail
    assert run.converged


def test_a_call_without_an_answer_that_the_check_would_make_again_is_unknown(
    pending: Plan, tmp_path: Path
) -> None:
    run = apply(pending, FakeCaller({"update_table": LOST}), [pending], tmp_path / "journal")

    [outcome] = run.outcomes
    assert outcome.status is Status.UNKNOWN
    assert not run.converged


def test_a_call_without_an_answer_whose_effect_nobody_may_see_is_unknown(
    pending: Plan, done: Plan, tmp_path: Path
) -> None:
    problem = failing(ErrorCategory.DENIED).error
    assert problem is not None
    hidden = replace(done, not_compared=(NotCompared(Address("orders"), "", problem),))

    run = apply(pending, FakeCaller({"update_table": LOST}), [hidden], tmp_path / "journal")

    assert run.outcomes[0].status is Status.UNKNOWN


def test_a_repetition_that_is_put_off_because_of_the_first_sending_is_settled(
    pending: Plan, done: Plan, tmp_path: Path
) -> None:
    caller = FakeCaller({"update_table": [LOST, failing(ErrorCategory.DEFERRED)]})

    run = apply(pending, caller, [done], tmp_path / "journal")

    assert run.outcomes[0].status is Status.SETTLED


def test_expired_credentials_stop_the_run_before_its_check(
    pending: Plan, done: Plan, tmp_path: Path
) -> None:
    caller = FakeCaller({"update_table": failing(ErrorCategory.CREDENTIALS)})

    run = apply(pending, caller, [done], tmp_path / "journal")

    assert run.stopped is not None
    assert run.stopped.code == "DP402"
    assert run.residual is None


def test_a_check_that_cannot_be_made_does_not_hide_what_was_done(
    pending: Plan, tmp_path: Path
) -> None:
    problem = Diagnostic("DP201", "cannot tell which account this is", "ExpiredToken")

    def gone() -> Plan:
        raise Stopped(problem)

    run = reconciler.apply(
        pending, live(), FakeCaller(), gone, clock=VirtualClock(), journal=tmp_path / "journal"
    )

    assert run.outcomes[0].status is Status.SUCCEEDED
    assert run.stopped == problem
    assert run.residual is None
