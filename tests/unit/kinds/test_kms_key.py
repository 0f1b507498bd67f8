"""The KMS key: which one it is, what differs, and what is called."""

from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from dynaprov.kinds import policies
from dynaprov.kinds.identity import identity_tags
from dynaprov.kinds.kms_key import KIND, KmsKeySection, KmsKeyState, search
from dynaprov.kinds.kms_key.state import standard_policy
from dynaprov.kinds.table import KIND as TABLE
from dynaprov.kinds.topic import TopicSection, TopicState
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange, Unmanaged
from dynaprov.model.kind import Desired, Presence, Reading, Situation
from dynaprov.model.operation import Looks, Operation
from dynaprov.model.ports import Answer, ErrorCategory, Read
from dynaprov.model.setting import Ref, Severity, settings_of
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.model.spec import Spec, TableSpec
from support.executing import execute, moto_answers
from support.observing import (
    SCOPE,
    Answers,
    desired_at,
    observe,
    refused,
    table_of_answers,
    trips,
    value,
)

KEY = Address("", "kms-key")
ALIAS = "alias/shop-dev"
NOT_FOUND = refused(ErrorCategory.ABSENT, "NotFoundException")
DENIED = refused(ErrorCategory.DENIED, "AccessDeniedException")
FULL = {"policy": "standard", "rotation": True, "rotation_period_days": 180, "description": "d"}


def arn(key: str) -> str:
    return SCOPE.arn("kms", f"key/{key}")


def metadata(key: str, **more: Any) -> dict[str, Any]:
    return {
        "KeyId": key,
        "Arn": arn(key),
        "KeyState": "Enabled",
        "KeyManager": "CUSTOMER",
        "Description": "d",
        "CreationDate": f"2024-01-0{key[-1]}",
        **more,
    }


def identity(address: str = "kms-key") -> dict[str, str]:
    return identity_tags(SCOPE, Address.parse(address))


class Account:
    """A hand-made account: its keys, aliases, tags, and which tables use which key."""

    def __init__(
        self,
        *keys: dict[str, Any],
        listing: tuple[str, ...] = (),
        alias: str = "",
        tags: dict[str, dict[str, str]] | None = None,
        tables: dict[str, str] | None = None,
        grants: tuple[str, ...] = (),
        **answers: Answer,
    ) -> None:
        self.keys = {each["Arn"]: each for each in keys}
        self.listing, self.alias = listing, alias
        self.tags, self.tables, self.grants = tags or {}, tables or {}, grants
        self.answers = answers

    def __call__(self, read: Read) -> Answer:
        if read.method in self.answers:
            return self.answers[read.method]
        answer: Answer = getattr(self, read.method)(**read.params)
        return answer

    def get_resources(self, **_: Any) -> Answer:
        tags = [{"Key": k, "Value": v} for k, v in identity().items()]
        found = [{"ResourceARN": arn(key), "Tags": tags} for key in self.listing]
        other = {"ResourceARN": SCOPE.table_arn("orders"), "Tags": tags}
        return value(ResourceTagMappingList=[*found, other])

    def describe_key(self, **params: str) -> Answer:
        key = params["KeyId"]
        found = self.keys.get(arn(self.alias) if key == ALIAS else key)
        return value(KeyMetadata=found) if found else NOT_FOUND

    def describe_table(self, **params: str) -> Answer:
        name = params["TableName"].removeprefix("shop-dev-")
        if name not in self.tables:
            return refused(ErrorCategory.ABSENT, "ResourceNotFoundException")
        key = self.tables[name]
        return value(Table={"SSEDescription": {"KMSMasterKeyArn": key}} if key else {"T": 1})

    def list_resource_tags(self, **params: str) -> Answer:
        found = self.tags.get(params["KeyId"].rpartition("/")[2], {})
        return value(Tags=[{"TagKey": k, "TagValue": v} for k, v in found.items()])

    def list_keys(self, **_: Any) -> Answer:
        return value(Keys=[{"KeyId": k["KeyId"], "KeyArn": k["Arn"]} for k in self.keys.values()])

    def list_aliases(self, **_: Any) -> Answer:
        return value(Aliases=[{"AliasName": "alias/x", "TargetKeyId": "named0"}, {}])

    def list_grants(self, **params: Any) -> Answer:
        used = params["KeyId"].rpartition("/")[2] in self.grants
        return value(Grants=[{"GrantId": "g"}] if used else [])

    def get_key_policy(self, **_: Any) -> Answer:
        return value(Policy=policies.text(standard_policy(SCOPE)))

    def get_key_rotation_status(self, **_: Any) -> Answer:
        return value(KeyRotationEnabled=True, RotationPeriodInDays=180)


