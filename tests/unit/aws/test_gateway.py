"""The gateway against moto in process, and against an endpoint that misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

from dynaprov.aws.gateway import Gateway, Sent
from dynaprov.aws.session import Session
from dynaprov.model.errors import InternalProblem
from dynaprov.model.ports import Answer, Call, Caller, ErrorCategory, Read, Reader
from support.clock import VirtualClock
from support.endpoint import Endpoint, Reply, endpoint, error_reply, json_reply

TABLE = {
    "TableName": "t",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
CREATE = Call("dynamodb", "create_table", TABLE)
TABLES = Read("dynamodb", "list_tables", pages="TableNames")
PAGE = b"<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<p>x</p>"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def shared_models(models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode each service model once for all tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", models)


@pytest.fixture
def moto() -> Iterator[None]:
    with mock_aws():
        yield


def a_session(url: str = "", **more: Any) -> Session:
    return Session(region="eu-central-1", endpoint_url=url, **more)


@pytest.fixture
def gateway(moto: None, clock: VirtualClock) -> Iterator[Gateway]:
    with Gateway(a_session(), writing=True, clock=clock) as made:
        yield made


@pytest.fixture
def served(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[int, bytes], Reply], Read], tuple[Answer, Endpoint, Gateway]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")

    def ask(answer: Callable[[int, bytes], Reply], read: Read) -> tuple[Answer, Endpoint, Gateway]:
        with (
            endpoint(answer) as running,
            Gateway(a_session(running.url), clock=clock, jitter=lambda: 1.0) as gateway,
        ):
            return gateway.read(read), running, gateway

    return ask


def test_a_call_changes_and_a_read_sees_it(gateway: Gateway) -> None:
    assert gateway.call(CREATE).error is None

    answer = gateway.submit(Read("dynamodb", "describe_table", {"TableName": "t"})).result()

    assert answer.value["Table"]["TableName"] == "t"


def test_a_name_that_is_taken_exists(gateway: Gateway) -> None:
    gateway.call(CREATE)

    answer = gateway.call(CREATE)

    assert answer.error is not None
    assert answer.error.category is ErrorCategory.EXISTS
    assert answer.error.request_id


def test_the_caller_is_known(gateway: Gateway) -> None:
    answer = gateway.read(Read("sts", "get_caller_identity"))

    assert answer.value["Account"] == "123456789012"


@pytest.mark.parametrize(
    "read",
    [
        Read("dynamodb", "describe_table", {"TableName": "x"}),
        Read("dynamodb", "describe_time_to_live", {"TableName": "x"}),
        Read("dynamodb", "describe_continuous_backups", {"TableName": "x"}),
        Read("kms", "describe_key", {"KeyId": "alias/x"}),
        Read("sns", "get_topic_attributes", {"TopicArn": "arn:aws:sns:eu-central-1:1:x"}),
        Read("iam", "get_policy", {"PolicyArn": "arn:aws:iam::123456789012:policy/x"}),
        Read("cloudwatch", "get_dashboard", {"DashboardName": "x"}),
    ],
    ids=lambda read: read.action,
)
def test_what_does_not_exist_is_absent(gateway: Gateway, read: Read) -> None:
    assert gateway.read(read).absent


def test_an_operation_that_moto_lacks_is_unsupported_and_not_repeated(
    gateway: Gateway, clock: VirtualClock
) -> None:
    answer = gateway.read(Read("dynamodb", "list_contributor_insights", pages="x"))

    assert answer.error is not None
    assert answer.error.category is ErrorCategory.UNSUPPORTED
    assert clock.slept == []


def test_a_method_that_the_sdk_does_not_know_is_unsupported(gateway: Gateway) -> None:
    answer = gateway.read(Read("dynamodb", "describe_the_weather"))

    assert answer.error is not None
    assert answer.error.category is ErrorCategory.UNSUPPORTED


def test_all_pages_are_collected(gateway: Gateway) -> None:
    for number in range(5):
        gateway.call(Call("dynamodb", "create_table", {**TABLE, "TableName": f"table-{number}"}))

    answer = gateway.read(Read("dynamodb", "list_tables", {"Limit": 2}, pages="TableNames"))

    assert len(answer.value["TableNames"]) == 5
    assert [sent.page for sent in gateway.sent if sent.method == "list_tables"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("read", "least"),
    [
        (Read("kms", "list_aliases", {"Limit": 100}, pages="Aliases"), 1),
        (Read("sns", "list_topics", pages="Topics"), 0),
        (Read("iam", "list_policies", {"Scope": "Local"}, pages="Policies"), 0),
        (Read("cloudwatch", "describe_alarms", pages="MetricAlarms"), 0),
        (Read("resourcegroupstaggingapi", "get_resources", pages="ResourceTagMappingList"), 0),
        (Read("ec2", "describe_vpc_endpoints", pages="VpcEndpoints"), 0),
        (
            Read(
                "application-autoscaling",
                "describe_scalable_targets",
                {"ServiceNamespace": "dynamodb"},
                pages="ScalableTargets",
            ),
            0,
        ),
    ],
    ids=lambda value: value.action if isinstance(value, Read) else "",
)
def test_a_listing_gives_its_member(gateway: Gateway, read: Read, least: int) -> None:
    answer = gateway.read(read)

    assert answer.error is None
    assert list(answer.value) == [read.pages]
    assert len(answer.value[read.pages]) >= least


def test_an_endpoint_that_repeats_its_token_ends_with_an_error(gateway: Gateway) -> None:
    # moto's DescribeScalableTargets gives the same token for ever.
    for number in range(3):
        gateway.call(
            Call(
                "application-autoscaling",
                "register_scalable_target",
                {
                    "ServiceNamespace": "dynamodb",
                    "ResourceId": f"table/t{number}",
                    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
                    "MinCapacity": 1,
                    "MaxCapacity": 2,
                },
            )
        )

    answer = gateway.read(
        Read(
            "application-autoscaling",
            "describe_scalable_targets",
            {"ServiceNamespace": "dynamodb", "MaxResults": 1},
            pages="ScalableTargets",
        )
    )

    assert answer.error is not None
    assert answer.error.code == "EndlessListing"
    assert "NextToken" in answer.error.message


def test_a_listing_that_never_ends_is_cut(served: Any) -> None:
    got, running, _ = served(lambda number, _: json_reply(LastEvaluatedTableName="last"), TABLES)

    assert got.error.code == "EndlessListing"
    assert len(running.requests) == 2


def test_a_gateway_is_both_ports() -> None:
    gateway = Gateway(a_session())
    reader: Reader = gateway
    caller: Caller = gateway

    assert reader is caller


def test_a_listing_without_pages_is_one_page(gateway: Gateway) -> None:
    answer = gateway.read(Read("sts", "get_caller_identity", pages="Account"))

    assert answer.error is None
    assert "Account" in answer.value


@pytest.mark.parametrize("method", ["delete_table", "put_item", "tag_resource", "update_table"])
def test_a_reading_gateway_refuses_every_call_that_writes(method: str) -> None:
    gateway = Gateway(a_session())

    with pytest.raises(InternalProblem, match="only reads"):
        gateway.call(Call("dynamodb", method, {}))
    assert gateway.sent == ()


@pytest.mark.parametrize("writing", [True, False])
def test_what_is_not_a_read_cannot_be_read(writing: bool) -> None:
    gateway = Gateway(a_session(), writing=writing)

    with pytest.raises(InternalProblem, match="is not a read"):
        gateway.submit(Read("dynamodb", "delete_table"))
    with pytest.raises(InternalProblem, match="is not a read"):
        gateway.read(Read("dynamodb", "delete_table"))
    assert gateway.sent == ()


def test_every_request_is_recorded(moto: None, clock: VirtualClock) -> None:
    heard: list[Sent] = []
    gateway = Gateway(a_session(), writing=True, clock=clock, record=heard.append)

    gateway.call(CREATE)
    gateway.read(Read("dynamodb", "describe_table", {"TableName": "x"}))

    assert heard == list(gateway.sent)
    assert [(each.method, each.mutating, each.error) for each in heard] == [
        ("create_table", True, ""),
        ("describe_table", False, "ResourceNotFoundException"),
    ]


def test_clients_are_made_ahead(moto: None) -> None:
    session = a_session()
    gateway = Gateway(session)

    gateway.prepare(("dynamodb", "no-such-service", "kms"))

    # The client that was asked for is the one that was made ahead, or is made now.
    assert session.client("dynamodb") is session.client("dynamodb")


def test_a_throttled_read_is_repeated(served: Any, clock: VirtualClock) -> None:
    def answer(number: int, body: bytes) -> Reply:
        if number < 2:
            return error_reply("ThrottlingException", "Rate exceeded")
        return json_reply(TableNames=["a"])

    got, running, gateway = served(answer, TABLES)

    assert got.value == {"TableNames": ["a"]}
    assert [sent.attempt for sent in gateway.sent] == [1, 2, 3]
    assert clock.slept == [0.5, 1.0]
    assert "dynaprov/" in running.agents[0]


def test_a_read_that_is_throttled_for_ever_gives_up(served: Any) -> None:
    got, running, _ = served(lambda *_: error_reply("ThrottlingException"), TABLES)

    assert got.error.category is ErrorCategory.THROTTLED
    assert len(running.requests) == 10


def test_a_time_in_the_error_is_waited_for(served: Any, clock: VirtualClock) -> None:
    def answer(number: int, body: bytes) -> Reply:
        if number == 0:
            return error_reply("ThrottlingException", "Try again after 2026-01-01T00:00:15Z")
        return json_reply(TableNames=[])

    got, _, _ = served(answer, TABLES)

    assert got.error is None
    assert clock.slept == [pytest.approx(15.5)]


def test_a_time_beyond_the_limit_is_not_waited_for(served: Any, clock: VirtualClock) -> None:
    reply = error_reply("ThrottlingException", "Try again after 2026-01-01T01:00:00Z")

    got, _, _ = served(lambda *_: reply, TABLES)

    assert got.error.not_before is not None
    assert clock.slept == []


@pytest.mark.parametrize(
    "reply",
    [Reply(hang_up=True), error_reply("InternalServiceError", status=500), Reply(503, b"")],
    ids=["hung up", "internal error", "unavailable"],
)
def test_a_fault_is_repeated_five_times(served: Any, reply: Reply) -> None:
    got, running, _ = served(lambda *_: reply, TABLES)

    assert got.error.category is ErrorCategory.TRANSIENT
    assert len(running.requests) == 5


@pytest.mark.parametrize(
    ("code", "times"), [("ConflictException", 5), ("KMSInvalidStateException", 4)]
)
def test_a_read_that_meets_a_change_is_repeated(served: Any, code: str, times: int) -> None:
    _, running, _ = served(lambda *_: error_reply(code, "is creating"), Read("kms", "list_keys"))

    assert len(running.requests) == times


def test_a_fault_that_may_be_deterministic_is_not_hammered(served: Any) -> None:
    _, running, _ = served(lambda *_: error_reply("InternalServerError", status=500), TABLES)

    assert len(running.requests) == 3


@pytest.mark.parametrize("service", ["dynamodb", "sns"])
@pytest.mark.parametrize(
    "reply",
    [Reply(500, PAGE, {"Content-Type": "text/html"}), Reply(400, b"")],
    ids=["a page of HTML", "nothing"],
)
def test_an_operation_that_the_endpoint_lacks_is_asked_for_once(
    served: Any, service: str, reply: Reply
) -> None:
    method = {"dynamodb": "list_tables", "sns": "list_topics"}[service]

    got, running, _ = served(lambda *_: reply, Read(service, method))

    assert got.error.category is ErrorCategory.UNSUPPORTED
    assert len(running.requests) == 1


@pytest.mark.parametrize("service", ["dynamodb", "sns"])
def test_a_page_of_a_gateway_in_between_is_a_fault(served: Any, service: str) -> None:
    method = {"dynamodb": "list_tables", "sns": "list_topics"}[service]
    page = PAGE.replace(b"500 Internal Server Error", b"502 Bad Gateway")

    got, _, _ = served(lambda *_: Reply(502, page), Read(service, method))

    assert got.error.category is ErrorCategory.TRANSIENT


def test_a_listing_whose_token_expired_starts_again(served: Any) -> None:
    def answer(number: int, body: bytes) -> Reply:
        if number == 1:
            return error_reply("PaginationTokenExpiredException")
        token = "" if number == 3 else "more"
        return json_reply(
            ResourceTagMappingList=[{"ResourceARN": f"arn-{number}"}], PaginationToken=token
        )

    read = Read("resourcegroupstaggingapi", "get_resources", pages="ResourceTagMappingList")
    got, _, _ = served(answer, read)

    found = [each["ResourceARN"] for each in got.value["ResourceTagMappingList"]]
    assert found == ["arn-2", "arn-3"]


def test_empty_pages_with_a_token_are_passed_over(served: Any) -> None:
    def answer(number: int, body: bytes) -> Reply:
        if number < 4:
            return json_reply(NextToken=f"token-{number}")
        return json_reply(ContributorInsightsSummaries=[{"TableName": "t"}])

    read = Read("dynamodb", "list_contributor_insights", pages="ContributorInsightsSummaries")
    got, running, _ = served(answer, read)

    assert got.value == {"ContributorInsightsSummaries": [{"TableName": "t"}]}
    assert len(running.requests) == 5


def test_an_endpoint_that_nobody_listens_on_is_unreachable(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    with endpoint(lambda *_: Reply()) as closed:
        pass
    gateway = Gateway(a_session(closed.url), clock=clock)

    got = gateway.read(TABLES)

    assert got.error is not None
    assert got.error.category is ErrorCategory.UNREACHABLE
    assert len(gateway.sent) == 3


def test_without_credentials_nothing_is_sent(clock: VirtualClock) -> None:
    with endpoint(lambda *_: Reply()) as running:
        got = Gateway(a_session(running.url), clock=clock).read(TABLES)

    assert got.error is not None
    assert got.error.category is ErrorCategory.CREDENTIALS
    assert running.requests == []


def test_a_profile_that_does_not_exist_is_a_matter_of_credentials(clock: VirtualClock) -> None:
    got = Gateway(a_session(profile="nobody"), clock=clock).read(TABLES)

    assert got.error is not None
    assert got.error.category is ErrorCategory.CREDENTIALS


@pytest.mark.parametrize(("pacing", "paced"), [("documented", True), ("off", False)])
def test_pacing_can_be_off_for_an_endpoint_that_is_not_aws(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, pacing: str, paced: bool
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    read = Read("cloudwatch", "describe_alarms")
    with endpoint(lambda *_: json_reply(MetricAlarms=[])) as running:
        gateway = Gateway(a_session(running.url), clock=clock, pacing=pacing)
        for _ in range(12):
            gateway.read(read)

    assert bool(clock.slept) is paced


def test_pacing_is_never_off_for_aws(moto: None, clock: VirtualClock) -> None:
    gateway = Gateway(a_session(), clock=clock, pacing="off")

    for _ in range(12):
        gateway.read(Read("cloudwatch", "describe_alarms"))

    assert clock.slept


def test_a_failure_inside_a_success_is_an_error(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    failed = {"arn-1": {"ErrorCode": "InternalServiceException", "ErrorMessage": "no"}}
    with endpoint(lambda *_: json_reply(FailedResourcesMap=failed)) as running:
        gateway = Gateway(a_session(running.url), writing=True, clock=clock)
        arn = "arn:aws:sns:eu-central-1:123456789012:x"
        params = {"ResourceARNList": [arn], "Tags": {"a": "b"}}
        got = gateway.call(Call("resourcegroupstaggingapi", "tag_resources", params))

    assert got.error is not None
    assert got.error.category is ErrorCategory.TRANSIENT
