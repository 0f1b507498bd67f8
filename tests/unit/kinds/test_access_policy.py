import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from moto import mock_aws

from dynaprov.kinds.access_policy import KIND, AccessPoliciesSection, AccessPolicyState
from dynaprov.kinds.access_policy.roles import Role, document_of
from dynaprov.model.kind import Presence, Reading
from dynaprov.model.ports import Answer, ErrorCategory, Read
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
from support.observing import SCOPE, desired_at, observe, refused, run, trips, value
from support.specs import origin, spec, table

ARN = "arn:aws:iam::123456789012:policy/shop-dev-app-reader"
STRAY = "arn:aws:iam::123456789012:policy/shop-dev-old-writer"
READER = "access-policy/app-reader"


def given(*tables: Any, **groups: Any) -> Spec:
    section = AccessPoliciesSection.model_validate(groups or {"app": group()})
    return spec(
        *(tables or (table(encryption="kms-key"), table("audit"))),
        access_policies=section,
        origins={"access_policies.app": origin(4)},
    )


def group(tables: Any = "*", roles: Any = ("reader",)) -> dict[str, Any]:
    return {"tables": tables, "roles": list(roles)}


def document(role: Role, tables: Any = ("orders",), of: Spec | None = None) -> dict[str, Any]:
    found = document_of(role, tables, of or given(), SCOPE)
    return {statement["Sid"]: statement for statement in found["Statement"]}


def wanted(of: Spec) -> Any:
    state = desired_at(KIND, of, READER).state
    assert isinstance(state, AccessPolicyState)
    return state.document


class Iam:
    """Answers of IAM for one policy, and of the tagging listing."""

    def __init__(self, live: Any, version: str = "v1", versions: int = 1, **more: Any) -> None:
        self.live, self.version, self.versions, self.more = live, version, versions, more

    def __call__(self, read: Read) -> Answer:
        if read.method in self.more:
            found = self.more[read.method]
            return found if isinstance(found, Answer) else refused(ErrorCategory.DENIED)
        match read.method:
            case "get_resources":
                return value(ResourceTagMappingList=[])
            case "get_policy":
                tags = [{"Key": "Owner", "Value": "shop"}]
                policy = {"DefaultVersionId": self.version, "AttachmentCount": 2, "Tags": tags}
                return value(Policy=policy)
            case "get_policy_version":
                return value(PolicyVersion={"Document": self.live})
            case _:
                newest = int(self.version[1:])
                names = [f"v{newest - number}" for number in range(self.versions)]
                return value(
                    Versions=[
                        {"VersionId": name, "IsDefaultVersion": name == self.version}
                        for name in names
                    ]
                )


def methods(batches: list[list[Read]]) -> list[list[str]]:
    return [[read.method for read in batch] for batch in batches]


def test_each_group_and_role_is_a_policy_named_after_them() -> None:
    of = given(app=group(roles=["reader", "stream-consumer", "reader"]))
    first, second = KIND.declare(of, SCOPE)
    assert (str(first.address), first.name, first.arn) == (READER, "shop-dev-app-reader", ARN)
    assert str(second.address) == "access-policy/app-stream-consumer"
    assert first.tags == {"Owner": "shop"}
    assert first.origin("") == origin(4)


def test_a_reader_reads_items_of_its_tables_and_their_indexes() -> None:
    statement = document(Role.READER)["ReadItems"]
    assert statement["Resource"] == [
        SCOPE.table_arn("orders"),
        SCOPE.table_arn("orders") + "/index/*",
    ]
    assert "dynamodb:Query" in statement["Action"]
    assert not [action for action in statement["Action"] if "Put" in action or "Delete" in action]


def test_a_writer_reads_too() -> None:
    actions = document(Role.WRITER)["ReadAndWriteItems"]["Action"]
    assert {"dynamodb:PutItem", "dynamodb:GetItem"} <= set(actions)


def test_a_stream_consumer_reads_streams_and_lists_all() -> None:
    found = document(Role.STREAM_CONSUMER)
    assert found["ReadStreams"]["Resource"] == [SCOPE.table_arn("orders") + "/stream/*"]
    assert found["ListStreams"]["Resource"] == ["*"]