def spec(*tables: str, section: dict[str, Any] | None = None, **more: Any) -> Spec:
    own = TABLE.section.model_validate(
        {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "encryption": "kms-key"}
    )
    return Spec(
        "shop",
        "dev",
        "eu-west-1",
        "123456789012",
        sections={"kms_key": KmsKeySection.model_validate(FULL if section is None else section)},
        tables={name: TableSpec(name, {"": own}) for name in tables},
        **more,
    )


def read(account: Answers, *tables: str, **more: Any) -> Reading:
    return observe(KIND, spec(*tables, **more), account)["kms-key"]


def batches(account: Answers, *tables: str, **more: Any) -> list[list[str]]:
    resolved = spec(*tables, **more)
    _, reads = trips(KIND, list(KIND.declare(resolved, SCOPE)), resolved, SCOPE, account)
    return [[each.method for each in batch] for batch in reads]


def state_of(reading: Reading) -> KmsKeyState:
    assert isinstance(reading.state, KmsKeyState)
    return reading.state


# declaring


def test_without_a_section_there_is_no_key() -> None:
    assert list(KIND.declare(Spec("shop", "dev", "eu-west-1"), SCOPE)) == []
    assert list(KIND.first_reads(Spec("shop", "dev", "eu-west-1"), SCOPE)) == []


def test_an_empty_section_declares_the_key_its_alias_and_that_it_is_enabled() -> None:
    desired = desired_at(KIND, spec(section={}), "kms-key")
    assert desired.name == ALIAS
    assert desired.state.model_fields_set == {"alias", "enabled"}
    assert desired.state == KmsKeyState(alias=ALIAS, enabled=True)


def test_a_declared_alias_wins() -> None:
    assert desired_at(KIND, spec(section={"alias": "alias/own"}), "kms-key").name == "alias/own"


def test_further_statements_declare_the_policy_and_stand_beside_the_standard_ones() -> None:
    statement = {"Sid": "Audit", "Effect": "Allow", "Principal": "*", "Action": "kms:Describe*"}
    origin = Origin(Position("a.yaml", 3), Layer.PROJECT)
    resolved = spec(section={"statements": [statement]}, origins={"kms_key.statements": origin})
    desired = desired_at(KIND, resolved, "kms-key")
    names = {each["Sid"] for each in desired.state.policy["Statement"]}  # type: ignore[attr-defined]
    assert names == {
        "AccountAdministersTheKey",
        "Audit",
        "CloudWatchPublishesAlarms",
        "DynamoDBUsesTheKeyForCallers",
    }
    assert desired.origin("policy") == origin


def test_the_policy_is_made_of_names_alone() -> None:
    text = policies.text(standard_policy(SCOPE))
    assert "arn:aws:iam::123456789012:root" in text
    assert "dynamodb.eu-west-1.amazonaws.com" in text
    assert "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop-dev-*" in text
    assert "key/" not in text


# finding


def test_a_key_in_good_order_takes_two_round_trips_and_four_calls() -> None:
    account = Account(metadata("k1"), listing=("k1",), alias="k1", tables={"orders": arn("k1")})
    assert batches(account, "orders") == [
        ["get_resources", "describe_key"],
        ["get_key_policy", "get_key_rotation_status"],
    ]
    reading = read(account, "orders")
    assert reading.arn == arn("k1")
    assert reading.outputs == {"arn": arn("k1"), "id": "k1"}
    assert reading.facts["found_by"] == "its identity tag"
    assert state_of(reading) == desired_at(KIND, spec("orders"), "kms-key").state
    assert not reading.notes


def test_what_is_not_declared_is_not_read() -> None:
    account = Account(metadata("k1"), listing=("k1",), alias="k1")
    assert batches(account, section={}) == [["get_resources", "describe_key"]]


def test_the_first_reads_need_no_account() -> None:
    first = list(KIND.first_reads(spec(), replace(SCOPE, account="")))
    assert [each.method for each in first] == ["get_resources", "describe_key"]
    observation = KIND.observe(list(KIND.declare(spec(), SCOPE)), spec(), SCOPE)
    assert list(next(observation)) == first


def test_a_missing_alias_leads_to_the_tagged_key_and_to_no_new_one() -> None:
    reading = read(Account(metadata("k1"), listing=("k1",)))
    assert reading.outputs["id"] == "k1"
    assert state_of(reading).alias is None


