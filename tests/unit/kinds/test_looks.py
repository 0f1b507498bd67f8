"""Whether a call whose answer was lost had its effect: what each kind looks at."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from dynaprov.execution.looking import look
from dynaprov.kinds import KIND_BY_NAME
from dynaprov.kinds.table.deletion import FRESH
from dynaprov.model.kind import Sighting
from dynaprov.model.ports import Answer, Call, ErrorCategory, Read
from support.clock import START, VirtualClock
from support.operations import an_operation
from support.ports import FakeReader, Script, failing

E = ErrorCategory
DENIED = failing(E.DENIED)
ABSENT = failing(E.ABSENT)
TAGS = {
    "dynaprov:project": "shop",
    "dynaprov:environment": "dev",
    "dynaprov:address": "kms-key",
}


def seen(kind: str, call: Call, **scripts: Script) -> Sighting:
    return look(KIND_BY_NAME[kind], an_operation(), call, FakeReader(scripts), VirtualClock())


def arn(key: str) -> str:
    return f"arn:aws:kms:eu-west-1:111122223333:key/{key}"


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


CREATE_KEY = Call("kms", "create_key", {"Tags": pairs({**TAGS, "Team": "x"})})


def keys(**tags: dict[str, str] | None) -> dict[str, Script]:
    """Scripts for keys by id with their tags; tags of ``None`` cannot be read."""

    def tags_of(read: Read) -> Answer:
        found = tags[read.params["KeyId"].rpartition("/")[2]]
        return DENIED if found is None else Answer({"Tags": pairs(found)})

    def describe(read: Read) -> Answer:
        key = read.params["KeyId"].rpartition("/")[2]
        state = "PendingDeletion" if key.startswith("gone") else "Enabled"
        made = START + timedelta(minutes=len(key))
        about = {"Arn": arn(key), "KeyId": key, "KeyState": state, "CreationDate": made}
        return Answer({"KeyMetadata": about})

    return {
        "list_keys": Answer({"Keys": [{"KeyId": key, "KeyArn": arn(key)} for key in tags]}),
        "list_aliases": Answer({"Aliases": [{"AliasName": "alias/x", "TargetKeyId": "named"}]}),
        "list_resource_tags": tags_of,
        "describe_key": describe,
    }


def test_a_key_with_the_tags_of_the_call_is_the_one_that_was_made() -> None:
    found = seen("kms-key", CREATE_KEY, **keys(other={}, k1=TAGS, named=TAGS, closed=None))

    assert found.found
    assert dict(found.outputs) == {"arn": arn("k1"), "id": "k1"}


def test_of_several_keys_the_oldest_is_the_one_and_none_that_is_going() -> None:
    found = seen("kms-key", CREATE_KEY, **keys(younger=TAGS, old=TAGS, gone=TAGS))

    assert dict(found.outputs)["id"] == "old"


@pytest.mark.parametrize(
    "live",
    [
        {},
        {"k1": {**TAGS, "dynaprov:environment": "prod"}},
        {"named": TAGS},
        {"gone": TAGS},
    ],
    ids=["no key", "another environment's", "with an alias", "pending deletion"],
)
def test_no_other_key_is_taken_for_it(live: dict[str, dict[str, str]]) -> None:
    assert seen("kms-key", CREATE_KEY, **keys(**live)) == Sighting()


def test_keys_that_cannot_be_looked_at_leave_it_open() -> None:
    assert seen("kms-key", CREATE_KEY, list_keys=DENIED).problem is DENIED.error
    assert seen("kms-key", CREATE_KEY, **keys(k1=None)).problem is DENIED.error


def alias(target: str) -> Call:
    return Call("kms", "create_alias", {"AliasName": "alias/shop-dev", "TargetKeyId": target})


@pytest.mark.parametrize(
    ("target", "answer", "found"),
    [
        ("k1", Answer({"KeyMetadata": {"KeyId": "k1"}}), True),
        (arn("k1"), Answer({"KeyMetadata": {"KeyId": "k1"}}), True),
        ("k1", Answer({"KeyMetadata": {"KeyId": "k2"}}), False),
        ("k1", ABSENT, False),
    ],
    ids=["by id", "by arn", "another's", "none"],
)
def test_an_alias_was_made_when_it_points_at_the_key_of_the_call(
    target: str, answer: Answer, found: bool
) -> None:
    sighting = seen("kms-key", alias(target), describe_key=answer)

    assert sighting.found is found
    assert sighting.problem is None


def test_an_alias_that_cannot_be_read_leaves_it_open() -> None:
    assert seen("kms-key", alias("k1"), describe_key=DENIED).problem is DENIED.error


POLICY = "arn:aws:iam::111122223333:policy/shop-dev-app-reader"
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["a:b"], "Resource": "*"}],
}
NEW_VERSION = Call(
    "iam",
    "create_policy_version",
    {"PolicyArn": POLICY, "PolicyDocument": json.dumps(DOCUMENT), "SetAsDefault": True},
)


def version_of(document: Any) -> dict[str, Script]:
    return {
        "get_policy": Answer({"Policy": {"DefaultVersionId": "v2"}}),
        "get_policy_version": Answer({"PolicyVersion": {"Document": document}}),
    }


def test_a_version_was_made_when_the_default_one_has_the_document() -> None:
    live = {**DOCUMENT, "Statement": {"Effect": "Allow", "Action": "a:b", "Resource": ["*"]}}

    assert seen("access-policy", NEW_VERSION, **version_of(live)).found
    assert not seen("access-policy", NEW_VERSION, **version_of({**DOCUMENT, "Id": "x"})).found


@pytest.mark.parametrize("denied", ["get_policy", "get_policy_version"])
def test_a_policy_that_cannot_be_read_leaves_it_open(denied: str) -> None:
    scripts = {**version_of(DOCUMENT), denied: DENIED}

    assert seen("access-policy", NEW_VERSION, **scripts).problem is DENIED.error


BACKUP = Call("dynamodb", "create_backup", {"TableName": "t", "BackupName": "t-final"})


def backups(*found: tuple[str, int], status: str = "AVAILABLE") -> dict[str, Script]:
    """Backups by name and age in seconds, of a table that is an hour old."""
    summaries = [
        {
            "BackupName": name,
            "BackupArn": f"arn:{name}:{age}",
            "BackupStatus": status,
            "BackupCreationDateTime": START - timedelta(seconds=age),
        }
        for name, age in found
    ]
    table = {"CreationDateTime": START - timedelta(hours=1)}
    return {
        "list_backups": Answer({"BackupSummaries": summaries}),
        "describe_table": Answer({"Table": table}),
    }


def test_a_fresh_final_backup_counts_and_of_several_the_latest() -> None:
    found = seen("table", BACKUP, **backups(("t-final", 200), ("t-final", 100), ("mine", 1)))

    assert found.outputs == (("final_backup_arn", "arn:t-final:100"),)
    assert "of 2025-12-31 23:58:20 UTC" in found.detail


def test_a_backup_that_is_older_is_none() -> None:
    age = int(FRESH.total_seconds()) + 1

    assert not seen("table", BACKUP, **backups(("t-final", age))).found


def test_a_backup_of_a_table_that_was_made_anew_since_is_none() -> None:
    scripts = backups(("t-final", 100))
    table = {"CreationDateTime": START - timedelta(seconds=50)}

    assert not seen(
        "table", BACKUP, **{**scripts, "describe_table": Answer({"Table": table})}
    ).found


def test_a_backup_that_is_being_deleted_is_none() -> None:
    assert not seen("table", BACKUP, **backups(("t-final", 1), status="DELETED")).found


@pytest.mark.parametrize("denied", ["list_backups", "describe_table"])
def test_backups_that_cannot_be_listed_leave_it_open(denied: str) -> None:
    scripts = {**backups(("t-final", 1)), denied: DENIED}

    assert seen("table", BACKUP, **scripts).problem is DENIED.error
