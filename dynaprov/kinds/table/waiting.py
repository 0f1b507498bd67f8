"""What is waited for before and after the calls of a table, and how far it has come.

TableStatus alone says little.  Settled is a table whose status, indexes, encryption, warm
throughput and replicas have all come to rest (TableDescription, DynamoDB API reference):

- an index is CREATING for minutes after the table is ACTIVE again, even when it is empty, first
  without and then with ``Backfilling``, which disappears at the end (measured);
- an index can be deleted once it is Backfilling or ACTIVE (guide: GSI.OnlineOps);
- encryption and warm throughput change under a table that stays ACTIVE (measured);
- AWS builds or deletes one index of a table at a time (UpdateTable);
- while an index is filled, other settings of the table can be changed again (UpdateTable).

How much of an index is filled is the CloudWatch metric OnlineIndexPercentageProgress.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dynaprov.kinds.table.reading import (
    ARCHIVE,
    CHANGING,
    UNUSABLE,
    busy,
    changing_indexes,
    describe_table,
    encryption_of,
    index_of,
    unusable,
)
from dynaprov.model.kind import Presence, Progress, Reading, Standing
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.ports import Answer, Read

_THERE = Progress(Standing.THERE)
#: Metrics come late; the newest of some minutes counts.
_METRIC_WINDOW = timedelta(minutes=15)


def until_settled(table: str, timeout: str, **shows: Any) -> Wait:
    """Wait until nothing is under way and the table shows these settings."""
    facts = {"shows": shows} if shows else {}
    return Wait("table", "settled", describe_table(table), timeout=timeout, facts=facts)


def until_index(table: str, index: str, state: str, timeout: str) -> Wait:
    """Wait until an index is ``active``, or ``gone``."""
    facts = {"index": index}
    read = describe_table(table)
    return Wait("table", f"index {index} {state}", read, timeout=timeout, facts=facts)


def free_for_index(
    table: str, index: str, change: str, wanted: Mapping[str, Any] | None = None
) -> Wait:
    """Look whether an index can be created or deleted now (``change`` says which).

    ``wanted`` is the definition that is to come; an index that has it already needs no change.
    """
    return Wait(
        "table",
        f"free for index {index}",
        describe_table(table),
        timeout="index-create",
        facts={"index": index, "change": change, "wanted": wanted},
    )


def still_to_change(table: str, timeout: str, *, key_was: str = "", **shows: Any) -> Wait:
    """Look whether the table at rest does not show these settings yet.

    ``key_was`` is for a key that a description cannot be compared with (one that is only made in
    this run, or the one that AWS manages): any other key than this one is then the wanted one.

    For what AWS takes only so often and counts again when it is sent again.  While it changes, a
    description may show the old value (the old key for 8-9 s, measured), so what was planned from
    one is looked at once more.
    """
    facts = {"shows": shows, "key_was": key_was}
    return Wait("table", "still to change", describe_table(table), timeout=timeout, facts=facts)


def look_while_busy(operation: Operation, reading: Reading) -> Wait | None:
    """What a call for a table that AWS is at work on has to wait for.

    Calls of other services, and calls that have a look of their own, need nothing.  What a table
    whose key is out of reach would refuse is not sent either.
    """
    if operation.look is None and _needs_its_key(operation, reading):
        name = str(operation.call.params["TableName"])
        return Wait("table", "usable", describe_table(name), timeout="encryption")
    if operation.look is not None or operation.call.service != "dynamodb" or not reading.busy:
        return operation.look
    if reading.presence is not Presence.PRESENT or "TableName" not in operation.call.params:
        return None
    name = str(operation.call.params["TableName"])
    row = timeout_of(reading.busy)
    if operation.deletes:
        return Wait("table", "settled", describe_table(name), timeout=row)
    until = "at rest" if operation.call.method == "update_table" else "active"
    return Wait("table", until, describe_table(name), timeout=row)


#: What a table refuses without its key; streams, protection, tags, recovery and its policy can be
#: changed all the same (measured).
_NEED_THE_KEY = frozenset({"create_backup", "update_contributor_insights", "update_time_to_live"})


def _needs_its_key(operation: Operation, reading: Reading) -> bool:
    """Whether AWS would refuse the call, since nobody can reach the table's data."""
    call, status = operation.call, reading.facts.get("status")
    if status not in UNUSABLE or call.service != "dynamodb" or "TableName" not in call.params:
        return False
    if call.method in _NEED_THE_KEY or "SSESpecification" in call.params:
        return True
    # What is archived is only deleted: it comes back from its backup.
    return status in ARCHIVE and call.method != "delete_table"