def test_a_moved_alias_leads_to_the_tagged_key() -> None:
    account = Account(metadata("k1"), metadata("k2"), listing=("k1",), alias="k2")
    reading = read(account)
    assert reading.outputs["id"] == "k1"
    assert state_of(reading).alias is None
    assert reading.facts["alias_points_at"] == "k2"


def test_a_key_that_only_the_lagging_listing_names_is_not_there() -> None:
    account = Account(listing=("k1",))
    assert read(account, "orders").presence is Presence.ABSENT


def test_a_key_too_new_for_the_listing_is_found_by_the_tables_that_use_it() -> None:
    account = Account(
        metadata("k1"), metadata("k2"), alias="k2", tables={"orders": arn("k1"), "users": ""}
    )
    reading = read(account, "orders", "users")
    assert reading.outputs["id"] == "k1"
    assert reading.facts["found_by"] == "the tables that it encrypts"


def test_else_a_key_is_found_by_its_alias() -> None:
    reading = read(Account(metadata("k1"), alias="k1"), "orders")
    assert reading.outputs["id"] == "k1"
    assert reading.facts["found_by"] == "its alias"


def test_an_alias_alone_needs_no_table_to_be_found() -> None:
    assert read(Account(metadata("k1"), alias="k1")).outputs["id"] == "k1"


@pytest.mark.parametrize("echo", ["k1", ALIAS, arn("k1")])
def test_an_echoed_id_or_alias_of_a_table_means_the_key(echo: str) -> None:
    account = Account(metadata("k1"), alias="k1", tables={"orders": echo})
    assert read(account, "orders").facts["found_by"] == "the tables that it encrypts"


def test_an_echoed_alias_without_a_key_means_nothing() -> None:
    assert read(Account(tables={"orders": ALIAS}), "orders").presence is Presence.ABSENT


def test_the_key_of_aws_is_never_taken() -> None:
    account = Account(metadata("k1", KeyManager="AWS"), tables={"orders": arn("k1")})
    assert read(account, "orders").presence is Presence.ABSENT


def test_a_key_of_another_account_is_never_taken() -> None:
    other = "arn:aws:kms:eu-west-1:210987654321:key/k1"
    assert read(Account(tables={"orders": other}), "orders").presence is Presence.ABSENT


def test_a_key_that_belongs_to_another_environment_is_not_taken() -> None:
    tags = identity_tags(replace(SCOPE, environment="prod"), KEY)
    account = Account(metadata("k1"), tables={"orders": arn("k1")}, tags={"k1": tags})
    reading = read(account, "orders")
    assert reading.presence is Presence.ABSENT
    assert reading.notes == ("key k1 belongs to shop/prod/kms-key: not taken",)


def test_tables_that_are_not_to_use_the_key_do_not_count() -> None:
    resolved = spec()
    own = TABLE.section.model_validate({"partition_key": "id", "encryption": "aws-owned"})
    resolved = replace(resolved, tables={"orders": TableSpec("orders", {"": own})})
    account = Account(metadata("k1"), tables={"orders": arn("k1")})
    assert observe(KIND, resolved, account)["kms-key"].presence is Presence.ABSENT


def test_of_two_tagged_keys_the_one_in_use_wins() -> None:
    account = Account(
        metadata("k1"), metadata("k2"), listing=("k1", "k2"), alias="k1", tables={"o": arn("k2")}
    )
    reading = read(account, "o")
    assert reading.outputs["id"] == "k2"
    assert [each.resource for each in reading.unmanaged] == ["k1"]


def test_of_two_unused_keys_the_one_with_the_alias_wins_and_else_the_oldest() -> None:
    account = Account(metadata("k1"), metadata("k2"), listing=("k1", "k2"), alias="k2")
    assert read(account).outputs["id"] == "k2"
    account = Account(metadata("k1"), metadata("k2"), listing=("k1", "k2"))
    assert read(account).outputs["id"] == "k1"


def test_the_key_with_the_alias_is_ours_even_where_the_listing_lags() -> None:
    tags = {"k2": identity()}
    account = Account(metadata("k1"), metadata("k2"), listing=("k1",), alias="k2", tags=tags)
    reading = read(account)
    assert reading.outputs["id"] == "k2"
    assert [str(each.address) for each in reading.unmanaged] == ["kms-key/k1"]


class MadeMeanwhile(Account):
    """The alias is not there when it is asked for first, and later it is."""

    def describe_key(self, **params: str) -> Answer:
        if params["KeyId"] == SCOPE.arn("kms", ALIAS):
            return value(KeyMetadata=self.keys[arn(self.alias)])
        return NOT_FOUND if params["KeyId"] == ALIAS else super().describe_key(**params)


