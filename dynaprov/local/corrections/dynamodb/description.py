"""What DescribeTable shows of a DynamoDB table and its indexes, and what moto does not keep for it.

Lives here: the extra things remembered per table and index, and their description. Must not live
here: what changes them (``tables``, ``updates``).
"""

from typing import Any

from moto.core.utils import utcnow
from moto.dynamodb.models.table import GlobalSecondaryIndex, LocalSecondaryIndex, Table
from moto.moto_api._internal import mock_random

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

ON_DEMAND = "PAY_PER_REQUEST"


def merged_limits(current: dict[str, int], asked: dict[str, int] | None) -> dict[str, int]:
    """Return on-demand limits after a request; -1 takes a limit away."""
    limits = {**current, **(asked or {})}
    return {name: limit for name, limit in limits.items() if limit != -1}


def changed_throughput(current: dict[str, Any], asked: dict[str, int]) -> dict[str, Any]:
    """Return provisioned throughput after a change, with the times and the count of decreases.

    moto keeps only the two figures and forgets the rest of the description.
    """
    units = ("ReadCapacityUnits", "WriteCapacityUnits")
    changed = {"NumberOfDecreasesToday": 0, **current, **{unit: asked[unit] for unit in units}}
    if any(asked[unit] > current.get(unit, 0) for unit in units):
        changed["LastIncreaseDateTime"] = utcnow()
    if any(asked[unit] < current.get(unit, 0) for unit in units):
        changed["LastDecreaseDateTime"] = utcnow()
        changed["NumberOfDecreasesToday"] += 1
    return changed


@PATCHES.around(Table, "__init__")
def _init(original: Any, table: Any, *args: Any, **kwargs: Any) -> None:
    # moto has no TableId, the only thing that tells a re-created table from the first one, and
    # nowhere to keep the table class, the on-demand limits and when it last became on-demand.
    original(table, *args, **kwargs)
    table.table_id = str(mock_random.uuid4())
    table.table_class = None
    table.on_demand_limits = {}
    table.on_demand_since = utcnow() if table.billing_mode == ON_DEMAND else None
    table.insights = {}


@PATCHES.around(Table, "describe")
def _describe(original: Any, table: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    result: dict[str, Any] = original(table, base_key=base_key)
    shown = result[base_key]
    shown["TableId"] = table.table_id
    shown["AttributeDefinitions"] = sorted(table.attr, key=lambda each: str(each["AttributeName"]))
    shown["ProvisionedThroughput"] = dict(table.throughput)
    shown["WarmThroughput"] = dict(table.warm_throughput)
    # AWS shows the summary only of a table that is or once was on-demand; moto of every table.
    if table.on_demand_since is None:
        del shown["BillingModeSummary"]
    else:
        shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = table.on_demand_since
    if table.table_class is not None:
        shown["TableClassSummary"] = {"TableClass": table.table_class}
    if table.on_demand_limits:
        shown["OnDemandThroughput"] = dict(table.on_demand_limits)
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        # AWS leaves an empty list out.
        if not shown[member]:
            del shown[member]
        for index in shown.get(member, ()):
            # moto gives no ARN or sizes, without which an index cannot be named in a policy.
            index["IndexArn"] = f"{table.table_arn}/index/{index['IndexName']}"
            index["ItemCount"] = index["IndexSizeBytes"] = 0
    return result


@PATCHES.around(GlobalSecondaryIndex, "describe")
def _describe_global_index(original: Any, index: Any) -> dict[str, Any]:
    shown: dict[str, Any] = original(index)
    shown["Projection"] = _sorted_projection(index.projection)
    shown["ProvisionedThroughput"] = {"NumberOfDecreasesToday": 0, **index.throughput}
    shown["WarmThroughput"] = dict(index.warm_throughput)
    if limits := getattr(index, "on_demand_limits", None):
        shown["OnDemandThroughput"] = dict(limits)
    return shown


@PATCHES.around(LocalSecondaryIndex, "describe")
def _describe_local_index(original: Any, index: Any) -> dict[str, Any]:
    shown: dict[str, Any] = original(index)
    shown["Projection"] = _sorted_projection(index.projection)
    return shown


def _sorted_projection(projection: dict[str, Any]) -> dict[str, Any]:
    # AWS sorts them; moto gives the order of the request, which hides a comparison by order.
    shown = dict(projection)
    if "NonKeyAttributes" in shown:
        shown["NonKeyAttributes"] = sorted(shown["NonKeyAttributes"])
    return shown
