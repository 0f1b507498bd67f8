"""The dashboard: what is on it, how it is read, and how it is written."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dynaprov.kinds.dashboard import DashboardSection, DashboardState
from dynaprov.kinds.dashboard.body import OPERATIONS, dashboard_body
from dynaprov.kinds.dashboard.kind import ADDRESS, DashboardKind
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change
from dynaprov.model.kind import Desired, Presence, Reading, Situation
from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, ErrorCategory, ServiceError
from dynaprov.model.setting import Severity, State
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec, TableSpec
from support.alarm_specs import SCOPE, TOPIC, a_spec, a_table, declared, observed

KIND = DashboardKind()
ALL = ["capacity", "throttles", "latency", "errors", "indexes", "alarms"]
NAME = "acme-dev-eu-west-1"
SITUATION = Situation(SCOPE, {}, {}, {})


def section(*widgets: str) -> DashboardSection:
    return DashboardSection.model_validate(
        {"widgets": list(widgets), "period_seconds": 300, "range": "-PT3H"}
    )


def spec_of(
    *tables: TableSpec, widgets: list[str] = ALL, more: dict[str, State] | None = None, **rest: Any
) -> Spec:
    sections = {"dashboard": section(*widgets), **(more or {})}
    return a_spec(*tables, sections=sections, **rest)


def widgets_of(*widgets: str, **table: Any) -> list[dict[str, Any]]:
    spec = a_spec(a_table("orders", {"suite": "basic"}, **table), account={"user_errors": {}})
    found: list[dict[str, Any]] = dashboard_body(section(*widgets), spec, SCOPE)["widgets"]
    return found


def titles(widgets: list[dict[str, Any]]) -> list[str]:
    return [w["properties"].get("title") or w["properties"]["markdown"] for w in widgets]


def operation(desired: Desired, reading: Reading) -> Operation:
    change = Change(ADDRESS, "dashboard", NAME, Action.UPDATE, Cause.NEW, Severity.LOW)
    [made] = KIND.operations([change], desired, reading, SITUATION)
    return made


def failed(category: ErrorCategory) -> dict[str, Answer]:
    error = ServiceError(category, "cloudwatch", "get_dashboard", "ResourceNotFound", "no")
    return {"get_dashboard": Answer(error=error)}


def test_every_group_has_its_graphs_under_the_tables_heading() -> None:
    assert titles(widgets_of(*ALL, indexes=["ByUser"])) == [
        "# acme-dev",
        "user errors of the account",
        "alarms",
        "## acme-dev-orders",
        "read capacity units per second",
        "write capacity units per second",
        "throttles",
        "latency in milliseconds",
        "system errors",
        "consumption of indexes",
        "throttles of indexes",
        "alarms",
    ]


def test_a_table_without_indexes_has_no_graph_of_them() -> None:
    assert titles(widgets_of("indexes")) == []


def test_provisioned_capacity_shows_only_where_there_is_any() -> None:
    def metrics(mode: str) -> list[str]:
        graph = widgets_of("capacity", mode=mode)[1]
        return [line[1] for line in graph["properties"]["metrics"][1:]]

    assert metrics("PAY_PER_REQUEST") == ["ConsumedReadCapacityUnits"]
    assert metrics("PROVISIONED") == [
        "ConsumedReadCapacityUnits",
        "ProvisionedReadCapacityUnits",
    ]


def test_latency_and_errors_have_a_line_per_operation_because_there_is_no_table_total() -> None:
    lines = widgets_of("latency")[1]["properties"]["metrics"]

    assert lines == [
        [
            "AWS/DynamoDB",
            "SuccessfulRequestLatency",
            "TableName",
            "acme-dev-orders",
            "Operation",
            operation_name,
        ]
        for operation_name in OPERATIONS
    ]


def test_user_errors_have_no_dimensions() -> None:
    assert widgets_of("errors")[1]["properties"]["metrics"] == [["AWS/DynamoDB", "UserErrors"]]


def test_alarms_are_shown_by_arn_a_hundred_to_a_widget() -> None:
    indexes = [f"Index{n}" for n in range(60)]

    [_, first, second] = widgets_of("alarms", indexes=indexes)[2:]

    assert len(first["properties"]["alarms"]) == 100
    assert len(second["properties"]["alarms"]) == 23
    assert first["properties"]["alarms"][0].endswith(":alarm:acme-dev-orders-read-throttles")


def test_no_two_widgets_overlap() -> None:
    cells = [
        (x, y)
        for widget in widgets_of(*ALL, indexes=["ByUser"])
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23


def test_the_order_of_tables_in_the_spec_does_not_count() -> None:
    one, two = a_table("a", {"suite": "basic"}), a_table("b")

    assert dashboard_body(section(*ALL), a_spec(one, two), SCOPE) == dashboard_body(
        section(*ALL), a_spec(two, one), SCOPE
    )


@pytest.mark.parametrize(
    ("more", "parent"),
    [
        ({}, None),
        ({"kms_key": State()}, Address("", "kms-key")),
        ({"kms_key": State(), **TOPIC}, Address("", "topic")),
    ],
)
def test_the_stamp_stands_on_the_topic_else_on_the_key(
    more: dict[str, State], parent: Address | None
) -> None:
    desired = declared(KIND, spec_of(more=more))["dashboard"]

    assert desired.parent == parent
    assert desired.tags is None


def test_the_region_is_in_the_name_because_dashboards_are_global() -> None:
    desired = declared(KIND, spec_of())["dashboard"]

    assert desired.name == NAME
    assert desired.arn == f"arn:aws:cloudwatch::123456789012:dashboard/{NAME}"


@pytest.mark.parametrize("sections", [{}, {"dashboard": None}])
def test_an_environment_without_the_section_declares_none(sections: dict[str, None]) -> None:
    assert declared(KIND, a_spec(sections=sections)) == {}


def test_an_undeclared_dashboard_is_not_even_read() -> None:
    assert observed(KIND, a_spec(), {}) == ([], [])
    assert list(KIND.first_reads(a_spec(), SCOPE)) == []


def test_a_dashboard_that_is_explicitly_none_is_a_leftover_that_can_be_pruned() -> None:
    spec = a_spec(sections={"dashboard": None})
    body = Answer({"DashboardBody": "{}"})

    readings, reads = observed(KIND, spec, {"get_dashboard": body})

    assert list(KIND.first_reads(spec, SCOPE)) == reads
    [leftover] = readings[0].unmanaged
    assert (leftover.resource, leftover.part_of) == (NAME, None)
    [made] = KIND.prune(leftover, readings[0], SITUATION)
    assert made.call.params == {"DashboardNames": [NAME]}


def test_a_dashboard_that_is_explicitly_none_and_gone_is_nothing() -> None:
    readings, _ = observed(KIND, a_spec(sections={"dashboard": None}), failed(ErrorCategory.ABSENT))

    assert readings == []


@pytest.mark.parametrize(
    ("category", "presence"),
    [
        (ErrorCategory.ABSENT, Presence.ABSENT),
        (ErrorCategory.DENIED, Presence.UNREADABLE),
    ],
)
def test_absent_and_unreadable_are_two_things(category: ErrorCategory, presence: Presence) -> None:
    [reading], _ = observed(KIND, spec_of(), failed(category))

    assert reading.presence is presence


@pytest.mark.parametrize("text", ["not json", "[1]"])
def test_a_body_that_is_no_document_differs(text: str) -> None:
    spec = spec_of(a_table())

    [reading], _ = observed(KIND, spec, {"get_dashboard": Answer({"DashboardBody": text})})

    assert reading.state != declared(KIND, spec)["dashboard"].state
    title = operation(declared(KIND, spec)["dashboard"], reading).title
    assert title == f"update dashboard {NAME}: 8 widgets in, 0 out"


def test_an_update_says_how_many_widgets_come_and_go() -> None:
    before = declared(KIND, spec_of(a_table(), widgets=["capacity"]))["dashboard"]
    after = declared(KIND, spec_of(a_table(), widgets=["throttles"]))["dashboard"]

    made = operation(after, Reading(ADDRESS, Presence.PRESENT, before.state))

    assert made.title == f"update dashboard {NAME}: 1 widgets in, 2 out"
    assert made.id == "dashboard:update"


@mock_aws
def test_what_was_put_is_read_back_as_declared() -> None:
    client = boto3.client(
        "cloudwatch", SCOPE.region, aws_access_key_id="x", aws_secret_access_key="x"
    )
    spec = spec_of(a_table("orders", {"suite": "full"}, mode="PROVISIONED", indexes=["ByUser"]))
    desired = declared(KIND, spec)["dashboard"]
    made = operation(desired, Reading.absent(ADDRESS))

    client.put_dashboard(**made.call.params)
    live = client.get_dashboard(DashboardName=NAME)

    [reading], _ = observed(KIND, spec, {"get_dashboard": Answer(live)})
    assert made.creates
    assert reading.state == desired.state


def test_spaces_and_the_order_of_keys_do_not_count() -> None:
    spec = spec_of(a_table())
    desired = declared(KIND, spec)["dashboard"]
    assert isinstance(desired.state, DashboardState)
    text = json.dumps(desired.state.body, sort_keys=True, indent=2)

    [reading], _ = observed(KIND, spec, {"get_dashboard": Answer({"DashboardBody": text})})

    assert reading.state == desired.state


def test_destroy_deletes_what_is_there() -> None:
    desired = declared(KIND, spec_of())["dashboard"]

    [made] = KIND.destroy(desired, Reading(ADDRESS, Presence.PRESENT), SITUATION)

    assert (made.id, made.call.method) == ("dashboard:delete", "delete_dashboards")
    assert KIND.destroy(desired, Reading.absent(ADDRESS), SITUATION) == []


@pytest.mark.parametrize(
    ("tables", "widgets", "detail"),
    [
        (300, ["throttles"], "the dashboard would have 600 widgets; AWS allows 500"),
        (200, ["latency", "throttles"], None),
        (200, ["latency", "errors"], "the dashboard would have 3201 metrics; AWS allows 2500"),
    ],
)
def test_a_dashboard_may_not_exceed_what_aws_takes(
    tables: int, widgets: list[str], detail: str | None
) -> None:
    place = Origin(Position("prod.yaml", 3, 1), Layer.ENVIRONMENT)
    spec = spec_of(
        *(a_table(f"t{n}") for n in range(tables)),
        widgets=widgets,
        origins={"dashboard.widgets": place},
    )

    found = [each for each in KIND.check(spec) if each.detail == detail]

    assert [each.code for each in found] == (["DP198"] if detail else [])
    assert all(each.position == place.position for each in found)


def test_nothing_is_wrong_without_a_dashboard_or_with_a_small_one() -> None:
    assert list(KIND.check(a_spec())) == []
    assert list(KIND.check(spec_of(a_table()))) == []
