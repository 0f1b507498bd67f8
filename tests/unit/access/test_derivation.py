"""Which permissions a command needs follows from what the spec says."""

from dataclasses import replace
from typing import Any

import pytest

from dynaprov.access.derivation import Grant, Group, Verb, Wish, derive
from dynaprov.access.documents import LONGEST, documents, size
from dynaprov.access.targets import Targets
from dynaprov.access.where import scope_of
from dynaprov.execution import lease
from dynaprov.kinds import KINDS, TAGS
from dynaprov.kinds.alarm.sections import AccountAlarmsSection, AlarmsSection
from dynaprov.kinds.kms_key.state import KmsKeySection
from dynaprov.kinds.pitr import PitrState
from dynaprov.kinds.topic.state import TopicSection
from dynaprov.kinds.ttl import TtlState
from dynaprov.model.kind import Scope
from dynaprov.model.permission import reads
from dynaprov.model.spec import LeasePlace, Spec, TableSpec
from dynaprov.report.iam_policy import TITLES
from dynaprov.watch.heal import CLASSES
from support.iam.evaluation import Check, allowed
from support.specs import spec, table

SCOPE = Scope("shop", "dev", "111111111111", "eu-west-1")
TOPIC = "arn:aws:sns:eu-west-1:111111111111:reports"
ORDERS = "arn:aws:dynamodb:eu-west-1:111111111111:table/shop-dev-orders"


QUEUE = "sqs:arn:aws:sqs:eu-west-1:111111111111:alerts"


def protected(**sections: Any) -> TableSpec:
    """A table that must not be deleted."""
    made = table(**sections)
    whole = made.sections[""]
    assert whole is not None
    document = {**whole.model_dump(exclude_unset=True), "deletion_protection": True}
    return replace(made, sections={**made.sections, "": type(whole).model_validate(document)})


def grants(what: Spec, verb: Verb = Verb.DRIFT, **wished: Any) -> dict[str, Grant]:
    return {each.group: each for each in derive(what, SCOPE, Wish(verb, **wished))}


def actions(grant: Grant | None) -> set[str]:
    return {action for each in (grant.permissions if grant else ()) for action in each.actions}


def document(what: Spec, verb: Verb, **wished: Any) -> dict[str, Any]:
    [made] = documents(derive(what, SCOPE, Wish(verb, **wished)))
    return made


def test_a_spec_that_uses_little_needs_little() -> None:
    bare = grants(spec(table()), Verb.APPLY)

    assert actions(bare[Group.CHANGE]) == {
        "dynamodb:CreateTable",
        "dynamodb:TagResource",
        "dynamodb:UpdateTable",
    }
    assert not any(each.startswith(("sns:", "ec2:")) for each in actions(bare[Group.OBSERVE]))


def test_looking_delivering_finding_out_and_healing_are_statements_of_their_own() -> None:
    healed = spec(table(pitr=PitrState(), ttl=TtlState(attribute="expires")))
    targets = Targets((TOPIC,), "Drift", "s3://reports/shop")
    made = grants(healed, heal=True, who=True, targets=targets)

    assert list(made) == [Group.OBSERVE, Group.ATTRIBUTE, Group.DELIVER, Group.HEAL]
    assert all(reads(action) for action in actions(made[Group.OBSERVE]))
    assert actions(made[Group.ATTRIBUTE]) == {"cloudtrail:LookupEvents"}
    assert actions(made[Group.DELIVER]) == {
        "cloudwatch:PutMetricData",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sns:Publish",
    }
    assert actions(made[Group.HEAL]) == {
        "dynamodb:TagResource",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTimeToLive",
    }


def test_a_drift_that_only_prints_needs_what_a_diff_needs_and_the_list_of_tables() -> None:
    one = spec(table(pitr=PitrState()), topic=TopicSection())

    drift, diff = grants(one), grants(one, Verb.DIFF)

    assert list(drift) == list(diff) == [Group.OBSERVE]
    assert actions(drift[Group.OBSERVE]) - actions(diff[Group.OBSERVE]) == {"dynamodb:ListTables"}