def test_an_unused_key_without_an_alias_gives_way_to_the_one_that_got_it_meanwhile() -> None:
    lost = metadata("k1", KeyState="PendingDeletion")
    tags = {"k1": identity(), "k2": identity()}
    account = MadeMeanwhile(lost, metadata("k2"), listing=("k1",), alias="k2", tags=tags)
    reading = read(account)
    assert reading.outputs["id"] == "k2"
    assert reading.state is not None
    assert reading.state.alias == ALIAS
    assert reading.unmanaged == ()


def test_a_key_that_got_its_alias_meanwhile_has_it() -> None:
    account = MadeMeanwhile(metadata("k1"), listing=("k1",), alias="k1", tags={"k1": identity()})
    reading = read(account)
    assert reading.state is not None
    assert reading.state.alias == ALIAS


def test_an_alias_that_another_s_key_got_meanwhile_is_to_be_moved() -> None:
    account = MadeMeanwhile(metadata("k1"), metadata("k2"), listing=("k1",), alias="k2")
    reading = read(account)
    assert reading.outputs["id"] == "k1"
    assert reading.facts["alias_points_at"] == "k2"


def test_a_key_pending_deletion_loses_against_a_younger_one_and_is_not_reported() -> None:
    gone = metadata("k1", KeyState="PendingDeletion")
    reading = read(Account(gone, metadata("k2"), listing=("k1", "k2"), alias="k2"))
    assert reading.outputs["id"] == "k2"
    assert reading.unmanaged == ()


def test_an_orphan_without_an_alias_is_found_by_its_own_tags() -> None:
    account = Account(metadata("k1"), metadata("k2"), metadata("named0"), tags={"k2": identity()})
    reading = read(account, "orders")
    assert reading.outputs["id"] == "k2"
    assert reading.facts["found_by"] == "its own tags"
    assert batches(account, "orders")[1:3] == [
        ["describe_table", "list_keys", "list_aliases"],
        ["list_resource_tags", "list_resource_tags"],
    ]


def test_the_oldest_of_two_orphans_is_taken_and_the_other_reported() -> None:
    tags = {"k1": identity(), "k2": identity()}
    reading = read(Account(metadata("k1"), metadata("k2"), tags=tags))
    assert reading.outputs["id"] == "k1"
    assert [str(each.address) for each in reading.unmanaged] == ["kms-key/k2"]


def test_an_orphan_that_went_meanwhile_is_absent() -> None:
    account = Account(metadata("k1"), tags={"k1": identity()}, describe_key=NOT_FOUND)
    assert read(account).presence is Presence.ABSENT


def test_an_empty_account_costs_two_round_trips() -> None:
    account = Account()
    assert batches(account, "orders") == [
        ["get_resources", "describe_key"],
        ["describe_table", "list_keys", "list_aliases"],
    ]
    assert read(account, "orders").presence is Presence.ABSENT


def test_foreign_keys_without_an_alias_are_looked_at_up_to_a_limit() -> None:
    keys = [metadata(f"x{number}") for number in range(search.MOST_EXAMINED + 5)]
    account = Account(*keys)
    assert len(batches(account)[2]) == search.MOST_EXAMINED
    [note] = read(account).notes
    assert note.startswith("5 of 205 keys without an alias were not examined")


def test_a_listed_key_that_is_gone_still_leads_to_the_search_by_own_tags() -> None:
    account = Account(metadata("k2"), listing=("k1",), tags={"k2": identity()})
    assert read(account).outputs["id"] == "k2"


@pytest.mark.parametrize("method", ["list_keys", "list_aliases", "describe_key", "describe_table"])
def test_when_the_search_is_denied_no_key_is_said_to_be_absent(method: str) -> None:
    reading = read(Account(**{method: DENIED}), "orders")
    assert reading.presence is Presence.UNREADABLE
    assert reading.problem == DENIED.error


def test_an_endpoint_that_cannot_list_keys_has_none_to_list() -> None:
    reading = read(Account(list_keys=refused(ErrorCategory.UNSUPPORTED)))
    assert reading.presence is Presence.ABSENT


def test_a_tagged_key_that_may_not_be_described_is_unreadable() -> None:
    assert read(Account(listing=("k1",), describe_key=DENIED)).problem == DENIED.error


def test_a_key_of_the_tables_that_may_not_be_described_is_unreadable() -> None:
    account = Account(metadata("k1"), tables={"orders": arn("k1")})

    def answers(asked: Read) -> Answer:
        by_arn = asked.method == "describe_key" and asked.params["KeyId"] == arn("k1")
        return DENIED if by_arn else account(asked)

    assert read(answers, "orders").problem == DENIED.error


