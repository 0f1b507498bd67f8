"""When a table, an index and a backup count as ready."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dynaprov.kinds.table import KIND
from dynaprov.kinds.table.reading import busy, describe_table
from dynaprov.kinds.table.waiting import (
    free_for_index,
    look_while_busy,
    still_to_change,
    timeout_of,
    until_index,
    until_settled,
)
from dynaprov.model.address import Address
from dynaprov.model.kind import Presence, Reading, Standing
from dynaprov.model.operation import Wait
from dynaprov.model.ports import Answer, Call, ErrorCategory
from support.operations import an_operation
from support.ports import failing

ACTIVE = {"TableStatus": "ACTIVE"}


def described(**more: Any) -> Answer:
    return Answer({"Table": ACTIVE | more})


def index(status: str, **more: Any) -> dict[str, Any]:
    return {"GlobalSecondaryIndexes": [{"IndexName": "ByA", "IndexStatus": status, **more}]}


@pytest.mark.parametrize(
    ("until", "answer", "ready"),
    [
        ("settled", described(), True),
        ("settled", described(TableStatus="UPDATING"), False),
        ("settled", described(**index("CREATING", Backfilling=True)), False),
        ("settled", described(SSEDescription={"Status": "UPDATING"}), False),
        ("settled", described(WarmThroughput={"Status": "UPDATING"}), False),
        ("settled", described(WarmThroughput={"Status": "ACTIVE"}), True),
        ("settled", described(**index("ACTIVE", WarmThroughput={"Status": "UPDATING"})), False),
        ("settled", described(Replicas=[{"ReplicaStatus": "CREATING"}]), False),
        ("settled", described(Replicas=[{"ReplicaStatus": "UPDATING"}]), False),
        ("settled", described(Replicas=[{"ReplicaStatus": "DELETING"}]), False),
        ("settled", described(Replicas=[{"ReplicaStatus": "ACTIVE"}]), True),
        # What has failed for good is nothing to wait for.
        ("settled", described(Replicas=[{"ReplicaStatus": "CREATION_FAILED"}]), True),
        (
            "index ByA active",
            described(**index("ACTIVE"), WarmThroughput={"Status": "UPDATING"}),
            False,
        ),
        (
            "index ByA active",
            described(**index("ACTIVE"), Replicas=[{"ReplicaStatus": "CREATING"}]),
            False,
        ),
        ("at rest", described(WarmThroughput={"Status": "UPDATING"}), False),
        ("at rest", described(Replicas=[{"ReplicaStatus": "CREATING"}]), False),
        ("settled", failing(ErrorCategory.ABSENT), False),
        ("gone", failing(ErrorCategory.ABSENT), True),
        ("gone", failing(ErrorCategory.DENIED), False),
        ("gone", described(TableStatus="DELETING"), False),
        ("index ByA active", described(**index("ACTIVE")), True),
        ("index ByA active", described(**index("CREATING")), False),
        ("index ByA active", described(), False),
        ("index ByA gone", described(**index("DELETING")), False),
        ("index ByA gone", described(), True),
        (
            "backup available",
            Answer({"BackupDescription": {"BackupDetails": {"BackupStatus": "CREATING"}}}),
            False,
        ),
        (
            "backup available",
            Answer({"BackupDescription": {"BackupDetails": {"BackupStatus": "AVAILABLE"}}}),
            True,
        ),
    ],
)
def test_a_wait_ends_when_nothing_is_under_way(until: str, answer: Answer, ready: bool) -> None:
    assert KIND.settled(until, answer) is ready


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, ""),
        ({"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, ""),
        ({"TableStatus": "CREATING"}, "table is CREATING"),
        (index("UPDATING"), "index ByA is UPDATING"),
        (index("ACTIVE", Backfilling=True), "index ByA is ACTIVE, backfilling"),
        ({"SSEDescription": {"Status": "ENABLING"}}, "encryption is ENABLING"),
        ({"WarmThroughput": {"Status": "UPDATING"}}, "warm throughput is UPDATING"),
        (
            index("ACTIVE", WarmThroughput={"Status": "UPDATING"}),
            "warm throughput of index ByA is UPDATING",
        ),
        (
            {"Replicas": [{"RegionName": "eu-north-1", "ReplicaStatus": "CREATING"}]},
            "replica eu-north-1 is CREATING",
        ),
        ({"Replicas": [{"RegionName": "eu-north-1", "ReplicaStatus": "ACTIVE"}]}, ""),
    ],
)
def test_a_table_has_settled_when_all_of_it_has(more: dict[str, Any], words: str) -> None:
    assert busy(ACTIVE | more) == words


@pytest.mark.parametrize(
    ("words", "row"),
    [
        ("index ByA is CREATING, backfilling", "index-create"),
        ("index ByA is DELETING", "index-delete"),
        ("encryption is UPDATING", "encryption"),
        ("warm throughput is UPDATING", "warm-throughput"),
        ("warm throughput of index ByA is UPDATING", "warm-throughput"),
        ("index warm is CREATING", "index-create"),
        ("replica eu-west-3 is CREATING", "replica"),
        ("replica eu-west-3 is DELETING", "replica"),
        ("table is CREATING", "create-table"),
        ("table is DELETING", "delete-table"),
        ("table is UPDATING", "billing"),
    ],
)
def test_what_somebody_else_began_has_the_time_of_its_own_kind(words: str, row: str) -> None:
    assert timeout_of(words) == row


SHOWN = {
    "billing_mode": ("PROVISIONED", {"BillingModeSummary": {"BillingMode": "PROVISIONED"}}),
    "stream": (
        "NEW_IMAGE",
        {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
    ),
    "class": (
        "STANDARD_INFREQUENT_ACCESS",
        {"TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"}},
    ),
    "encryption": (
        "arn:key",
        {"SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": "arn:key"}},
    ),
    "deletion_protection": (True, {"DeletionProtectionEnabled": True}),
}


@pytest.mark.parametrize("setting", SHOWN)
def test_a_change_is_done_when_it_shows(setting: str) -> None:
    value, members = SHOWN[setting]
    wait = until_settled("t", "capacity", **{setting: value})
    other = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}

    assert KIND.progress(wait, described(**members)).standing is Standing.THERE
    assert KIND.progress(wait, described(**other)).standing is Standing.AT_REST
    busy_table = described(TableStatus="UPDATING", **members)
    assert KIND.progress(wait, busy_table).standing is Standing.AT_WORK


KEYS = [{"AttributeName": "a", "KeyType": "HASH"}]
WANTED = {"KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}, "types": {"a": "S"}}
AS_WANTED = {"KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}}
OTHER = {
    "GlobalSecondaryIndexes": [
        {"IndexName": "Other", "IndexStatus": "CREATING", "Backfilling": True}
    ]
}


@pytest.mark.parametrize(
    ("change", "table", "standing", "detail"),
    [
        ("create", {}, Standing.THERE, ""),
        ("create", {"TableStatus": "UPDATING"}, Standing.AT_WORK, "table is UPDATING"),
        ("create", OTHER, Standing.AT_WORK, "index Other is CREATING, backfilling"),
        ("create", {"SSEDescription": {"Status": "UPDATING"}}, Standing.AT_WORK, "encryption"),
        ("create", index("CREATING", **AS_WANTED), Standing.ALREADY, "as declared"),
        ("create", index("DELETING", **AS_WANTED), Standing.AT_WORK, "is DELETING"),
        ("create", index("ACTIVE", KeySchema=KEYS), Standing.ALREADY, ""),
        (
            "create",
            index("ACTIVE", KeySchema=KEYS, Projection={"ProjectionType": "KEYS_ONLY"}),
            Standing.NEVER,
            "with other keys or another projection",
        ),
        ("create", {"TableStatus": "ARCHIVED"}, Standing.NEVER, "table is ARCHIVED"),
        ("delete", {}, Standing.ALREADY, "gone already"),
        ("delete", index("DELETING"), Standing.ALREADY, "being deleted already"),
        ("delete", index("CREATING", KeySchema=[]), Standing.AT_WORK, "is CREATING"),
        ("delete", index("CREATING", Backfilling=True, KeySchema=[]), Standing.THERE, ""),
        ("delete", index("ACTIVE", KeySchema=[]), Standing.THERE, ""),
        ("delete", index("ACTIVE", **AS_WANTED), Standing.NEEDLESS, "replaced it already"),
    ],
)
def test_what_is_live_decides_whether_an_index_change_is_due(
    change: str, table: dict[str, Any], standing: Standing, detail: str
) -> None:
    found = KIND.progress(free_for_index("t", "ByA", change, WANTED), described(**table))

    assert found.standing is standing
    assert detail in found.detail


def test_an_index_of_another_key_type_is_another_index() -> None:
    live = index("ACTIVE", **AS_WANTED) | {
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "N"}]
    }

    found = KIND.progress(free_for_index("t", "ByA", "create", WANTED), described(**live))

    assert found.standing is Standing.NEVER


@pytest.mark.parametrize(
    ("until", "table", "standing"),
    [
        ("at rest", OTHER, Standing.THERE),
        ("at rest", index("CREATING"), Standing.AT_WORK),
        ("at rest", {"TableStatus": "UPDATING"}, Standing.AT_WORK),
        ("active", {"TableStatus": "CREATING"}, Standing.AT_WORK),
        ("active", {"TableStatus": "DELETING"}, Standing.NEVER),
        ("active", index("CREATING"), Standing.THERE),
        ("index ByA active", index("DELETING"), Standing.NEVER),
        ("index ByA active", {"TableStatus": "ARCHIVED"}, Standing.NEVER),
        ("settled", {"TableStatus": "ARCHIVED"}, Standing.THERE),
        ("usable", {"TableStatus": "ARCHIVED"}, Standing.NEVER),
        ("usable", {"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}, Standing.NEVER),
        ("usable", {}, Standing.THERE),
    ],
)
def test_how_far_a_table_is(until: str, table: dict[str, Any], standing: Standing) -> None:
    wait = Wait("table", until, describe_table("t"))

    assert KIND.progress(wait, described(**table)).standing is standing


def test_a_backup_that_somebody_deleted_never_comes() -> None:
    answer = Answer({"BackupDescription": {"BackupDetails": {"BackupStatus": "DELETED"}}})

    found = KIND.progress(Wait("table", "backup available", describe_table("t")), answer)

    assert found.standing is Standing.NEVER


BUSY = Reading(Address("t"), Presence.PRESENT, busy="index ByA is CREATING, backfilling")


@pytest.mark.parametrize(
    ("call", "deletes", "until"),
    [
        (Call("dynamodb", "update_table", {"TableName": "t"}), False, "at rest"),
        (Call("dynamodb", "delete_table", {"TableName": "t"}), True, "settled"),
        (Call("dynamodb", "update_time_to_live", {"TableName": "t"}), False, "active"),
        (Call("dynamodb", "tag_resource", {"ResourceArn": "t"}), False, ""),
        (Call("cloudwatch", "put_metric_alarm", {}), False, ""),
    ],
)
def test_a_call_for_a_busy_table_looks_first(call: Call, deletes: bool, until: str) -> None:
    look = look_while_busy(an_operation(call=call, deletes=deletes), BUSY)

    assert (look.until if look else "") == until
    if look:
        assert look.timeout == "index-create"


GONE, ARCHIVED = "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVED"


@pytest.mark.parametrize(
    ("status", "method", "params", "until"),
    [
        (GONE, "update_time_to_live", {}, "usable"),
        (GONE, "create_backup", {}, "usable"),
        (GONE, "update_contributor_insights", {}, "usable"),
        (GONE, "update_table", {"SSESpecification": {"Enabled": True}}, "usable"),
        (GONE, "update_table", {"DeletionProtectionEnabled": True}, ""),
        (GONE, "update_continuous_backups", {}, ""),
        (GONE, "delete_table", {}, ""),
        (ARCHIVED, "update_table", {"DeletionProtectionEnabled": True}, "usable"),
        (ARCHIVED, "delete_table", {}, ""),
        ("ACTIVE", "update_time_to_live", {}, ""),
    ],
)
def test_what_a_table_without_its_key_refuses_is_looked_at_first(
    status: str, method: str, params: dict[str, Any], until: str
) -> None:
    reading = Reading(Address("t"), Presence.PRESENT, facts={"status": status})
    call = Call("dynamodb", method, {"TableName": "t", **params})

    look = look_while_busy(an_operation(call=call), reading)

    assert (look.until if look else "") == until


def test_another_key_is_not_asked_for_while_nobody_reaches_the_data() -> None:
    look = still_to_change("t", "encryption", key_was="arn:old")
    other = still_to_change("t", "class", **{"class": "STANDARD"})

    assert KIND.progress(look, described(TableStatus=GONE)).standing is Standing.NEVER
    assert KIND.progress(other, described(TableStatus=GONE)).standing is Standing.THERE


def test_a_table_at_rest_needs_no_look_and_a_look_of_ones_own_stays() -> None:
    call = Call("dynamodb", "update_table", {"TableName": "t"})
    own = free_for_index("t", "ByA", "delete")

    assert look_while_busy(an_operation(call=call), Reading(Address("t"), Presence.PRESENT)) is None
    assert look_while_busy(an_operation(call=call, look=own), BUSY) is own


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_while_an_index_is_filled_its_metric_is_asked() -> None:
    wait = until_index("t", "ByA", "active", "index-create")
    filling = described(TableName="t", **index("CREATING", Backfilling=True))

    read = KIND.gauge(wait, filling, NOW)

    assert read is not None
    assert read.action == "cloudwatch:GetMetricStatistics"
    assert read.params["MetricName"] == "OnlineIndexPercentageProgress"
    assert read.params["Dimensions"][1] == {"Name": "GlobalSecondaryIndexName", "Value": "ByA"}
    assert KIND.gauge(wait, described(TableName="t", **index("CREATING")), NOW) is None
    assert KIND.gauge(wait, failing(ErrorCategory.ABSENT), NOW) is None


def test_the_newest_value_says_how_much_is_filled() -> None:
    points = [
        {"Timestamp": NOW, "Maximum": 41.6},
        {"Timestamp": NOW - timedelta(minutes=1), "Maximum": 12.0},
    ]

    assert KIND.gauged(Answer({"Datapoints": points})) == "42 % filled"
    assert KIND.gauged(Answer({"Datapoints": []})) == ""
