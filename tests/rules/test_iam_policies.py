"""With the policy that is generated for it a command does its work (*modelled*: see support.iam).

Every run, and every right taken away in turn, is tried by `tox -e iam`; here is a sample.
"""

from __future__ import annotations

import pytest

from dynaprov.aws.gateway import Gateway, is_read
from dynaprov.aws.session import Session
from dynaprov.kinds import KINDS, TAGS
from dynaprov.model.errors import InternalProblem
from dynaprov.model.kind import Kind
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Call, Read
from support.clock import VirtualClock
from support.converging import LOCAL_REGION
from support.iam.evaluation import without
from support.iam.runs import CASES, trial


@pytest.mark.parametrize("name", ["create", "meddled", "destroy-meddled"])
def test_nothing_is_denied_with_the_generated_policy(name: str) -> None:
    with trial(CASES[name]) as made:
        run, enforced = made.under(made.policies)

    assert isinstance(run, Run)
    assert [str(each) for each in enforced.denied] == []
    assert enforced.asked
    assert [o.operation.id for o in run.outcomes if not o.status.good] == []


def test_without_a_right_to_read_the_comparison_names_it() -> None:
    with trial(CASES["diff-diff"]) as made:
        left = without("dynamodb:DescribeTimeToLive", made.policies)
        plan, _ = made.under(left)

    assert isinstance(plan, Plan)
    assert {str(each.address) for each in plan.not_compared} == {"orders/ttl"}
    assert {each.error.action for each in plan.not_compared} == {"dynamodb:DescribeTimeToLive"}


def test_without_a_right_behind_a_call_the_run_names_it() -> None:
    with trial(CASES["create"]) as made:
        run, _ = made.under(without("kms:CreateGrant", made.policies))

    assert isinstance(run, Run)
    refused = {o.operation.id: o.error.action for o in run.failed if o.error}
    assert refused["orders:create"] == "kms:CreateGrant"
    assert set(refused.values()) == {"kms:CreateGrant"}


def test_every_kind_is_observed_through_a_gateway_that_only_reads() -> None:
    """What a comparison plans of each kind, the same gateway refuses to send."""
    planned: dict[str, int] = {}
    for name in ("create", "change"):
        with (
            trial(CASES[name]) as made,
            Gateway(Session(region=LOCAL_REGION), clock=made.stage.live.clock) as reading,
        ):
            made.stage.live.gateway = reading
            plan = made.stage.look()
            seen = [each.request for each in made.stage.layer.seen]
            assert [each.api for each in seen if each.mutating] == []
            for operation in plan.operations:
                with pytest.raises(InternalProblem):
                    reading.call(operation.call)
                planned[operation.kind] = planned.get(operation.kind, 0) + 1
            assert len(made.stage.layer.seen) == len(seen)

    assert set(planned) == {kind.name for kind in (*KINDS, TAGS)}


@pytest.mark.parametrize("kind", [*KINDS, TAGS], ids=lambda kind: kind.name)
def test_a_kind_reads_by_reads_alone_and_writes_by_none(kind: Kind) -> None:
    reads, writes = set(kind.reads), set(kind.writes)

    assert [action for action in reads if not is_read(_method(action))] == []
    # What AWS looks up for the caller is a write's need, too, and no call of ours.
    looked_up = {"cloudwatch:DescribeAlarms", "dynamodb:DescribeTable", "kms:DescribeKey"}
    assert [action for action in writes - looked_up if is_read(_method(action))] == []


def test_a_reading_gateway_sends_no_write_of_any_kind() -> None:
    actions = sorted({action for kind in (*KINDS, TAGS) for action in kind.writes})
    with Gateway(Session(region=LOCAL_REGION), clock=VirtualClock()) as reading:
        for action in actions:
            service, method = action.partition(":")[0], _method(action)
            with pytest.raises(InternalProblem):
                reading.call(Call(service, method, {}))
            if not is_read(method):
                with pytest.raises(InternalProblem):
                    reading.read(Read(service, method))
                with pytest.raises(InternalProblem):
                    reading.submit(Read(service, method))
        assert reading.sent == ()


def _method(action: str) -> str:
    """``kms:DescribeKey`` -> ``describe_key``, as the client calls it."""
    name = action.partition(":")[2].rstrip("*")
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
