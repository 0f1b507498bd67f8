import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dynaprov.kinds.vpc_endpoint import KIND, VpcEndpointSection, VpcEndpointState
from dynaprov.kinds.vpc_endpoint.section import FULL_ACCESS
from dynaprov.model.address import Address
from dynaprov.model.kind import Presence, Reading
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.model.spec import Spec
from support.comparing import (
    carry_out,
    change_of,
    converge,
    differences,
    live,
    operations,
    situation,
)
from support.observing import (
    SCOPE,
    desired_at,
    observe,
    refused,
    run,
    table_of_answers,
    trips,
    value,
)
from support.specs import origin, spec

HERE = "vpc-endpoint"
FULL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"},
    }
)
OURS = [
    {"Key": "dynaprov:project", "Value": "shop"},
    {"Key": "dynaprov:environment", "Value": "dev"},
]


def given(**members: Any) -> Spec:
    section = VpcEndpointSection.model_validate({"vpc_id": "vpc-1", **members})
    return spec(vpc_endpoint=section, origins={"vpc_endpoint": origin(2)})


def endpoint(identity: str = "vpce-1", state: str = "available", **more: Any) -> dict[str, Any]:
    return {
        "VpcEndpointId": identity,
        "VpcEndpointType": "Gateway",
        "VpcId": "vpc-1",
        "State": state,
        "RouteTableIds": ["rtb-1"],
        "PolicyDocument": FULL,
        **more,
    }


def answers(*endpoints: dict[str, Any] | Answer) -> Any:
    first = endpoints[0] if endpoints else None
    found = first if isinstance(first, Answer) else value(VpcEndpoints=list(endpoints))
    return table_of_answers({"describe_vpc_endpoints": found})


def reading(of: Spec, *endpoints: dict[str, Any] | Answer, at: str = HERE) -> Reading:
    return observe(KIND, of, answers(*endpoints))[at]


def test_one_listing_of_the_service_is_read() -> None:
    of = given()
    _, [[read]] = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, answers())
    assert read.params["Filters"] == [
        {"Name": "service-name", "Values": ["com.amazonaws.eu-west-1.dynamodb"]}
    ]
    assert list(KIND.first_reads(of, SCOPE)) == [read]


def test_no_section_reads_nothing() -> None:
    assert trips(KIND, [], spec(), SCOPE, answers()) == ([], [])
    assert list(KIND.first_reads(spec(), SCOPE)) == []
    assert list(KIND.declare(spec(), SCOPE)) == []


def test_what_is_not_declared_is_not_in_the_state() -> None:
    desired = desired_at(KIND, given(), HERE)
    assert desired.state.model_fields_set == {"vpc_id"}
    assert desired.origin("policy") == origin(2)


def test_full_access_is_the_default_policy_in_either_version_and_form() -> None:
    of = given(policy="default", route_table_ids=["rtb-1"])
    found = reading(of, endpoint(state="Available"))
    assert change_of(desired_at(KIND, of, HERE), found) is None
    assert found.outputs == {
        "id": "vpce-1",
        "arn": "arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/vpce-1",
    }
    no_policy = endpoint()
    del no_policy["PolicyDocument"]
    assert change_of(desired_at(KIND, of, HERE), reading(of, no_policy)) is None


def test_missing_route_tables_are_added_and_extra_ones_are_unmanaged_parts() -> None:
    of = given(route_table_ids=["rtb-3", "rtb-2"])
    found = reading(of, endpoint(RouteTableIds=["rtb-1", "rtb-2"]))
    [operation] = operations(KIND, desired_at(KIND, of, HERE), found)
    assert operation.call.params == {"VpcEndpointId": "vpce-1", "AddRouteTableIds": ["rtb-3"]}
    assert operation.covers == ("route_table_ids",)
    [unmanaged] = found.unmanaged
    assert str(unmanaged.address) == "vpc-endpoint/route-table/rtb-1"
    assert unmanaged.part_of == Address("", HERE)
    [detach] = KIND.prune(unmanaged, found, situation())
    assert detach.call.params == {"VpcEndpointId": "vpce-1", "RemoveRouteTableIds": ["rtb-1"]}


