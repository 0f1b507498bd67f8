"""Which alarms a table gets: suites, indexes, billing mode and overrides."""

from typing import Any

import pytest

from dynaprov.kinds import alarm
from dynaprov.kinds.alarm.metrics import METRICS
from dynaprov.kinds.alarm.suites import RULES, Suite
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired
from dynaprov.model.setting import settings_of
from dynaprov.model.source import Layer, Origin, Position
from support.alarm_specs import TOPIC, TOPIC_ARN, a_spec, a_table, declared

BASIC = ["read-throttles", "write-throttles", "system-errors"]
LATENCY = ["latency-get-item", "latency-query", "latency-put-item", "success-rate"]
CAPACITY = ["read-capacity", "write-capacity"]


def alarms(section: dict[str, Any], **table: Any) -> dict[str, Desired]:
    """The alarms of one table by what they watch."""
    spec = a_spec(a_table("orders", section, **table), sections=TOPIC)
    found = declared(alarm.KIND, spec)
    return {address.removeprefix("orders/alarm/"): each for address, each in found.items()}


def state(desired: Desired) -> dict[str, Any]:
    return desired.state.model_dump(exclude_unset=True)


@pytest.mark.parametrize(
    ("suite", "mode", "expected"),
    [
        ("basic", "PAY_PER_REQUEST", [*BASIC, "ByUser/read-throttles", "ByUser/write-throttles"]),
        ("basic", "PROVISIONED", [*BASIC, "ByUser/read-throttles", "ByUser/write-throttles"]),
        (
            "full",
            "PAY_PER_REQUEST",
            [*BASIC, *LATENCY, "ByUser/read-throttles", "ByUser/write-throttles"],
        ),
        (
            "full",
            "PROVISIONED",
            [
                *BASIC,
                *CAPACITY,
                *LATENCY,
                *(f"ByUser/{what}" for what in [*BASIC[:2], *CAPACITY]),
            ],
        ),
        ("none", "PROVISIONED", []),
    ],
)
def test_a_suite_follows_billing_mode_and_indexes(
    suite: str, mode: str, expected: list[str]
) -> None:
    assert list(alarms({"suite": suite}, mode=mode, indexes=["ByUser"])) == expected


def test_a_table_that_says_nothing_of_a_suite_gets_no_alarm() -> None:
    assert alarms({"thresholds": {"read-throttles": 3}}) == {}


def test_a_table_without_the_section_gets_no_alarm() -> None:
    assert declared(alarm.KIND, a_spec(a_table())) == {}


def test_an_alarm_on_throttles_of_a_table_is_this() -> None:
    desired = alarms({"suite": "basic"})["read-throttles"]

    assert (desired.name, desired.arn) == (
        "acme-dev-orders-read-throttles",
        "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:acme-dev-orders-read-throttles",
    )
    assert (desired.tags, desired.requires) == ({"Team": "data"}, (Address("", "topic"),))
    assert state(desired) == {
        "metric": "ReadThrottleEvents",
        "namespace": "AWS/DynamoDB",
        "dimensions": {"TableName": "acme-dev-orders"},
        "statistic": "Sum",
        "period_seconds": 60,
        "unit": None,
        "metrics": None,
        "threshold": 0,
        "comparison": "GreaterThanThreshold",
        "evaluation_periods": 5,
        "datapoints_to_alarm": 5,
        "treat_missing_data": "notBreaching",
        "actions_enabled": True,
        "alarm_actions": [TOPIC_ARN],
        "ok_actions": [],
        "insufficient_data_actions": [],
        "description": "Reads are being throttled.",
    }


def test_an_index_has_the_dimensions_of_table_and_index() -> None:
    desired = alarms({"suite": "basic"}, indexes=["ByUser"])["ByUser/write-throttles"]

    assert desired.name == "acme-dev-orders-ByUser-write-throttles"
    assert state(desired)["dimensions"] == {
        "GlobalSecondaryIndexName": "ByUser",
        "TableName": "acme-dev-orders",
    }


def test_system_errors_are_summed_over_operations_because_the_metric_has_no_table_total() -> None:
    entries = state(alarms({"suite": "basic"})["system-errors"])["metrics"]

    watched = entries[-1]
    assert len(entries) == 9
    assert watched["returns"]
    assert watched["expression"] == " + ".join(f"FILL(m{n}, 0)" for n in range(1, 9))
    assert entries[0]["dimensions"] == {"Operation": "GetItem", "TableName": "acme-dev-orders"}


