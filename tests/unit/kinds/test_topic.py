"""The topic: what differs, what is only pending, and what is called."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pydantic import ValidationError

from dynaprov.kinds import policies
from dynaprov.kinds.kms_key import KmsKeySection
from dynaprov.kinds.topic import KIND, Subscription, TopicSection, TopicState
from dynaprov.kinds.topic.state import canonical_filter, standard_policy, subscription_name
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange
from dynaprov.model.diagnostics import Level
from dynaprov.model.kind import Presence, Reading, Situation
from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, ErrorCategory, Read
from dynaprov.model.setting import Ref, Severity
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec
from support.executing import execute, moto_answers
from support.observing import SCOPE, Answers, desired_at, observe, refused, trips, value

TOPIC = Address("", "topic")
ARN = "arn:aws:sns:eu-west-1:123456789012:shop-dev-alarms"
KEY_ARN = SCOPE.arn("kms", "key/k1")
NOT_FOUND = refused(ErrorCategory.ABSENT, "NotFound")
DENIED = refused(ErrorCategory.DENIED, "AuthorizationError")
MAIL = "email:ops@example.com"
QUEUE = "sqs:arn:aws:sqs:eu-west-1:123456789012:q"
FULL = {
    "display_name": "Alarms",
    "encryption": "kms-key",
    "policy": "standard",
    "subscriptions": {MAIL: True, QUEUE: {"raw_message_delivery": True}},
}


class Account:
    """A hand-made topic: its attributes, its subscriptions and theirs, and the aliases."""

    def __init__(
        self,
        *subscriptions: tuple[str, str],
        details: dict[str, dict[str, str]] | None = None,
        answers: dict[str, Answer] | None = None,
        **attributes: str,
    ) -> None:
        self.answers = answers or {}
        self.details = details or {}
        listed = [
            {
                "Protocol": key.partition(":")[0],
                "Endpoint": key.partition(":")[2],
                "SubscriptionArn": arn,
            }
            for key, arn in subscriptions
        ]
        attributes.setdefault("Policy", policies.text(standard_policy(SCOPE)))
        aliases = [
            {"AliasName": "alias/aws/sns"},
            {"AliasName": "alias/shop-dev", "TargetKeyId": "k1"},
        ]
        self.fixed = {
            "get_topic_attributes": value(Attributes=attributes),
            "list_subscriptions_by_topic": value(Subscriptions=listed),
            "list_aliases": value(Aliases=aliases),
        }

    def __call__(self, read: Read) -> Answer:
        if read.method in self.answers:
            return self.answers[read.method]
        if read.method == "get_subscription_attributes":
            return value(Attributes=self.details[read.params["SubscriptionArn"]])
        return self.fixed[read.method]


def spec(section: dict[str, Any] | None = None, **more: Any) -> Spec:
    topic = TopicSection.model_validate(FULL if section is None else section)
    return Spec("shop", "dev", "eu-west-1", "123456789012", sections={"topic": topic}, **more)


def read(account: Answers, section: dict[str, Any]) -> Reading:
    return observe(KIND, spec(section), account)["topic"]


def state_of(reading: Reading) -> TopicState:
    assert isinstance(reading.state, TopicState)
    return reading.state


def batches(account: Answers, section: dict[str, Any]) -> list[list[str]]:
    resolved = spec(section)
    _, reads = trips(KIND, list(KIND.declare(resolved, SCOPE)), resolved, SCOPE, account)
    return [[each.method for each in batch] for batch in reads]


# declaring


def test_without_a_section_there_is_no_topic_and_nothing_is_read() -> None:
    empty = Spec("shop", "dev", "eu-west-1")
    assert list(KIND.declare(empty, SCOPE)) == []
    assert trips(KIND, [], empty, SCOPE, Account()) == ([], [])


def test_an_empty_section_declares_no_setting() -> None:
    desired = desired_at(KIND, spec({}), "topic")
    assert (desired.name, desired.arn) == ("shop-dev-alarms", ARN)
    assert desired.state.model_fields_set == set()
    assert desired.requires == ()


def test_encryption_with_the_own_key_refers_to_it_and_needs_it() -> None:
    desired = desired_at(KIND, spec(), "topic")
    assert desired.state.encryption == Ref("kms-key", "arn")  # type: ignore[attr-defined]
    assert desired.requires == (Address("", "kms-key"),)


def test_the_policy_keeps_the_owners_statement_beside_further_ones() -> None:
    statement = {"Sid": "Team", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}
    origin = Origin(Position("a.yaml", 3), Layer.PROJECT)
    resolved = spec({"statements": [statement]}, origins={"topic.statements": origin})
    desired = desired_at(KIND, resolved, "topic")
    by_name = {each["Sid"]: each for each in desired.state.policy["Statement"]}  # type: ignore[attr-defined]
    assert set(by_name) == {"CloudWatchPublishesAlarms", "Team", "__default_statement_ID"}
    assert by_name["Team"]["Resource"] == [ARN]
    assert desired.origin("policy") == origin


def test_true_and_none_declare_a_subscription_and_its_absence() -> None:
    section = TopicSection.model_validate({"subscriptions": {MAIL: True, QUEUE: "none"}})
    assert section.subscriptions == {MAIL: Subscription(), QUEUE: None}
    [schema] = TopicSection.model_json_schema()["properties"]["subscriptions"][
        "patternProperties"
    ].values()
    assert {"const": True} in schema["anyOf"]


def test_an_unknown_protocol_is_invalid() -> None:
    with pytest.raises(ValidationError):
        TopicSection.model_validate({"subscriptions": {"fax:123": True}})


# reading


def test_a_topic_in_good_order_takes_one_round_trip_and_two_calls() -> None:
    account = Account((MAIL, "arn:s1"), DisplayName="Alarms", KmsMasterKeyId=KEY_ARN)
    section = {**FULL, "subscriptions": {MAIL: True}}
    assert batches(account, section) == [["get_topic_attributes", "list_subscriptions_by_topic"]]
    reading = read(account, section)
    wanted = desired_at(KIND, spec(section), "topic").state
    assert state_of(reading) == wanted.model_copy(update={"encryption": KEY_ARN})
    assert reading.outputs == {"arn": ARN}
    assert reading.unmanaged == reading.notes == ()


def test_settings_of_a_subscription_are_read_only_where_they_are_declared() -> None:
    account = Account(
        (MAIL, "arn:s1"),
        (QUEUE, "arn:s2"),
        details={"arn:s2": {"RawMessageDelivery": "true", "FilterPolicy": '{"a": ["y", "x"]}'}},
    )
    section = {
        "subscriptions": {MAIL: True, QUEUE: {"filter_policy": {"a": ["x", "y"]}}},
    }
    assert batches(account, section)[1:] == [["get_subscription_attributes"]]
    live = state_of(read(account, section)).subscriptions[QUEUE]
    assert live == Subscription(raw_message_delivery=True, filter_policy={"a": ["x", "y"]})
    wanted = desired_at(KIND, spec(section), "topic").state
    assert wanted.subscriptions[QUEUE].filter_policy == live.filter_policy  # type: ignore[attr-defined]


def test_a_missing_topic_is_absent_and_a_denied_one_unreadable() -> None:
    gone = Account(answers={"get_topic_attributes": NOT_FOUND})
    denied = Account(answers={"get_topic_attributes": DENIED})
    assert read(gone, {}).presence is Presence.ABSENT
    assert read(denied, {}).presence is Presence.UNREADABLE


def test_a_pending_confirmation_is_in_sync_with_a_note() -> None:
    section = {"subscriptions": {MAIL: {"filter_policy": {"a": ["x"]}}}}
    account = Account((MAIL, "PendingConfirmation"))
    reading = read(account, section)
    wanted = desired_at(KIND, spec(section), "topic").state
    assert state_of(reading).subscriptions == wanted.subscriptions  # type: ignore[attr-defined]
    assert reading.notes == (
        "subscription email:ops@example.com is pending confirmation by its receiver",
    )


def test_a_pending_subscription_that_is_to_go_is_waited_out() -> None:
    reading = read(Account((MAIL, "PendingConfirmation")), {"subscriptions": {MAIL: "none"}})
    assert state_of(reading).subscriptions == {MAIL: None}


def test_a_subscription_that_is_listed_as_deleted_is_gone() -> None:
    reading = read(Account((MAIL, "Deleted")), {"subscriptions": {MAIL: True}})
    assert state_of(reading).subscriptions == {}


def test_a_subscription_that_went_since_it_was_listed_is_gone() -> None:
    account = Account((QUEUE, "arn:s2"), answers={"get_subscription_attributes": NOT_FOUND})
    reading = read(account, {"subscriptions": {QUEUE: {"raw_message_delivery": True}}})
    assert state_of(reading).subscriptions == {}
    assert not reading.unreadable


@pytest.mark.parametrize("method", ["list_subscriptions_by_topic", "get_subscription_attributes"])
def test_denied_subscriptions_are_not_compared(method: str) -> None:
    account = Account((QUEUE, "arn:s2"), answers={method: DENIED})
    reading = read(account, {"subscriptions": {QUEUE: {"raw_message_delivery": True}}})
    assert reading.unreadable == {"subscriptions": DENIED.error}


def test_live_subscriptions_that_nobody_named_are_unmanaged_parts() -> None:
    secret = "https:https://user:pass@example.com/hook?token=1"
    account = Account((MAIL, "arn:s1"), (secret, "PendingConfirmation"))
    mail, hook = read(account, {}).unmanaged
    assert (str(mail.address), mail.part_of) == ("topic/subscription/email:ops@example.com", TOPIC)
    assert "pending" in hook.detail
    assert "pass" not in repr(hook)
    assert "token" not in repr(hook)


@pytest.mark.parametrize(
    ("live", "declared", "seen"),
    [
        ("", "none", None),
        (KEY_ARN, "kms-key", KEY_ARN),
        ("k1", "kms-key", KEY_ARN),
        ("alias/shop-dev", "kms-key", KEY_ARN),
        ("arn:aws:kms:eu-west-1:123456789012:alias/shop-dev", KEY_ARN, KEY_ARN),
        (KEY_ARN, "alias/shop-dev", "alias/shop-dev"),
        ("alias/shop-dev", "alias/shop-dev", "alias/shop-dev"),
        ("alias/aws/sns", "kms-key", "alias/aws/sns"),
        ("alias/aws/sns", "none", "alias/aws/sns"),
        (SCOPE.arn("kms", "key/k2"), "alias/shop-dev", SCOPE.arn("kms", "key/k2")),
    ],
)
def test_the_key_is_compared_after_its_alias_or_id_was_resolved(
    live: str, declared: str, seen: str | None
) -> None:
    attributes = {"KmsMasterKeyId": live} if live else {}
    assert state_of(read(Account(**attributes), {"encryption": declared})).encryption == seen


def test_aliases_are_read_only_where_a_key_is_named_by_one() -> None:
    assert len(batches(Account(KmsMasterKeyId=KEY_ARN), {"encryption": "kms-key"})) == 1
    assert len(batches(Account(KmsMasterKeyId="alias/x"), {})) == 1
    by_alias = batches(Account(KmsMasterKeyId="alias/x"), {"encryption": "kms-key"})
    assert by_alias[1:] == [["list_aliases"]]


def test_without_the_aliases_the_encryption_is_not_compared() -> None:
    account = Account(KmsMasterKeyId="alias/x", answers={"list_aliases": DENIED})
    assert read(account, {"encryption": "kms-key"}).unreadable == {"encryption": DENIED.error}


def test_aws_own_policy_differs_only_by_the_statement_for_alarms() -> None:
    own = standard_policy(SCOPE)
    own["Statement"] = own["Statement"][:1]
    live = state_of(read(Account(Policy=policies.text(own)), {"policy": "standard"})).policy
    wanted = policies.canonical(standard_policy(SCOPE))
    assert live is not None
    assert live != wanted
    assert [each for each in wanted["Statement"] if each in live["Statement"]] == live["Statement"]


def test_a_filter_counts_only_by_what_it_lets_through() -> None:
    assert canonical_filter({}) is None
    assert canonical_filter({"b": [2, "a"], "a": ["x"]}) == canonical_filter(
        {"a": ["x"], "b": ["a", 2]}
    )
    numeric = {"price": [{"numeric": [">", 0, "<=", 150]}]}
    assert canonical_filter(numeric) == numeric


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("email:ops@example.com", "email:ops@example.com"),
        ("https:https://example.com/a", "https:https://example.com/a"),
        (
            "https:https://u:p@example.com:8/a?t=1",
            "https:https://***@example.com:8/a?***~",
        ),
        (
            "https:https://example.com/hooks/0123456789abcdef0123/x",
            "https:https://example.com/hooks/***/x~",
        ),
    ],
)
def test_a_subscription_is_named_without_the_credentials_of_its_address(
    key: str, shown: str
) -> None:
    assert subscription_name(key).startswith(shown)
    assert subscription_name(key + "2") != subscription_name(key)


# operations


def situation(*readings: Reading) -> Situation:
    by_address = {each.address: each for each in readings}
    return Situation(SCOPE, {}, by_address, {TOPIC: {"b": "2", "a": "1"}})


def live(**subscriptions: str) -> Reading:
    arns = {MAIL: "arn:s1", QUEUE: "arn:s2", **subscriptions}
    return Reading(TOPIC, Presence.PRESENT, TopicState(), ARN, facts={"subscriptions": arns})


def made(
    section: dict[str, Any], *changes: Change, where: Situation | None = None
) -> list[Operation]:
    desired = desired_at(KIND, spec(section), "topic")
    return KIND.operations(changes, desired, live(), where or situation())


def change(action: Action, *paths: str, key: str = "") -> Change:
    address = Address("", "topic", f"subscription/{key}") if key else TOPIC
    settings = tuple(SettingChange(path, None, None) for path in paths)
    return Change(address, "topic", "x", action, Cause.NEW, Severity.LOW, settings)


def sent(operations: Sequence[Operation]) -> list[tuple[Any, ...]]:
    return [(each.call.method, *list(each.call.params.values())[1:3]) for each in operations]


def test_a_new_topic_is_created_with_all_that_is_declared_in_one_call() -> None:
    create, *rest = made(FULL, change(Action.CREATE))
    params = dict(create.call.params)
    attributes = params.pop("Attributes")
    assert params == {
        "Name": "shop-dev-alarms",
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
    }
    assert set(attributes) == {"DisplayName", "Policy", "KmsMasterKeyId"}
    assert attributes["KmsMasterKeyId"] == Ref("kms-key", "arn")
    assert create.creates
    assert create.needs == ("kms-key:create",)
    assert set(create.covers) == {"display_name", "policy", "encryption"}
    assert [each.id for each in rest] == [
        f"topic/subscription/{MAIL}:create",
        f"topic/subscription/{QUEUE}:create",
    ]
    assert all("topic:create" in each.needs for each in rest)


def test_a_new_topic_waits_for_no_key_that_is_there() -> None:
    there = situation(Reading(Address("", "kms-key"), Presence.PRESENT))
    create, *_ = made(FULL, change(Action.CREATE), where=there)
    assert create.needs == ()


def test_without_tags_none_are_sent() -> None:
    bare = replace(situation(), creation_tags={})
    [create] = made({}, change(Action.CREATE), where=bare)
    assert create.call.params == {"Name": "shop-dev-alarms"}


def test_encryption_waits_for_the_key_where_that_is_still_to_be_created() -> None:
    [waiting] = made(FULL, change(Action.UPDATE, "encryption"))
    assert waiting.needs == ("kms-key:create",)
    there = situation(Reading(Address("", "kms-key"), Presence.PRESENT))
    [ready] = made(FULL, change(Action.UPDATE, "encryption"), where=there)
    assert ready.needs == ()


def test_what_a_new_topic_has_anyway_is_stamped_with_its_creation() -> None:
    section = {"encryption": "none", "display_name": "", "subscriptions": {MAIL: "none"}}
    [create] = made(section, change(Action.CREATE))
    assert create.covers == ("display_name", "encryption", f"subscriptions.{MAIL}")


def test_an_empty_value_switches_encryption_off() -> None:
    [operation] = made({"encryption": "none"}, change(Action.UPDATE, "encryption"))
    assert sent([operation]) == [("set_topic_attributes", "KmsMasterKeyId", "")]
    assert "stop encrypting" in operation.title


def test_a_missing_subscription_is_subscribed_with_its_settings() -> None:
    [operation] = made(FULL, change(Action.CREATE, key=QUEUE))
    assert operation.call.params == {
        "TopicArn": ARN,
        "Protocol": "sqs",
        "Endpoint": QUEUE.removeprefix("sqs:"),
        "ReturnSubscriptionArn": True,
        "Attributes": {"RawMessageDelivery": "true"},
    }
    assert operation.needs == ()


def test_a_filter_that_is_none_is_not_sent_with_the_subscription() -> None:
    section = {"subscriptions": {MAIL: {"filter_policy": "none"}}}
    [operation] = made(section, change(Action.CREATE, key=MAIL))
    assert "Attributes" not in operation.call.params


def test_settings_of_a_subscription_are_set_one_by_one() -> None:
    section = {
        "subscriptions": {QUEUE: {"filter_policy": {"a": ["x"]}, "raw_message_delivery": False}}
    }
    paths = ("raw_message_delivery", "filter_policy")
    operations = made(section, change(Action.UPDATE, *paths, key=QUEUE))
    assert sent(operations) == [
        ("set_subscription_attributes", "RawMessageDelivery", "false"),
        ("set_subscription_attributes", "FilterPolicy", '{"a": ["x"]}'),
    ]
    assert operations[0].call.params["SubscriptionArn"] == "arn:s2"


def test_a_filter_is_switched_off_by_an_empty_one() -> None:
    section = {"subscriptions": {QUEUE: {"filter_policy": "none"}}}
    operations = made(section, change(Action.UPDATE, "filter_policy", key=QUEUE))
    assert sent(operations) == [("set_subscription_attributes", "FilterPolicy", "{}")]


def test_a_subscription_declared_none_is_unsubscribed() -> None:
    section = {"subscriptions": {MAIL: "none"}}
    [operation] = made(section, change(Action.DELETE, key=MAIL))
    assert operation.call.params == {"SubscriptionArn": "arn:s1"}
    assert operation.deletes


def test_an_unmanaged_subscription_is_pruned_unless_it_is_pending() -> None:
    account = Account((MAIL, "arn:s1"), (QUEUE, "PendingConfirmation"))
    reading = read(account, {})
    mail, queue = reading.unmanaged
    [operation] = KIND.prune(mail, reading, situation())
    assert operation.call.params == {"SubscriptionArn": "arn:s1"}
    assert operation.lock == "shop-dev-alarms"
    assert KIND.prune(queue, reading, situation()) == []


def test_destroy_deletes_a_topic_that_is_there() -> None:
    desired = desired_at(KIND, spec(), "topic")
    [operation] = KIND.destroy(desired, live(), situation())
    assert operation.call.params == {"TopicArn": ARN}
    assert KIND.destroy(desired, Reading.absent(TOPIC), situation()) == []


def test_every_call_is_among_the_permissions() -> None:
    operations = [
        *made(FULL, change(Action.CREATE)),
        *made(FULL, change(Action.UPDATE, "raw_message_delivery", key=QUEUE)),
        *made(FULL, change(Action.DELETE, key=QUEUE)),
    ]
    assert {each.call.action for each in operations} <= set(KIND.writes)


# rules of the spec


def problems(section: dict[str, Any], **sections: Any) -> list[tuple[str, Level]]:
    resolved = spec(section)
    resolved = replace(resolved, sections={**resolved.sections, **sections})
    return [(each.code, each.level) for each in KIND.check(resolved)]


def test_a_good_section_has_no_problem() -> None:
    key = KmsKeySection.model_validate({"policy": "standard"})
    assert problems(FULL, kms_key=key) == []
    assert problems({**FULL, "subscriptions": {MAIL: "none"}}) == []
    assert list(KIND.check(Spec("shop", "dev", "eu-west-1"))) == []


def test_a_topic_that_alarms_cannot_publish_to_is_warned_of() -> None:
    bare = KmsKeySection.model_validate({})
    assert problems({"encryption": "kms-key"}, kms_key=bare) == [("DP176", Level.WARNING)]
    assert problems({"encryption": "alias/aws/sns"}) == [("DP176", Level.WARNING)]


@pytest.mark.parametrize(
    ("key", "entry", "code"),
    [
        ("https:example.com", True, "DP177"),
        ("http:https://example.com", True, "DP177"),
        ("sqs:queue", True, "DP177"),
        ("email:nobody", True, "DP177"),
        (MAIL, {"raw_message_delivery": True}, "DP178"),
        ("https:https://u:p@example.com", True, "DP179"),
    ],
)
def test_a_subscription_that_does_not_fit_is_found(key: str, entry: Any, code: str) -> None:
    assert [found for found, _ in problems({"subscriptions": {key: entry}})] == [code]


def test_a_problem_stands_where_the_value_was_written() -> None:
    path = "topic.subscriptions.email:nobody"
    origin = Origin(Position("a.yaml", 7), Layer.ENVIRONMENT)
    resolved = spec({"subscriptions": {"email:nobody": True}}, origins={path: origin})
    [problem] = KIND.check(resolved)
    assert problem.position == Position("a.yaml", 7)


# round trip


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield moto_answers(SCOPE.region)


def test_a_created_topic_reads_back_as_declared(aws: Answers) -> None:
    queue = boto3.client("sqs", region_name=SCOPE.region).create_queue(QueueName="q")
    assert queue
    desired = desired_at(KIND, spec(), "topic")
    absent = observe(KIND, spec(), aws)["topic"]
    assert absent.presence is Presence.ABSENT
    operations = KIND.operations([change(Action.CREATE)], desired, absent, situation())
    execute(operations, SCOPE.region, {("kms-key", "arn"): KEY_ARN})
    reading = observe(KIND, spec(), aws)["topic"]
    wanted = desired.state.model_copy(update={"encryption": KEY_ARN})
    state = state_of(reading)
    assert (state.display_name, state.encryption, state.policy) == (
        "Alarms",
        KEY_ARN,
        wanted.policy,  # type: ignore[attr-defined]
    )
    assert set(state.subscriptions) == {MAIL, QUEUE}
    raw = state.subscriptions[QUEUE]
    assert raw is not None
    assert raw.raw_message_delivery


def test_changed_settings_read_back_and_a_deleted_topic_is_absent(aws: Answers) -> None:
    desired = desired_at(KIND, spec(), "topic")
    create = KIND.operations([change(Action.CREATE)], desired, live(), situation())
    execute(create, SCOPE.region, {("kms-key", "arn"): KEY_ARN})
    section = {
        "encryption": "none",
        "subscriptions": {MAIL: "none", QUEUE: {"filter_policy": {"a": ["y", "x"]}}},
    }
    changed = desired_at(KIND, spec(section), "topic")
    reading = observe(KIND, spec(section), aws)["topic"]
    changes = [
        change(Action.UPDATE, "encryption"),
        change(Action.DELETE, key=MAIL),
        change(Action.UPDATE, "filter_policy", key=QUEUE),
    ]
    execute(KIND.operations(changes, changed, reading, situation()), SCOPE.region)
    after = observe(KIND, spec(section), aws)["topic"]
    assert state_of(after).encryption is None
    assert set(state_of(after).subscriptions) == {QUEUE}
    entry = state_of(after).subscriptions[QUEUE]
    assert entry is not None
    assert entry.filter_policy == {"a": ["x", "y"]}
    execute(KIND.destroy(changed, after, situation()), SCOPE.region)
    assert observe(KIND, spec(section), aws)["topic"].presence is Presence.ABSENT