def timeout_of(under_way: str) -> str:
    """The timeout for what somebody else began, told by the words of ``busy``."""
    for word, row in (
        ("index ", "index-delete" if "DELETING" in under_way else "index-create"),
        ("encryption ", "encryption"),
        ("warm throughput ", "warm-throughput"),
        ("replica ", "replica"),
        ("table is CREATING", "create-table"),
        ("table is DELETING", "delete-table"),
    ):
        if under_way.startswith(word):
            return row
    return "billing"


def progress(wait: Wait, answer: Answer) -> Progress:
    """How far a table has come.

    ``gone``, ``backup available``, ``settled``, ``usable``, ``active``, ``at rest``, ``still to
    change``, ``index <name> active|gone``, ``free for index <name>``.
    """
    if wait.until == "gone":
        return _THERE if answer.absent else Progress(Standing.AT_WORK)
    if answer.error:
        return Progress(Standing.AT_WORK)
    if wait.until == "backup available":
        return _backup(answer.value["BackupDescription"]["BackupDetails"]["BackupStatus"])
    table = answer.value["Table"]
    if wait.until == "active":
        return _active(table)
    if wait.until.startswith("free for index "):
        return _free(wait.facts, table)
    if problem := unusable(table):
        return _unusable(wait, problem)
    if judge := {"at rest": _at_rest, "usable": _active}.get(wait.until):
        return judge(table)
    if wait.until == "still to change":
        return _still_to_change(wait.facts, table)
    if wait.until.startswith("index "):
        return _index(wait, table)
    return _settled(wait, table)


def _backup(status: str) -> Progress:
    if status == "AVAILABLE":
        return _THERE
    return Progress(Standing.NEVER if status == "DELETED" else Standing.AT_WORK, status)


def _active(table: Mapping[str, Any]) -> Progress:
    status = table["TableStatus"]
    if status not in CHANGING:
        return _THERE
    standing = Standing.NEVER if status == "DELETING" else Standing.AT_WORK
    return Progress(standing, f"table is {status}")


def _unusable(wait: Wait, problem: str) -> Progress:
    # Streams, protection and tags can still be changed then; what needs data never comes.
    if wait.until.startswith("index ") and wait.until.endswith(" active"):
        return Progress(Standing.NEVER, problem)
    if wait.until == "usable" or _of_encryption(wait):
        return Progress(Standing.NEVER, f"{problem}, and takes this only when its key is usable")
    return Progress(Standing.THERE, problem)


def _of_encryption(wait: Wait) -> bool:
    facts = wait.facts
    about_keys = bool(facts.get("key_was")) or "encryption" in facts.get("shows", ())
    return wait.until == "still to change" and about_keys


def _at_rest(table: Mapping[str, Any]) -> Progress:
    """For any change but of an index: an index that is being filled does not stand in the way."""
    for index in changing_indexes(table):
        if not index.get("Backfilling"):
            return Progress(Standing.AT_WORK, busy(table))
    under_way = busy({**table, "GlobalSecondaryIndexes": ()})
    return Progress(Standing.AT_WORK, under_way) if under_way else _THERE


def _still_to_change(facts: Mapping[str, Any], table: Mapping[str, Any]) -> Progress:
    resting = _at_rest(table)
    if resting.standing is Standing.AT_WORK:
        return resting
    shows: Mapping[str, Any] = facts["shows"]
    shown = shows and all(_shown(name, table) == wanted for name, wanted in shows.items())
    key = encryption_of(table)
    another_key = facts["key_was"] and key.startswith("arn:") and key != facts["key_was"]
    if shown or another_key:
        return Progress(Standing.ALREADY, "it is so already, and sending it again would count")
    return _THERE


def _settled(wait: Wait, table: Mapping[str, Any]) -> Progress:
    if under_way := busy(table):
        return Progress(Standing.AT_WORK, under_way)
    shows: Mapping[str, Any] = wait.facts.get("shows", {})
    for name, wanted in shows.items():
        if (live := _shown(name, table)) != wanted:
            return Progress(Standing.AT_REST, f"{name} is still {live or 'none'}")
    return _THERE


