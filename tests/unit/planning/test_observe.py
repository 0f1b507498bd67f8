"""Reading an account: who we are, what is asked and when, and answers that nobody understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dynaprov.kinds.identity import stamp_tags
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.tags import TagsState
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import DynaprovError, Refused, Stopped
from dynaprov.model.kind import Desired, Kind, Observation, Presence, Reading, Scope
from dynaprov.model.ports import Answer, ErrorCategory, Read
from dynaprov.model.spec import Spec
from dynaprov.planning.causes import stamps
from dynaprov.planning.observe import (
    IDENTITY,
    NO_ACCOUNT,
    RENEW,
    Observed,
    Questions,
    _read_all,
    identify,
    observe,
)
from support.ports import FakeReader, failing
from support.specs import spec, table

ACCOUNT = "111122223333"
ARN = f"arn:aws:iam::{ACCOUNT}:user/tester"
TAGS_OF = {
    "dynaprov:project": "shop",
    "dynaprov:environment": "dev",
    "Owner": "shop",
}
E = ErrorCategory
ABSENT = failing(E.ABSENT, code="ResourceNotFoundException")


def agree(account: str, region: str) -> None:
    """Wherever we are is right."""


def caller(account: Any = ACCOUNT, arn: str = ARN) -> Answer:
    return Answer({"Account": account, "Arn": arn})


def described(name: str, **more: Any) -> Answer:
    live = {
        "TableName": f"shop-dev-{name}",
        "TableArn": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/shop-dev-{name}",
        "TableId": "7f1f",
        "TableStatus": "ACTIVE",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        **more,
    }
    return Answer({"Table": live})


class Asked(FakeReader):
    """Some tables are live, with these tags in the listing over all services."""

    def __init__(
        self,
        tables: Mapping[str, Answer] | None = None,
        tags: Mapping[str, Mapping[str, str]] | None = None,
        urls: Sequence[str] = (),
        **scripts: Any,
    ) -> None:
        live = dict(tables or {})

        def describe(read: Read) -> Answer:
            return live.get(read.params["TableName"].removeprefix("shop-dev-"), ABSENT)

        mappings = [
            {
                "ResourceARN": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/shop-dev-{name}",
                "Tags": [{"Key": k, "Value": v} for k, v in each.items()],
            }
            for name, each in (tags or {}).items()
        ]
        super().__init__(
            {
                "get_caller_identity": caller(),
                "describe_table": describe,
                "get_resources": Answer({"ResourceTagMappingList": mappings}),
                "describe_time_to_live": Answer({"TimeToLiveDescription": {}}),
                "list_tags_of_resource": ABSENT,
                **scripts,
            }
        )
        self._urls = urls

    def endpoint(self, service: str) -> str:
        return "http://127.0.0.1:1" if service in self._urls else ""

    def asked(self, method: str) -> list[Read]:
        return [read for read in self.reads if read.method == method]


def tagged(name: str, **more: str) -> dict[str, str]:
    return {**TAGS_OF, "dynaprov:address": name, **more}


def tables(*names: str, **sections: Any) -> Spec:
    return spec(*(table(name, billing_mode="PAY_PER_REQUEST", **sections) for name in names))


def observed(wanted: Spec, reader: Asked, **more: Any) -> Observed:
    return observe(wanted, reader, agree, **more)


def stopped(answer: Answer, urls: Sequence[str] = ()) -> tuple[str, str, str]:
    with pytest.raises(Stopped) as caught:
        observed(tables(), Asked(urls=urls, get_caller_identity=answer))
    [diagnostic] = caught.value.diagnostics
    return diagnostic.code, diagnostic.detail, diagnostic.hint


# -- who and where


@pytest.mark.parametrize(
    ("arn", "partition"),
    [
        (ARN, "aws"),
        ("arn:aws-cn:iam::111122223333:root", "aws-cn"),
        ("arn:aws-us-gov:iam", "aws-us-gov"),
        ("arn:aws-cn", "aws"),
        ("nobody", "aws"),
    ],
)
def test_the_partition_stands_in_the_arn_of_who_asks(arn: str, partition: str) -> None:
    seen = observed(tables(), Asked(get_caller_identity=caller(arn=arn)))

    assert (seen.caller, seen.scope.account) == (arn, ACCOUNT)
    assert seen.scope.partition == partition


@pytest.mark.parametrize("account", ["", None, 111122223333])
def test_an_identity_without_an_account_stops(account: Any) -> None:
    assert stopped(caller(account)) == (
        "DP201",
        "the answer to GetCallerIdentity names no account",
        "check the endpoint URL",
    )


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (failing(E.CREDENTIALS, code="ExpiredToken"), RENEW),
        (failing(E.CREDENTIALS, code="X", message="the token needs a Refresh"), RENEW),
        (failing(E.CREDENTIALS, code="NoCredentials"), "give credentials: AWS_PROFILE"),
        (failing(E.UNREACHABLE, message="certificate has expired"), "check the network"),
        (failing(E.DENIED), "allow sts:GetCallerIdentity"),
        (failing(E.THROTTLED), "`aws sts get-caller-identity` asks the same"),
    ],
    ids=["expired", "to be refreshed", "none", "unreachable", "denied", "anything else"],
)
def test_why_nobody_is_known_says_what_can_be_done(answer: Answer, hint: str) -> None:
    code, detail, said = stopped(answer)

    assert (code, detail) == ("DP201", str(answer.error))
    assert said.startswith(hint)


def test_an_endpoint_without_accounts_has_one_that_stands_for_it() -> None:
    lacking = failing(E.UNSUPPORTED)

    seen = observed(tables(), Asked(urls=("sts", "dynamodb"), get_caller_identity=lacking))

    assert (seen.scope.account, seen.caller) == (NO_ACCOUNT, "")
    for urls in ((), ("sts",), ("dynamodb",)):
        assert stopped(lacking, urls)[0] == "DP201"
    assert stopped(failing(E.DENIED), ("sts", "dynamodb"))[0] == "DP201"


@pytest.mark.parametrize(("region", "asked"), [("", "eu-west-1"), ("us-east-1", "us-east-1")])
def test_the_region_is_the_specs_unless_another_is_given(region: str, asked: str) -> None:
    told: list[tuple[str, str]] = []

    seen = observe(
        tables(), Asked(), lambda account, where: told.append((account, where)), region=region
    )
    scope, who = identify(tables(), Asked(), agree, region=region)

    assert told == [(ACCOUNT, asked)]
    assert (seen.scope, seen.caller) == (scope, who) == (scope, ARN)
    assert scope.region == asked


def test_in_a_wrong_account_nothing_but_the_first_questions_is_asked() -> None:
    reader = Asked({"orders": described("orders")})

    def refuse(account: str, region: str) -> None:
        raise Refused(Diagnostic("DP301", "wrong"))

    with pytest.raises(Refused):
        observe(tables("orders", ttl=TtlState(attribute="a")), reader, refuse)
    with pytest.raises(Refused):
        identify(tables(), reader, refuse)

    assert reader.asked("describe_time_to_live") == []


def test_listings_begin_before_everything_else_that_needs_no_account() -> None:
    reader = Asked()
    first: list[Read] = []

    observe(tables("orders"), reader, lambda account, region: first.extend(reader.reads))

    assert first[0] == IDENTITY
    paged = [bool(read.pages) for read in first[1:]]
    assert paged == sorted(paged, reverse=True)
    assert set(paged) == {True, False}


def test_equal_questions_are_asked_once() -> None:
    reader = Asked({"orders": described("orders")})

    observed(tables("orders", ttl=TtlState(attribute="a"), pitr=PitrState(enabled=True)), reader)

    assert len(reader.asked("describe_table")) == 1
    assert len(reader.reads) == len(set(reader.reads))


# -- tags and stamps


def test_tags_are_wanted_of_what_can_carry_them_and_is_there() -> None:
    reader = Asked({"orders": described("orders")})

    seen = observed(tables("absent", "orders", ttl=TtlState(attribute="a")), reader)

    wanted = {str(each): seen.desired[each].state for each in seen.desired if each.part == "tags"}
    assert wanted == {"orders/tags": TagsState(tags=dict(tagged("orders")))}


def stamp(name: str) -> dict[str, str]:
    """The tags that a finished apply leaves as its stamp."""
    seen = observed(tables(name), Asked({name: described(name)}, {name: tagged(name)}))
    return stamp_tags(stamps(seen.desired, seen.readings)[Address(name)].wanted().items())


def listed(tags: Mapping[str, str]) -> Answer:
    return Answer({"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tags_of(seen: Observed, name: str) -> Any:
    state = seen.readings[Address(name, "tags")].state
    return state.tags if isinstance(state, TagsState) else None


def test_a_stamp_that_the_listing_does_not_show_is_looked_for_at_the_table() -> None:
    whole = tagged("orders", **stamp("orders"))
    reader = Asked(
        {"orders": described("orders")},
        {"orders": tagged("orders")},
        list_tags_of_resource=listed(whole),
    )

    seen = observed(tables("orders"), reader)

    assert len(reader.asked("list_tags_of_resource")) == 1
    assert tags_of(seen, "orders") == whole


def test_a_stamp_that_is_whole_in_the_listing_is_not_looked_for() -> None:
    whole = tagged("orders", **stamp("orders"))
    reader = Asked({"orders": described("orders")}, {"orders": whole})

    seen = observed(tables("orders"), reader)

    assert reader.asked("list_tags_of_resource") == []
    assert tags_of(seen, "orders") == whole


def test_without_stamps_nothing_is_looked_for() -> None:
    reader = Asked({"orders": described("orders")}, {"orders": tagged("orders")})

    observed(replace(tables("orders"), stamp=False), reader)

    assert reader.asked("list_tags_of_resource") == []


def test_where_the_table_does_not_tell_the_listing_counts() -> None:
    reader = Asked(
        {"orders": described("orders")},
        {"orders": tagged("orders")},
        list_tags_of_resource=failing(E.DENIED),
    )

    assert tags_of(observed(tables("orders"), reader), "orders") == tagged("orders")


def test_tags_that_cannot_be_read_keep_no_other_stamp_from_being_looked_for() -> None:
    whole = tagged("users", **stamp("users"))

    def own(read: Read) -> Answer:
        return listed(whole) if "users" in read.params["ResourceArn"] else failing(E.DENIED)

    reader = Asked(
        {name: described(name) for name in ("orders", "users")},
        {"users": tagged("users")},
        list_tags_of_resource=own,
    )

    seen = observed(tables("orders", "users"), reader)

    assert tags_of(seen, "orders") is None
    assert tags_of(seen, "users") == whole


def test_where_the_listing_is_not_understood_the_table_tells() -> None:
    whole = tagged("orders", **stamp("orders"))
    reader = Asked(
        {"orders": described("orders")},
        get_resources=Answer({"ResourceTagMappingList": [{}]}),
        list_tags_of_resource=listed(whole),
    )

    assert tags_of(observed(tables("orders"), reader), "orders") == whole


def test_where_nobody_understands_what_the_table_tells_the_listing_counts() -> None:
    reader = Asked(
        {"orders": described("orders")},
        {"orders": tagged("orders")},
        list_tags_of_resource=Answer({"Tags": [{}]}),
    )

    assert tags_of(observed(tables("orders"), reader), "orders") == tagged("orders")


# -- keys, endpoints, credentials


def test_keys_under_tables_are_described() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    live = described("orders", SSEDescription={"Status": "ENABLED", "KMSMasterKeyArn": key})
    answer = Answer({"KeyMetadata": {"KeyState": "Disabled"}})

    seen = observed(tables("orders"), Asked({"orders": live}, describe_key=answer))

    assert seen.keys == {key: answer}


@pytest.mark.parametrize(
    ("urls", "category", "foreign"),
    [
        (("dynamodb",), E.UNSUPPORTED, True),
        (("dynamodb",), E.DENIED, False),
        ((), E.UNSUPPORTED, False),
    ],
)
def test_an_endpoint_that_is_not_awss_is_foreign_when_it_lacks_something(
    urls: Sequence[str], category: ErrorCategory, foreign: bool
) -> None:
    reader = Asked(
        {"orders": described("orders")}, urls=urls, describe_time_to_live=failing(category)
    )

    seen = observed(tables("orders", ttl=TtlState(attribute="a")), reader)

    assert seen.foreign is foreign


def test_what_is_observed_by_hand_is_on_aws() -> None:
    assert not Observed(spec(), Scope("shop", "dev", ACCOUNT, "eu-west-1"), "", {}, {}).foreign


def test_credentials_that_end_while_the_account_is_read_stop() -> None:
    wanted = tables("orders", ttl=TtlState(attribute="a"))

    def read(category: ErrorCategory) -> Observed:
        answer = failing(category, code="ExpiredToken")
        return observed(
            wanted, Asked({"orders": described("orders")}, describe_time_to_live=answer)
        )

    assert read(E.DENIED).readings[Address("orders", "ttl")].presence is Presence.UNREADABLE
    with pytest.raises(Stopped) as caught:
        read(E.CREDENTIALS)
    [diagnostic] = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.hint) == ("DP202", RENEW)


# -- the conversation with the kinds


SCOPE = Scope("shop", "dev", ACCOUNT, "eu-west-1")


class Conversing(Kind):
    """A kind whose observation is a function; nothing else of it is used."""

    name = "conversing"

    def __init__(
        self, talk: Callable[[Sequence[Desired]], Observation], apart: bool = False
    ) -> None:
        self._talk = talk
        self.observed_apart = apart  # type: ignore[misc]  # each test's own

    def declare(self, spec: Any, scope: Any) -> Any:
        return ()

    def observe(self, desired: Sequence[Desired], spec: Any, scope: Any) -> Observation:
        return self._talk(desired)

    def operations(self, changes: Any, desired: Any, reading: Any, situation: Any) -> Any:
        return []


@dataclass
class Holding:
    """Implements ``Reader``: answers, in reverse, once so many questions wait."""

    many: int
    waiting: list[tuple[Read, Future[Answer]]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)

    def submit(self, read: Read) -> Future[Answer]:
        future: Future[Answer] = Future()
        self.waiting.append((read, future))
        self.reads.append(read.method)
        if len(self.waiting) == self.many:
            waiting, self.waiting = self.waiting, []
            for asked, each in reversed(waiting):
                each.set_result(Answer({"said": asked.method}))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """Nothing to prepare."""

    def endpoint(self, service: str) -> str:
        return ""


def wanted(*names: str) -> list[Desired]:
    return [Desired(Address(name), "conversing", name, TtlState(attribute=None)) for name in names]


def read_all(reader: Any, *work: tuple[Conversing, Sequence[Desired]]) -> dict[str, Reading]:
    found = _read_all(work, spec(), SCOPE, Questions(reader))
    return {str(address): reading for address, reading in found.items()}


def there(each: Desired, **more: Any) -> Reading:
    return Reading(each.address, Presence.PRESENT, **more)


def reads(*methods: str) -> list[Read]:
    return [Read("dynamodb", method) for method in methods]


def test_answers_come_in_the_order_of_the_questions_and_kinds_do_not_wait_for_one_another() -> None:
    heard: dict[str, list[list[str]]] = {"a": [], "b": []}

    def talk(desired: Sequence[Desired]) -> Observation:
        name = desired[0].name
        for trip in ("first", "second"):
            answers = yield reads(f"{name}_{trip}_x", f"{name}_{trip}_y")
            heard[name].append([answer.value["said"] for answer in answers])
        return [there(each) for each in desired]

    reader = Holding(4)
    kind = Conversing(talk)

    found = read_all(reader, (kind, wanted("a")), (kind, wanted("b")))

    assert set(found) == {"a", "b"}
    assert heard["a"] == [["a_first_x", "a_first_y"], ["a_second_x", "a_second_y"]]
    assert heard["b"] == [["b_first_x", "b_first_y"], ["b_second_x", "b_second_y"]]


def test_a_round_trip_without_questions_is_none() -> None:
    def talk(desired: Sequence[Desired]) -> Observation:
        nothing = yield []
        assert nothing == []
        [answer] = yield reads("one")
        nothing = yield []
        return [there(desired[0], outputs={"said": answer.value["said"]})]

    assert read_all(Holding(1), (Conversing(talk), wanted("a")))["a"].outputs == {"said": "one"}


def test_a_kind_that_asks_nothing_keeps_nobody_waiting() -> None:
    def silent(desired: Sequence[Desired]) -> Observation:
        yield from ()
        return [there(each) for each in desired]

    def talk(desired: Sequence[Desired]) -> Observation:
        yield reads("one")
        return [there(each) for each in desired]

    found = read_all(Holding(1), (Conversing(silent), wanted("a")), (Conversing(talk), wanted("b")))

    assert set(found) == {"a", "b"}


@pytest.mark.parametrize(("apart", "groups"), [(False, [["a", "b"]]), (True, [["a"], ["b"]])])
def test_a_kind_observes_all_together_or_each_apart(apart: bool, groups: list[list[str]]) -> None:
    seen: list[list[str]] = []

    def talk(desired: Sequence[Desired]) -> Observation:
        seen.append([each.name for each in desired])
        yield from ()
        return [there(each) for each in desired]

    read_all(Holding(1), (Conversing(talk, apart), wanted("a", "b")))

    assert seen == groups


LEFT_OVER = Unmanaged(Address("left"), "conversing", "left", "left over")


def odd_at(name: str, *asked: str, defect: Exception | None = None) -> Conversing:
    """A kind that does not understand what is said of one resource."""

    def talk(desired: Sequence[Desired]) -> Observation:
        if asked:
            yield reads(*asked)
        if any(each.name == name for each in desired):
            raise defect or KeyError("Table")
        left = Reading(Address("left"), Presence.PRESENT)
        return [*(there(each, unmanaged=(LEFT_OVER,)) for each in desired), left]

    return Conversing(talk)


def test_an_answer_that_nobody_understands_costs_what_it_is_about_and_nothing_else() -> None:
    found = read_all(Holding(1), (odd_at("b", "one"), wanted("a", "b")))

    assert set(found) == {"a", "b"}
    assert found["a"].presence is Presence.PRESENT
    # Alone, the kind could not know what others declare.
    assert found["a"].unmanaged == ()
    assert found["b"].presence is Presence.UNREADABLE


def test_what_is_understood_together_tells_what_nobody_declared() -> None:
    found = read_all(Holding(1), (odd_at("none", "one"), wanted("a")))

    assert found["a"].unmanaged == (LEFT_OVER,)
    assert set(found) == {"a", "left"}


def problem(*asked: str, defect: Exception | None = None) -> Any:
    reader = Holding(max(1, len(asked)))
    error = read_all(reader, (odd_at("a", *asked, defect=defect), wanted("a")))["a"].problem
    assert error is not None
    return error


def test_the_answers_that_may_be_odd_are_named() -> None:
    one = problem("describe_table")
    several = problem("describe_table", "list_tags", "list_all")

    assert (one.category, one.service, one.method) == (E.UNKNOWN, "dynamodb", "describe_table")
    assert (one.code, one.message) == (
        "UnexpectedAnswer",
        "this answer cannot be understood (KeyError: 'Table')",
    )
    assert several.method == "describe_table"
    assert several.message == (
        "this answer, or one of dynamodb ListTags, dynamodb ListAll, cannot be understood "
        "(KeyError: 'Table')"
    )


def test_a_defect_before_any_question_names_none() -> None:
    error = problem()

    assert (error.service, error.method) == ("", "")


def test_a_long_reason_is_cut_and_stands_on_one_line() -> None:
    error = problem("one", defect=ValueError("x\n" * 300))

    [why] = error.message.removesuffix(")").split("(")[1:]
    assert len(why) == 200
    assert why.startswith("ValueError: x x x")


@pytest.mark.parametrize(
    "odd", [{"outputs": {"arn": 5}}, {"arn": ["arn"]}], ids=["an output", "the ARN"]
)
def test_an_output_that_is_no_text_is_not_understood(odd: dict[str, Any]) -> None:
    def talk(desired: Sequence[Desired]) -> Observation:
        yield reads("one")
        return [there(each, **(odd if each.name == "b" else {})) for each in desired]

    found = read_all(Holding(1), (Conversing(talk), wanted("a", "b")))

    assert found["a"].presence is Presence.PRESENT
    error = found["b"].problem
    assert error is not None
    assert "b has an output that is no text" in error.message


def test_outputs_are_texts_or_nothing() -> None:
    def talk(desired: Sequence[Desired]) -> Observation:
        yield from ()
        return [there(each, outputs={"arn": "arn", "stream": None}) for each in desired]

    assert read_all(Holding(1), (Conversing(talk), wanted("a")))["a"].presence is Presence.PRESENT


def test_what_dynaprov_itself_has_to_say_is_not_taken_for_an_odd_answer() -> None:
    with pytest.raises(DynaprovError):
        read_all(
            Holding(1),
            (odd_at("a", "one", defect=DynaprovError(Diagnostic("DP900", "no"))), wanted("a")),
        )
