"""Settings of tables, and of what belongs to one table: ttl, pitr, insights."""

from __future__ import annotations

from typing import Any

from support.breaking.place import Account, Rows, table
from support.converging import client

TABLE = Rows("table")
TTL = Rows("ttl")
PITR = Rows("pitr")
INSIGHTS = Rows("insights")

INDEX = "orders/index/ByStatus"


def update(name: str, **changes: Any) -> None:
    client("dynamodb").update_table(TableName=table(name), **changes)


def update_index(name: str, index: str, **changes: Any) -> None:
    update(name, GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": index, **changes}}])


def units(read: int, write: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def limits(read: int, write: int) -> dict[str, Any]:
    return {"OnDemandThroughput": {"MaxReadRequestUnits": read, "MaxWriteRequestUnits": write}}


@TABLE(
    "billing_mode",
    ("orders", "billing_mode"),
    title="on-demand",
)
def on_demand(_: Account) -> None:
    update("orders", BillingMode="PAY_PER_REQUEST")


@TABLE(
    "billing_mode",
    ("sessions", "billing_mode"),
    title="provisioned",
)
def provisioned(_: Account) -> None:
    index = {"Update": {"IndexName": "ByUser", **units(5, 5)}}
    update(
        "sessions",
        BillingMode="PROVISIONED",
        GlobalSecondaryIndexUpdates=[index],
        **units(5, 5),
    )


@TABLE("capacity.read", ("orders", "capacity.read"))
def read_capacity(_: Account) -> None:
    update("orders", **units(25, 20))


@TABLE("capacity.write", ("orders", "capacity.write"))
def write_capacity(_: Account) -> None:
    update("orders", **units(20, 15))


@TABLE(
    "capacity.read", ("orders", "capacity.read"), allowed=("capacity-drop",), title="far too much"
)
def much_read_capacity(_: Account) -> None:
    update("orders", **units(500, 20))


@TABLE("on_demand_limits.max_read", ("sessions", "on_demand_limits.max_read"))
def read_limit(_: Account) -> None:
    update("sessions", **limits(2000, 500))


@TABLE("on_demand_limits.max_write", ("sessions", "on_demand_limits.max_write"), title="lifted")
def write_limit(_: Account) -> None:
    update("sessions", **limits(1000, -1))


@TABLE("indexes.*.capacity.read", (INDEX, "capacity.read"))
def index_read_capacity(_: Account) -> None:
    update_index("orders", "ByStatus", **units(12, 10))


@TABLE("indexes.*.capacity.write", (INDEX, "capacity.write"))
def index_write_capacity(_: Account) -> None:
    update_index("orders", "ByStatus", **units(10, 12))


@TABLE(
    "indexes.*.on_demand_limits.max_read", ("sessions/index/ByUser", "on_demand_limits.max_read")
)
def index_read_limit(_: Account) -> None:
    update_index("sessions", "ByUser", **limits(200, 50))


@TABLE(
    "indexes.*.on_demand_limits.max_write", ("sessions/index/ByUser", "on_demand_limits.max_write")
)
def index_write_limit(_: Account) -> None:
    update_index("sessions", "ByUser", **limits(100, 60))


def index_again(partition: str, sort: str, projection: dict[str, Any]) -> None:
    """Delete the index and make it anew, otherwise."""
    update("orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "ByStatus"}}])
    keys = [(partition, "HASH"), (sort, "RANGE")]
    update(
        "orders",
        AttributeDefinitions=[
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "placed", "AttributeType": "N"},
            {"AttributeName": "total", "AttributeType": "N"},
            {"AttributeName": partition, "AttributeType": "S"},
            {"AttributeName": sort, "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "ByStatus",
                    "KeySchema": [{"AttributeName": n, "KeyType": t} for n, t in keys],
                    "Projection": projection,
                    **units(10, 10),
                }
            }
        ],
    )
    # A new index begins with insights off.
    client("dynamodb").update_contributor_insights(
        TableName=table("orders"),
        IndexName="ByStatus",
        ContributorInsightsAction="ENABLE",
        ContributorInsightsMode="THROTTLED_KEYS",
    )


#: A replaced index loses its insights; the plan says so beforehand.
LOST = (("orders/insights/ByStatus", "enabled"), ("orders/insights/ByStatus", "mode"))

INCLUDED = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}