def test_an_empty_list_of_route_tables_attaches_and_detaches_nothing() -> None:
    of = given(route_table_ids=[])
    found = reading(of, endpoint())
    assert change_of(desired_at(KIND, of, HERE), found) is None
    assert len(found.unmanaged) == 1


def test_undeclared_route_tables_are_left_alone() -> None:
    found = reading(given(), endpoint())
    assert found.unmanaged == ()
    assert isinstance(found.state, VpcEndpointState)
    assert found.state.route_table_ids == ("rtb-1",)


def test_the_tables_policy_names_this_environments_tables() -> None:
    of = given(policy="tables")
    [operation] = operations(KIND, desired_at(KIND, of, HERE), reading(of, endpoint()))
    document = json.loads(operation.call.params["PolicyDocument"])
    resources = [each["Resource"] for each in document["Statement"] if each["Sid"] == "UseTables"]
    assert resources == [[SCOPE.table_arn("*"), SCOPE.table_arn("*") + "/*"]]


def test_going_back_to_the_default_resets_the_policy() -> None:
    of = given(policy="default")
    live_policy = '{"Statement": [], "Version": "2012-10-17"}'
    found = reading(of, endpoint(PolicyDocument=live_policy))
    [operation] = operations(KIND, desired_at(KIND, of, HERE), found)
    assert operation.call.params == {"VpcEndpointId": "vpce-1", "ResetPolicy": True}


def test_gone_endpoints_are_absent_and_change_the_token() -> None:
    of = given(route_table_ids=["rtb-1"], policy="tables")
    desired = desired_at(KIND, of, HERE)
    first = operations(KIND, desired, reading(of), {"a": "1"})[0]
    again = operations(KIND, desired, reading(of), {"a": "1"})[0]
    gone = reading(of, endpoint(state="deleted"), endpoint("vpce-2", "Failed"))
    later = operations(KIND, desired, gone, {"a": "1"})[0]
    assert gone.presence is Presence.ABSENT
    assert first.call == again.call
    assert first.call.params["ClientToken"] != later.call.params["ClientToken"]
    assert first.call.params["TagSpecifications"] == [
        {"ResourceType": "vpc-endpoint", "Tags": [{"Key": "a", "Value": "1"}]}
    ]
    assert "PolicyDocument" in first.call.params


def test_different_wishes_for_one_place_have_one_token() -> None:
    tokens = set()
    for more in (
        {"route_table_ids": ["rtb-1"]},
        {"route_table_ids": ["rtb-2"], "policy": "tables"},
    ):
        of = given(**more)
        [operation] = operations(KIND, desired_at(KIND, of, HERE), reading(of))
        tokens.add(operation.call.params["ClientToken"])
        assert [each.code for each in operation.settled_by] == ["IdempotentParameterMismatch"]
    assert len(tokens) == 1


def test_the_default_policy_is_not_sent_when_creating() -> None:
    of = given(policy="default")
    [operation] = operations(KIND, desired_at(KIND, of, HERE), reading(of))
    assert {"PolicyDocument", "TagSpecifications", "RouteTableIds"}.isdisjoint(
        operation.call.params
    )


def test_our_own_endpoint_wins_over_others_in_the_same_vpc() -> None:
    mine = endpoint("vpce-9", "pending", Tags=OURS)
    found = reading(given(), endpoint(), mine, endpoint("vpce-0", VpcEndpointType="Interface"))
    assert found.outputs["id"] == "vpce-9"
    assert found.busy == "the endpoint is pending"