def test_consumed_capacity_is_a_rate_against_the_live_provisioned_metric() -> None:
    found = alarms({"suite": "full"}, mode="PROVISIONED", indexes=["ByUser"])

    consumed, provisioned, watched = state(found["ByUser/read-capacity"])["metrics"]

    assert watched["expression"] == (
        "100 * (consumed / PERIOD(consumed)) / FILL(provisioned, REPEAT)"
    )
    assert (consumed["metric"], consumed["statistic"]) == ("ConsumedReadCapacityUnits", "Sum")
    assert provisioned["metric"] == "ProvisionedReadCapacityUnits"
    assert consumed["dimensions"] == provisioned["dimensions"]
    assert consumed["dimensions"]["GlobalSecondaryIndexName"] == "ByUser"
    assert consumed["period_seconds"] == provisioned["period_seconds"] == 300


def test_the_success_rate_is_full_without_requests() -> None:
    found = state(alarms({"suite": "full"})["success-rate"])

    [watched] = [entry for entry in found["metrics"] if entry["returns"]]
    assert watched["expression"].startswith("IF(FILL(s1, 0) + ")
    assert watched["expression"].endswith(", 100)")
    assert found["comparison"] == "LessThanThreshold"
    statistics = {entry["metric"]: entry["statistic"] for entry in found["metrics"][:-1]}
    assert statistics == {"SuccessfulRequestLatency": "SampleCount", "SystemErrors": "Sum"}


def test_no_expression_exceeds_the_ten_metrics_of_an_alarm() -> None:
    found = alarms({"suite": "full"}, mode="PROVISIONED")

    assert max(len(state(each)["metrics"] or ()) for each in found.values()) <= 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.what)
def test_every_metric_of_a_suite_is_published_with_the_dimensions_it_is_asked_with(
    rule: Any,
) -> None:
    own = set() if rule.suite is Suite.ACCOUNT else {"TableName"}
    asked = [own | ({"Operation"} if rule.operations else set())]
    asked += [own | {"GlobalSecondaryIndexName"}] if rule.per_index else []

    for metric in rule.metrics:
        assert all(frozenset(each) in METRICS[metric].dimensions for each in asked)


def test_a_threshold_of_an_index_goes_before_that_of_the_alarm() -> None:
    found = alarms(
        {"suite": "basic", "thresholds": {"read-throttles": 5, "ByUser/read-throttles": 9}},
        indexes=["ByUser", "ByDay"],
    )

    thresholds = {what: state(each)["threshold"] for what, each in found.items()}
    assert thresholds["read-throttles"] == thresholds["ByDay/read-throttles"] == 5
    assert thresholds["ByUser/read-throttles"] == 9
    assert thresholds["write-throttles"] == 0


def test_a_threshold_of_none_leaves_the_alarm_out() -> None:
    found = alarms({"suite": "basic", "thresholds": {"system-errors": "none"}})

    assert list(found) == BASIC[:2]


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        ({"evaluation_periods": 3}, (60, 3, 3)),
        ({"datapoints_to_alarm": 2}, (60, 2, 5)),
        ({"period_seconds": 300, "evaluation_periods": 4, "datapoints_to_alarm": 1}, (300, 1, 4)),
    ],
)
def test_periods_are_overridden_one_by_one(
    evaluation: dict[str, int], expected: tuple[int, int, int]
) -> None:
    found = alarms({"suite": "basic", "evaluation": {"read-throttles": evaluation}})

    read = state(found["read-throttles"])
    assert (
        read["period_seconds"],
        read["datapoints_to_alarm"],
        read["evaluation_periods"],
    ) == expected


@pytest.mark.parametrize(
    ("section", "topic", "expected"),
    [
        ({}, True, ([TOPIC_ARN], [])),
        ({}, False, ([], [])),
        ({"actions": "none"}, True, ([], [])),
        ({"actions": "topic", "ok_actions": "topic"}, True, ([TOPIC_ARN], [TOPIC_ARN])),
        (
            {"actions": ["arn:aws:sns:::b", "arn:aws:sns:::a"], "ok_actions": False},
            False,
            (["arn:aws:sns:::a", "arn:aws:sns:::b"], []),
        ),
    ],
)
def test_who_is_told(
    section: dict[str, Any], topic: bool, expected: tuple[list[str], list[str]]
) -> None:
    spec = a_spec(a_table("orders", {"suite": "basic", **section}), sections=TOPIC if topic else {})

    desired = declared(alarm.KIND, spec)["orders/alarm/read-throttles"]

    assert (state(desired)["alarm_actions"], state(desired)["ok_actions"]) == expected
    names_topic = TOPIC_ARN in (*expected[0], *expected[1])
    assert desired.requires == ((Address("", "topic"),) if names_topic else ())


