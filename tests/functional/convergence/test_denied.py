"""A missing permission: what it forbids fails, what needs that is skipped, the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynaprov import reconciler
from dynaprov.model.outcome import Status
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Call, Read, ServiceError
from dynaprov.report.document import run_document
from support.breaking.place import Account
from support.command_line import Runner
from support.converging import SHIPPED, client, shipped, world, written
from support.refusing import Refusing, RefusingStages, denied


@pytest.mark.parametrize("action", ["kms:ListAliases", "kms:ListKeys", "kms:ListResourceTags"])
def test_a_key_is_not_made_while_nobody_can_tell_whether_there_is_one(
    action: str, tmp_path: Path
) -> None:
    documents = {
        "environments/full.yaml": {"kms_key": {}},
        "tables/secret.yaml": {"partition_key": "id", "encryption": "kms-key"},
        "tables/plain.yaml": {"partition_key": "id"},
    }
    with world(tmp_path) as made:
        Account.furnished()  # with somebody else's key, which has no alias
        way = Refusing(made.gateway, denied(action))

        plan = reconciler.diff(written(tmp_path, documents), way)

    hidden = {str(each.address): each.error.action for each in plan.not_compared}
    assert hidden == {"kms-key": action, "secret": action}
    assert [each.id for each in plan.operations] == ["plain:create"]


def test_the_aspects_of_a_table_that_nobody_can_see_are_left_alone(tmp_path: Path) -> None:
    documents = {
        "tables/a.yaml": {
            "partition_key": "id",
            "ttl": {"attribute": "x"},
            "pitr": {"enabled": True},
        }
    }
    with world(tmp_path) as made:
        way = Refusing(made.gateway, denied("dynamodb:DescribeTable"))

        plan = reconciler.diff(written(tmp_path, documents), way)

    assert {str(each.address) for each in plan.not_compared} == {"a", "a/ttl", "a/pitr"}
    assert plan.operations == ()


@pytest.mark.parametrize("part", range(4))
def test_a_denied_call_fails_what_needs_it_and_nothing_else(part: int, tmp_path: Path) -> None:
    with world(tmp_path) as made:
        account = Account.furnished()
        spec = account.spec(tmp_path)

        def look() -> Plan:
            return made.plan(spec)

        plan = look()
        actions = sorted({each.call.action for each in plan.operations})[part::4]
        way = Refusing(made.gateway, denied(*actions))

        run = made.carry_out(plan, look, caller=way)

        ended = {each.operation.id: each for each in run.outcomes}
        for operation in plan.operations:
            outcome = ended[operation.id]
            bad_needs = [id for id in operation.needs if not ended[id].status.good]
            if bad_needs:
                assert outcome.status is Status.SKIPPED, operation.id
                assert outcome.blocked_by in ended
            elif operation.call.action in actions and outcome.attempts:
                assert outcome.status is Status.FAILED, operation.id
                assert outcome.error is not None
                assert outcome.error.action == operation.call.action
                assert outcome.attempts == 1
            else:
                assert outcome.status.good, (operation.id, outcome)
        refused = sorted({each.action for each in way.refused})
        assert run_document(run)["missing_permissions"] == refused
        assert made.apply(spec).converged


def test_a_backup_that_may_not_be_looked_at_keeps_its_table(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        spec = shipped("dev")
        made.converge(spec)
        way = Refusing(made.gateway, denied("dynamodb:DescribeBackup", "dynamodb:ListBackups"))

        def look() -> Plan:
            return made.plan_destroy(spec, "delete", "protection-off")

        run = made.carry_out(look(), look, caller=way, reader=way)

        assert run_document(run)["missing_permissions"] == ["dynamodb:DescribeBackup"]
        assert len(client("dynamodb").list_tables()["TableNames"]) == 4
        assert "delete_table" not in {call.method for call in way.calls}


def test_the_action_that_aws_names_is_the_one_that_is_told(
    tmp_path: Path, dynaprov: Runner
) -> None:
    def no_grants(request: Read | Call) -> ServiceError | None:
        if request.method != "create_table":
            return None
        error = denied("dynamodb:CreateTable")(request)
        assert error is not None
        return ServiceError(
            error.category,
            error.service,
            error.method,
            error.code,
            error.message.replace("dynamodb:CreateTable", "kms:CreateGrant"),
            missing="kms:CreateGrant",
        )

    words = ("apply", "--env", "dev", "--specs", str(SHIPPED), "--yes")
    with world(tmp_path) as made:
        shown = dynaprov(*words, stages=RefusingStages(Refusing(made.gateway, no_grants)))
        machine = dynaprov(
            *words, "--json", stages=RefusingStages(Refusing(made.gateway, no_grants))
        )

    assert shown.code == machine.code == 4
    assert json.loads(machine.out)["missing_permissions"] == ["kms:CreateGrant"]
    assert "Missing 1 permission: grant these to this identity\n  kms:CreateGrant\n" in shown.out
    assert "give this identity the permission kms:CreateGrant" in shown.out
    assert "permission dynamodb:CreateTable" not in shown.out