@TABLE("indexes.*.partition_key", (INDEX, "partition_key"), *LOST, allowed=("replace-index",))
def index_partition_key(_: Account) -> None:
    index_again("courier", "due", INCLUDED)


@TABLE("indexes.*.sort_key", (INDEX, "sort_key"), *LOST, allowed=("replace-index",))
def index_sort_key(_: Account) -> None:
    index_again("status", "shipped", INCLUDED)


@TABLE("indexes.*.projection", (INDEX, "projection"), *LOST, allowed=("replace-index",))
def index_projection(_: Account) -> None:
    index_again("status", "due", {"ProjectionType": "ALL"})


@TABLE("stream", ("orders", "stream"), title="off")
def stream_off(_: Account) -> None:
    update("orders", StreamSpecification={"StreamEnabled": False})


@TABLE("stream", ("orders", "stream"), allowed=("stream-off",), title="another view")
def stream_view(_: Account) -> None:
    update("orders", StreamSpecification={"StreamEnabled": False})
    update("orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})


@TABLE("encryption", ("orders", "encryption"), title="another key")
def encryption(account: Account) -> None:
    update(
        "orders",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": account.foreign_key},
    )


@TABLE("encryption", ("sessions", "encryption"), title="an explicit ARN, off")
def encryption_off(_: Account) -> None:
    update("sessions", SSESpecification={"Enabled": False})


@TABLE("table_class", ("orders", "class"))
def table_class(_: Account) -> None:
    update("orders", TableClass="STANDARD_INFREQUENT_ACCESS")


@TABLE("deletion_protection", ("orders", "deletion_protection"))
def deletion_protection(_: Account) -> None:
    update("orders", DeletionProtectionEnabled=False)


def ttl(attribute: str, *, on: bool) -> None:
    client("dynamodb").update_time_to_live(
        TableName=table("orders"),
        TimeToLiveSpecification={"Enabled": on, "AttributeName": attribute},
    )


@TTL("attribute", ("orders/ttl", "attribute"), title="off")
def ttl_off(_: Account) -> None:
    ttl("expires", on=False)


@TTL("attribute", ("orders/ttl", "attribute"), allowed=("ttl-off",), title="another attribute")
def ttl_attribute(_: Account) -> None:
    ttl("expires", on=False)
    ttl("until", on=True)


def pitr(**specification: Any) -> None:
    client("dynamodb").update_continuous_backups(
        TableName=table("orders"), PointInTimeRecoverySpecification=specification
    )


@PITR("enabled", ("orders/pitr", "enabled"))
def pitr_off(_: Account) -> None:
    pitr(PointInTimeRecoveryEnabled=False)


@PITR("recovery_period_days", ("orders/pitr", "recovery_period_days"))
def pitr_period(_: Account) -> None:
    pitr(PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=3)


def insights(action: str, **more: str) -> None:
    client("dynamodb").update_contributor_insights(
        TableName=table("orders"), ContributorInsightsAction=action, **more
    )


# What is off has no mode.
@INSIGHTS("enabled", ("orders/insights", "enabled"), ("orders/insights", "mode"))
def insights_off(_: Account) -> None:
    insights("DISABLE")


@INSIGHTS("mode", ("orders/insights/ByStatus", "mode"), title="of an index")
def insights_mode(_: Account) -> None:
    insights("ENABLE", ContributorInsightsMode="ACCESSED_AND_THROTTLED_KEYS", IndexName="ByStatus")


ROWS = [*TABLE.rows, *TTL.rows, *PITR.rows, *INSIGHTS.rows]
