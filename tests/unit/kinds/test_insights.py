from typing import Any

import pytest

from dynaprov.kinds.insights import DESCRIBED_AT_ONCE, KIND, PAGES, InsightsSection, InsightsState
from dynaprov.model.address import Address
from dynaprov.model.kind import Presence, Reading
from dynaprov.model.ports import Answer, ErrorCategory, Read
from dynaprov.model.spec import Spec
from support.comparing import change_of, operations
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
from support.specs import origin, spec, table

TABLE = "shop-dev-orders"
MANY = tuple(f"Index{number}" for number in range(DESCRIBED_AT_ONCE + 1))


def section(written: Any) -> InsightsSection:
    return InsightsSection.model_validate(written)


def given(written: Any, indexes: tuple[str, ...] = ("ByUser", "ByDay")) -> Spec:
    return spec(table(indexes=indexes, insights=section(written)))


def declared(of: Spec) -> dict[str, Any]:
    return {str(each.address): each.state for each in KIND.declare(of, SCOPE)}


def status(word: str, **more: Any) -> Answer:
    return value(ContributorInsightsStatus=word, **more)


def reading(of: Spec, answer: Answer, address: str = "orders/insights") -> Reading:
    return observe(KIND, of, table_of_answers({"describe_contributor_insights": answer}))[address]


def listing(*pages: Answer) -> Any:
    def answer(read: Read) -> Answer:
        if read.method == "describe_contributor_insights":
            return status("ENABLED")
        return pages[int(read.params.get("NextToken", "0"))]

    return answer


def page(*indexes: str, token: str = "", **more: Any) -> Answer:
    summaries = [
        {
            "TableName": TABLE,
            "IndexName": index,
            "ContributorInsightsStatus": "ENABLED",
            **more,
        }
        for index in indexes
    ]
    return value(ContributorInsightsSummaries=summaries, **({"NextToken": token} if token else {}))


def methods(batches: list[list[Read]]) -> list[list[str]]:
    return [[read.method.partition("_")[0] for read in batch] for batch in batches]


def test_true_means_the_table_and_no_index() -> None:
    assert declared(given(True)) == {"orders/insights": InsightsState(enabled=True)}


def test_indexes_alone_leave_the_table_as_it_is() -> None:
    assert list(declared(given({"indexes": ["ByDay"]}))) == ["orders/insights/ByDay"]


def test_a_star_means_every_index_of_the_table() -> None:
    found = declared(given({"table": False, "indexes": "*", "mode": "THROTTLED_KEYS"}))
    on = InsightsState(enabled=True, mode="THROTTLED_KEYS")
    assert found == {
        "orders/insights": InsightsState(enabled=False),
        "orders/insights/ByUser": on,
        "orders/insights/ByDay": on,
    }


@pytest.mark.parametrize("written", ["none", False])
def test_indexes_that_are_none_are_all_off(written: Any) -> None:
    assert set(declared(given({"indexes": written})).values()) == {InsightsState(enabled=False)}


def test_an_explicitly_none_section_switches_everything_off() -> None:
    found = declared(spec(table(indexes=("ByUser",), insights=None)))
    assert list(found) == ["orders/insights", "orders/insights/ByUser"]
    assert not any(state.enabled for state in found.values())


def test_no_section_declares_and_reads_nothing() -> None:
    assert trips(KIND, [], spec(table()), SCOPE, listing()) == ([], [])
    assert list(KIND.first_reads(spec(table()), SCOPE)) == []


def test_origins_are_those_of_what_was_written() -> None:
    origins = {"insights": origin(1), "insights.mode": origin(2), "insights.indexes": origin(3)}
    written = section({"indexes": ["ByUser"], "mode": "THROTTLED_KEYS"})
    of = spec(table(indexes=("ByUser",), insights=written, origins=origins))
    desired = desired_at(KIND, of, "orders/insights/ByUser")
    assert desired.origin("enabled") == origin(3)
    assert desired.origin("mode") == origin(2)
    assert desired.requires == (Address("orders"), Address("orders", "index", "ByUser"))


def test_a_few_are_described_in_one_round_trip() -> None:
    of = given({"table": True, "indexes": "*"})
    readings, batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, listing())
    assert methods(batches) == [["describe", "describe", "describe"]]
    assert len(readings) == 3
    assert list(KIND.first_reads(of, SCOPE)) == batches[0]


def test_many_are_proven_by_the_listing_whose_pages_may_be_empty() -> None:
    of = given({"indexes": "*"}, MANY)
    pages = (page(*MANY[:3], token="1"), page(token="2"), page("foreign", *MANY[3:], token="3"))
    _, batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, listing(*pages))
    assert methods(batches) == [["list"], ["list"], ["list"]]
    assert list(KIND.first_reads(of, SCOPE)) == batches[0]


def test_what_the_listing_leaves_open_is_described() -> None:
    of = given({"indexes": "*"}, MANY)
    answers = listing(page(*MANY[1:]))
    readings, batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, answers)
    assert methods(batches) == [["list"], ["describe"]]
    assert batches[1][0].params["IndexName"] == MANY[0]
    assert [reading.address.name for reading in readings] == list(MANY)


