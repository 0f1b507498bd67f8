"""The event history is searched for who made a difference, and says why not otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dynaprov.model.address import Address
from dynaprov.model.attribution import Attribution, Channel, Unknown
from dynaprov.model.kind import Scope
from dynaprov.model.ports import Answer, ErrorCategory, ServiceError
from dynaprov.model.setting import Band
from dynaprov.report.attribution import told
from dynaprov.watch.attribution import MOST_PAGES, find, same
from dynaprov.watch.questions import Question, ask
from dynaprov.watch.recorded import ABSENT
from support.ports import FakeReader
from support.trail import ACCOUNT, ANA, BEN, NOW, REGION, History, assumed, record, session

SCOPE = Scope("shop", "dev", ACCOUNT, REGION)
ORDERS = "shop-dev-orders"
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{ORDERS}"
PITR_OFF = {
    "tableName": ORDERS,
    "pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": False},
}
PITR_ON = {
    "tableName": ORDERS,
    "pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": True},
}


def asked(address: str, kind: str, path: str, resource: str = ORDERS, **more: Any) -> Question:
    return ask(Address.parse(address), kind, path, resource, SCOPE, **more)


def pitr(**more: Any) -> Question:
    return asked("orders/pitr", "pitr", "enabled", **{"live": False, "declared": True, **more})


def answered(question: Question, history: History) -> Attribution:
    [only] = find([question], history.reader(), NOW)
    return only


def name(found: Attribution) -> str:
    assert found.call is not None, found
    return found.call.principal.person


def failing_reader(category: ErrorCategory, code: str) -> FakeReader:
    error = ServiceError(category, "cloudtrail", "lookup_events", code, "no")
    return FakeReader({"lookup_events": Answer(error=error)})


def test_the_call_that_set_the_live_value_is_found_and_proven() -> None:
    history = History([record("dynamodb", "UpdateContinuousBackups", PITR_OFF)])

    found = answered(pitr(), history)

    assert found.proven
    assert told(found) == ("by Ana with the AWS CLI, 2026-11-20 14:03 UTC: UpdateContinuousBackups")
    assert history.looked_up() == [("ResourceName", ORDERS)]


def test_an_event_listed_under_no_resource_is_found_by_the_name_of_the_call() -> None:
    history = History([record("dynamodb", "UpdateContinuousBackups", PITR_OFF)], unlisted=True)

    found = answered(pitr(), history)

    assert name(found) == "Ana"
    assert history.looked_up() == [
        ("ResourceName", ORDERS),
        ("ResourceName", ARN),
        ("EventName", "UpdateContinuousBackups"),
    ]


def test_a_call_that_repeats_the_value_did_not_change_it() -> None:
    history = History(
        [
            record("dynamodb", "UpdateContinuousBackups", PITR_ON, "2026-11-01T08:00:00Z"),
            record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-02T08:00:00Z", BEN),
            record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-03T08:00:00Z"),
        ]
    )

    assert name(answered(pitr(), history)) == "Ben"


def test_a_call_that_failed_changed_nothing() -> None:
    denied = record(
        "dynamodb", "UpdateContinuousBackups", PITR_OFF, by=BEN, errorCode="AccessDenied"
    )
    made = record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-02T08:00:00Z")

    assert name(answered(pitr(), History([denied, made]))) == "Ana"


def test_a_call_that_set_the_declared_value_is_not_to_blame() -> None:
    history = History([record("dynamodb", "UpdateContinuousBackups", PITR_ON)])

    found = answered(pitr(), history)

    assert found.call is None
    assert found.why is Unknown.NOT_FOUND
    assert "UpdateContinuousBackups by Ana, 2026-11-20 14:03 UTC" in found.detail
    assert "the declared value" in told(found)


def test_a_call_about_another_table_is_not_to_blame() -> None:
    other = {**PITR_OFF, "tableName": f"{ORDERS}-archive"}
    history = History([record("dynamodb", "UpdateContinuousBackups", other)], unlisted=True)

    assert answered(pitr(), history).why is Unknown.NOT_FOUND


def test_a_table_that_was_made_anew_explains_what_it_lost() -> None:
    restored = record(
        "dynamodb",
        "RestoreTableToPointInTime",
        {"sourceTableName": "x", "targetTableName": ORDERS},
        resources=[{"ARN": ARN, "type": "AWS::DynamoDB::Table"}],
    )
    before = record("dynamodb", "UpdateContinuousBackups", PITR_ON, "2026-11-01T08:00:00Z", by=BEN)

    found = answered(pitr(), History([restored, before]))

    assert name(found) == "Ana"
    assert "RestoreTableToPointInTime (it made the whole thing, and" in told(found)


def test_a_newer_call_that_only_its_name_leads_to_counts_more_than_the_making_of_the_table() -> (
    None
):
    made = record("dynamodb", "CreateTable", {"tableName": ORDERS}, "2026-10-01T08:00:00Z", BEN)
    # The record names the table by its ARN alone, and AWS may list it under nothing.
    tagged = record(
        "dynamodb",
        "TagResource",
        {"ResourceArn": ARN, "tags": [{"key": "Team", "value": "theirs"}]},
    )
    question = asked("orders/tags", "tags", "tags.Team", live="theirs", declared="orders")

    found = answered(question, History([made, tagged]))

    assert (name(found), found.proven) == ("Ana", True)


def test_a_table_that_is_gone_is_put_down_to_its_deletion() -> None:
    history = History(
        [
            record("dynamodb", "DeleteTable", {"tableName": ORDERS}, "2026-11-18T08:00:00Z", BEN),
            record("dynamodb", "CreateTable", {"tableName": ORDERS}, "2026-11-19T08:00:00Z", BEN),
            record("dynamodb", "DeleteTable", {"tableName": ORDERS}),
        ]
    )

    for question in (
        asked("orders", "table", "", missing=True),
        asked("orders/ttl", "ttl", "", missing=True),
    ):
        assert name(answered(question, history)) == "Ana"


def test_an_index_that_no_spec_names_is_put_down_to_who_made_it() -> None:
    update = {"create": {"indexName": "ByKind", "keySchema": []}}
    made = record(
        "dynamodb",
        "UpdateTable",
        {"tableName": ORDERS, "globalSecondaryIndexUpdates": [update]},
    )
    question = asked("orders/index/ByKind", "table", "", made=True)
    other = asked("orders/index/ByOther", "table", "", made=True)

    assert name(answered(question, History([made]))) == "Ana"
    assert answered(other, History([made])).call is None


def test_the_newest_page_is_enough_when_it_tells() -> None:
    noise = [
        record(
            "dynamodb",
            "UpdateTable",
            {"tableName": ORDERS},
            f"2026-11-0{day}T0{hour}:{minute}0:00Z",
        )
        for day in range(1, 9)
        for hour in range(9)
        for minute in range(6)
    ]
    history = History(
        [
            *noise,
            record("dynamodb", "UpdateContinuousBackups", PITR_OFF),
            record("dynamodb", "UpdateContinuousBackups", PITR_ON, "2026-11-19T08:00:00Z"),
        ]
    )

    assert name(answered(pitr(), history)) == "Ana"
    assert len(history.asked) == 1


def test_an_older_page_is_read_with_the_same_parameters() -> None:
    noise = [
        record(
            "dynamodb",
            "UpdateTable",
            {"tableName": ORDERS},
            f"2026-11-2{0}T0{hour}:{minute:02}:00Z",
        )
        for hour in range(9)
        for minute in range(10)
    ]
    history = History(
        [*noise, record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-02T08:00:00Z")]
    )

    assert name(answered(pitr(), history)) == "Ana"
    first, second = history.asked[:2]
    assert second == {**first, "NextToken": "50"}


def test_a_history_that_is_too_long_is_not_read_to_its_end() -> None:
    noise = [
        record(
            "dynamodb",
            "UpdateTable",
            {"tableName": ORDERS},
            f"2026-11-{day:02}T{hour:02}:{minute:02}:00Z",
        )
        for day in range(1, 19)
        for hour in range(24)
        for minute in (0, 30)
    ]
    history = History(noise)

    found = answered(pitr(), history)

    assert found.why is Unknown.TOO_MANY
    assert history.looked_up().count(("ResourceName", ORDERS)) == MOST_PAGES
    assert "500 events were read" in found.detail


def test_lookups_of_a_run_are_limited_and_the_first_questions_have_their_way() -> None:
    other = {
        "tableName": "shop-dev-users",
        **PITR_OFF,
    }
    other["tableName"] = "shop-dev-users"
    history = History(
        [
            record("dynamodb", "UpdateContinuousBackups", PITR_OFF),
            record("dynamodb", "UpdateContinuousBackups", other),
        ]
    )
    users = asked("users/pitr", "pitr", "enabled", "shop-dev-users", live=False, declared=True)

    first, second = find([pitr(), users], history.reader(), NOW, most_lookups=1)

    assert first.call is not None
    assert second.why is Unknown.TOO_MANY
    assert len(history.asked) == 1


def test_equal_lookups_of_several_questions_are_sent_once() -> None:
    off = {"tableName": ORDERS, "deletionProtectionEnabled": False, "tableClass": "STANDARD"}
    history = History([record("dynamodb", "UpdateTable", off)])
    questions = [
        asked("orders", "table", "deletion_protection", live=False, declared=True),
        asked("orders", "table", "class", live="STANDARD", declared="STANDARD_INFREQUENT_ACCESS"),
    ]

    found = find(questions, history.reader(), NOW)

    assert [name(each) for each in found] == ["Ana", "Ana"]
    assert history.looked_up() == [("ResourceName", ORDERS)]


@pytest.mark.parametrize(
    ("category", "why", "said"),
    [
        (ErrorCategory.DENIED, Unknown.DENIED, "needs cloudtrail:LookupEvents"),
        (ErrorCategory.UNSUPPORTED, Unknown.UNSUPPORTED, "the endpoint has no event history"),
        (ErrorCategory.CREDENTIALS, Unknown.FAILED, "could not be read"),
        (ErrorCategory.UNREACHABLE, Unknown.FAILED, "could not be read"),
    ],
)
def test_a_history_that_cannot_be_read_is_tried_once(
    category: ErrorCategory, why: Unknown, said: str
) -> None:
    reader = failing_reader(category, "X")
    questions = [pitr(), asked("orders", "table", "class"), asked("users", "table", "class", "u")]

    found = find(questions, reader, NOW)

    assert [each.why for each in found] == [why] * 3
    assert said in told(found[0])
    assert len(reader.reads) == 1


def test_a_lookup_that_fails_leaves_the_others_alone() -> None:
    history = History([record("dynamodb", "UpdateContinuousBackups", PITR_OFF)])
    error = ServiceError(ErrorCategory.THROTTLED, "cloudtrail", "lookup_events", "Throttling", "!")

    def answer(read: Any) -> Answer:
        about = read.params["LookupAttributes"][0]["AttributeValue"]
        return Answer(error=error) if "users" in about else history.answer(read)

    users = asked("users", "table", "class", "shop-dev-users")

    first, second = find([pitr(), users], FakeReader({"lookup_events": answer}), NOW)

    assert name(first) == "Ana"
    assert (second.why, "Throttling" in second.detail) == (Unknown.FAILED, True)


def test_only_the_time_since_the_last_clean_check_is_searched() -> None:
    clean = NOW - timedelta(days=2)
    old = record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-10T08:00:00Z")
    history = History([old])

    found = answered(pitr(clean_since=clean), history)

    assert found.why is Unknown.NOT_FOUND
    assert history.asked[0]["StartTime"] == clean - timedelta(minutes=5)
    assert "(2026-11-18 14:55 UTC to 2026-11-20 15:00 UTC)" in told(found)


def test_what_was_noticed_already_was_made_before() -> None:
    late = record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-20T14:00:00Z", BEN)
    right = record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-10T08:00:00Z")

    found = answered(pitr(noticed=NOW - timedelta(days=5)), History([late, right]))

    assert name(found) == "Ana"


def test_a_change_of_the_last_minutes_may_not_show_yet() -> None:
    found = answered(pitr(clean_since=NOW - timedelta(minutes=10)), History([]))

    assert found.why is Unknown.DELAYED
    assert "15 minutes late" in told(found)


def test_a_change_noticed_before_the_history_begins_is_not_looked_up() -> None:
    history = History([])

    found = answered(pitr(noticed=NOW - timedelta(days=91)), history)

    assert found.why is Unknown.TOO_OLD
    assert history.asked == []


def test_a_change_noticed_when_the_history_begins_is_looked_up() -> None:
    history = History([])

    found = answered(pitr(noticed=NOW - timedelta(days=90)), history)

    assert (found.why, len(history.asked)) == (Unknown.NOT_FOUND, 3)


def test_one_clean_check_does_not_narrow_the_search_for_what_no_check_knows() -> None:
    history = History(
        [record("dynamodb", "UpdateContinuousBackups", PITR_OFF, "2026-11-01T08:00:00Z")]
    )
    known = asked("users", "table", "class", "shop-dev-users", clean_since=NOW - timedelta(hours=1))

    _, found = find([known, pitr()], history.reader(), NOW)

    assert name(found) == "Ana"


def test_only_the_event_that_gave_out_the_key_tells_who_assumed_the_role() -> None:
    done = record(
        "dynamodb",
        "UpdateContinuousBackups",
        PITR_OFF,
        by=session("Admin", "1763647380", "ASIAONE"),
    )
    onward = {**assumed(BEN, "ASIAZZZ"), "resources": [{"ARN": "ASIAONE"}]}
    earlier = {**assumed(ANA, "ASIAONE"), "eventTime": "2026-11-20T12:00:00Z"}

    assert name(answered(pitr(), History([done, onward, earlier]))) == "Ana"


def test_without_any_event_the_window_is_told() -> None:
    found = answered(pitr(), History([]))

    assert told(found) == (
        "by whom: not found in the window searched (2026-08-22 15:00 UTC to 2026-11-20 15:00 UTC)"
    )


def test_what_no_call_can_change_is_not_looked_up() -> None:
    history = History([])

    found = answered(asked("orders", "nothing", "at_all"), history)

    assert found.why is Unknown.NOT_RECORDED
    assert history.asked == []


def test_calls_to_iam_are_looked_up_in_the_global_region_alone() -> None:
    version = {
        "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/shop-dev-all-reader",
        "policyDocument": '{"Version": "2012-10-17"}',
        "setAsDefault": True,
    }
    here, there = History([]), History([record("iam", "CreatePolicyVersion", version)])
    question = asked(
        "access-policy/all-reader",
        "access-policy",
        "document",
        "shop-dev-all-reader",
        live={"Version": "2012-10-17"},
        declared={},
    )

    [without] = find([question], here.reader(), NOW)
    [found] = find([question], here.reader(), NOW, everywhere=there.reader())

    assert without.why is Unknown.OTHER_REGION
    assert (name(found), found.proven) == ("Ana", True)
    assert here.asked == []


def test_a_key_is_looked_up_by_its_id_and_without_it_not_at_all() -> None:
    key = "1234abcd-12ab-34cd-56ef-1234567890ab"
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"
    off = record("kms", "DisableKey", {"keyId": key}, resources=[{"ARN": arn}])
    about = ("kms-key", "kms-key", "enabled", "alias/shop-dev")

    found = answered(asked(*about, live=False, declared=True, ids=(key, arn)), History([off]))
    without = answered(asked(*about, live=False, declared=True), History([off]))

    assert (name(found), found.proven) == ("Ana", True)
    assert without.why is Unknown.UNNAMED


def test_a_moved_alias_is_found_by_its_own_name() -> None:
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/shop-dev"
    moved = record(
        "kms",
        "UpdateAlias",
        {"aliasName": "alias/shop-dev", "targetKeyId": "other"},
        resources=[{"ARN": arn, "type": "AWS::KMS::Key"}],
    )
    another = record("kms", "UpdateAlias", {"aliasName": "alias/x", "targetKeyId": "k"}, by=BEN)
    question = asked("kms-key", "kms-key", "alias", "alias/shop-dev", ids=("k",))

    assert name(answered(question, History([another, moved]))) == "Ana"


def test_scaling_is_found_by_its_calls_and_its_dimension() -> None:
    def registered(side: str, least: int, by: Any) -> dict[str, Any]:
        return record(
            "application-autoscaling",
            "RegisterScalableTarget",
            {
                "serviceNamespace": "dynamodb",
                "resourceId": f"table/{ORDERS}",
                "scalableDimension": f"dynamodb:table:{side}CapacityUnits",
                "minCapacity": least,
            },
            by=by,
        )

    history = History([registered("Write", 1, BEN), registered("Read", 1, ANA)])
    question = asked("orders/scaling/read", "scaling", "min", f"table/{ORDERS}", live=1, declared=5)

    assert name(answered(question, history)) == "Ana"
    assert history.looked_up() == [("EventName", "RegisterScalableTarget")]


def test_capacity_outside_the_band_is_put_down_to_who_set_it() -> None:
    scaled = record(
        "dynamodb",
        "UpdateTable",
        {"tableName": ORDERS, "provisionedThroughput": {"readCapacityUnits": 900}},
        by=session("AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", "AutoScaling-Manage")
        | {"invokedBy": "dynamodb.application-autoscaling.amazonaws.com"},
        sourceIPAddress="dynamodb.application-autoscaling.amazonaws.com",
        userAgent="dynamodb.application-autoscaling.amazonaws.com",
    )
    question = asked("orders/scaling/read", "scaling", "capacity", f"table/{ORDERS}", live=900)

    found = answered(question, History([scaled]))

    assert found.call is not None
    assert found.call.channel is Channel.SERVICE
    assert told(found).startswith("by dynamodb.application-autoscaling.amazonaws.com (role AWS")


def test_an_alarm_keeps_its_value_through_puts_that_change_something_else() -> None:
    def put(at: str, threshold: int, by: Any) -> dict[str, Any]:
        return record(
            "cloudwatch",
            "PutMetricAlarm",
            {"alarmName": "shop-dev-orders-slow", "threshold": threshold, "period": 60},
            at,
            by,
        )

    history = History(
        [
            put("2026-11-01T08:00:00Z", 50, ANA),
            put("2026-11-02T08:00:00Z", 5000, BEN),
            put("2026-11-03T08:00:00Z", 5000, ANA),
        ]
    )
    question = asked(
        "orders/alarm/slow",
        "alarm",
        "threshold",
        "shop-dev-orders-slow",
        live=5000.0,
        declared=50.0,
    )

    assert name(answered(question, history)) == "Ben"


def test_a_session_is_followed_to_who_assumed_the_role() -> None:
    done = record(
        "dynamodb",
        "UpdateContinuousBackups",
        PITR_OFF,
        by=session("Admin", "botocore-session-1763647380", "ASIAONE"),
    )
    deploy = session("Deploy", "aws-go-sdk-1763647000", "ASIATWO")
    history = History([done, assumed(deploy, "ASIAONE"), assumed(ANA, "ASIATWO")])

    found = answered(pitr(), history)

    assert told(found).startswith("by Ana (role Admin, from role Deploy) with the AWS CLI")
    assert history.looked_up()[1:] == [("ResourceName", "ASIAONE"), ("ResourceName", "ASIATWO")]


def test_a_session_that_leads_nowhere_keeps_its_name() -> None:
    done = record(
        "dynamodb",
        "UpdateContinuousBackups",
        PITR_OFF,
        by=session("Admin", "botocore-session-1763647380", "ASIAONE"),
    )

    found = answered(pitr(), History([done]))

    assert told(found).startswith("by session botocore-session-1763647380 (role Admin)")


def test_the_role_may_have_been_assumed_before_the_window() -> None:
    done = record(
        "dynamodb",
        "UpdateContinuousBackups",
        PITR_OFF,
        by=session("Admin", "i-0123456789abcdef0", "ASIAONE"),
    )
    ec2 = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    history = History([done, assumed(ec2, "ASIAONE")])

    found = answered(pitr(clean_since=NOW - timedelta(hours=1)), history)

    assert told(found).startswith(
        "by session i-0123456789abcdef0 of ec2.amazonaws.com (role Admin)"
    )


def test_capacity_within_the_band_is_not_to_blame() -> None:
    def capacity(units: int, at: str) -> dict[str, Any]:
        throughput = {"readCapacityUnits": units}
        request = {"tableName": ORDERS, "provisionedThroughput": throughput}
        return record("dynamodb", "UpdateTable", request, at)

    history = History([capacity(900, "2026-11-18T08:00:00Z"), capacity(7, "2026-11-19T08:00:00Z")])
    question = asked(
        "orders/scaling/read",
        "scaling",
        "capacity",
        f"table/{ORDERS}",
        live=900,
        declared=Band(5, 9),
    )

    found = answered(question, history)

    assert found.call is None
    assert "set the declared value" in found.detail


@pytest.mark.parametrize(
    ("recorded", "side", "equal"),
    [
        (True, True, True),
        ("true", True, True),
        (1, True, False),
        (80, 80.0, True),
        ("80", 80, True),
        ("Standard", "Standard", True),
        ("Standard", "STANDARD", False),
        ('{"a": [1]}', {"a": [1]}, True),
        ("{", {"a": 1}, False),
        ("TRUE", True, True),
        ("zzz", 5, False),
        (["b"], ["a"], False),
        (True, 1, False),
        (["b", "a"], ["a", "b"], True),
        (["a"], ["a", "a"], False),
        (None, None, True),
        (None, False, False),
        ("none of it", None, False),
        (ABSENT, None, False),
    ],
)
def test_a_recorded_value_is_compared_with_a_setting(recorded: Any, side: Any, equal: Any) -> None:
    assert same(recorded, side) is equal


@pytest.mark.parametrize(("minutes", "found"), [(-6, False), (-5, True), (124, True), (126, False)])
def test_clocks_may_be_some_minutes_apart(minutes: int, found: bool) -> None:
    clean = NOW - timedelta(hours=4)
    at = (clean + timedelta(minutes=minutes)).isoformat()
    history = History([record("dynamodb", "UpdateContinuousBackups", PITR_OFF, at)])
    question = pitr(clean_since=clean, noticed=clean + timedelta(hours=2))
    # Another question, of which nothing is known, makes the window the whole history.
    open_question = asked("users", "table", "class", "shop-dev-users")

    first, _ = find([question, open_question], history.reader(), NOW)

    assert (first.call is not None) is found
