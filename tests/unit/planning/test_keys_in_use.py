"""Keys that cannot be used under live tables, and what still needs a key that is to go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dynaprov import reconciler
from dynaprov.cli.exits import Exit, of_plan
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.plan import Plan
from dynaprov.planning.planner import Choices
from dynaprov.report.document import plan_document
from support.cases import ACCOUNT, WrittenReader
from support.clock import VirtualClock
from support.converging import written

OWN, OTHER = "0b5d2c1e-1111", "99999999-2222"
TABLE = "shop-full-orders"


def arn(key: str, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key}"


def row(service: str, method: str, answer: Any = None, **params: Any) -> dict[str, Any]:
    return {"service": service, "method": method, "params": params, "answer": answer or {}}


def denied(service: str, method: str) -> dict[str, Any]:
    error = {"category": "denied", "code": "AccessDeniedException", "message": "no"}
    return {"service": service, "method": method, "error": error}


def table(name: str = TABLE, key: str = "", **more: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "TableName": name,
        "TableArn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}",
        "TableId": "7f1f0d6e-0000-4000-8000-000000000001",
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        **more,
    }
    if key:
        encryption = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn(key)}
        described["SSEDescription"] = encryption | more.get("SSEDescription", {})
    return row("dynamodb", "describe_table", {"Table": described}, TableName=name)


def key(id: str = OWN, state: str = "Enabled", name: str = "", **more: Any) -> dict[str, Any]:
    described = {"KeyId": id, "Arn": arn(id), "KeyState": state, "KeyManager": "CUSTOMER", **more}
    return row("kms", "describe_key", {"KeyMetadata": described}, KeyId=name or arn(id))


def own_key(state: str = "Enabled", **more: Any) -> list[dict[str, Any]]:
    tags = [
        {"TagKey": "dynaprov:address", "TagValue": "kms-key"},
        {"TagKey": "dynaprov:environment", "TagValue": "full"},
        {"TagKey": "dynaprov:project", "TagValue": "shop"},
    ]
    return [
        key(OWN, state, "alias/shop-full", **more),
        key(OWN, state, **more),
        row("kms", "list_resource_tags", {"Tags": tags}, KeyId=arn(OWN)),
    ]


def backup(name: str, type_: str = "USER", id: str = OWN) -> list[dict[str, Any]]:
    made = datetime(2025, 3, 1, tzinfo=UTC)
    about = {
        "BackupArn": f"arn:{name}",
        "BackupName": name,
        "BackupStatus": "AVAILABLE",
        "BackupType": type_,
        "BackupCreationDateTime": made,
    }
    features = {"SSEDescription": {"KMSMasterKeyArn": arn(id)}} if id else {}
    whole = {"BackupDetails": about, "SourceTableFeatureDetails": features}
    return [
        row("dynamodb", "list_backups", {"BackupSummaries": [about]}),
        row("dynamodb", "describe_backup", {"BackupDescription": whole}, BackupArn=f"arn:{name}"),
    ]


def account(scratch: Path, *rows: Any, spec: Mapping[str, Any] | None = None) -> Any:
    """The spec and the reader of an account; rows may be lists."""
    documents = {
        "environments/full.yaml": {"kms_key": {}, "allow_destroy": True},
        "tables/orders.yaml": {"partition_key": "id"},
        **(spec or {}),
    }
    flat = [each for one in rows for each in (one if isinstance(one, list) else [one])]
    return written(scratch, documents), WrittenReader(flat)


def looked(scratch: Path, *rows: Any, spec: Mapping[str, Any] | None = None) -> Plan:
    resolved, reader = account(scratch, *rows, spec=spec)
    return reconciler.diff(resolved, reader, Choices(), clock=VirtualClock())


def destroyed(scratch: Path, *rows: Any, allowed: tuple[str, ...] = ("retire-key",)) -> Plan:
    resolved, reader = account(scratch, *rows)
    chosen = Choices(allowed=frozenset(allowed))
    return reconciler.plan_destroy(resolved, reader, chosen, clock=VirtualClock())


def first(plan: Plan) -> Diagnostic:
    alarm = plan.diagnostics[0]
    assert alarm.level is Level.ERROR
    return alarm


NO_KEY = {"environments/full.yaml": {}}


def test_a_disabled_key_of_the_environment_is_said_first(tmp_path: Path) -> None:
    alarm = first(looked(tmp_path, table(key=OWN), own_key("Disabled")))

    assert alarm.code == "DP220"
    assert alarm.address == "kms-key"
    assert alarm.detail == f"key {OWN} is disabled: {TABLE} cannot be used"
    assert alarm.hint == (
        "`dynaprov apply --env full --target kms-key` enables it; by hand: "
        f"`aws kms enable-key --key-id {OWN} --region us-east-1`"
    )


def test_a_key_pending_deletion_has_two_steps_back(tmp_path: Path) -> None:
    date = datetime(2026, 1, 9, tzinfo=UTC)
    alarm = first(looked(tmp_path, table(key=OWN), own_key("PendingDeletion", DeletionDate=date)))

    assert "is pending deletion, on 2026-01-09" in alarm.detail
    where = f"--key-id {OWN} --region us-east-1"
    assert "cancels the deletion and enables it" in alarm.hint
    assert (
        f"`aws kms cancel-key-deletion {where}` and then `aws kms enable-key {where}`" in alarm.hint
    )
    assert alarm.hint.endswith("(cancelling alone leaves the key disabled)")


def test_a_key_that_no_spec_names_is_looked_at_too(tmp_path: Path) -> None:
    plan = looked(tmp_path, table(key=OTHER), key(OTHER, "Disabled"), spec=NO_KEY)

    assert first(plan).address == "orders"
    assert first(plan).hint == f"`aws kms enable-key --key-id {OTHER} --region us-east-1`"


def test_a_key_that_is_gone_has_no_way_out(tmp_path: Path) -> None:
    alarm = first(looked(tmp_path, table(key=OTHER), spec=NO_KEY))

    assert "does not exist any more" in alarm.detail
    assert "never comes back" in alarm.hint


def test_a_rare_state_is_named(tmp_path: Path) -> None:
    plan = looked(tmp_path, table(key=OTHER), key(OTHER, "Unavailable"), spec=NO_KEY)

    assert "is in state Unavailable" in first(plan).detail


def test_a_dead_key_makes_looking_with_an_exit_code_a_finding(tmp_path: Path) -> None:
    plan = looked(tmp_path, table(key=OTHER), key(OTHER, "Disabled"), spec=NO_KEY)
    plan_only_alarm = plan_document(plan, command="diff") | {"changes": []}

    assert of_plan(plan_only_alarm, exit_code=True) is Exit.DIFFERENT
    assert of_plan(plan_only_alarm, exit_code=False) is Exit.DONE


def test_an_enabled_key_is_no_news(tmp_path: Path) -> None:
    plan = looked(tmp_path, table(key=OTHER), key(OTHER), spec=NO_KEY)

    assert plan.diagnostics == ()


def test_a_key_that_may_not_be_described_is_noted(tmp_path: Path) -> None:
    plan = looked(tmp_path, table(key=OTHER), denied("kms", "describe_key"), spec=NO_KEY)

    [note] = plan.diagnostics
    assert (note.code, note.level) == ("DP221", Level.NOTE)
    assert "kms:DescribeKey" in note.hint


def test_a_table_without_its_key_has_seven_days(tmp_path: Path) -> None:
    since = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)
    lost = table(
        key=OTHER,
        TableStatus="INACCESSIBLE_ENCRYPTION_CREDENTIALS",
        SSEDescription={"InaccessibleEncryptionDateTime": since},
    )
    clock = (
        f"{TABLE} has been inaccessible since 2026-01-01 10:30 UTC and is archived after "
        "2026-01-08 10:30 UTC"
    )

    dead = first(looked(tmp_path, lost, key(OTHER, "Disabled"), spec=NO_KEY))
    back = first(looked(tmp_path, lost, key(OTHER), spec=NO_KEY))

    assert dead.detail.endswith(clock)
    assert (back.code, back.detail.endswith(clock)) == ("DP222", True)
    assert "comes back by itself" in back.hint


def test_an_archived_table_is_in_its_backup(tmp_path: Path) -> None:
    archived = table(TableStatus="ARCHIVED", ArchivalSummary={"ArchivalBackupArn": "arn:b"})

    alarm = first(looked(tmp_path, archived, spec=NO_KEY))

    assert (alarm.code, "arn:b" in alarm.detail) == ("DP223", True)


def refused(plan: Plan) -> dict[str, str]:
    return {each.code: each.detail for each in plan.refusals}


def listed(*names: str) -> dict[str, Any]:
    return row("dynamodb", "list_tables", {"TableNames": list(names)})


def test_a_key_that_only_goes_with_its_own_tables_may_be_retired(tmp_path: Path) -> None:
    plan = destroyed(tmp_path, table(key=OWN), own_key(), listed(TABLE))

    assert plan.refusals == ()
    assert [o.id for o in plan.operations if o.call.service == "kms"] == ["kms-key:delete"]


def test_another_table_of_the_account_keeps_the_key(tmp_path: Path) -> None:
    plan = destroyed(
        tmp_path, table(key=OWN), table("billing", OWN), own_key(), listed(TABLE, "billing")
    )

    [refusal] = plan.refusals
    assert (refusal.code, refusal.allowed_by) == ("key-retirement", "")
    assert refusal.detail.startswith("the key still encrypts table billing; ")


def test_a_replica_on_the_key_keeps_it(tmp_path: Path) -> None:
    multi = "mrk-0001"
    replicas = [{"RegionName": "eu-west-1", "KMSMasterKeyId": arn(OWN, "eu-west-1")}]
    plan = destroyed(
        tmp_path,
        table(key=OWN),
        table("world", multi, Replicas=replicas),
        own_key(),
        listed(TABLE, "world"),
    )

    assert "table world, replica in eu-west-1" in refused(plan)["key-retirement"]


def test_tables_that_cannot_be_listed_keep_the_key(tmp_path: Path) -> None:
    plan = destroyed(tmp_path, table(key=OWN), own_key(), denied("dynamodb", "list_tables"))

    assert "dynamodb:ListTables failed" in refused(plan)["key-retirement"]


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        ("USER", "backup yearly of 2025-03-01"),
        ("AWS_BACKUP", "AWS Backup yearly of 2025-03-01"),
        ("SYSTEM", "recovery yearly of 2025-03-01"),
    ],
)
def test_backups_that_lose_their_key_are_listed(tmp_path: Path, type_: str, words: str) -> None:
    plan = destroyed(tmp_path, table(key=OWN), own_key(), listed(TABLE), backup("yearly", type_))

    [warning] = [each for each in plan.diagnostics if each.code == "DP304"]
    assert warning.level is Level.WARNING
    assert warning.detail == f"without the key these cannot be restored: {words}"


def left_over(scratch: Path, *rows: Any, allowed: tuple[str, ...] = ()) -> Plan:
    """A second key with the identity of the environment, which `--prune` would retire."""
    tags = [
        {"Key": "dynaprov:address", "Value": "kms-key"},
        {"Key": "dynaprov:environment", "Value": "full"},
        {"Key": "dynaprov:project", "Value": "shop"},
    ]
    tagged = [{"ResourceARN": arn(OTHER), "Tags": tags}]
    resolved, reader = account(
        scratch,
        table(),
        row("resourcegroupstaggingapi", "get_resources", {"ResourceTagMappingList": tagged}),
        key(OTHER),
        row("kms", "list_grants", {"Grants": []}),
        *rows,
        spec=NO_KEY,
    )
    chosen = Choices(prune=True, allowed=frozenset(("delete", *allowed)))
    return reconciler.diff(resolved, reader, chosen, clock=VirtualClock())


def test_a_key_left_over_is_kept_for_a_backup_until_it_is_allowed(tmp_path: Path) -> None:
    rows = (listed(TABLE), backup("yearly", id=OTHER))

    [refusal] = left_over(tmp_path, *rows).refusals

    assert refusal.allowed_by == f"--allow retire-key:kms-key/{OTHER}"
    assert "backup yearly" in refusal.detail
    assert left_over(tmp_path, *rows, allowed=("retire-key",)).refusals == ()


def test_a_key_left_over_that_nothing_needs_goes(tmp_path: Path) -> None:
    plan = left_over(tmp_path, listed(TABLE), backup("yearly", id=""))

    assert plan.refusals == ()
    assert [o.id for o in plan.operations if o.call.service == "kms"] == [f"kms-key/{OTHER}:delete"]


def test_backups_that_cannot_be_listed_keep_the_key_until_it_is_allowed(tmp_path: Path) -> None:
    rows = (listed(TABLE), denied("dynamodb", "list_backups"))

    assert "dynamodb:ListBackups failed" in refused(left_over(tmp_path, *rows))["retire-key"]
    allowed = left_over(tmp_path, *rows, allowed=("retire-key",))
    assert allowed.refusals == ()
    [warning] = [each for each in allowed.diagnostics if each.code == "DP304"]
    assert "dynamodb:ListBackups failed" in warning.detail


def test_nothing_is_looked_for_where_no_key_goes(tmp_path: Path) -> None:
    resolved, reader = account(tmp_path, table(key=OWN), own_key())

    reconciler.diff(resolved, reader, Choices(), clock=VirtualClock())

    assert not {"list_tables", "list_backups"} & {read.method for read in reader.reads}


MANAGED = {"tables/orders.yaml": {"partition_key": "id", "encryption": "aws-managed"}, **NO_KEY}


def test_the_key_that_aws_manages_is_known_though_aliases_cannot_be_listed(tmp_path: Path) -> None:
    plan = looked(
        tmp_path,
        table(key=OTHER),
        denied("kms", "list_aliases"),
        key(OTHER, KeyManager="AWS"),
        spec=MANAGED,
    )

    assert not [each for each in plan.operations if "SSESpecification" in each.call.params]
    assert plan.not_compared == ()


def test_a_key_that_cannot_be_told_is_not_compared_and_not_changed(tmp_path: Path) -> None:
    plan = looked(
        tmp_path,
        table(key=OTHER),
        denied("kms", "list_aliases"),
        denied("kms", "describe_key"),
        spec=MANAGED,
    )

    assert [(str(each.address), each.path) for each in plan.not_compared] == [
        ("orders", "encryption")
    ]
    assert not [each for each in plan.operations if "SSESpecification" in each.call.params]


def test_a_customers_key_is_exchanged_for_the_one_that_aws_manages(tmp_path: Path) -> None:
    plan = looked(tmp_path, table(key=OTHER), key(OTHER), spec=MANAGED)

    [change] = [o for o in plan.operations if "SSESpecification" in o.call.params]
    assert change.budgets[0].name == "encryption-change"