def test_another_mode_in_the_listing_is_confirmed() -> None:
    of = given({"indexes": "*", "mode": "THROTTLED_KEYS"}, MANY)
    answers = listing(page(*MANY, ContributorInsightsMode="ACCESSED_AND_THROTTLED_KEYS"))
    _, batches = trips(KIND, list(KIND.declare(of, SCOPE)), of, SCOPE, answers)
    assert methods(batches) == [["list"], ["describe"] * len(MANY)]


def test_a_listing_that_fails_or_never_ends_is_given_up() -> None:
    of = given({"indexes": "*"}, MANY)
    desired = list(KIND.declare(of, SCOPE))
    _, batches = trips(KIND, desired, of, SCOPE, listing(refused(ErrorCategory.UNSUPPORTED)))
    assert len(batches) == 2
    _, batches = trips(KIND, desired, of, SCOPE, listing(page(token="0")))
    assert len(batches) == PAGES + 1


def test_enabling_counts_as_on_and_is_busy() -> None:
    found = reading(given(True), status("ENABLING"))
    assert found.state == InsightsState(enabled=True, mode=None)
    assert found.busy == "being switched on"


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (
            {"ExceptionName": "LimitExceeded", "ExceptionDescription": "rules"},
            "LimitExceeded: rules",
        ),
        ({}, "AWS gives no reason"),
    ],
)
def test_failed_counts_as_off_and_says_why(failure: dict[str, str], why: str) -> None:
    found = reading(given(True), status("FAILED", FailureException=failure))
    assert found.state == InsightsState(enabled=False, mode=None)
    assert found.notes == (f"Contributor Insights failed: {why}",)


def test_an_endpoint_without_the_operation_makes_it_unreadable() -> None:
    found = reading(given(True), refused(ErrorCategory.UNSUPPORTED))
    assert found.presence is Presence.UNREADABLE


def test_a_table_that_is_not_there_has_none() -> None:
    assert reading(given(True), refused(ErrorCategory.ABSENT)).presence is Presence.ABSENT


def test_switching_on_sends_the_declared_mode() -> None:
    of = given({"table": True, "mode": "THROTTLED_KEYS"})
    desired = desired_at(KIND, of, "orders/insights")
    [operation] = operations(KIND, desired, reading(of, status("DISABLED")))
    assert operation.id == "orders/insights:enable"
    assert operation.lock == TABLE
    assert operation.call.params == {
        "TableName": TABLE,
        "ContributorInsightsAction": "ENABLE",
        "ContributorInsightsMode": "THROTTLED_KEYS",
    }
    assert operation.covers == ("enabled", "mode")


def test_switching_on_again_keeps_a_mode_that_nobody_declares() -> None:
    of = given(True)
    found = reading(of, status("FAILED", ContributorInsightsMode="THROTTLED_KEYS"))
    [operation] = operations(KIND, desired_at(KIND, of, "orders/insights"), found)
    assert operation.call.params["ContributorInsightsMode"] == "THROTTLED_KEYS"


def test_switching_an_index_off_sends_no_mode() -> None:
    of = given({"indexes": "none"})
    found = reading(
        of, status("ENABLED", ContributorInsightsMode="THROTTLED_KEYS"), "orders/insights/ByDay"
    )
    [operation] = operations(KIND, desired_at(KIND, of, "orders/insights/ByDay"), found)
    assert operation.call.params == {
        "TableName": TABLE,
        "IndexName": "ByDay",
        "ContributorInsightsAction": "DISABLE",
    }
    [wait] = operation.waits
    assert wait.read.params == {"TableName": TABLE, "IndexName": "ByDay"}


@pytest.mark.parametrize(
    ("until", "word", "over"),
    [
        ("on", "ENABLING", False),
        ("on", "ENABLED", True),
        ("on", "FAILED", True),
        ("off", "DISABLING", False),
        ("off", "DISABLED", True),
    ],
)
def test_a_wait_ends_with_the_state_it_is_for(until: str, word: str, over: bool) -> None:
    assert KIND.settled(until, status(word)) is over


def test_on_as_declared_is_in_sync() -> None:
    of = given({"table": True, "mode": "THROTTLED_KEYS"})
    found = reading(of, status("ENABLED", ContributorInsightsMode="THROTTLED_KEYS"))
    assert change_of(desired_at(KIND, of, "orders/insights"), found) is None


def test_an_unknown_index_is_an_error() -> None:
    [problem] = KIND.check(given({"indexes": ["ByUsr"]}))
    assert (problem.code, problem.hint) == ("DP182", "did you mean `ByUser`?")
    assert list(KIND.check(given({"indexes": "*"}))) == []


def test_the_schema_offers_true() -> None:
    assert {"const": True} in InsightsSection.model_json_schema()["anyOf"]


def test_observing_nothing_gives_nothing() -> None:
    assert run(KIND, [], spec(), SCOPE, listing()) == []