def test_an_alias_that_may_not_be_described_is_not_compared() -> None:
    account = Account(metadata("k1"), listing=("k1",))

    def answers(asked: Read) -> Answer:
        by_alias = asked.method == "describe_key" and asked.params["KeyId"] == ALIAS
        return DENIED if by_alias else account(asked)

    assert read(answers).unreadable == {"alias": DENIED.error}


def test_without_the_listing_the_key_is_found_by_its_alias() -> None:
    account = Account(metadata("k1"), alias="k1", get_resources=DENIED)
    assert read(account).outputs["id"] == "k1"


def test_without_the_listing_the_key_with_the_identity_comes_before_one_that_more_tables_use() -> (
    None
):
    account = Account(
        metadata("k1"),
        metadata("k2"),
        alias="k1",
        tags={"k1": identity()},
        tables={"orders": arn("k2"), "users": arn("k2")},
        get_resources=DENIED,
    )
    assert read(account, "orders", "users").outputs["id"] == "k1"


def test_an_alias_on_a_key_whose_tags_may_not_be_listed_is_not_compared() -> None:
    account = Account(
        metadata("k1"),
        metadata("k2"),
        listing=("k1",),
        alias="k2",
        list_resource_tags=DENIED,
    )
    assert read(account).unreadable["alias"] == DENIED.error


# reading


def test_a_denied_policy_is_not_compared() -> None:
    account = Account(metadata("k1"), listing=("k1",), alias="k1", get_key_policy=DENIED)
    assert read(account).unreadable == {"policy": DENIED.error}


def test_a_denied_rotation_is_not_compared_nor_its_period() -> None:
    account = Account(metadata("k1"), listing=("k1",), alias="k1", get_key_rotation_status=DENIED)
    assert set(read(account).unreadable) == {"rotation", "rotation_period_days"}


@pytest.mark.parametrize(
    ("answer", "rotation", "period"),
    [
        (value(KeyRotationEnabled=False, RotationPeriodInDays=365), False, None),
        (value(KeyRotationEnabled=True), True, 365),
        (value(KeyRotationEnabled=True, RotationPeriodInDays=90), True, 90),
    ],
)
def test_the_period_counts_only_while_rotation_is_on(
    answer: Answer, rotation: bool, period: int | None
) -> None:
    account = Account(metadata("k1"), listing=("k1",), alias="k1", get_key_rotation_status=answer)
    state = state_of(read(account))
    assert (state.rotation, state.rotation_period_days) == (rotation, period)


def test_a_key_pending_deletion_under_live_tables_is_left_to_what_is_said_first() -> None:
    key = metadata("k1", KeyState="PendingDeletion", DeletionDate="2024-02-01")
    account = Account(key, listing=("k1",), alias="k1", tables={"orders": arn("k1")})
    reading = read(account, "orders")
    assert not state_of(reading).enabled
    assert reading.facts["pending_deletion"]
    assert reading.facts["deletion_date"] == "2024-02-01"
    assert reading.notes == ()


def test_a_disabled_key_is_said_also_without_tables() -> None:
    account = Account(metadata("k1", KeyState="Disabled"), listing=("k1",), alias="k1")
    assert read(account).notes == ("key k1 is disabled",)


def test_a_rare_state_of_a_key_is_named() -> None:
    account = Account(metadata("k1", KeyState="Unavailable"), listing=("k1",), alias="k1")
    assert read(account).notes == ("key k1 is in state Unavailable",)


# left over


def test_without_a_section_and_without_tagged_keys_nothing_is_read_but_the_listing() -> None:
    empty = Spec("shop", "dev", "eu-west-1")
    readings, reads = trips(KIND, [], empty, SCOPE, Account())
    assert readings == []
    assert len(reads) == 1


def test_a_key_left_over_is_reported_when_no_section_wants_it() -> None:
    resolved = replace(spec("orders"), sections={})
    account = Account(metadata("k1"), listing=("k1",), tables={"orders": ""})
    [reading] = trips(KIND, [], resolved, SCOPE, account)[0]
    assert reading.presence is Presence.ABSENT
    [left] = reading.unmanaged
    assert left.part_of is None
    assert dict(left.facts) == {"arn": arn("k1"), "used": False}


def test_a_key_left_over_that_is_pending_deletion_is_not_reported() -> None:
    account = Account(metadata("k1", KeyState="PendingDeletion"), listing=("k1",))
    assert trips(KIND, [], Spec("shop", "dev", "eu-west-1"), SCOPE, account)[0] == []


