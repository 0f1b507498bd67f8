"""Contributor Insights of DynamoDB tables and indexes, which moto lacks.

Lives here: the three operations, modelled on AWS's own description of them: a mode left out is
ACCESSED_AND_THROTTLED_KEYS, whatever was set before; listings leave disabled ones out; the insights
of a table or index go with it. Modelled without delay: *enabled* shows at once. Must not live here:
the rules that Contributor Insights makes in CloudWatch, which nobody reads.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.dynamodb.exceptions import MockValidationException, ResourceNotFoundException
from moto.dynamodb.responses import DynamoHandler

from dynaprov.local.corrections.patches import Patches, page

PATCHES = Patches()

_DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"
_PAGE = 100


@PATCHES.added(DynamoHandler, "update_contributor_insights")
def _update(handler: Any) -> ActionResult:
    table, index = _target(handler)
    enabled = handler.body["ContributorInsightsAction"] == "ENABLE"
    table.insights[index] = {
        "ContributorInsightsStatus": "ENABLED" if enabled else "DISABLED",
        "ContributorInsightsMode": handler.body.get("ContributorInsightsMode", _DEFAULT_MODE),
        "LastUpdateDateTime": utcnow(),
    }
    answer = {
        **_named(table, index),
        # The answer tells what was begun, a description what has become of it.
        "ContributorInsightsStatus": "ENABLING" if enabled else "DISABLING",
    }
    if enabled:
        answer["ContributorInsightsMode"] = table.insights[index]["ContributorInsightsMode"]
    return ActionResult(answer)


@PATCHES.added(DynamoHandler, "describe_contributor_insights")
def _describe(handler: Any) -> ActionResult:
    table, index = _target(handler)
    kept = table.insights.get(index, {"ContributorInsightsStatus": "DISABLED"})
    return ActionResult({**_named(table, index), **_shown(kept)})


@PATCHES.added(DynamoHandler, "list_contributor_insights")
def _list(handler: Any) -> ActionResult:
    backend = handler.dynamodb_backend
    if "TableName" in handler.body:
        tables = [backend.get_table(handler.body["TableName"])]
    else:
        tables = [backend.tables[name] for name in sorted(backend.tables)]
    summaries = [
        {
            **_named(table, index),
            "ContributorInsightsStatus": kept["ContributorInsightsStatus"],
            "ContributorInsightsMode": kept["ContributorInsightsMode"],
        }
        for table in tables
        for index, kept in sorted(table.insights.items(), key=lambda each: each[0] or "")
        if kept["ContributorInsightsStatus"] == "ENABLED"
    ]
    size = min(handler.body.get("MaxResults") or _PAGE, _PAGE)
    try:
        found, token = page(summaries, handler.body.get("NextToken"), size)
    except ValueError:
        raise MockValidationException("Invalid NextToken") from None
    answer: dict[str, Any] = {"ContributorInsightsSummaries": found}
    if token:
        answer["NextToken"] = token
    return ActionResult(answer)


def _target(handler: Any) -> tuple[Any, str | None]:
    name: str = handler.body["TableName"]
    index: str | None = handler.body.get("IndexName")
    try:
        table = handler.dynamodb_backend.get_table(name)
    except ResourceNotFoundException:
        raise ResourceNotFoundException(table_name=name) from None
    if index is not None and index not in {each.name for each in table.global_indexes}:
        raise ResourceNotFoundException(
            f"Requested resource not found: Index: {index} not found for table: {name}"
        )
    return table, index


def _named(table: Any, index: str | None) -> dict[str, Any]:
    return {"TableName": table.name} | ({"IndexName": index} if index else {})


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    if kept["ContributorInsightsStatus"] == "ENABLED":
        return kept
    return {name: value for name, value in kept.items() if name != "ContributorInsightsMode"}
