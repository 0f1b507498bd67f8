"""From a plan to who made its differences and whose commits declare them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.change import Action, Cause, Change, SettingChange, Unmanaged
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Identity, Plan
from dynaprov.model.ports import Call
from dynaprov.model.setting import Severity
from dynaprov.model.source import Layer, Origin, Position
from dynaprov.watch.questions import scope_of
from dynaprov.watch.who import commits, questions_of, who
from support.trail import ACCOUNT, ANA, BEN, NOW, REGION, History, record

IDENTITY = Identity("shop", "dev", ACCOUNT, REGION, f"arn:aws:iam::{ACCOUNT}:user/drift")
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:shop-dev-alarms"


def change(
    address: str,
    kind: str,
    *settings: SettingChange,
    resource: str = "shop-dev-orders",
    action: Action = Action.UPDATE,
    cause: Cause = Cause.DRIFT,
    severity: Severity = Severity.MEDIUM,
    origin: Origin | None = None,
) -> Change:
    where = Address.parse(address)
    return Change(where, kind, resource, action, cause, severity, settings, origin)


def setting(path: str, before: Any, after: Any, **more: Any) -> SettingChange:
    return SettingChange(path, before, after, **{"cause": Cause.DRIFT, **more})


def plan(*changes: Change, **more: Any) -> Plan:
    return Plan(IDENTITY, changes, **more)


def asked(of: Plan) -> list[tuple[str, str]]:
    return [(str(each.address), each.path) for each in questions_of(of)]


def test_the_worst_difference_is_asked_for_first_and_what_is_pending_not_at_all() -> None:
    differing = plan(
        change("orders", "table", setting("class", "A", "B"), severity=Severity.LOW),
        change(
            "orders/pitr",
            "pitr",
            setting("enabled", False, True),
            setting("recovery_period_days", 7, 35, cause=Cause.PENDING),
            severity=Severity.CRITICAL,
        ),
        change("users", "table", setting("class", None, "A"), action=Action.CREATE),
    )

    assert asked(differing) == [("orders/pitr", "enabled"), ("users", ""), ("orders", "class")]


def test_parts_that_no_spec_names_are_asked_for_and_whole_resources_are_not() -> None:
    def unmanaged(address: str, kind: str, part_of: str = "", **facts: str) -> Unmanaged:
        of = Address.parse(part_of) if part_of else None
        return Unmanaged(Address.parse(address), kind, "x", "", of, tuple(facts.items()))

    parts = plan(
        unmanaged=(
            unmanaged("orders/index/ByKind", "table", "orders"),
            unmanaged("orders/scaling/read/steps", "scaling", "orders/scaling/read"),
            unmanaged(
                "vpc-endpoint/route-table/rtb-1",
                "vpc-endpoint",
                "vpc-endpoint",
                id="vpce-1",
                route_table="rtb-1",
            ),
            unmanaged("alarm/foreign", "alarm"),
        )
    )

    index, policy, route = questions_of(parts)

    assert [each.name for each in index.rows][:1] == ["UpdateTable"]
    assert (policy.kind, [each.name for each in policy.rows]) == (
        "scaling-policy",
        ["PutScalingPolicy"],
    )
    assert policy.words["dimension"] == "dynamodb:table:ReadCapacityUnits"
    assert (route.names, {each.name for each in route.rows}) == (("vpce-1",), {"ModifyVpcEndpoint"})


def test_who_is_told_by_place() -> None:
    off = {"tableName": "shop-dev-orders", "deletionProtectionEnabled": False}
    history = History([record("dynamodb", "UpdateTable", off)])
    differing = plan(change("orders", "table", setting("deletion_protection", False, True)))

    found = who(differing, history.reader(), NOW)

    [(place, attribution)] = found.items()
    assert place == (Address("orders"), "deletion_protection")
    assert attribution.proven


def test_what_earlier_checks_know_narrows_the_search() -> None:
    clean = NOW - timedelta(hours=6)
    history = History([])
    differing = plan(change("orders", "table", setting("deletion_protection", False, True)))

    who(differing, history.reader(), NOW, seen=lambda *_: (clean, None))

    assert {each["StartTime"] for each in history.asked} == {clean - timedelta(minutes=5)}


def test_ids_come_from_the_calls_that_would_put_it_right() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"
    enable = Operation(
        "kms-key:enable",
        Address("", "kms-key"),
        "kms-key",
        "",
        Call("kms", "enable_key", {"KeyId": key}),
    )
    history = History([record("kms", "DisableKey", {"keyId": "1234abcd"})], unlisted=True)
    differing = plan(
        change("kms-key", "kms-key", setting("enabled", False, True), resource="alias/shop-dev"),
        operations=(enable,),
    )

    [found] = who(differing, history.reader(), NOW).values()

    assert found.proven


def test_one_subscription_is_told_from_another() -> None:
    def raw(subscription: str, by: Any) -> dict[str, Any]:
        about = {"subscriptionArn": f"{TOPIC}:{subscription}"}
        return record(
            "sns",
            "SetSubscriptionAttributes",
            {**about, "attributeName": "RawMessageDelivery", "attributeValue": "false"},
            by=by,
        )

    address = Address.parse("topic/subscription/sqs:arn:aws:sqs:eu-west-1:1:a")
    call = Call("sns", "set_subscription_attributes", {"SubscriptionArn": f"{TOPIC}:mine"})
    history = History([raw("other", BEN), raw("mine", ANA)])
    differing = plan(
        change(
            str(address),
            "topic",
            setting("raw_message_delivery", False, True),
            resource="shop-dev-alarms",
        ),
        operations=(Operation("s", address, "topic", "", call),),
    )

    [found] = who(differing, history.reader(), NOW).values()

    assert found.call is not None
    assert (found.call.principal.person, found.proven) == ("Ana", True)


def test_the_partition_is_that_of_the_caller() -> None:
    china = Identity("shop", "dev", ACCOUNT, "cn-north-1", f"arn:aws-cn:iam::{ACCOUNT}:root")

    assert scope_of(china).table_arn("x").startswith("arn:aws-cn:dynamodb:cn-north-1")
    assert scope_of(Identity("shop", "dev", ACCOUNT, REGION)).partition == "aws"


def test_commits_are_told_by_place_from_where_each_setting_is_written(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text("a: 1\nb: 2\n")
    written, whole = (Origin(Position(str(file), line), Layer.TABLE) for line in (2, 1))
    differing = plan(
        change("orders", "table", setting("class", 1, 2, origin=written), origin=whole),
        change("orders/ttl", "ttl", setting("attribute", 1, 2), origin=whole),
        change("users", "table", setting("class", 1, 2), action=Action.CREATE, origin=whole),
        change("topic", "topic", setting("policy", 1, 2)),
    )
    commands = []

    def run(command: Any, environment: Any) -> tuple[int, str, str]:
        commands.append(command)
        return 128, "", "fatal: not a git repository"

    found = commits(differing, run)

    assert {(str(at), path): each.position.line for (at, path), each in found.items()} == {
        ("orders", "class"): 2,
        ("orders/ttl", "attribute"): 1,
        ("users", ""): 1,
    }
    assert len(commands) == 1