#: A spec in which one class of a heal has something to put right, and the rights that this needs
#: beside those for the tags of its table.
HEALED = {
    "protection": (spec(protected()), {"dynamodb:UpdateTable"}),
    "pitr": (spec(table(pitr=PitrState())), {"dynamodb:UpdateContinuousBackups"}),
    "ttl": (spec(table(ttl=TtlState(attribute="expires"))), {"dynamodb:UpdateTimeToLive"}),
    "tags": (spec(table()), set[str]()),
    "alarms": (
        spec(table(alarms=AlarmsSection(suite="basic"))),
        {"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"},
    ),
    "topic": (spec(table(), topic=TopicSection()), {"sns:CreateTopic", "sns:TagResource"}),
    "subscriptions": (
        spec(table(), topic=TopicSection(subscriptions={QUEUE: True})),
        {"sns:CreateTopic", "sns:Subscribe", "sns:TagResource"},
    ),
}


@pytest.mark.parametrize("name", sorted({*CLASSES, *HEALED}))
def test_a_heal_has_the_rights_of_each_class_that_is_put_right(name: str) -> None:
    what, needed = HEALED[name]

    assert name in CLASSES
    assert actions(grants(what, heal=True)[Group.HEAL]) == needed | {"dynamodb:TagResource"}


def test_no_kind_gives_a_heal_more_than_its_classes_put_right() -> None:
    whole = spec(
        protected(
            pitr=PitrState(), ttl=TtlState(attribute="expires"), alarms=AlarmsSection(suite="full")
        ),
        topic=TopicSection(subscriptions={QUEUE: True}),
        kms_key=KmsKeySection(),
        account_alarms=AccountAlarmsSection.model_validate({"user_errors": {}}),
    )
    every = {action for _, needed in HEALED.values() for action in needed}

    beyond = actions(grants(whole, heal=True)[Group.HEAL]) - every

    assert beyond == {"dynamodb:TagResource", "kms:TagResource"}


def test_a_heal_switches_nothing_off() -> None:
    off = spec(table(pitr=PitrState(enabled=False), ttl=None))

    assert actions(grants(off, heal=True).get(Group.HEAL)) == {"dynamodb:TagResource"}
    assert {"dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTimeToLive"} <= actions(
        grants(off, Verb.APPLY)[Group.CHANGE]
    )


@pytest.mark.parametrize(
    ("targets", "yes", "no"),
    [
        (Targets(topics=(TOPIC,)), Check("sns:Publish", TOPIC), Check("sns:Publish", f"{TOPIC}-2")),
        (
            Targets(namespace="Drift"),
            Check("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Drift"}),
            Check("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/DynamoDB"}),
        ),
        (
            Targets(history="s3://reports"),
            Check("s3:PutObject", "arn:aws:s3:::reports/any.json"),
            Check("s3:PutObject", "arn:aws:s3:::others/any.json"),
        ),
        (
            Targets(history="s3://reports/shop/"),
            Check("s3:GetObject", "arn:aws:s3:::reports/shop/dev.json"),
            Check("s3:GetObject", "arn:aws:s3:::reports/other.json"),
        ),
        (
            Targets(history="s3://reports/shop"),
            Check("s3:ListBucket", "arn:aws:s3:::reports", {"s3:prefix": "shop/a.json"}),
            Check("s3:ListBucket", "arn:aws:s3:::reports", {"s3:prefix": ""}),
        ),
        (
            Targets(history="ssm:/drift/shop"),
            Check("ssm:PutParameter", "arn:aws:ssm:eu-west-1:111111111111:parameter/drift/shop/x"),
            Check("ssm:PutParameter", "arn:aws:ssm:eu-west-1:111111111111:parameter/drift/other"),
        ),
    ],
    ids=["topic", "namespace", "bucket", "prefix", "listing", "parameter"],
)
def test_a_delivery_is_allowed_to_its_target_alone(targets: Targets, yes: Check, no: Check) -> None:
    made = document(spec(table()), Verb.DRIFT, targets=targets)

    assert allowed(yes, [made])
    assert not allowed(no, [made])


