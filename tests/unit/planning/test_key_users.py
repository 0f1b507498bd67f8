"""What still needs a key: tables, replicas and backups, and what could not be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dynaprov.model.ports import Answer, Call, ErrorCategory, Read
from dynaprov.model.setting import Ref
from dynaprov.planning.key_users import KeyUsers, key_id, key_users, retired
from support.operations import an_operation
from support.ports import FakeReader, an_error, failing

KEY = "55555555-aaaa"
#: The id of a key before it in the alphabet, and of one after it.
OTHERS = ("00000000-aaaa", "99999999-aaaa")


def arn(key: str, region: str = "us-east-1") -> str:
    return f"arn:aws:kms:{region}:111122223333:key/{key}"


def table(name: str, key: str = "", **more: Any) -> dict[str, Any]:
    encryption = {"SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": arn(key)}}
    return {"TableName": name, **(encryption if key else {}), **more}


def backup(name: str, key: str = "", **more: Any) -> dict[str, Any]:
    about = {"BackupArn": name, "BackupName": name, "BackupType": "USER", **more}
    features = {"SSEDescription": {"KMSMasterKeyArn": arn(key)}} if key else {}
    return {"BackupDetails": about, "SourceTableFeatureDetails": features}


def reader(*tables: dict[str, Any], backups: tuple[dict[str, Any], ...] = ()) -> FakeReader:
    """An account with these tables and backups."""
    by_name = {each["TableName"]: Answer({"Table": each}) for each in tables}
    by_arn = {
        each["BackupDetails"]["BackupArn"]: Answer({"BackupDescription": each}) for each in backups
    }
    listed = [each["BackupDetails"] for each in backups]
    return FakeReader(
        {
            "list_tables": Answer({"TableNames": list(by_name)}),
            "list_backups": Answer({"BackupSummaries": listed}),
            "describe_table": lambda read: by_name[read.params["TableName"]],
            "describe_backup": lambda read: by_arn[read.params["BackupArn"]],
        }
    )


def found(*tables: dict[str, Any], backups: tuple[dict[str, Any], ...] = ()) -> KeyUsers:
    return key_users([KEY], reader(*tables, backups=backups))[KEY]


# -- which keys go


@pytest.mark.parametrize(
    ("service", "method", "key", "goes"),
    [
        ("kms", "disable_key", KEY, True),
        ("kms", "schedule_key_deletion", KEY, True),
        ("kms", "enable_key", KEY, False),
        ("iam", "disable_key", KEY, False),
        ("sns", "disable_key", KEY, False),
        ("kms", "disable_key", Ref("kms-key", "id"), False),
    ],
    ids=["disabled", "scheduled", "enabled", "of iam", "of sns", "made in this plan"],
)
def test_a_key_goes_by_a_call_of_kms(service: str, method: str, key: Any, goes: bool) -> None:
    operation = an_operation("k", call=Call(service, method, {"KeyId": key}))

    assert retired([operation]) == (frozenset({KEY}) if goes else frozenset())


@pytest.mark.parametrize("key", [KEY, arn(KEY), arn(KEY, "eu-west-1")])
def test_the_id_of_a_key_is_in_its_arn(key: str) -> None:
    assert key_id(key) == KEY


def test_without_a_key_there_is_no_id() -> None:
    assert key_id(None) == key_id("") == ""


# -- tables


def test_tables_on_the_key_need_it_and_others_do_not() -> None:
    users = found(
        table("orders", KEY), table("a", OTHERS[0]), table("z", OTHERS[1]), table("plain")
    )

    assert users == KeyUsers({"orders": "table orders"})


def test_tables_are_in_the_order_of_their_names() -> None:
    assert list(found(table("orders", KEY), table("events", KEY)).tables) == ["events", "orders"]


def test_a_table_whose_encryption_is_changing_says_so() -> None:
    changing = table("orders", SSEDescription={"Status": "UPDATING", "KMSMasterKeyArn": arn(KEY)})

    assert found(changing).tables == {"orders": "table orders (its encryption is changing)"}


def test_replicas_on_the_key_are_named_by_their_regions() -> None:
    replicas = [
        {"RegionName": "eu-west-1", "KMSMasterKeyId": arn(KEY, "eu-west-1")},
        {"RegionName": "eu-west-2", "KMSMasterKeyId": arn(OTHERS[0], "eu-west-2")},
        {"RegionName": "eu-west-3", "KMSMasterKeyId": arn(OTHERS[1], "eu-west-3")},
        {"RegionName": "sa-east-1", "KMSMasterKeyId": arn(KEY, "sa-east-1")},
    ]

    users = found(table("orders", OTHERS[0], Replicas=replicas), table("none", Replicas=None))

    assert users.tables == {"orders": "table orders, replica in eu-west-1, sa-east-1"}


# -- backups


def test_backups_on_the_key_are_named_with_their_kind_and_day() -> None:
    day = datetime(2025, 3, 1, 23, 59, tzinfo=UTC)
    users = found(
        backups=(
            backup("yearly", KEY, BackupCreationDateTime=day),
            backup("vault", KEY, BackupType="AWS_BACKUP"),
            backup("gone", KEY, BackupType="SYSTEM"),
            backup("a", OTHERS[0]),
            backup("z", OTHERS[1]),
            backup("plain"),
        )
    )

    assert users.copies == ("AWS Backup vault", "backup yearly of 2025-03-01", "recovery gone")


def test_a_backup_that_was_deleted_is_not_looked_at() -> None:
    asked = reader(
        backups=(
            backup("old", KEY, BackupStatus="DELETED"),
            backup("new", KEY, BackupStatus="AVAILABLE"),
            backup("newest", KEY, BackupStatus="CREATING"),
        )
    )

    key_users([KEY], asked)

    described = [read.params for read in asked.reads if read.method == "describe_backup"]
    assert described == [{"BackupArn": "new"}, {"BackupArn": "newest"}]


def test_a_backup_without_details_of_its_table_needs_no_key() -> None:
    bare = {**backup("bare"), "SourceTableFeatureDetails": None}

    assert found(backups=(bare,)).copies == ()


# -- how it is read


def test_each_of_several_keys_has_what_needs_it() -> None:
    account = reader(
        table("orders", KEY), table("users", OTHERS[0]), backups=(backup("b", OTHERS[0]),)
    )

    assert key_users([KEY, *OTHERS], account) == {
        KEY: KeyUsers({"orders": "table orders"}),
        OTHERS[0]: KeyUsers({"users": "table users"}, ("backup b",)),
        OTHERS[1]: KeyUsers({}),
    }


def test_pages_are_as_long_as_aws_makes_them() -> None:
    asked = reader()

    key_users([KEY], asked)

    assert {read.method: read.params["Limit"] for read in asked.reads} == {
        "list_tables": 100,
        "list_backups": 100,
    }


def test_what_may_not_be_read_is_told_and_what_went_meanwhile_is_not() -> None:
    def described(read: Read) -> Answer:
        gone = read.params["TableName"] == "gone"
        return failing(ErrorCategory.ABSENT if gone else ErrorCategory.DENIED)

    account = FakeReader(
        {
            "list_tables": Answer({"TableNames": ["gone", "orders"]}),
            "list_backups": failing(ErrorCategory.DENIED, message="no backups"),
            "describe_table": described,
        }
    )

    unread = key_users([KEY], account)[KEY].unread

    assert unread == (
        an_error(ErrorCategory.DENIED, message="no backups"),
        an_error(ErrorCategory.DENIED),
    )
