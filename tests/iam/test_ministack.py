"""The generated policies on an emulator that enforces IAM.

What it does not see of a request (``BLIND``) and what it lacks is *modelled* only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import islice

import pytest

from dynaprov.access.derivation import FREE, Verb
from dynaprov.cli import exits
from dynaprov.cli.exits import Exit
from dynaprov.cli.leasing import take_lease
from dynaprov.execution.lease import Holder
from dynaprov.model.errors import Stopped
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from dynaprov.report.document import plan_document, run_document
from support.clock import VirtualClock
from support.iam.evaluation import Document, actions_of, without
from support.iam.grounds import TRIED
from support.iam.ministack_ground import ACCOUNT, REGION, Ground
from support.iam.ministack_specs import environment
from support.iam.naming import named, rightly_named

#: Of the rights that a run uses, every so manieth is taken away; all with TEST_EVERY_RIGHT=1.
STEP = 1 if os.environ.get("TEST_EVERY_RIGHT") else 6
Policies = list[Document]


def test_with_its_policy_every_command_works(user: Ground) -> None:
    first, second = environment(user)
    spec = user.spec(first)

    user.grant(user.policies(spec, Verb.APPLY))
    assert done(user.apply(spec))
    user.grant(user.policies(spec, Verb.DIFF))
    assert user.diff(spec).in_sync
    user.grant(user.policies(spec, Verb.DRIFT))
    assert user.diff(spec).in_sync
    changed = user.spec(second)
    user.grant(user.policies(changed, Verb.APPLY, prune=True))
    assert done(user.apply(changed, prune=True))
    user.grant(user.policies(changed, Verb.DESTROY))
    assert done(user.destroy(changed))
    # What the reference page of permissions says of ministack.
    assert sorted(TRIED - user.sent()) == []


def test_without_any_policy_the_identity_can_be_asked_for_all_the_same(user: Ground) -> None:
    plan = user.diff(user.spec(environment(user)[0]))

    assert (plan.identity.account, plan.identity.region) == (ACCOUNT, REGION)
    assert plan.not_compared


def test_a_comparison_names_exactly_the_right_that_was_taken_away(user: Ground) -> None:
    spec = user.spec(environment(user)[0])
    user.grant(user.policies(spec, Verb.APPLY))
    assert done(user.apply(spec))
    whole = list(user.policies(spec, Verb.DIFF))
    user.grant(whole)
    begun = len(user.gateway.sent)
    assert user.diff(spec).in_sync
    used = sorted(user.sent(begun) & actions_of(whole))

    wrong = {}
    for action in used:
        user.grant(without(action, whole))
        plan = user.diff(spec)
        names = named(plan)
        if not rightly_named(action, plan):
            wrong[action] = sorted(names)
        if names:
            code = exits.of_plan(plan_document(plan, command="diff"), exit_code=True)
            assert code is Exit.INCOMPLETE, action

    assert len(used) > 15
    assert wrong == {}


@pytest.mark.parametrize("what", ["create", "change", "destroy"])
def test_a_run_names_exactly_the_right_that_was_taken_away(what: str, user: Ground) -> None:
    used, _ = _beginning(what, user)
    tried = list(islice(sorted(used), 0, None, STEP))
    wrong = {}
    for action in tried:
        _, again = _beginning(what, user, prepare_only=True)
        spec, policies, run = again
        user.grant(without(action, policies))
        outcome = run(spec)
        names = named(outcome)
        if not rightly_named(action, outcome, destroys=what == "destroy"):
            wrong[action] = sorted(names)
        if isinstance(outcome, Plan):
            code = exits.of_plan(plan_document(outcome, command="apply"), exit_code=True)
            assert code is Exit.REFUSED, action
        elif names:
            # What a destroy could not read and has deleted all the same is gone.
            gone = what == "destroy" and outcome.converged
            code = exits.of_run(run_document(outcome))
            assert code is (Exit.DONE if gone else Exit.INCOMPLETE), action

    assert tried
    assert wrong == {}


def test_the_lease_is_taken_with_its_own_statement_and_not_without(user: Ground) -> None:
    spec = user.spec(environment(user)[0])
    user.grant(user.policies(spec, Verb.APPLY))
    assert done(user.apply(spec))
    holder = Holder("one", "me", "apply")

    with pytest.raises(Stopped, match="GetItem"):
        take_lease(spec, user.gateway, user.gateway, holder, clock=VirtualClock(), region=REGION)
    user.grant(user.policies(spec, Verb.APPLY, lease=True))
    with take_lease(
        spec, user.gateway, user.gateway, holder, clock=VirtualClock(), region=REGION
    ).kept():
        pass

    assert {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"} <= user.sent()


def test_another_environment_is_out_of_reach(user: Ground) -> None:
    """Rights for `shop-full` neither read nor change a table that another environment has."""
    spec = user.spec(environment(user)[0])
    user.root("dynamodb").create_table(
        TableName="shop-other-orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb = user.client("dynamodb")

    for verb, call in (
        (Verb.APPLY, dynamodb.describe_table),
        (Verb.APPLY, dynamodb.update_table),
        (Verb.DESTROY, dynamodb.delete_table),
    ):
        user.grant(user.policies(spec, verb))
        with pytest.raises(dynamodb.exceptions.ClientError, match="not authorized"):
            call(TableName="shop-other-orders")


Again = tuple[Spec, Policies, Callable[[Spec], Run | Plan]]


def _beginning(what: str, user: Ground, *, prepare_only: bool = False) -> tuple[set[str], Again]:
    """The account as the run finds it, and the rights that it uses when it has all of them."""
    user.empty()
    first, second = environment(user)
    spec = user.spec(first)
    run: Callable[[Spec], Run | Plan] = user.apply
    if what != "create":
        user.grant(user.policies(spec, Verb.APPLY))
        assert done(user.apply(spec))
    verb = Verb.APPLY
    if what == "change":
        spec = user.spec(second)
    elif what == "destroy":
        verb, run = Verb.DESTROY, user.destroy
    policies = list(user.policies(spec, verb))
    if prepare_only:
        return set(), (spec, policies, run)
    user.grant(policies)
    begun = len(user.gateway.sent)
    assert done(run(spec))
    return _without_free(user.sent(begun)), (spec, policies, run)


def _without_free(actions: Iterable[str]) -> set[str]:
    return set(actions) - FREE


def done(run: Run | Plan) -> bool:
    """Whether the run came to its end, with what it did not do in the message."""
    assert isinstance(run, Run)
    left = [f"{o.operation.id}: {o.error}" for o in run.outcomes if not o.status.good]
    assert left == []
    return run.converged