def test_our_endpoint_of_another_vpc_is_listed_and_can_be_pruned() -> None:
    old = endpoint("vpce-8", VpcId="vpc-old", Tags=OURS)
    foreign = endpoint("vpce-7", VpcId="vpc-foreign")
    found = reading(given(), endpoint(), old, foreign, at="vpc-endpoint/other")
    [unmanaged] = found.unmanaged
    assert str(unmanaged.address) == "vpc-endpoint/vpce-8"
    [operation] = KIND.prune(unmanaged, found, situation())
    assert operation.call.params == {"VpcEndpointIds": ["vpce-8"]}


def test_an_explicitly_none_section_lists_what_is_left() -> None:
    of = spec(vpc_endpoint=None)
    [found] = run(KIND, [], of, SCOPE, answers(endpoint(Tags=OURS)))
    assert found.unmanaged[0].part_of is None


def test_a_denied_listing_is_unreadable() -> None:
    found = reading(given(), refused(ErrorCategory.DENIED))
    assert found.presence is Presence.UNREADABLE


def test_deleting_waits_until_it_is_gone_because_the_answer_does_not_say() -> None:
    of = given()
    desired = desired_at(KIND, of, HERE)
    [operation] = KIND.destroy(desired, reading(of, endpoint()), situation())
    [wait] = operation.waits
    assert not KIND.settled(wait.until, value(VpcEndpoints=[endpoint(state="Deleting")]))
    assert KIND.settled(wait.until, value(VpcEndpoints=[endpoint(state="deleted")]))
    assert KIND.settled(wait.until, value(VpcEndpoints=[]))
    assert KIND.destroy(desired, reading(of), situation()) == []


def test_creating_waits_until_it_is_available() -> None:
    of = given()
    [operation] = operations(KIND, desired_at(KIND, of, HERE), reading(of))
    [wait] = operation.waits
    assert not KIND.settled(wait.until, value(VpcEndpoints=[endpoint(state="pending")]))
    assert KIND.settled(wait.until, value(VpcEndpoints=[endpoint(state="Available")]))
    assert not KIND.settled(wait.until, refused(ErrorCategory.THROTTLED))


def test_a_policy_that_is_too_long_is_an_error_where_it_is_written() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "x" * 20_480, "Resource": "*"}
    [problem] = KIND.check(given(policy={"Statement": [statement]}))
    assert (problem.code, problem.position) == ("DP186", origin(2).position)
    for fine in (given(policy="tables"), given(), spec()):
        assert list(KIND.check(fine)) == []


def test_a_document_of_ones_own_with_an_id_is_not_the_default() -> None:
    of = given(policy={**json.loads(FULL), "Id": "mine"})
    state = desired_at(KIND, of, HERE).state
    assert isinstance(state, VpcEndpointState)
    assert state.policy != FULL_ACCESS


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


@pytest.fixture
def vpc(moto: None) -> str:
    ec2 = boto3.client("ec2", region_name=SCOPE.region)
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def route_table(vpc: str) -> str:
    ec2 = boto3.client("ec2", region_name=SCOPE.region)
    return str(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])


def test_an_endpoint_converges_is_changed_and_converges_again(vpc: str) -> None:
    tables = [route_table(vpc), route_table(vpc)]
    of = given(vpc_id=vpc, route_table_ids=tables[:1], policy="tables")
    assert converge(KIND, of) == 1
    assert differences(KIND, of) == {}
    nobody = {"Version": "2012-10-17", "Statement": []}
    more = given(vpc_id=vpc, route_table_ids=tables, policy=nobody)
    assert converge(KIND, more) == 1
    assert differences(KIND, more) == {}


def test_an_endpoint_is_deleted(vpc: str) -> None:
    of = given(vpc_id=vpc, route_table_ids=[route_table(vpc)])
    converge(KIND, of)
    desired = desired_at(KIND, of, HERE)
    [found] = run(KIND, [desired], of, SCOPE, live())
    carry_out(KIND.destroy(desired, found, situation()))
    assert len(differences(KIND, of)) == 1
