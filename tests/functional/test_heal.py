"""``dynaprov drift --heal``: what is put right, what never is, and that people hear of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.local import in_process, local_environment
from support.clock import START, VirtualClock
from support.command_line import Finished, Runner
from support.converging import client
from support.deliveries import FakeDeliverer
from support.recording import requests

TABLE = "shop-dev-orders"
DOCUMENTS: dict[str, Any] = {
    "project.yaml": {"project_name": "shop", "region": "us-east-1"},
    "environments/dev.yaml": {
        "topic": {"subscriptions": {"sqs:arn:aws:sqs:us-east-1:123456789012:q": {}}},
        "heal": {
            "classes": ["protection", "pitr", "ttl", "tags", "alarms", "subscriptions"],
            "after_minutes": 60,
            "most": 9,
        },
    },
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "deletion_protection": True,
        "stream": "NEW_IMAGE",
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True, "recovery_period_days": 14},
        "alarms": {"suite": "basic"},
        "tags": {"Team": "shop"},
    },
}


class InProcess(Stages):
    """The real stages on the endpoint in this process, on a clock and a desk of the test."""

    def __init__(self, clock: VirtualClock, desk: FakeDeliverer) -> None:
        super().__init__()
        self.clock = clock  # type: ignore[assignment]
        self.desk = desk

    @contextlib.contextmanager
    def surroundings(self, options: Options, region: str) -> Iterator[str | None]:
        yield None

    def deliverer(self, *args: Any) -> Any:
        return self.desk


class Shop:
    """An applied environment, checked again and again."""

    def __init__(self, dynaprov: Runner, folder: Path) -> None:
        self._dynaprov, self.folder = dynaprov, folder
        self.clock = VirtualClock(START)
        self.desk = FakeDeliverer()
        self.write(DOCUMENTS)
        assert self.run("apply", "--yes").code == 0
        assert self.drift().code == 0

    def write(self, documents: dict[str, Any]) -> None:
        for name, document in documents.items():
            file = self.folder / "specs" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(document))

    def run(self, command: str, *words: str) -> Finished:
        stages = InProcess(self.clock, self.desk)
        folder = str(self.folder / "specs")
        return self._dynaprov(command, "--local", "--specs", folder, *words, stages=stages)

    def drift(self, *words: str) -> Finished:
        return self.run("drift", "--history", str(self.folder / "history"), "--json", *words)

    def healed(self, *words: str, minutes: float = 61) -> tuple[int, dict[str, Any]]:
        """See what is there now, wait, and heal: exit code and document."""
        self.drift()
        self.clock.advance(60 * minutes)
        finished = self.drift("--heal", *words)
        return finished.code, json.loads(finished.out)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dynaprov: Runner) -> Iterator[Shop]:
    for name, value in local_environment().items():
        monkeypatch.setenv(name, value)
    with in_process():
        yield Shop(dynaprov, tmp_path)


def unprotect() -> None:
    client("dynamodb").update_table(TableName=TABLE, DeletionProtectionEnabled=False)


def without_pitr() -> None:
    client("dynamodb").update_continuous_backups(
        TableName=TABLE,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def without_ttl() -> None:
    client("dynamodb").update_time_to_live(
        TableName=TABLE,
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"},
    )


def arn() -> str:
    return str(client("dynamodb").describe_table(TableName=TABLE)["Table"]["TableArn"])


def tag(key: str, value: str) -> None:
    client("dynamodb").tag_resource(ResourceArn=arn(), Tags=[{"Key": key, "Value": value}])


def without_alarm() -> None:
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix=TABLE)["MetricAlarms"]
    client("cloudwatch").delete_alarms(AlarmNames=[alarms[0]["AlarmName"]])


def without_subscription() -> None:
    [found] = client("sns").list_subscriptions()["Subscriptions"]
    client("sns").unsubscribe(SubscriptionArn=found["SubscriptionArn"])


def without_stream() -> None:
    client("dynamodb").update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})


SAFE: list[tuple[Callable[[], None], str]] = [
    (unprotect, "orders#deletion_protection"),
    (without_pitr, "orders/pitr#enabled"),
    (without_ttl, "orders/ttl#attribute"),
    (lambda: tag("Team", "x"), "orders/tags#tags.Team"),
    (without_alarm, "orders/alarm/"),
    (without_subscription, "topic/subscription/"),
]


def test_each_safe_class_is_put_right_and_a_fresh_check_finds_nothing(shop: Shop) -> None:
    for break_it, _ in SAFE:
        break_it()

    code, document = shop.healed()

    assert document["findings"] == []
    healed = [each["id"] for each in document["heal"]["healed"]]
    assert all(any(h.startswith(id) for h in healed) for _, id in SAFE), healed
    assert document["heal"]["failed"] == document["heal"]["left"] == []
    assert code == 2  # it had drifted, and that is not told more quietly
    assert shop.drift().code == 0


def test_what_is_in_no_safe_class_is_neither_touched_nor_passed_over(shop: Shop) -> None:
    unprotect()
    without_stream()

    code, document = shop.healed()

    assert [each["id"] for each in document["findings"]] == ["orders#stream"]
    assert [each["id"] for each in document["heal"]["healed"]] == ["orders#deletion_protection"]
    assert code == 2


def test_only_the_calls_that_put_it_right_are_made(shop: Shop) -> None:
    unprotect()
    without_stream()
    shop.drift()
    shop.clock.advance(7200)
    seen = requests()
    seen.clear()

    shop.drift("--heal")

    assert seen.mutating == ["dynamodb.UpdateTable"]


def test_nothing_is_put_right_before_it_has_stood_its_time(shop: Shop) -> None:
    unprotect()

    code, document = shop.healed(minutes=59)

    assert code == 2
    assert document["heal"]["left"] == [
        {
            "id": "orders#deletion_protection",
            "reason": "it stands for 59 min of the 60 min that it has to",
        }
    ]
    assert document["heal"]["healed"] == []


def test_a_tag_on_the_resource_holds_it(shop: Shop) -> None:
    tag("dynaprov:hold", "Ana is looking at this")
    unprotect()
    without_pitr()

    _, held = shop.healed()
    client("dynamodb").untag_resource(ResourceArn=arn(), TagKeys=["dynaprov:hold"])
    _, freed = shop.healed()

    assert {each["reason"] for each in held["heal"]["left"]} == {
        "orders carries the tag dynaprov:hold"
    }
    assert held["heal"]["healed"] == []
    assert freed["findings"] == []


def test_one_check_puts_no_more_right_than_the_spec_says_and_the_worst_first(shop: Shop) -> None:
    environment = DOCUMENTS["environments/dev.yaml"]
    heal = {**environment["heal"], "most": 1}
    shop.write({"environments/dev.yaml": {**environment, "heal": heal}})
    tag("Team", "x")
    unprotect()

    _, first = shop.healed()
    _, second = shop.healed()

    assert [each["id"] for each in first["heal"]["healed"]] == ["orders#deletion_protection"]
    assert "at most 1" in first["heal"]["left"][0]["reason"]
    assert [each["id"] for each in second["heal"]["healed"]] == ["orders/tags#tags.Team"]


def test_only_drift_is_put_right_and_not_what_was_never_applied(shop: Shop) -> None:
    table = DOCUMENTS["tables/orders.yaml"]
    shop.write({"tables/orders.yaml": {**table, "tags": {"Team": "other"}}})

    _, document = shop.healed()

    assert document["heal"]["healed"] == []
    [left] = document["heal"]["left"]
    assert left["reason"] == "it is pending, and only drift is put right"


def test_what_an_exception_covers_is_left_as_it_is(shop: Shop) -> None:
    exceptions = shop.folder / "specs" / "drift-exceptions.yaml"
    exceptions.write_text(
        "exceptions:\n- {address: orders, reason: test, owner: me, expires: 2999-01-01}\n"
    )
    unprotect()

    code, document = shop.healed()

    assert code == 0
    assert document["heal"] == {"healed": [], "failed": [], "left": [], "journal": ""}
    assert len(document["ignored"]) == 1


def test_people_hear_of_what_was_put_right(shop: Shop) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:drift"
    shop.drift("--sns", topic)
    unprotect()

    shop.healed("--sns", topic)

    [told] = shop.desk.sent("publish")
    assert told["Subject"] == "dynaprov drift: shop dev: 1 put right"
    assert "orders#deletion_protection: critical, had drifted" in told["Message"]


def test_without_a_section_in_the_spec_nothing_is_put_right(shop: Shop) -> None:
    shop.write({"environments/dev.yaml": {}})
    unprotect()

    finished = shop.drift("--heal")

    assert finished.code == 64
    assert "DP523" in finished.err
    assert (
        client("dynamodb").describe_table(TableName=TABLE)["Table"]["DeletionProtectionEnabled"]
        is False
    )


def test_a_check_without_heal_calls_nothing(shop: Shop) -> None:
    for break_it, _ in SAFE:
        break_it()
    shop.drift()
    shop.clock.advance(7200)
    seen = requests()
    seen.clear()

    assert shop.drift().code == 2

    assert seen.mutating == []