def left_over(**more: Any) -> tuple[Unmanaged, Reading]:
    tables = {"orders": arn("k2"), **more.pop("tables", {})}
    account = Account(
        metadata("k1"), metadata("k2"), listing=("k1", "k2"), alias="k2", tables=tables, **more
    )
    reading = read(account, *tables, "more", "evenmore")
    [left] = reading.unmanaged
    return left, reading


def situation(**readings: Reading) -> Situation:
    by_address = {Address("", name): each for name, each in readings.items()}
    return Situation(SCOPE, {}, by_address, {KEY: {"b": "2", "a": "1"}})


def test_an_unused_key_left_over_is_pruned_with_the_longest_window() -> None:
    left, reading = left_over()
    [operation] = KIND.prune(left, reading, situation())
    assert operation.id == "kms-key/k1:delete"
    assert operation.call.params == {"KeyId": "k1", "PendingWindowInDays": 30}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"grants": ("k1",)}, "it has grants"),
        ({"list_grants": DENIED}, "its grants could not be read"),
    ],
)
def test_a_key_left_over_that_may_be_used_is_kept(more: dict[str, Any], why: str) -> None:
    left, reading = left_over(**more)
    assert why in left.detail
    assert KIND.prune(left, reading, situation()) == []


def test_a_key_left_over_that_encrypts_a_table_is_kept() -> None:
    account = Account(
        metadata("k1"),
        metadata("k2"),
        listing=("k1", "k2"),
        tables={"a": arn("k1"), "b": arn("k2"), "c": arn("k2")},
    )
    reading = read(account, "a", "b", "c")
    [left] = reading.unmanaged
    assert "it encrypts shop-dev-a" in left.detail
    assert KIND.prune(left, reading, situation()) == []


def test_a_key_left_over_that_encrypts_the_topic_is_kept() -> None:
    left, reading = left_over()
    topic = Reading(
        Address("", "topic"), Presence.PRESENT, TopicState(encryption=dict(left.facts)["arn"])
    )
    assert KIND.prune(left, reading, situation(topic=topic)) == []


# operations


def change(action: Action, *settings: SettingChange) -> Change:
    return Change(KEY, "kms-key", ALIAS, action, Cause.NEW, Severity.LOW, settings)


def made(
    reading: Reading, action: Action = Action.UPDATE, *paths: str, section: dict[str, Any] | None
) -> list[Operation]:
    desired = desired_at(KIND, spec(section=section), "kms-key")
    changed = [SettingChange(path, None, getattr(desired.state, path)) for path in paths]
    return KIND.operations([change(action, *changed)], desired, reading, situation())


def live(**more: Any) -> Reading:
    facts = {"key_state": "Enabled", "pending_deletion": False, **more}
    return Reading(KEY, Presence.PRESENT, KmsKeyState(), arn("k1"), {"id": "k1"}, facts)


def calls(operations: list[Operation]) -> list[tuple[str, dict[str, Any]]]:
    return [(each.call.method, dict(each.call.params)) for each in operations]


def test_a_new_key_carries_its_tags_and_is_never_sent_twice() -> None:
    create, alias, rotation = made(Reading.absent(KEY), Action.CREATE, section=FULL)
    assert create.id == "kms-key:create"
    assert create.creates
    assert not create.repeatable
    assert create.call.params["Tags"] == [
        {"TagKey": "a", "TagValue": "1"},
        {"TagKey": "b", "TagValue": "2"},
    ]
    assert set(create.covers) == {"enabled", "description", "policy"}
    assert alias.needs == ("kms-key:create",)
    assert rotation.needs == ("kms-key:create", "kms-key:alias")
    target = Ref("kms-key", "id")
    assert calls([alias, rotation]) == [
        ("create_alias", {"AliasName": ALIAS, "TargetKeyId": target}),
        ("enable_key_rotation", {"KeyId": target, "RotationPeriodInDays": 180}),
    ]


def test_a_new_key_sends_nothing_that_is_not_declared() -> None:
    create, alias = made(Reading.absent(KEY), Action.CREATE, section={})
    assert set(create.call.params) == {"Tags"}
    assert alias.call.method == "create_alias"


def test_what_a_new_key_has_anyway_is_stamped_with_its_creation() -> None:
    create, *_ = made(Reading.absent(KEY), Action.CREATE, section={"rotation": False})
    assert "rotation" in create.covers


def test_a_new_key_that_is_to_be_disabled_is_disabled_last() -> None:
    *_, last = made(Reading.absent(KEY), Action.CREATE, section={"enabled": False})
    assert last.call.method == "disable_key"


