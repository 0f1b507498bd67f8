"""Plans as a person meets them: in sync, a first apply, one of everything, and runs of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange, Unmanaged
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.operation import Budget, Meaning, Operation, Risk, Seen, StampWrite
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.plan import Identity, InProgress, NotCompared, Plan, Refusal
from dynaprov.model.ports import Call, ErrorCategory, ServiceError
from dynaprov.model.setting import Band, Effect, Owner, Ref, Severity
from dynaprov.model.source import Layer, Origin, Position

TABLES = ("audit-trail", "log-metadata", "system-config", "user-sessions")
HERE = Identity(
    project="streaming-logs",
    environment="dev",
    account="123456789012",
    region="us-east-1",
    caller="arn:aws:iam::123456789012:user/alice",
    revision="4f2c1ab",
)


def physical(table: str) -> str:
    return f"streaming-logs-dev-{table}"


RESOURCES = tuple(
    (address, physical(table))
    for table in TABLES
    for address in (table, f"{table}/ttl", f"{table}/pitr")
)

IN_SYNC = Plan(HERE, resources=(*RESOURCES, ("kms-key", "alias/streaming-logs-dev")))


def change(
    address: str,
    action: Action,
    *settings: SettingChange,
    cause: Cause = Cause.DRIFT,
    line: int = 12,
    **more: Any,
) -> Change:
    parsed = Address.parse(address)
    return Change(
        address=parsed,
        kind=parsed.part or "table",
        resource=physical(parsed.table) if parsed.table else "streaming-logs-dev",
        action=action,
        cause=cause,
        severity=Severity.HIGH,
        settings=settings,
        origin=Origin(Position(f"specs/tables/{parsed.table}.yaml", line, 3), Layer.TABLE),
        **more,
    )


def operation(address: str, verb: str, method: str, title: str, **more: Any) -> Operation:
    parsed = Address.parse(address)
    name = physical(parsed.table) if parsed.table else "streaming-logs-dev"
    service, _, plain = method.rpartition(".")
    return Operation(
        id=f"{address}:{verb}",
        address=parsed,
        kind=parsed.part or "table",
        title=title,
        call=Call(service or "dynamodb", plain, more.pop("params", {"TableName": name})),
        **more,
    )


TTL_CHANGE = change(
    "user-sessions/ttl",
    Action.UPDATE,
    SettingChange("attribute", "expires", "ttl", cause=Cause.DRIFT),
)
TTL_OFF = operation(
    "user-sessions/ttl",
    "disable",
    "update_time_to_live",
    "disable time to live on `expires`",
    covers=("attribute",),
    risk=Risk.HIGH,
    meaning=Meaning(
        "items are no longer deleted when they expire; storage grows",
        "reversible, but AWS takes one change per table and hour",
        "accepted at once, in effect within an hour",
        "metric TimeToLiveDeletedItemCount",
    ),
)
TTL_ON = operation(
    "user-sessions/ttl",
    "enable",
    "update_time_to_live",
    "enable time to live on `ttl`",
    needs=(TTL_OFF.id,),
    covers=("attribute",),
    risk=Risk.MEDIUM,
    meaning=Meaning(
        "expired items are deleted in the background within days",
        "reversible, but AWS takes one change per table and hour",
        "accepted at once, in effect within an hour",
        "metric TimeToLiveDeletedItemCount",
    ),
    not_before=datetime(2026, 5, 4, 14, 5, tzinfo=UTC),
)
INDEX_CHANGE = change(
    "log-metadata/index/ServiceIndex",
    Action.REPLACE,
    SettingChange(
        "projection",
        "KEYS_ONLY",
        ("message", "host"),
        effect=Effect.REPLACE,
        cause=Cause.PENDING,
        origin=Origin(Position("specs/tables/log-metadata.yaml", 31, 19), Layer.TABLE),
    ),
    cause=Cause.PENDING,
)
INDEX_DELETE = operation(
    "log-metadata/index/ServiceIndex",
    "delete",
    "update_table",
    "delete index ServiceIndex",
    deletes=True,
    risk=Risk.HIGH,
    lock="streaming-logs-dev-log-metadata",
    meaning=Meaning("queries on ServiceIndex fail until it is built again", "not reversible"),
)
INDEX_CREATE = operation(
    "log-metadata/index/ServiceIndex",
    "create",
    "update_table",
    "build index ServiceIndex",
    needs=(INDEX_DELETE.id,),
    creates=True,
    risk=Risk.MEDIUM,
    params={
        "TableName": "streaming-logs-dev-log-metadata",
        "AttributeDefinitions": [{"AttributeName": "service_name", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "ServiceIndex"}}],
    },
    meaning=Meaning(
        "online; a busy table may be throttled by the build",
        "reversible: delete it again",
        "minutes to hours, by size; not yet run on AWS",
        "metric OnlineIndexPercentageProgress",
    ),
)
TABLE_CHANGE = change(
    "log-metadata",
    Action.UPDATE,
    SettingChange("deletion_protection", False, True, cause=Cause.DRIFT),
    SettingChange(
        "capacity.read",
        40,
        Band(5, 20),
        owner=Owner.AUTOSCALER,
        cause=Cause.DRIFT,
        reason="outside of the band",
    ),
    SettingChange("encryption", "aws-owned", Ref("kms-key", "arn"), cause=Cause.PENDING),
)
TABLE_UPDATE = operation(
    "log-metadata",
    "protect",
    "update_table",
    "switch deletion protection on",
    covers=("deletion_protection",),
    meaning=Meaning("online", "reversible", "at once"),
    params={
        "TableName": "streaming-logs-dev-log-metadata",
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"Enabled": True, "KMSMasterKeyId": Ref("kms-key", "arn")},
    },
)
STAMP = operation(
    "log-metadata/tags",
    "stamp",
    "tag_resource",
    "renew the record of what was applied",
    needs=(TABLE_UPDATE.id,),
    stamp=StampWrite(earned=(("Ta", "abcdef", (TABLE_UPDATE.id,)),)),
    risk=Risk.NONE,
)
ALARM_NEW = change(
    "log-metadata/alarm/read-throttles",
    Action.CREATE,
    SettingChange("metric", None, "ReadThrottleEvents", cause=Cause.NEW),
    SettingChange("threshold", None, 10, cause=Cause.NEW),
    SettingChange("period_seconds", None, 60, cause=Cause.NEW),
    cause=Cause.NEW,
)
ALARM_PUT = operation(
    "log-metadata/alarm/read-throttles",
    "create",
    "cloudwatch.put_metric_alarm",
    "create alarm streaming-logs-dev-log-metadata-read-throttles",
    creates=True,
    meaning=Meaning("none", "reversible", "at once"),
)
DENIED = ServiceError(
    ErrorCategory.DENIED,
    "dynamodb",
    "describe_time_to_live",
    "AccessDeniedException",
    "User is not authorized",
    "REQ1",
)

EVERYTHING = Plan(
    identity=replace(HERE, endpoint="http://127.0.0.1:8764"),
    changes=(TABLE_CHANGE, ALARM_NEW, INDEX_CHANGE, TTL_CHANGE),
    operations=(TABLE_UPDATE, ALARM_PUT, INDEX_DELETE, INDEX_CREATE, STAMP, TTL_OFF, TTL_ON),
    refusals=(
        Refusal(
            "replace-index",
            Address.parse("log-metadata/index/ServiceIndex"),
            "ServiceIndex is deleted and built again; queries on it fail meanwhile",
            "--allow replace-index:log-metadata/index/ServiceIndex",
        ),
        Refusal(
            "key-schema",
            Address.parse("audit-trail"),
            "the partition key of a live table cannot be changed",
            "",
        ),
    ),
    unmanaged=(
        Unmanaged(
            Address.parse("log-metadata/index/HandMade"),
            "table",
            "HandMade",
            "user_id + timestamp, projects ALL",
            part_of=Address("log-metadata"),
        ),
        Unmanaged(
            Address.parse("alarm/left-over"), "alarm", "streaming-logs-dev-left-over", "an alarm"
        ),
    ),
    not_compared=(
        NotCompared(Address.parse("audit-trail/ttl"), "", DENIED),
        NotCompared(
            Address.parse("audit-trail/insights"),
            "",
            replace(
                DENIED,
                category=ErrorCategory.UNSUPPORTED,
                method="describe_contributor_insights",
            ),
        ),
        NotCompared(
            Address.parse("audit-trail"),
            "tags",
            replace(
                DENIED,
                category=ErrorCategory.TRANSIENT,
                method="list_tags_of_resource",
                code="InternalServerError",
                message="try again",
            ),
        ),
    ),
    in_progress=(
        InProgress(Address.parse("system-config/index/EnvironmentIndex"), "is being built (42%)"),
    ),
    diagnostics=(
        Diagnostic(
            "DP310",
            "a subscription waits for its confirmation",
            "ops@example.com has not confirmed yet",
            address="topic/subscription/email:ops@example.com",
            level=Level.NOTE,
        ),
    ),
    resources=RESOURCES,
)


def created(table: str) -> tuple[tuple[Change, ...], tuple[Operation, ...]]:
    new = Cause.NEW
    changes = (
        change(
            table,
            Action.CREATE,
            SettingChange("partition_key", None, {"name": "id", "type": "S"}, cause=new),
            SettingChange("billing_mode", None, "PAY_PER_REQUEST", cause=new),
            SettingChange("encryption", None, Ref("kms-key", "arn"), cause=new),
            cause=new,
        ),
        change(f"{table}/ttl", Action.CREATE, SettingChange("attribute", None, "ttl"), cause=new),
    )
    made = operation(
        table,
        "create",
        "create_table",
        f"create table {physical(table)}",
        creates=True,
        needs=("kms-key:create",),
        meaning=Meaning("new", "reversible: destroy", "5-20 s; not yet run on AWS"),
    )
    ttl = operation(
        f"{table}/ttl",
        "enable",
        "update_time_to_live",
        "enable time to live on `ttl`",
        needs=(made.id,),
        risk=Risk.MEDIUM,
        meaning=TTL_ON.meaning,
    )
    return changes, (made, ttl)


def first_apply() -> Plan:
    key = change("kms-key", Action.CREATE, SettingChange("rotation", None, True), cause=Cause.NEW)
    make = operation(
        "kms-key",
        "create",
        "kms.create_key",
        "create the key",
        creates=True,
        repeatable=False,
        meaning=Meaning("new", "", "at once"),
        outputs=(("arn", "KeyMetadata.Arn"),),
        params={"Description": "streaming-logs dev"},
    )
    made = [created(table) for table in TABLES]
    return Plan(
        HERE,
        changes=(key, *(each for changes, _ in made for each in changes)),
        operations=(make, *(each for _, operations in made for each in operations)),
        resources=(("kms-key", "alias/streaming-logs-dev"), *RESOURCES),
    )


def finished(plan: Plan) -> Run:
    """Everything went well and nothing is left."""
    outcomes = tuple(Outcome(each, Status.SUCCEEDED, 1, seconds=0.4) for each in plan.operations)
    after = replace(plan, changes=(), operations=())
    return Run(plan, "f" * 64, outcomes, residual=after, journal="/state/journals/run.jsonl")


def went_wrong() -> Run:
    """One of each end."""
    throttled = ServiceError(
        ErrorCategory.DENIED,
        "dynamodb",
        "update_table",
        "AccessDeniedException",
        "not authorized to perform dynamodb:UpdateTable",
        "REQ-7",
    )
    plan = replace(EVERYTHING, refusals=(), not_compared=(), unmanaged=())
    outcomes = (
        Outcome(TABLE_UPDATE, Status.SUCCEEDED, 1, seconds=1.2),
        Outcome(ALARM_PUT, Status.SETTLED, 1, seconds=0.1),
        Outcome(INDEX_DELETE, Status.FAILED, 3, throttled, seconds=12.0),
        Outcome(INDEX_CREATE, Status.SKIPPED, blocked_by=INDEX_DELETE.id),
        Outcome(STAMP, Status.UNKNOWN, 1, detail="the connection broke before an answer came"),
        Outcome(
            TTL_OFF,
            Status.DEFERRED,
            1,
            not_before=datetime(2026, 5, 4, 14, 5, tzinfo=UTC),
            detail="time to live was changed less than an hour ago",
        ),
        Outcome(TTL_ON, Status.SKIPPED, blocked_by=TTL_OFF.id),
    )
    residual = replace(plan, changes=(INDEX_CHANGE, TTL_CHANGE), operations=(INDEX_DELETE,))
    return Run(plan, "f" * 64, outcomes, residual=residual, journal="/state/journals/run.jsonl")


def budget(name: str, of: str, seen: Seen, **more: Any) -> Budget:
    what, rule, seconds = {
        "capacity-decrease": (
            "decreases of provisioned capacity",
            "4 a day, then one an hour",
            86400,
        ),
        "class-change": ("changes of the table class", "2 in 30 days for each table", 2592000),
        "encryption-change": ("changes of the encryption key", "4 in 24 hours", 86400),
        "protection-toggle": ("switches of deletion protection", "one in 15 seconds", 15),
        "ttl-change": ("changes of time to live", "one an hour for each table", 3600),
    }[name]
    return Budget(name, of, what, rule, 4, seconds, seen, **more)


def with_budgets() -> Plan:
    """Every kind of knowledge about a budget."""
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    later = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    used_up = budget("capacity-decrease", "log-metadata", Seen.COUNT, used=4, left=0, free_at=later)
    unclear = budget("capacity-decrease", "audit-trail", Seen.COUNT, used=4)
    some = budget("capacity-decrease", "audit-trail/index/ByUser", Seen.COUNT, used=1, left=3)
    none = budget("class-change", "audit-trail", Seen.LAST, used=0, left=2)
    last = budget("class-change", "log-metadata", Seen.LAST, used=1, free_at=noon)
    going_on = budget("ttl-change", "log-metadata/ttl", Seen.NOTHING, used=1, left=0)
    own = budget("ttl-change", "user-sessions/ttl", Seen.NOTHING, used=1, left=0, free_at=later)
    toggle = budget("protection-toggle", "audit-trail", Seen.NOTHING)
    unseen = [
        budget("encryption-change", f"{table}-{number}", Seen.NOTHING)
        for table in TABLES[:2]
        for number in range(3)
    ]
    step = operation("log-metadata", "capacity", "update_table", "set the capacity")
    return Plan(
        HERE,
        changes=(TABLE_CHANGE,),
        operations=(
            replace(step, budgets=(some, unclear, none, last, going_on, toggle)),
            replace(step, id="log-metadata:decrease", budgets=(used_up,), not_before=later),
            replace(step, id="log-metadata:on", budgets=(own, *unseen), not_before=noon),
        ),
        resources=RESOURCES,
    )
