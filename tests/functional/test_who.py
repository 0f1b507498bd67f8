"""Who made a difference, through the real gateway and SDK, from an endpoint on the loopback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.model.address import Address
from dynaprov.model.attribution import Unknown
from dynaprov.model.kind import Scope
from dynaprov.report.attribution import told
from dynaprov.watch.attribution import find
from dynaprov.watch.questions import Question, ask
from support.clock import VirtualClock
from support.endpoint import Endpoint, Reply, endpoint, error_reply
from support.trail import ACCOUNT, ANA, NOW, REGION, History, assumed, record, session

SCOPE = Scope("shop", "dev", ACCOUNT, REGION)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def a_gateway(served: Endpoint, clock: VirtualClock) -> Gateway:
    return Gateway(Session(region=REGION, endpoint_url=served.url), clock=clock, jitter=lambda: 1.0)


def protection(table: str) -> dict[str, object]:
    return {"tableName": f"shop-dev-{table}", "deletionProtectionEnabled": False}


def question(table: str) -> Question:
    return ask(
        Address(table),
        "table",
        "deletion_protection",
        f"shop-dev-{table}",
        SCOPE,
        live=False,
        declared=True,
    )


@pytest.fixture
def history() -> History:
    return History(
        [
            record(
                "dynamodb",
                "UpdateTable",
                protection("orders"),
                by=session("Admin", "1763647380", "ASIAONE"),
            ),
            *(
                record(
                    "dynamodb",
                    "UpdateTable",
                    {"tableName": "shop-dev-users"},
                    f"2026-11-19T{h:02}:{m:02}:00Z",
                )
                for h in range(10)
                for m in range(12)
            ),
            record("dynamodb", "UpdateTable", protection("users"), "2026-11-18T08:00:00Z"),
            assumed(ANA, "ASIAONE"),
        ]
    )


def test_people_are_found_over_the_wire_page_by_page_at_two_lookups_a_second(
    history: History,
) -> None:
    clock = VirtualClock()

    with endpoint(lambda _, body: history.reply(body)) as served, a_gateway(served, clock) as door:
        found = find([question("orders"), question("users")], door, NOW)

    assert [told(each) for each in found] == [
        "by Ana (role Admin) with the AWS CLI, 2026-11-20 14:03 UTC: UpdateTable",
        "by Ana with the AWS CLI, 2026-11-18 08:00 UTC: UpdateTable",
    ]
    assert {name.rpartition(".")[2] for name, _ in served.requests} == {"LookupEvents"}
    assert history.looked_up() == [
        ("ResourceName", "shop-dev-orders"),
        ("ResourceName", "shop-dev-users"),
        ("ResourceName", "shop-dev-users"),
        ("ResourceName", "shop-dev-users"),
        ("ResourceName", "ASIAONE"),
    ]
    # Two at once, two a second later, one after another second.
    assert 2.0 <= clock.monotonic() < 3.0


def test_a_denied_lookup_names_the_missing_permission() -> None:
    denial = (
        "User: arn:aws:iam::111122223333:user/drift is not authorized to perform: "
        "cloudtrail:LookupEvents because no identity-based policy allows it"
    )

    with (
        endpoint(lambda *_: error_reply("AccessDeniedException", denial)) as served,
        a_gateway(served, VirtualClock()) as door,
    ):
        found = find([question("orders"), question("users")], door, NOW)

    assert {told(each) for each in found} == {
        "by whom: not looked up: needs cloudtrail:LookupEvents"
    }
    assert len(served.requests) == 1


def test_an_endpoint_that_lacks_the_history_says_so() -> None:
    page = Reply(500, b"<!doctype html><title>500</title>", {"content-type": "text/html"})

    with (
        endpoint(lambda *_: page) as served,
        a_gateway(served, VirtualClock()) as door,
    ):
        [found] = find([question("orders")], door, NOW)

    assert found.why is Unknown.UNSUPPORTED
    assert told(found) == "by whom: the endpoint has no event history"


def test_a_throttled_lookup_is_repeated(history: History) -> None:
    def answer(number: int, body: bytes) -> Reply:
        return error_reply("ThrottlingException") if number == 0 else history.reply(body)

    with endpoint(answer) as served, a_gateway(served, VirtualClock()) as door:
        [found] = find([question("users")], door, NOW)

    assert told(found).startswith("by Ana")


def test_a_window_is_sent_as_it_is(history: History) -> None:
    since = NOW - timedelta(days=7)
    asked = ask(Address("users"), "table", "class", "shop-dev-users", SCOPE, clean_since=since)

    with (
        endpoint(lambda _, body: history.reply(body)) as served,
        a_gateway(served, VirtualClock()) as door,
    ):
        find([asked], door, NOW)

    assert {each["StartTime"] for each in history.asked} == {since - timedelta(minutes=5)}
    assert {each["EndTime"] for each in history.asked} == {NOW}