def test_a_new_key_takes_the_alias_that_points_elsewhere() -> None:
    absent = Reading.absent(KEY, facts={"alias_points_at": "k9"})
    _, alias = made(absent, Action.CREATE, section={})
    assert alias.call.method == "update_alias"
    assert "which points at key k9" in alias.title


def test_an_alias_that_exists_is_never_taken_for_already_so() -> None:
    [alias] = made(live(), Action.UPDATE, "alias", section={})
    assert alias.settled_by == ()
    assert alias.looks is Looks.LOST
    assert alias.concession is not None
    assert (alias.concession.ours, alias.concession.withdraw) == ("k1", None)


def test_what_needs_the_key_waits_for_the_alias_unless_the_key_is_in_use_already() -> None:
    [alias] = made(live(), Action.UPDATE, "alias", section={})
    assert alias.readies
    [alias] = made(live(in_use=True), Action.UPDATE, "alias", section={})
    assert not alias.readies


def test_who_loses_the_alias_takes_back_the_key_that_it_made_unless_something_uses_it() -> None:
    alias = made(Reading.absent(KEY), Action.CREATE, section={})[1]
    concession = alias.concession
    assert concession is not None
    assert concession.withdraw is not None
    assert concession.withdraw.method == "schedule_key_deletion"
    assert concession.withdraw.params == {"KeyId": Ref("kms-key", "id"), "PendingWindowInDays": 7}
    assert concession.unless[0].method == "list_grants"


def test_a_moved_alias_is_put_back() -> None:
    [alias] = made(live(alias_points_at="k9"), Action.UPDATE, "alias", section={})
    assert calls([alias]) == [("update_alias", {"AliasName": ALIAS, "TargetKeyId": "k1"})]
    assert alias.repeatable


def test_a_deletion_is_cancelled_and_the_key_enabled_before_all_else() -> None:
    pending = live(key_state="PendingDeletion", pending_deletion=True)
    operations = made(
        pending,
        Action.UPDATE,
        "enabled",
        "alias",
        "policy",
        "rotation",
        "description",
        section=FULL,
    )
    assert [each.call.method for each in operations] == [
        "cancel_key_deletion",
        "enable_key",
        "update_key_description",
        "put_key_policy",
        "enable_key_rotation",
        "create_alias",
    ]
    assert operations[1].needs == ("kms-key:keep",)
    assert all(each.needs == ("kms-key:keep", "kms-key:enable") for each in operations[2:])


def test_the_operations_of_a_new_key_take_no_lock() -> None:
    assert {each.lock for each in made(Reading.absent(KEY), Action.CREATE, section=FULL)} == {""}


def test_a_disabled_key_is_enabled() -> None:
    disabled = live(key_state="Disabled")
    assert calls(made(disabled, Action.UPDATE, "enabled", section={})) == [
        ("enable_key", {"KeyId": "k1"})
    ]


def test_a_key_is_disabled_after_its_other_changes() -> None:
    section = {"enabled": False, "rotation": False}
    operations = made(live(), Action.UPDATE, "enabled", "rotation", section=section)
    assert [each.call.method for each in operations] == ["disable_key_rotation", "disable_key"]
    assert operations[1].needs == ("kms-key:rotation",)


def test_a_changed_period_is_sent_with_the_rotation() -> None:
    [operation] = made(live(), Action.UPDATE, "rotation_period_days", section=FULL)
    assert calls([operation]) == [
        ("enable_key_rotation", {"KeyId": "k1", "RotationPeriodInDays": 180})
    ]
    assert operation.covers == ("rotation", "rotation_period_days")


def test_the_policy_is_replaced_whole() -> None:
    [operation] = made(live(), Action.UPDATE, "policy", section=FULL)
    params = operation.call.params
    assert params["PolicyName"] == "default"
    assert policies.canonical(params["Policy"]) == policies.canonical(standard_policy(SCOPE))


def test_destroy_schedules_the_deletion_with_the_declared_window() -> None:
    desired = desired_at(KIND, spec(section={"deletion_window_days": 7}), "kms-key")
    [operation] = KIND.destroy(desired, live(), situation())
    assert calls([operation]) == [
        ("schedule_key_deletion", {"KeyId": "k1", "PendingWindowInDays": 7})
    ]
    assert operation.deletes


def test_destroy_does_nothing_where_there_is_nothing_left_to_do() -> None:
    desired = desired_at(KIND, spec(), "kms-key")
    assert KIND.destroy(desired, live(pending_deletion=True), situation()) == []
    assert KIND.destroy(desired, Reading.absent(KEY), situation()) == []