def test_user_errors_are_an_alarm_of_the_account_without_dimensions() -> None:
    spec = a_spec(account={"user_errors": {"threshold": 50, "evaluation_periods": 3}})

    desired = declared(alarm.KIND, spec)["alarm/user-errors"]

    assert desired.name == "acme-dev-user-errors"
    found = state(desired)
    assert (found["metric"], found["dimensions"], found["threshold"]) == ("UserErrors", {}, 50)
    assert (found["evaluation_periods"], found["datapoints_to_alarm"]) == (3, 3)


def test_an_account_may_say_none_of_user_errors_and_have_alarms_of_its_own() -> None:
    custom = {
        "metric": "AccountProvisionedReadCapacityUtilization",
        "statistic": "Maximum",
        "threshold": 80,
        "period_seconds": 300,
        "evaluation_periods": 2,
    }
    spec = a_spec(account={"user_errors": "none", "custom": {"reads": custom, "gone": "none"}})

    found = declared(alarm.KIND, spec)

    assert list(found) == ["alarm/reads"]
    assert state(found["alarm/reads"])["dimensions"] == {}


def test_user_errors_have_a_threshold_of_their_own() -> None:
    found = declared(alarm.KIND, a_spec(account={"user_errors": {}}))

    assert state(found["alarm/user-errors"])["threshold"] == 10


def test_a_custom_alarm_is_about_its_table() -> None:
    custom = {
        "metric": "SuccessfulRequestLatency",
        "dimensions": {"Operation": "Scan"},
        "statistic": "p99",
        "threshold": 500,
        "period_seconds": 60,
        "evaluation_periods": 10,
        "datapoints_to_alarm": 3,
        "low_samples": "ignore",
        "description": "Scans are slow.",
    }

    found = alarms({"suite": "none", "custom": {"slow-scans": custom, "gone": "none"}})

    assert list(found) == ["slow-scans"]
    read = state(found["slow-scans"])
    assert read["dimensions"] == {"Operation": "Scan", "TableName": "acme-dev-orders"}
    assert (read["statistic"], read["low_samples"]) == ("p99", "ignore")
    assert (read["datapoints_to_alarm"], read["evaluation_periods"]) == (3, 10)
    assert read["treat_missing_data"] == "notBreaching"


def test_every_setting_of_an_alarm_is_declared_because_a_put_overwrites_them_all() -> None:
    desired = alarms({"suite": "basic"})["read-throttles"]

    # Low samples mean something for percentiles only; a live value is sent again as it is.
    assert set(settings_of(type(desired.state))) - desired.state.model_fields_set == {"low_samples"}


def test_a_setting_knows_where_it_was_written() -> None:
    def at(line: int) -> Origin:
        return Origin(Position("orders.yaml", line, 1), Layer.TABLE)

    origins = {
        "alarms": at(1),
        "alarms.suite": at(2),
        "alarms.actions": at(3),
        "alarms.thresholds.read-throttles": at(4),
        "alarms.thresholds.ByUser/read-throttles": at(5),
        "alarms.evaluation.read-throttles": at(6),
        "alarms.evaluation.read-throttles.period_seconds": at(7),
        "alarms.custom.slow": at(8),
        "alarms.custom.slow.threshold": at(9),
    }
    custom = {
        "metric": "TransactionConflict",
        "statistic": "Sum",
        "threshold": 1,
        "period_seconds": 60,
        "evaluation_periods": 1,
    }
    section = {"suite": "basic", "custom": {"slow": custom}}

    found = alarms(section, indexes=["ByUser"], origins=origins)

    def line(what: str, path: str) -> int:
        origin = found[what].origin(path)
        assert origin
        return origin.position.line

    assert line("write-throttles", "threshold") == 2
    assert line("read-throttles", "threshold") == 4
    assert line("ByUser/read-throttles", "threshold") == 5
    assert line("ByUser/read-throttles", "period_seconds") == 7
    assert line("read-throttles", "alarm_actions") == 3
    assert line("slow", "threshold") == 9
    assert line("slow", "metric") == 8


def test_a_setting_of_the_account_knows_where_it_was_written() -> None:
    place = Origin(Position("dev.yaml", 7, 1), Layer.ENVIRONMENT)
    origins = {"account_alarms.user_errors.threshold": place}

    found = declared(alarm.KIND, a_spec(account={"user_errors": {}}, origins=origins))

    assert found["alarm/user-errors"].origin("threshold") == place
