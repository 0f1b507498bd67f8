"""A key that was taken away under live tables is told first, and one apply brings it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaprov import reconciler
from dynaprov.model.plan import Plan
from dynaprov.planning.planner import Choices
from dynaprov.report.document import run_document
from support.converging import World, client, shipped, world


def taken_away(name: str, arn: str) -> None:
    if name == "pending":
        client("kms").schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    else:
        client("kms").disable_key(KeyId=arn)


def own_key(plan: Plan) -> str:
    described = client("kms").describe_key(KeyId=dict(plan.resources)["kms-key"])
    return str(described["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("how", ["disabled", "pending"])
def test_a_lost_key_is_said_first_and_comes_back(tmp_path: Path, how: str) -> None:
    spec = shipped("prod")
    with world(tmp_path) as made:
        made.converge(spec)
        taken_away(how, own_key(made.plan(spec)))

        alarm = made.plan(spec).diagnostics[0]
        run = made.apply(spec)

        assert (alarm.code, alarm.level.value) == ("DP220", "error")
        assert "dynaprov apply --env prod --target kms-key" in alarm.hint
        assert run.converged
        # AWS gives the tables back later (18 to 57 minutes, measured by others), moto at once.
        left = {each["code"] for each in run_document(run)["residual_diagnostics"]}
        assert left == ({"DP222"} if made.layer else set())
        assert list(made.plan(spec).diagnostics) == []


def test_the_key_of_a_table_that_no_spec_names_is_not_retired(tmp_path: Path) -> None:
    spec = shipped("dev")
    with world(tmp_path) as made:
        made.converge(spec)
        key = own_key(made.plan(spec))
        stranger(key)

        plan = destruction(made)

        [refusal] = plan.refusals
        assert (refusal.code, refusal.allowed_by) == ("key-retirement", "")
        assert "table stranger" in refusal.detail


def stranger(key: str) -> None:
    """A table of somebody else with the environment's key."""
    client("dynamodb").create_table(
        TableName="stranger",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )


def destruction(made: World) -> Plan:
    chosen = Choices(allowed=frozenset({"retire-key"}))
    return reconciler.plan_destroy(shipped("dev"), made.gateway, chosen, clock=made.clock)