def test_who_publishes_to_the_encrypted_topic_of_the_environment_uses_its_key() -> None:
    own = "arn:aws:sns:eu-west-1:111111111111:shop-dev-alarms"
    encrypted = spec(table(), topic=TopicSection(encryption="kms-key"), kms_key=KmsKeySection())

    made = actions(grants(encrypted, targets=Targets(topics=(own,)))[Group.DELIVER])

    assert made == {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey*"}
    assert actions(grants(encrypted, targets=Targets(topics=(TOPIC,)))[Group.DELIVER]) == {
        "sns:Publish"
    }


@pytest.mark.parametrize("history", ["s3://", "s3:///x", "ssm:", "ssm:/"])
def test_a_history_that_is_no_place_is_refused(history: str) -> None:
    with pytest.raises(ValueError, match="names no"):
        grants(spec(table()), targets=Targets(history=history))


def test_a_history_in_a_folder_needs_nothing() -> None:
    assert Group.DELIVER not in grants(spec(table()), targets=Targets(history="reports"))


def test_the_lease_is_a_statement_on_its_table_alone() -> None:
    leased = replace(spec(table(), table("events")), lease=LeasePlace("orders", "id", 120))

    [items] = grants(leased, Verb.APPLY, lease=True)[Group.LEASE].permissions

    assert set(items.actions) == {*lease.READS, *lease.WRITES}
    assert items.resources == (ORDERS,)


def test_a_diff_with_prune_only_looks() -> None:
    made = grants(spec(table(), kms_key=KmsKeySection()), Verb.DIFF, prune=True)

    assert list(made) == [Group.OBSERVE]
    assert "dynamodb:ListBackups" in actions(made[Group.OBSERVE])


def test_every_group_has_its_words() -> None:
    assert set(TITLES) == set(Group)


def test_without_the_last_group_a_policy_still_serves_the_others() -> None:
    """What a change needs of the key does not go with the lease."""
    place = LeasePlace("orders", "id", 120)
    base = spec(table(encryption="kms-key"), kms_key=KmsKeySection())
    leased = grants(replace(base, lease=place), Verb.APPLY, lease=True)

    assert list(leased)[-1] is Group.LEASE
    assert "kms:CreateGrant" in actions(leased[Group.CHANGE])
    assert actions(leased[Group.LEASE]) == {*lease.READS, *lease.WRITES}


def test_nothing_is_said_twice() -> None:
    """What the observation allows is not repeated; nor is a part of what is allowed as a whole."""
    full = spec(table(encryption="kms-key"), table("events"), kms_key=KmsKeySection(rotation=True))
    seen: list[tuple[str, str, str]] = []
    for grant in derive(full, SCOPE, Wish(Verb.APPLY, prune=True)):
        for each in grant.permissions:
            seen += [(a, r, str(each.conditions)) for a in each.actions for r in each.resources]

    assert len(seen) == len(set(seen))
    whole = {(action, arn) for action, arn, conditions in seen if conditions == "{}"}
    assert ("dynamodb:DescribeTable", ORDERS) not in whole


def test_every_action_is_one_that_its_kind_declares() -> None:
    everything = spec(
        table(encryption="kms-key", pitr=PitrState()),
        kms_key=KmsKeySection(rotation=True),
        topic=TopicSection(),
    )
    for kind in (*KINDS, TAGS):
        stated = {a for each in kind.permissions(everything, SCOPE) for a in each.actions}
        assert stated <= {*kind.reads, *kind.writes, *kind.behind}, kind.name


def test_a_long_policy_is_several_documents_that_each_fit() -> None:
    many = spec(*(table(f"a-table-with-a-long-name-{number:03}") for number in range(200)))
    made = documents(derive(many, SCOPE, Wish(Verb.APPLY)))
    statements = [each for document in made for each in document["Statement"]]

    assert len(made) > 1
    assert all(size(each) <= LONGEST for each in made)
    assert len({each["Sid"] for each in statements}) == len(statements)
    check = Check("dynamodb:CreateTable", f"{ORDERS[:-6]}a-table-with-a-long-name-199")
    assert allowed(check, made)


def test_the_size_is_that_without_white_space() -> None:
    assert size({"a": ["b c"]}) == len('{"a":["bc"]}')


def test_named_by_prefix_a_policy_does_not_grow_with_the_tables() -> None:
    many = spec(*(table(f"table-{number:03}", pitr=PitrState()) for number in range(200)))

    [made] = documents(derive(many, SCOPE, Wish(Verb.APPLY, by_prefix=True)))

    assert allowed(Check("dynamodb:CreateTable", f"{ORDERS}-new"), [made])
    assert not allowed(Check("dynamodb:CreateTable", ORDERS.replace("dev", "prod")), [made])


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_arns_are_of_the_partition_of_the_region(region: str, partition: str) -> None:
    where = scope_of(spec(table()), region=region, account="111111111111")

    assert where.table_arn("orders").startswith(f"arn:{partition}:dynamodb:{region}:111111111111:")


def test_without_an_account_the_policy_names_any() -> None:
    assert scope_of(spec(table())).account == "*"
