"""Corrections of CloudWatch: what a second PutMetricAlarm does, paging of alarms, tags, dashboards.

Lives here: what moto drops or distorts of alarms and dashboards. Must not live here: evaluating
alarms, metric data.
"""

from collections.abc import Iterable
from typing import Any

from moto.cloudwatch.exceptions import (
    CloudWatchException,
    ResourceNotFoundException,
    ValidationError,
)
from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from dynaprov.local.corrections.patches import Patches, page

PATCHES = Patches()

_MOST = 100
_PAGE = 50
_KEPT = (
    "history",
    "state_reason",
    "state_reason_data",
    "state_value",
    "state_updated_timestamp",
)


class _InvalidNextToken(CloudWatchException):
    code = "InvalidNextToken"


class _InvalidParameterCombination(CloudWatchException):
    code = "InvalidParameterCombination"


# -- alarms -----------------------------------------------------------------------------------


@PATCHES.around(CloudWatchBackend, "put_metric_alarm")
def _put_metric_alarm(original: Any, backend: Any, **asked: Any) -> Any:
    # On an alarm that exists AWS ignores Tags and keeps the state; moto merges the tags and starts
    # again. A new one has had no data yet; moto says OK.
    before = backend.alarms.get(asked["name"])
    if before is not None:
        asked["tags"] = None
    asked["treat_missing_data"] = asked.get("treat_missing_data") or "missing"
    alarm = original(backend, **asked)
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        for name in _KEPT:
            setattr(alarm, name, getattr(before, name))
    return alarm


@PATCHES.around(CloudWatchBackend, "delete_alarms")
def _delete_alarms(original: Any, backend: Any, alarm_names: list[str]) -> None:
    _at_most_hundred(alarm_names)
    for name in alarm_names:
        # moto keeps the tags: the next alarm of that name would be born with them.
        if name in backend.alarms:
            backend.tagger.delete_all_tags_for_resource(backend.alarms[name].alarm_arn)
    original(backend, alarm_names)


@PATCHES.around(CloudWatchResponse, "describe_alarms")
def _describe_alarms(_original: Any, response: Any) -> ActionResult:
    # moto never pages, takes any number of names, and looks at one of the filters only.
    names: list[str] = response._get_param("AlarmNames", [])
    prefix: str | None = response._get_param("AlarmNamePrefix")
    if names and prefix:
        raise _InvalidParameterCombination(
            "AlarmNames and AlarmNamePrefix cannot be given together"
        )
    _at_most_hundred(names)
    size = response._get_int_param("MaxRecords") or _PAGE
    if not 1 <= size <= _MOST:
        raise ValidationError(f"Value '{size}' at 'maxRecords' must be between 1 and {_MOST}")

    alarms = response.cloudwatch_backend.alarms
    wanted: Iterable[str] = set(names).intersection(alarms) if names else alarms
    types = response._get_param("AlarmTypes") or ["MetricAlarm"]
    found = [
        alarms[name]
        for name in sorted(wanted)
        if name.startswith(prefix or "")
        and ("MetricAlarm" if alarms[name].rule is None else "CompositeAlarm") in types
        and _matches(
            alarms[name], response._get_param("StateValue"), response._get_param("ActionPrefix")
        )
    ]
    try:
        shown, token = page(found, response._get_param("NextToken"), _MOST if names else size)
    except ValueError:
        raise _InvalidNextToken("The NextToken is not valid") from None
    return ActionResult(
        {
            "MetricAlarms": [alarm for alarm in shown if alarm.rule is None],
            "CompositeAlarms": [alarm for alarm in shown if alarm.rule is not None],
            "NextToken": token,
        }
    )


def _matches(alarm: Any, state: str | None, action_prefix: str | None) -> bool:
    if state and alarm.state_value != state:
        return False
    if not action_prefix:
        return True
    actions = (*alarm.alarm_actions, *alarm.ok_actions, *alarm.insufficient_data_actions)
    return any(action.startswith(action_prefix) for action in actions)


def _at_most_hundred(names: list[str]) -> None:
    if len(names) > _MOST:
        raise ValidationError(
            f"1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST}"
        )


# -- tags -------------------------------------------------------------------------------------


def _existing(backend: Any, arn: str) -> None:
    # moto lists the tags of what does not exist, and looks through every alarm to tag one.
    kind, _, name = arn.partition(":alarm:")
    exists = name in backend.alarms if kind != arn else False
    if not exists and not any(rule.rule_arn == arn for rule in backend.insight_rules.values()):
        raise ResourceNotFoundException


@PATCHES.around(CloudWatchBackend, "list_tags_for_resource")
def _list_tags_for_resource(original: Any, backend: Any, arn: str) -> dict[str, str]:
    _existing(backend, arn)
    tags: dict[str, str] = original(backend, arn)
    return tags


@PATCHES.around(CloudWatchBackend, "tag_resource")
def _tag_resource(_original: Any, backend: Any, arn: str, tags: dict[str, str]) -> None:
    _existing(backend, arn)
    backend.tagger.tag_resource(arn, backend.tagger.convert_dict_to_tags_input(tags))


@PATCHES.around(CloudWatchBackend, "untag_resource")
def _untag_resource(_original: Any, backend: Any, arn: str, tag_keys: list[str]) -> None:
    # moto says "not found" of an alarm that exists and has no tags.
    _existing(backend, arn)
    backend.tagger.untag_resource_using_names(arn, tag_keys)


# -- dashboards -------------------------------------------------------------------------------
# They are global in an account: one name is one dashboard, whatever the region. moto keeps one per
# region under the same ARN.


def _at_home(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    return original(cloudwatch_backends[backend.account_id]["us-east-1"], *args, **kwargs)


for _operation in ("put_dashboard", "get_dashboard", "list_dashboards", "delete_dashboards"):
    PATCHES.around(CloudWatchBackend, _operation)(_at_home)