def test_an_administrator_deletes_no_table_and_no_backup() -> None:
    found = document(Role.ADMINISTRATOR)
    actions = {action for statement in found.values() for action in statement["Action"]}
    assert "dynamodb:UpdateTable" in actions
    assert not [action for action in actions if "Delete" in action]


def test_the_key_is_meant_by_its_alias_and_through_dynamodb_only() -> None:
    statement = document(Role.READER)["UseTheKeyThroughDynamoDB"]
    assert statement["Resource"] == ["arn:aws:kms:eu-west-1:123456789012:key/*"]
    assert statement["Condition"] == {
        "StringEquals": {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"},
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/shop-dev"},
    }


def test_a_table_that_names_a_key_brings_that_key_and_one_without_brings_none() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/abc"
    of = given(table(encryption=key), table("audit"))
    found = document(Role.WRITER, "*", of)
    assert found["UseOwnKeysThroughDynamoDB"]["Resource"] == [key]
    assert list(document(Role.WRITER, ["audit"], of)) == ["ReadAndWriteItems"]


def test_a_star_means_all_tables_by_their_prefix() -> None:
    assert document(Role.READER, "*")["ReadItems"]["Resource"][0].endswith(":table/shop-dev-*")


def test_equal_documents_are_in_sync_whatever_their_form() -> None:
    of = given()
    echoed = json.loads(json.dumps(wanted(of)))
    for statement in echoed["Statement"]:
        statement["Action"] = list(reversed(statement["Action"]))
        if len(statement["Resource"]) == 1:
            [statement["Resource"]] = statement["Resource"]
    for form in (echoed, quote(json.dumps(echoed))):
        found = observe(KIND, of, Iam(form))[READER]
        assert change_of(desired_at(KIND, of, READER), found) is None
    assert found.facts["tags"] == {"Owner": "shop"}


def test_a_policy_as_declared_takes_two_round_trips() -> None:
    of = given()
    _, batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, Iam(wanted(of)))
    assert methods(batches) == [["get_resources", "get_policy"], ["get_policy_version"]]


def test_versions_are_read_once_the_first_is_not_the_default_one() -> None:
    of = given()
    iam = Iam(wanted(of), version="v3", versions=3)
    [found], batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, iam)
    assert methods(batches)[1:] == [["get_policy_version", "list_policy_versions"]]
    assert found.facts["versions"] == ("v1", "v2")


def test_versions_are_read_late_when_the_first_document_differs() -> None:
    of = given()
    [found], batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, Iam({}))
    assert methods(batches)[2:] == [["list_policy_versions"]]
    [operation] = operations(KIND, desired_at(KIND, of, READER), found)
    assert operation.call.method == "create_policy_version"
    assert operation.call.params["SetAsDefault"] is True
    assert not operation.repeatable


def test_the_oldest_version_that_is_not_the_default_one_makes_room() -> None:
    of = given()
    found = observe(KIND, of, Iam({}, version="v12", versions=5))[READER]
    room, update = operations(KIND, desired_at(KIND, of, READER), found)
    assert room.call.params == {"PolicyArn": ARN, "VersionId": "v8"}
    assert update.needs == (room.id,)
    found = observe(KIND, of, Iam({}, version="v12", versions=4))[READER]
    assert len(operations(KIND, desired_at(KIND, of, READER), found)) == 1


def test_an_absent_policy_is_created_with_its_tags() -> None:
    of = given()
    found = observe(KIND, of, Iam({}, get_policy=refused(ErrorCategory.ABSENT)))[READER]
    [operation] = operations(KIND, desired_at(KIND, of, READER), found, {"b": "2", "a": "1"})
    assert operation.creates
    assert operation.call.params["Tags"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "2"},
    ]
    [bare] = operations(KIND, desired_at(KIND, of, READER), found)
    assert "Tags" not in bare.call.params


@pytest.mark.parametrize("method", ["get_policy", "get_policy_version"])
def test_a_denied_read_is_unreadable(method: str) -> None:
    answers: dict[str, Any] = {method: refused(ErrorCategory.DENIED)}
    denied = Iam({}, **answers)
    assert observe(KIND, given(), denied)[READER].presence is Presence.UNREADABLE