def _shown(name: str, table: Mapping[str, Any]) -> Any:
    """A setting as DescribeTable shows it now."""
    if name == "billing_mode":
        return (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    if name == "stream":
        stream = table.get("StreamSpecification") or {}
        return stream.get("StreamViewType") if stream.get("StreamEnabled") else None
    if name == "class":
        return (table.get("TableClassSummary") or {}).get("TableClass", "STANDARD")
    if name == "encryption":
        return encryption_of(table)
    return bool(table.get("DeletionProtectionEnabled", False))


def _index(wait: Wait, table: Mapping[str, Any]) -> Progress:
    _, name, wanted = wait.until.split(" ")
    index = index_of(table, name)
    if wanted == "gone":
        return _THERE if index is None else Progress(Standing.AT_WORK, _index_words(index))
    if index is None:
        return Progress(Standing.AT_REST, "AWS does not show it yet")
    if index.get("IndexStatus") == "DELETING":
        return Progress(Standing.NEVER, "somebody deletes it")
    under_way = busy(table)
    if index.get("IndexStatus", "ACTIVE") == "ACTIVE" and not under_way:
        return _THERE
    return Progress(Standing.AT_WORK, under_way)


def _index_words(index: Mapping[str, Any]) -> str:
    filling = ", backfilling" if index.get("Backfilling") else ""
    return f"index {index['IndexName']} is {index.get('IndexStatus', 'ACTIVE')}{filling}"


def _free(facts: Mapping[str, Any], table: Mapping[str, Any]) -> Progress:
    """Whether an index can be created or deleted now, and whether that is still needed.

    Told from what is live at this moment: somebody else may have built or deleted it since the
    plan was made, and another index may be in the making.
    """
    if problem := unusable(table):
        return Progress(Standing.NEVER, problem)
    name, wanted = facts["index"], facts["wanted"]
    index = index_of(table, name)
    same = index is not None and wanted is not None and has_definition(index, wanted, table)
    deleting = index is not None and index.get("IndexStatus") == "DELETING"
    if facts["change"] == "delete":
        if index is None:
            return Progress(Standing.ALREADY, "it is gone already")
        if deleting:
            return Progress(Standing.ALREADY, "it is being deleted already")
        if same:
            return Progress(Standing.NEEDLESS, "somebody has replaced it already, as declared")
    elif index is not None and not deleting:
        if same:
            return Progress(Standing.ALREADY, "it exists already, as declared")
        detail = "it exists meanwhile with other keys or another projection; look again with diff"
        return Progress(Standing.NEVER, detail)
    own_fill = index is not None and bool(index.get("Backfilling"))
    others = [each for each in changing_indexes(table) if not (own_fill and each is index)]
    if others:
        return Progress(Standing.AT_WORK, _index_words(others[0]))
    rest = busy({**table, "GlobalSecondaryIndexes": ()})
    return Progress(Standing.AT_WORK, rest) if rest else _THERE


def has_definition(
    index: Mapping[str, Any], wanted: Mapping[str, Any], table: Mapping[str, Any]
) -> bool:
    """Whether a live index has the keys, their types and the projection of a Create update."""
    types = {a["AttributeName"]: a["AttributeType"] for a in table.get("AttributeDefinitions", ())}
    keys = [[k["AttributeName"], k["KeyType"]] for k in index.get("KeySchema", ())]
    return (
        keys == [[k["AttributeName"], k["KeyType"]] for k in wanted["KeySchema"]]
        and all(types.get(name, kind) == kind for name, kind in wanted["types"].items())
        and _projection(index) == _projection(wanted)
    )


def _projection(described: Mapping[str, Any]) -> tuple[str, list[str]]:
    projection = described.get("Projection") or {}
    return projection.get("ProjectionType", "ALL"), sorted(projection.get("NonKeyAttributes", ()))


def gauge(wait: Wait, answer: Answer, now: datetime) -> Read | None:
    """The metric that says how much of an index is filled, while it is."""
    table = answer.value.get("Table")
    if wait.kind != "table" or not table:
        return None
    index = next((i for i in changing_indexes(table) if i.get("Backfilling")), None)
    return None if index is None else filled(table["TableName"], index["IndexName"], now)


def filled(table: str, index: str, now: datetime) -> Read:
    """GetMetricStatistics of OnlineIndexPercentageProgress, which has one value a minute."""
    return Read(
        "cloudwatch",
        "get_metric_statistics",
        {
            "Namespace": "AWS/DynamoDB",
            "MetricName": "OnlineIndexPercentageProgress",
            "Dimensions": [
                {"Name": "TableName", "Value": table},
                {"Name": "GlobalSecondaryIndexName", "Value": index},
            ],
            "StartTime": now - _METRIC_WINDOW,
            "EndTime": now,
            "Period": 60,
            "Statistics": ["Maximum"],
        },
    )


def percentage(answer: Answer) -> float | None:
    """The newest value of the metric; ``None`` where there is none."""
    points = answer.value.get("Datapoints") or ()
    newest = max(points, key=lambda point: point["Timestamp"], default=None)
    return None if newest is None else float(newest["Maximum"])


def gauged(answer: Answer) -> str:
    """``42 % filled``."""
    found = percentage(answer)
    return "" if found is None else f"{found:.0f} % filled"
