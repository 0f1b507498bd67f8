"""What ``validate`` finds wrong with alarms: above all those that could never fire."""

from typing import Any

import pytest

from dynaprov.kinds import alarm
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec, TableSpec
from support.alarm_specs import SCOPE, TOPIC, a_spec, a_table

GOOD = {
    "metric": "ThrottledRequests",
    "dimensions": {"Operation": "Query"},
    "statistic": "Sum",
    "threshold": 1,
    "period_seconds": 60,
    "evaluation_periods": 5,
}


def problems(spec: Spec) -> list[tuple[str, str, str]]:
    return [(d.code, d.detail, d.hint) for d in alarm.KIND.check(spec)]


def custom(more: dict[str, Any], **table: Any) -> list[tuple[str, str, str]]:
    section = {"custom": {"mine": {**GOOD, **more}}}
    return problems(a_spec(a_table("orders", section, **table)))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"metric": "ReadThrottleEvents", "dimensions": {}},
        {
            "metric": "ReadThrottleEvents",
            "dimensions": {"GlobalSecondaryIndexName": "ByUser"},
        },
        {"metric": "ProvisionedReadCapacityUnits", "dimensions": {}, "statistic": "Maximum"},
        {"metric": "ConsumedReadCapacityUnits", "dimensions": {}},
        {
            "metric": "ReturnedBytes",
            "dimensions": {"Operation": "GetRecords", "StreamLabel": "2026"},
        },
    ],
    ids=lambda more: more.get("metric", "plain"),
)
def test_an_alarm_that_can_fire_is_right(more: dict[str, Any]) -> None:
    assert custom(more, mode="PROVISIONED", indexes=["ByUser"]) == []


@pytest.mark.parametrize(
    ("more", "why", "hint"),
    [
        (
            {"dimensions": {}},
            "AWS does not publish it with nothing beside `TableName`",
            "its dimensions beside `TableName` are `Operation`",
        ),
        (
            {"metric": "SystemErrors", "dimensions": {}},
            "AWS does not publish it with nothing beside `TableName`",
            "its dimensions beside `TableName` are `Operation`",
        ),
        (
            {"metric": "ReadThrottleEvents"},
            "AWS does not publish it with `Operation` beside `TableName`",
            "its dimensions beside `TableName` are nothing or `GlobalSecondaryIndexName`",
        ),
        (
            {"metric": "UserErrors", "dimensions": {}},
            "AWS publishes it for the whole account, not for a table",
            "declare it in `account_alarms.user_errors`",
        ),
        (
            {"metric": "AccountMaxReads", "dimensions": {}},
            "AWS publishes it for the whole account, not for a table",
            "declare it in `account_alarms`",
        ),
        (
            {"dimensions": {"TableName": "orders", "Operation": "Query"}},
            "`TableName` is set by itself",
            "remove `TableName` from `dimensions`",
        ),
        (
            {"dimensions": {"Operation": "Querry"}},
            "there is no Operation `Querry`",
            "did you mean `Query`?",
        ),
        (
            {
                "metric": "ReadThrottleEvents",
                "dimensions": {"GlobalSecondaryIndexName": "Nowhere"},
            },
            "there is no GlobalSecondaryIndexName `Nowhere`",
            "known: ByUser",
        ),
        (
            {"metric": "ProvisionedReadCapacityUnits", "dimensions": {}},
            "AWS publishes it only for PROVISIONED tables, and this one is PAY_PER_REQUEST",
            "remove the alarm or change the billing mode",
        ),
        (
            {
                "metric": "OnlineIndexThrottleEvents",
                "dimensions": {"GlobalSecondaryIndexName": "ByUser"},
            },
            "it always reports 0 now",
            "remove the alarm",
        ),
    ],
)
def test_an_alarm_that_could_never_fire_is_an_error(
    more: dict[str, Any], why: str, hint: str
) -> None:
    [(code, detail, given)] = custom(more, indexes=["ByUser"])

    assert (code, given) == ("DP191", hint)
    metric = more.get("metric", "ThrottledRequests")
    assert detail == f"alarm `mine` of table `orders` watches `{metric}`: {why}"


@pytest.mark.parametrize(
    ("metric", "hint"),
    [
        ("ReadThrotleEvents", "did you mean `ReadThrottleEvents`?"),
        ("x", "see the table of metrics in the reference"),
    ],
)
def test_a_metric_that_aws_does_not_have_is_an_error(metric: str, hint: str) -> None:
    [(code, _, given)] = custom({"metric": metric})

    assert (code, given) == ("DP190", hint)


def test_a_metric_of_tables_is_no_alarm_of_the_account() -> None:
    [(code, detail, _)] = problems(a_spec(account={"custom": {"mine": GOOD}}))

    assert code == "DP191"
    assert detail.endswith("AWS publishes it for tables, not for the account")


def test_an_account_alarm_with_a_dimension_could_never_fire() -> None:
    mine = {**GOOD, "metric": "UserErrors"}

    [(code, _, _)] = problems(a_spec(account={"custom": {"mine": mine}}))

    assert code == "DP191"