def test_a_version_that_vanished_is_not_an_absent_policy() -> None:
    gone = Iam({}, get_policy_version=refused(ErrorCategory.ABSENT))
    assert observe(KIND, given(), gone)[READER].presence is Presence.UNREADABLE


def stray(tags: dict[str, str]) -> Answer:
    pairs = [{"Key": key, "Value": text} for key, text in tags.items()]
    return value(
        ResourceTagMappingList=[
            {"ResourceARN": STRAY, "Tags": pairs},
            {"ResourceARN": SCOPE.table_arn("orders"), "Tags": []},
        ]
    )


@pytest.mark.parametrize(
    ("tags", "address"),
    [
        ({"dynaprov:address": "access-policy/old-writer"}, "access-policy/old-writer"),
        ({}, "access-policy/shop-dev-old-writer"),
    ],
)
def test_a_policy_that_no_spec_names_is_listed_and_can_be_pruned(
    tags: dict[str, str], address: str
) -> None:
    iam = Iam({}, version="v2", versions=2, get_resources=stray(tags))
    [found] = run(KIND, [], spec(), SCOPE, iam)
    [unmanaged] = found.unmanaged
    assert str(unmanaged.address) == address
    assert unmanaged.part_of is None
    version, policy = KIND.prune(unmanaged, found, situation())
    assert version.call.params == {"PolicyArn": STRAY, "VersionId": "v1"}
    assert policy.call.params == {"PolicyArn": STRAY}
    assert policy.meaning.watch.startswith("it is attached 2 times")


def test_a_listing_that_lags_behind_a_deletion_lists_nothing() -> None:
    gone = Iam({}, get_resources=stray({}), get_policy=refused(ErrorCategory.ABSENT))
    assert run(KIND, [], spec(), SCOPE, gone) == []


def test_destroying_deletes_the_other_versions_first() -> None:
    of = given()
    found = observe(KIND, of, Iam(wanted(of), version="v3", versions=2))[READER]
    desired = desired_at(KIND, of, READER)
    version, policy = KIND.destroy(desired, found, situation())
    assert version.call.params["VersionId"] == "v2"
    assert policy.needs == (version.id,)
    assert policy.deletes
    assert KIND.destroy(desired, Reading.absent(desired.address), situation()) == []


def test_an_unknown_table_is_an_error_with_the_nearest_name() -> None:
    problems = list(KIND.check(given(app=group(["ordrs", "zzz"]))))
    assert [(each.code, each.hint) for each in problems] == [
        ("DP183", "did you mean `orders`?"),
        ("DP183", "name a table of this spec"),
    ]
    assert problems[0].position == origin(4).position


def test_a_name_that_iam_refuses_is_an_error() -> None:
    [problem] = KIND.check(given(**{"a b": group()}))
    assert problem.code == "DP184"


def test_a_document_that_is_too_long_is_an_error_with_a_way_out() -> None:
    names = [f"table-{number}" for number in range(60)]
    of = given(*(table(name) for name in names), app=group(names))
    [problem] = KIND.check(of)
    assert problem.code == "DP185"
    assert "split" in problem.hint
    assert list(KIND.check(given(*(table(name) for name in names), app=group()))) == []


def test_no_section_declares_nothing() -> None:
    assert list(KIND.declare(spec(), SCOPE)) == []
    assert list(KIND.check(spec())) == []


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


@pytest.mark.usefixtures("endpoint")
def test_policies_converge_through_more_changes_than_there_are_versions() -> None:
    roles = [role.value for role in Role]
    assert converge(KIND, given(app=group(roles=roles))) == 4
    assert differences(KIND, given(app=group(roles=roles))) == {}
    for number in range(6):  # a policy has five versions at most
        of = given(table(f"table-{number}"), app=group([f"table-{number}"], ["reader"]))
        converge(KIND, of)
        assert differences(KIND, of) == {}
    desired = desired_at(KIND, of, READER)
    [found] = run(KIND, [desired], of, SCOPE, live())
    carry_out(KIND.destroy(desired, found, situation()))
    names = {
        each["PolicyName"] for each in boto3.client("iam").list_policies(Scope="Local")["Policies"]
    }
    assert names == {f"shop-dev-app-{role}" for role in roles} - {"shop-dev-app-reader"}