def test_the_deletion_window_is_not_compared() -> None:
    assert not settings_of(KmsKeyState)["deletion_window_days"].compared


def test_every_call_is_among_the_permissions() -> None:
    everything = [
        *made(Reading.absent(KEY), Action.CREATE, section=FULL),
        *made(
            live(key_state="PendingDeletion"), Action.UPDATE, "enabled", "description", section=FULL
        ),
    ]
    assert {each.call.action for each in everything} <= set(KIND.writes)


# rules of the spec


def codes(resolved: Spec) -> list[str]:
    return [problem.code for problem in KIND.check(resolved)]


def test_a_good_section_has_no_problem() -> None:
    assert codes(spec("orders")) == []
    assert codes(Spec("shop", "dev", "eu-west-1")) == []


def test_tables_and_topic_that_need_a_key_are_named_when_none_is_declared() -> None:
    topic = TopicSection.model_validate({"encryption": "kms-key"})
    [problem] = KIND.check(replace(spec("orders"), sections={"topic": topic}))
    assert problem.code == "DP170"
    assert "table `orders`, the topic" in problem.detail


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({"alias": "alias/aws/dynamodb"}, "DP171"),
        ({"rotation_period_days": 90}, "DP172"),
        ({"rotation": False, "rotation_period_days": 90}, "DP172"),
        ({"enabled": False}, "DP173"),
    ],
)
def test_settings_that_do_not_fit_are_found(section: dict[str, Any], code: str) -> None:
    assert codes(spec("orders", section=section)) == [code]


def test_an_unused_key_may_be_disabled() -> None:
    own = TABLE.section.model_validate({"partition_key": "id", "encryption": "aws-owned"})
    resolved = spec(section={"enabled": False})
    assert codes(replace(resolved, tables={"orders": TableSpec("orders", {"": own})})) == []


def test_a_problem_stands_where_the_value_was_written() -> None:
    origin = Origin(Position("a.yaml", 7), Layer.ENVIRONMENT)
    resolved = spec(section={"alias": "alias/aws/x"}, origins={"kms_key.alias": origin})
    [problem] = KIND.check(resolved)
    assert problem.position == Position("a.yaml", 7)


# round trip


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield moto_answers(SCOPE.region)


def moto_situation(desired: Desired) -> Situation:
    return Situation(SCOPE, {KEY: desired}, {}, {KEY: identity()})


def test_a_created_key_reads_back_as_declared_and_is_found_by_its_tags(aws: Answers) -> None:
    section = {"policy": "standard", "rotation": True, "description": "d"}
    desired = desired_at(KIND, spec(section=section), "kms-key")
    absent = observe(KIND, spec(section=section), aws)["kms-key"]
    assert absent.presence is Presence.ABSENT
    operations = KIND.operations([change(Action.CREATE)], desired, absent, moto_situation(desired))
    execute(operations, SCOPE.region)
    reading = observe(KIND, spec(section=section), aws)["kms-key"]
    state = state_of(reading)
    assert reading.facts["found_by"] == "its identity tag"
    assert {name: getattr(state, name) for name in desired.state.model_fields_set} == {
        name: getattr(desired.state, name) for name in desired.state.model_fields_set
    }


def test_a_key_pending_deletion_is_brought_back(aws: Answers) -> None:
    desired = desired_at(KIND, spec(section={}), "kms-key")
    absent = observe(KIND, spec(section={}), aws)["kms-key"]
    where = moto_situation(desired)
    execute(KIND.operations([change(Action.CREATE)], desired, absent, where), SCOPE.region)
    before = observe(KIND, spec(section={}), aws)["kms-key"]
    execute(KIND.destroy(desired, before, where), SCOPE.region)
    pending = observe(KIND, spec(section={}), aws)["kms-key"]
    assert pending.facts["pending_deletion"]
    enabled = change(Action.UPDATE, SettingChange("enabled", False, True))
    execute(KIND.operations([enabled], desired, pending, where), SCOPE.region)
    after = observe(KIND, spec(section={}), aws)["kms-key"]
    assert state_of(after).enabled
    assert after.arn == before.arn


def test_answers_by_method_name_are_enough_for_a_key_in_good_order() -> None:
    answers = table_of_answers(
        {
            "get_resources": Account(listing=("k1",)),
            "describe_key": value(KeyMetadata=metadata("k1")),
        }
    )
    assert observe(KIND, spec(section={}), answers)["kms-key"].presence is Presence.PRESENT
