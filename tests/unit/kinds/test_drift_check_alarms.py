"""The alarms on the drift check: they watch what a check puts, and its silence."""

from typing import Any

import pytest
from pydantic import ValidationError

from dynaprov.kinds import alarm
from dynaprov.kinds.alarm import AccountAlarmsSection, AlarmState
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.report.message import metric_parameters
from support.alarm_specs import SCOPE, TOPIC, TOPIC_ARN, a_spec, declared

WATCHED = {"namespace": "Acme/Checks", "silent_hours": 26}
#: As much of a check's document as its metrics are made of.
DOCUMENT = {
    "project": SCOPE.project,
    "environment": SCOPE.environment,
    "severities": {"critical": 1, "high": 0, "medium": 2, "low": 0},
    "verdicts": {"not-compared": 0},
}


def alarms(**more: Any) -> dict[str, AlarmState]:
    spec = a_spec(account={"drift_check": {**WATCHED, **more}}, sections=TOPIC)
    found = {}
    for address, desired in declared(alarm.KIND, spec).items():
        assert isinstance(desired.state, AlarmState)
        found[address.removeprefix("alarm/")] = desired.state
    return found


@pytest.mark.parametrize("critical_only", [False, True])
def test_every_alarm_watches_a_metric_that_each_check_puts(critical_only: bool) -> None:
    sent = metric_parameters(DOCUMENT, "Acme/Checks")

    put = {
        (
            sent["Namespace"],
            each["MetricName"],
            tuple(sorted((d["Name"], d["Value"]) for d in each["Dimensions"])),
        )
        for each in sent["MetricData"]
    }
    watched = alarms(critical_only=critical_only)
    assert list(watched) == ["drift-found", "drift-check-blind", "drift-check-silent"]
    for state in watched.values():
        of = tuple((state.dimensions or {}).items())
        assert (state.namespace, state.metric, of) in put
        assert state.unit is None


def test_what_is_found_stands_until_the_next_check() -> None:
    found = alarms()["drift-found"]

    assert (found.statistic, found.comparison, found.threshold) == (
        "Maximum",
        "GreaterThanThreshold",
        0,
    )
    assert found.treat_missing_data == "ignore"
    assert (found.period_seconds, found.evaluation_periods) == (300, 1)


def test_no_data_for_so_many_hours_is_an_alarm() -> None:
    silent = alarms()["drift-check-silent"]

    assert (silent.statistic, silent.comparison, silent.threshold) == (
        "SampleCount",
        "LessThanThreshold",
        1,
    )
    assert silent.treat_missing_data == "breaching"
    judged = (silent.period_seconds, silent.evaluation_periods, silent.datapoints_to_alarm)
    assert judged == (3600, 26, 26)


def test_only_what_is_found_depends_on_the_severity() -> None:
    every, critical = alarms(), alarms(critical_only=True)

    differing = {what for what in every if every[what] != critical[what]}
    assert differing == {"drift-found"}
    assert critical["drift-found"].dimensions == {
        "Environment": SCOPE.environment,
        "Project": SCOPE.project,
        "Severity": "critical",
    }


def test_they_tell_whom_the_section_names() -> None:
    assert {tuple(state.alarm_actions) for state in alarms().values()} == {(TOPIC_ARN,)}


@pytest.mark.parametrize("hours", [0, 169])
def test_a_silence_that_no_alarm_can_watch_is_refused(hours: int) -> None:
    with pytest.raises(ValidationError):
        AccountAlarmsSection.model_validate({"drift_check": {**WATCHED, "silent_hours": hours}})


def test_a_namespace_of_aws_is_an_error_where_it_is_written() -> None:
    at = Position("environments/dev.yaml", 4, 18)
    origins = {"account_alarms.drift_check.namespace": Origin(at, Layer.ENVIRONMENT)}
    section = {"drift_check": {**WATCHED, "namespace": "AWS/DynamoDB"}}

    [problem] = alarm.KIND.check(a_spec(account=section, origins=origins))

    assert (problem.code, problem.position) == ("DP191", at)


def test_a_custom_alarm_of_the_same_name_is_an_error() -> None:
    custom = {
        "metric": "UserErrors",
        "statistic": "Sum",
        "threshold": 1,
        "period_seconds": 60,
        "evaluation_periods": 1,
    }
    section = {"drift_check": WATCHED, "custom": {"drift-found": custom}}

    assert [each.code for each in alarm.KIND.check(a_spec(account=section))] == ["DP197"]


def test_their_settings_come_from_where_the_section_was_written() -> None:
    at = Origin(Position("environments/dev.yaml", 4, 3), Layer.ENVIRONMENT)
    spec = a_spec(account={"drift_check": WATCHED}, origins={"account_alarms.drift_check": at})

    assert declared(alarm.KIND, spec)["alarm/drift-found"].origins == {"": at}
