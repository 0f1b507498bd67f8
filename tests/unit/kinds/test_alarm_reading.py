"""Alarms as AWS reports them: echoes, leftovers, and how they are written."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from dynaprov.kinds import alarm
from dynaprov.kinds.alarm.aws import from_aws, to_aws
from dynaprov.kinds.alarm.kind import AlarmKind
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, Unmanaged
from dynaprov.model.kind import Desired, Presence, Reading, Situation
from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, ErrorCategory, ServiceError
from dynaprov.model.setting import Severity
from support.alarm_specs import SCOPE, TOPIC, a_spec, a_table, declared, observed

KIND = AlarmKind()
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"
TAGS = {"dynaprov:project": "acme"}
SPEC = a_spec(a_table("orders", {"suite": "basic"}), sections=TOPIC)


def situation(*wanted: Desired, tags: dict[str, str] | None = None) -> Situation:
    desired = {each.address: each for each in wanted}
    return Situation(SCOPE, desired, {}, {address: tags or {} for address in desired})


def operation(desired: Desired, reading: Reading, tags: dict[str, str] | None = None) -> Operation:
    action = Action.CREATE if reading.presence is Presence.ABSENT else Action.UPDATE
    change = Change(desired.address, "alarm", desired.name, action, Cause.NEW, Severity.LOW)
    [made] = KIND.operations([change], desired, reading, situation(desired, tags=tags))
    return made


def live(name: str, **more: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmArn": ARN + name,
        "MetricName": "ReadThrottleEvents",
        "Namespace": "AWS/DynamoDB",
        "Dimensions": [{"Name": "TableName", "Value": "acme-dev-orders"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 5,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def answers(*alarms: dict[str, Any], tagged: dict[str, dict[str, str]] | None = None) -> Any:
    listing = [
        {"ResourceARN": ARN + name, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
        for name, tags in (tagged or {}).items()
    ]
    return {
        "describe_alarms": Answer({"MetricAlarms": list(alarms)}),
        "get_resources": Answer({"ResourceTagMappingList": listing}),
    }


def unmanaged(*alarms: dict[str, Any], spec: Any = SPEC, **more: Any) -> tuple[Unmanaged, ...]:
    readings, _ = observed(KIND, spec, answers(*alarms, **more))
    return tuple(each for reading in readings for each in reading.unmanaged)


def test_everything_is_read_in_one_round_trip_of_two_listings() -> None:
    readings, reads = observed(KIND, SPEC, answers())

    assert [read.method for read in reads] == ["describe_alarms", "get_resources"]
    assert reads[0].params["AlarmNamePrefix"] == "acme-dev-"
    assert list(KIND.first_reads(SPEC, SCOPE)) == reads
    assert {reading.presence for reading in readings} == {Presence.ABSENT}


def test_defaults_that_aws_leaves_out_are_filled_in() -> None:
    state = from_aws(live("acme-dev-orders-read-throttles"))

    assert state.datapoints_to_alarm == 5
    assert state.treat_missing_data == "missing"
    assert state.actions_enabled
    assert (state.unit, state.metrics, state.description) == (None, None, "")


def test_the_order_of_dimensions_actions_and_metrics_does_not_count() -> None:
    dimensions = [{"Name": "TableName", "Value": "t"}, {"Name": "Operation", "Value": "Query"}]
    metrics = [
        {"Id": "b", "Expression": "a * 2", "Period": 60},
        {
            "Id": "a",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"MetricName": "m", "Namespace": "n", "Dimensions": dimensions},
                "Stat": "Sum",
                "Period": 60,
            },
        },
    ]

    def read(turn: int) -> Any:
        return from_aws(
            live(
                "x",
                Dimensions=dimensions[::turn],
                AlarmActions=["a", "b"][::turn],
                OKActions=["a", "b"][::turn],
                InsufficientDataActions=["a", "b"][::turn],
                Metrics=metrics[::turn],
            )
        )

    assert read(1) == read(-1)
    assert read(1).metrics[1] == {
        "id": "b",
        "expression": "a * 2",
        "period_seconds": 60,
        "returns": True,
    }


def test_a_denied_listing_makes_every_alarm_unreadable() -> None:
    error = ServiceError(ErrorCategory.DENIED, "cloudwatch", "describe_alarms", "x", "y")
    given = {**answers(), "describe_alarms": Answer(error=error)}

    readings, _ = observed(KIND, SPEC, given)

    assert len(readings) == 3
    assert all(reading.presence is Presence.UNREADABLE for reading in readings)


def test_a_live_alarm_gives_its_arn() -> None:
    readings, _ = observed(KIND, SPEC, answers(live("acme-dev-orders-read-throttles")))

    [reading] = [each for each in readings if each.presence is Presence.PRESENT]
    assert reading.arn == reading.outputs["arn"] == ARN + "acme-dev-orders-read-throttles"


def test_a_tagged_alarm_that_no_spec_names_is_unmanaged_at_its_tagged_address() -> None:
    tags = {**TAGS, "dynaprov:address": "old/alarm/ByUser/read-throttles"}
    name = "acme-dev-old-ByUser-read-throttles"

    [found] = unmanaged(live(name), tagged={name: tags})

    assert found.address == Address("old", "alarm", "ByUser/read-throttles")
    assert (found.resource, found.part_of) == (name, None)
    [made] = KIND.prune(found, Reading.absent(found.address), situation())
    assert made.call.params == {"AlarmNames": [name]}
    assert made.deletes


def test_an_untagged_alarm_with_a_suites_name_is_listed_but_never_pruned() -> None:
    spec = a_spec(a_table("orders", indexes=["ByUser"]))

    [found] = unmanaged(live("acme-dev-orders-ByUser-write-throttles"), spec=spec)

    assert found.address == Address("orders", "alarm", "ByUser/write-throttles")
    assert found.detail == "no spec names this alarm; no dynaprov tags seen on it"
    assert KIND.prune(found, Reading.absent(found.address), situation()) == []


@pytest.mark.parametrize(
    "name",
    [
        "acme-dev-eu-orders-read-throttles",  # environment `dev-eu`, or project `acme-dev`
        "acme-dev-orders-something-of-mine",
        "acme-dev-orders-ByUser-system-errors",
    ],
)
def test_an_alarm_of_somebody_else_under_our_prefix_is_not_listed(name: str) -> None:
    assert unmanaged(live(name)) == ()


def test_alarms_of_an_autoscaler_are_neither_adopted_nor_listed() -> None:
    name = "TargetTracking-table/acme-dev-orders-AlarmHigh-0"

    assert unmanaged(live(name), tagged={name: TAGS}) == ()


@pytest.mark.parametrize(
    "address", ["orders/alarm/read-throttles", "topic", "alarm", "orders/ttl", ""]
)
def test_a_tag_with_a_taken_or_strange_address_gives_way_to_the_name(address: str) -> None:
    tags = {**TAGS, "dynaprov:address": address}

    [found] = unmanaged(live("acme-dev-copy"), tagged={"acme-dev-copy": tags})

    assert found.address == Address("", "alarm", "acme-dev-copy")


def test_two_leftovers_never_share_an_address() -> None:
    tags = {**TAGS, "dynaprov:address": "old/alarm/x"}

    found = unmanaged(
        live("acme-dev-a"), live("acme-dev-b"), tagged={"acme-dev-a": tags, "acme-dev-b": tags}
    )

    assert [str(each.address) for each in found] == ["old/alarm/x", "alarm/acme-dev-b"]


def test_leftovers_show_also_where_nothing_is_desired() -> None:
    name = "acme-dev-orders-read-throttles"

    readings, _ = observed(KIND, a_spec(), answers(live(name), tagged={name: TAGS}))

    [reading] = readings
    assert (reading.address, reading.presence) == (Address("", "alarm"), Presence.ABSENT)
    assert len(reading.unmanaged) == 1


def test_nothing_desired_and_nothing_left_over_is_no_reading() -> None:
    assert observed(KIND, a_spec(), answers())[0] == []


def test_an_update_sends_everything_and_no_tags() -> None:
    desired = declared(KIND, SPEC)["orders/alarm/read-throttles"]
    readings, _ = observed(
        KIND, SPEC, answers(live(desired.name, WarmUpConfiguration={"x": 1}, Threshold=7.0))
    )

    made = operation(desired, readings[0], {"Team": "data"})

    assert (made.id, made.creates) == ("orders/alarm/read-throttles:update", False)
    assert "Tags" not in made.call.params
    assert made.call.params["Threshold"] == 0
    assert made.call.params["WarmUpConfiguration"] == {"x": 1}, "it would be set back to none"


def test_a_creation_carries_the_tags_and_without_any_leaves_them_out() -> None:
    desired = declared(KIND, SPEC)["orders/alarm/read-throttles"]
    absent = Reading.absent(desired.address)

    made = operation(desired, absent, {"b": "2", "a": "1"})

    assert (made.id, made.creates) == ("orders/alarm/read-throttles:create", True)
    assert made.call.params["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert "Tags" not in operation(desired, absent).call.params


@pytest.mark.parametrize(
    ("said", "kept", "sent"),
    [("ignore", "evaluate", "ignore"), (None, "ignore", "ignore"), (None, None, None)],
)
def test_low_samples_of_a_percentile_are_sent_as_said_or_as_they_were(
    said: str | None, kept: str | None, sent: str | None
) -> None:
    custom = {
        "metric": "SuccessfulRequestLatency",
        "dimensions": {"Operation": "Scan"},
        "statistic": "p99",
        "threshold": 500,
        "period_seconds": 60,
        "evaluation_periods": 10,
        "low_samples": said,
    }
    desired = declared(KIND, a_spec(a_table("orders", {"custom": {"slow": custom}})))
    state: Any = desired["orders/alarm/slow"].state

    params = to_aws("x", state, {"EvaluateLowSampleCountPercentile": kept} if kept else {})

    assert params["ExtendedStatistic"] == "p99"
    assert "Statistic" not in params
    assert params.get("EvaluateLowSampleCountPercentile") == sent


def test_destroy_deletes_what_is_there() -> None:
    desired = declared(KIND, SPEC)["orders/alarm/read-throttles"]
    present = Reading(desired.address, Presence.PRESENT)

    [made] = KIND.destroy(desired, present, situation())

    assert (made.id, made.call.method) == ("orders/alarm/read-throttles:delete", "delete_alarms")
    assert KIND.destroy(desired, Reading.absent(desired.address), situation()) == []


@mock_aws
@pytest.mark.parametrize("mode", ["PROVISIONED", "PAY_PER_REQUEST"])
def test_what_was_put_is_read_back_as_declared(mode: str) -> None:
    client = boto3.client(
        "cloudwatch", SCOPE.region, aws_access_key_id="x", aws_secret_access_key="x"
    )
    custom = {
        "metric": "SuccessfulRequestLatency",
        "dimensions": {"Operation": "Scan"},
        "statistic": "p99.9",
        "threshold": 500,
        "period_seconds": 60,
        "evaluation_periods": 10,
        "datapoints_to_alarm": 3,
        "low_samples": "ignore",
    }
    section = {"suite": "full", "ok_actions": "topic", "custom": {"slow": custom}}
    spec = a_spec(
        a_table("orders", section, mode=mode, indexes=["ByUser"]),
        account={"user_errors": {}},
        sections=TOPIC,
    )
    for desired in declared(KIND, spec).values():
        made = operation(desired, Reading.absent(desired.address), {"Team": "data"})
        client.put_metric_alarm(**made.call.params)

    alarms = client.describe_alarms()["MetricAlarms"]
    readings, _ = observed(KIND, spec, answers(*alarms))

    for desired, reading in zip(declared(KIND, spec).values(), readings, strict=True):
        for field in desired.state.model_fields_set:
            assert getattr(reading.state, field) == getattr(desired.state, field), field


@pytest.mark.parametrize(
    ("what", "params", "path"),
    [
        ("read-throttles", {"MetricName": "WriteThrottleEvents"}, "metric"),
        ("read-throttles", {"Namespace": "Mine"}, "namespace"),
        ("read-throttles", {"Dimensions": []}, "dimensions"),
        ("read-throttles", {"Statistic": "Average"}, "statistic"),
        ("read-throttles", {"Period": 300}, "period_seconds"),
        ("read-throttles", {"Unit": "Count"}, "unit"),
        ("read-throttles", {"Threshold": 7.5}, "threshold"),
        ("read-throttles", {"ComparisonOperator": "LessThanThreshold"}, "comparison"),
        ("read-throttles", {"EvaluationPeriods": 6}, "evaluation_periods"),
        ("read-throttles", {"DatapointsToAlarm": 1}, "datapoints_to_alarm"),
        ("read-throttles", {"TreatMissingData": "breaching"}, "treat_missing_data"),
        ("read-throttles", {"ActionsEnabled": False}, "actions_enabled"),
        ("read-throttles", {"AlarmActions": []}, "alarm_actions"),
        ("read-throttles", {"OKActions": ["arn:aws:sns:::x"]}, "ok_actions"),
        (
            "read-throttles",
            {"InsufficientDataActions": ["arn:aws:sns:::x"]},
            "insufficient_data_actions",
        ),
        ("read-throttles", {"AlarmDescription": "mine"}, "description"),
        ("system-errors", {"Metrics": [{"Id": "a", "Expression": "1"}]}, "metrics"),
        ("slow", {"EvaluateLowSampleCountPercentile": "evaluate"}, "low_samples"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
@mock_aws
def test_a_setting_changed_by_hand_differs_at_its_own_path_and_no_other(
    what: str, params: dict[str, Any], path: str
) -> None:
    client = boto3.client(
        "cloudwatch", SCOPE.region, aws_access_key_id="x", aws_secret_access_key="x"
    )
    slow = {
        "metric": "SuccessfulRequestLatency",
        "dimensions": {"Operation": "Scan"},
        "statistic": "p99",
        "threshold": 500,
        "period_seconds": 60,
        "evaluation_periods": 10,
        "low_samples": "ignore",
    }
    spec = a_spec(a_table("orders", {"suite": "basic", "custom": {"slow": slow}}), sections=TOPIC)
    desired = declared(KIND, spec)[f"orders/alarm/{what}"]
    made = operation(desired, Reading.absent(desired.address))
    client.put_metric_alarm(**{**made.call.params, **params})

    [alarm] = client.describe_alarms()["MetricAlarms"]
    state = from_aws(alarm)

    different = [
        field
        for field in desired.state.model_fields_set
        if getattr(state, field) != getattr(desired.state, field)
    ]
    assert different == [path]


def test_thousands_of_alarms_are_looked_up_by_name() -> None:
    tables = [a_table(f"t{n}", {"suite": "full"}, indexes=["ByUser"]) for n in range(40)]
    spec = a_spec(*tables)
    alarms = [live(desired.name) for desired in declared(KIND, spec).values()]

    readings, _ = observed(KIND, spec, answers(*alarms))

    assert len(readings) == 40 * 9
    assert all(reading.presence is Presence.PRESENT for reading in readings)


def test_the_kind_is_registered() -> None:
    assert alarm.KIND.tagging is not None
    assert alarm.KIND.tagging.bulk == "cloudwatch:alarm"