def test_the_average_of_consumed_capacity_is_an_error_because_it_is_per_request() -> None:
    more = {"metric": "ConsumedWriteCapacityUnits", "dimensions": {}, "statistic": "Average"}

    [(code, _, hint)] = custom(more)

    assert code == "DP196"
    assert hint.startswith("use `statistic: Sum`")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("read-throttle", "did you mean `read-throttles`?"),
        ("ByUser/read-throttle", "did you mean `ByUser/read-throttles`?"),
        ("Nowhere/system-errors", "did you mean `system-errors`?"),
    ],
)
@pytest.mark.parametrize("field", ["thresholds", "evaluation"])
def test_an_override_must_name_an_alarm(field: str, key: str, hint: str) -> None:
    section = {"suite": "basic", field: {key: 1 if field == "thresholds" else {}}}

    [(code, _, given)] = problems(a_spec(a_table("orders", section, indexes=["ByUser"])))

    assert (code, given) == ("DP192", hint)


def test_a_wild_override_gets_the_list_of_alarms() -> None:
    [(_, _, hint)] = problems(a_spec(a_table("orders", {"thresholds": {"zzz": 1}})))

    assert hint.startswith("alarms are: read-throttles, write-throttles, ")


def test_an_override_of_an_alarm_that_the_table_lacks_now_is_right() -> None:
    section = {"suite": "basic", "thresholds": {"read-capacity": 90, "latency-query": 5}}

    assert problems(a_spec(a_table("orders", section))) == []


@pytest.mark.parametrize("field", ["actions", "ok_actions"])
def test_alarms_cannot_tell_a_topic_that_is_not_declared(field: str) -> None:
    tables = a_table("orders", {"suite": "basic", field: "topic"})

    [(code, _, _)] = problems(a_spec(tables))

    assert code == "DP193"
    assert problems(a_spec(tables, sections=TOPIC)) == []


@pytest.mark.parametrize(
    ("evaluation", "wrong"),
    [
        (
            {"evaluation_periods": 2, "datapoints_to_alarm": 3},
            "3 data points of only 2 periods",
        ),
        (
            {"period_seconds": 300, "evaluation_periods": 289},
            "86700 seconds in all; AWS allows 86400 with this period",
        ),
        (
            {"period_seconds": 3600, "evaluation_periods": 169},
            "608400 seconds in all; AWS allows 604800 with this period",
        ),
    ],
)
def test_an_evaluation_that_aws_refuses_is_an_error(evaluation: dict[str, int], wrong: str) -> None:
    section = {"suite": "basic", "evaluation": {"read-throttles": evaluation}}
    mine = {**GOOD, **evaluation}

    for spec, path in (
        (a_spec(a_table("orders", section)), "evaluation.read-throttles"),
        (a_spec(a_table("orders", {"custom": {"mine": mine}})), "custom.mine"),
        (a_spec(account={"user_errors": evaluation}), "user_errors"),
    ):
        [(code, detail, _)] = problems(spec)
        assert code == "DP195"
        assert detail.startswith(f"`{path}` of ")
        assert detail.endswith(wrong)


def test_the_longest_evaluation_that_aws_takes_is_right() -> None:
    evaluation = {"period_seconds": 3600, "evaluation_periods": 168}
    section = {"suite": "basic", "evaluation": {"read-throttles": evaluation}}

    assert problems(a_spec(a_table("orders", section))) == []


def test_an_account_without_user_errors_has_nothing_to_evaluate() -> None:
    assert problems(a_spec(account={"user_errors": "none", "custom": {"gone": "none"}})) == []


def test_a_custom_alarm_taken_back_is_not_checked() -> None:
    assert problems(a_spec(a_table("orders", {"custom": {"gone": "none"}}))) == []


def test_an_evaluation_of_an_unknown_alarm_is_told_once() -> None:
    section = {"evaluation": {"zzz": {"evaluation_periods": 1, "datapoints_to_alarm": 2}}}

    assert [code for code, _, _ in problems(a_spec(a_table("orders", section)))] == ["DP192"]


def test_a_name_that_is_too_long_is_an_error() -> None:
    long = "t" * 240

    found = problems(a_spec(a_table(long, {"suite": "basic"})))

    assert [code for code, _, _ in found] == ["DP194"] * 3
    assert "has 264 characters; AWS allows 255" in found[0][1]


def test_a_table_and_an_index_may_not_give_alarms_the_same_name() -> None:
    spec = a_spec(
        a_table("log", {"suite": "basic"}, indexes=["metadata"]),
        a_table("log-metadata", {"suite": "basic"}),
    )

    found = problems(spec)

    assert [code for code, _, _ in found] == ["DP197", "DP197"]
    assert found[0][1].startswith(
        "`log/alarm/metadata/read-throttles` and `log-metadata/alarm/read-throttles` would be "
    )


def test_a_custom_alarm_may_not_take_the_name_of_a_suites_alarm() -> None:
    mine = {**GOOD, "metric": "ReadThrottleEvents", "dimensions": {}}

    found = problems(
        a_spec(a_table("orders", {"suite": "basic", "custom": {"read-throttles": mine}}))
    )

    assert [code for code, _, _ in found] == ["DP197"]


def test_a_problem_points_at_the_nearest_written_place() -> None:
    place = Origin(Position("orders.yaml", 9, 3), Layer.TABLE)
    section = {"custom": {"mine": {**GOOD, "dimensions": {}}}}
    origins = {"alarms.custom.mine": place}

    [found] = alarm.KIND.check(a_spec(a_table("orders", section, origins=origins)))

    assert (found.position, found.address) == (place.position, "orders/alarm")


def test_a_section_that_is_explicitly_none_declares_no_alarm() -> None:
    spec = a_spec(TableSpec("orders", {"alarms": None}))

    assert problems(spec) == []
    assert list(alarm.KIND.declare(spec, SCOPE)) == []
