"""``drift --env all``: accounts, regions, parts, and one that cannot be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.closed_schemas import problems
from support.program import Finished, PlainMoto, Program, plain_moto

TABLE = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
ROLE = "arn:aws:iam::{account}:role/check"
ENTRY = {
    "environments": ["prod"],
    "accounts": ["111111111111", "222222222222"],
    "regions": ["us-east-1", "eu-west-1"],
    "role": ROLE,
    "external_id": "x1",
    "session_tags": {"team": "platform"},
}
HOME = {"environments": ["dev"]}


class Fleet:
    def __init__(self, moto: PlainMoto, folder: Path) -> None:
        self.moto, self.folder = moto, folder
        self.write(ENTRY, HOME)

    def write(self, *entries: dict[str, Any]) -> None:
        for name, document in {
            "project.yaml": {"project_name": "shop", "region": "us-east-1", "fleet": entries},
            "tables/orders.yaml": TABLE,
            "environments/dev.yaml": {},
            "environments/prod.yaml": {},
        }.items():
            file = self.folder / "specs" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(document))

    def run(self, *words: str, **settings: str) -> Finished:
        program = Program({**self.moto.settings(), **settings})
        return program(*words)

    def drift(self, *words: str, **settings: str) -> Finished:
        specs = str(self.folder / "specs")
        return self.run("drift", "--env", "all", "--specs", specs, *words, **settings)

    def client(self, service: str, account: str = "", region: str = "us-east-1") -> Any:
        def client(name: str, **keys: str) -> Any:
            return boto3.client(  # type: ignore[call-overload]
                name, region_name=region, endpoint_url=self.moto.url, **keys
            )

        own = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
        if not account:
            return client(service, **own)
        given = client("sts", **own).assume_role(
            RoleArn=ROLE.format(account=account), RoleSessionName="test"
        )["Credentials"]
        return client(
            service,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with plain_moto() as moto:
        yield Fleet(moto, tmp_path)


def places(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(c["environment"], c["account"], c["region"]) for c in document["checks"]]


WHOLE = [
    ("dev", "123456789012", "us-east-1"),
    ("prod", "111111111111", "eu-west-1"),
    ("prod", "111111111111", "us-east-1"),
    ("prod", "222222222222", "eu-west-1"),
    ("prod", "222222222222", "us-east-1"),
]


def test_every_account_and_region_is_looked_at_by_its_role(fleet: Fleet) -> None:
    # One is a little different, so that it cannot be taken for another.
    fleet.client("dynamodb", "222222222222", "eu-west-1").create_table(
        TableName="elsewhere",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    finished = fleet.drift("--json")

    document = finished.document
    assert places(document) == WHOLE, finished.err
    assert [check["coverage"]["live"] for check in document["checks"]] == [0, 0, 0, 1, 0]
    assert {check["exit_code"] for check in document["checks"]} == {2}
    assert (document["exit_code"], finished.code) == (2, 2)
    assert problems("fleet-report", document) == []
    assert [problems("drift-report", check) for check in document["checks"]] == [[]] * 5
    assert document["verdicts"]["missing"] == 5
    commands = [check["next"][0]["command"].split(" --specs")[0] for check in document["checks"]]
    assert commands == ["dynaprov diff --env dev", *["dynaprov diff --env prod"] * 4]
    assert fleet.moto.requests.count("AWSSecurityTokenServiceV20110615.AssumeRole") == 0
    # Once for each account, and once by the client above.
    assert sum(each.endswith(".AssumeRole") for each in fleet.moto.requests) == 3


def test_one_that_cannot_be_looked_at_is_not_compared_and_the_others_go_on(fleet: Fleet) -> None:
    wrong = {**ENTRY, "accounts": ["333333333333"], "role": ROLE.format(account="111111111111")}
    fleet.write(wrong, HOME)

    finished = fleet.drift("--json")

    document = finished.document
    assert [check["exit_code"] for check in document["checks"]] == [2, 4, 4]
    assert document["checks"][1]["findings"][0]["verdict"] == "not-compared"
    assert "333333333333" in document["checks"][1]["findings"][0]["detail"]
    assert finished.code == 4
    assert problems("fleet-report", document) == []


def test_parts_are_the_whole_when_they_are_joined(fleet: Fleet, tmp_path: Path) -> None:
    files = []
    for part in ("1/2", "2/2"):
        files.append(tmp_path / f"{part[0]}.json")
        files[-1].write_text(fleet.drift("--shard", part, "--json").out)
    by_job = fleet.drift("--shard", "2", "--json", JOB_COMPLETION_INDEX="1").document

    joined = fleet.run("report", "merge", *map(str, reversed(files)), "--json")
    half = fleet.run("report", "merge", str(files[0]), "--json")
    twice = fleet.run("report", "merge", str(files[0]), str(files[0]))

    first, second = (json.loads(file.read_text()) for file in files)
    assert sorted(places(first) + places(second)) == WHOLE
    assert abs(len(places(first)) - len(places(second))) <= 1
    assert places(by_job) == places(second)
    assert (places(joined.document), joined.code) == (WHOLE, 2)
    assert [problems("fleet-report", each) for each in (first, joined.document)] == [[], []]
    assert half.code == 4
    assert "are in none of the reports" in half.err
    assert (twice.code, "DP527" in twice.err) == (64, True)


def test_a_history_and_one_message_for_all_of_them(fleet: Fleet, tmp_path: Path) -> None:
    topic = fleet.client("sns").create_topic(Name="drift")["TopicArn"]
    words = ("--history", str(tmp_path / "history"), "--sns", topic, "--fail-on", "new")

    first, second = fleet.drift(*words, "--json"), fleet.drift(*words)

    assert (first.code, second.code) == (2, 0), first.err + second.err
    assert sum(each.endswith(".Publish") for each in fleet.moto.requests) == 1
    assert len(list((tmp_path / "history").iterdir())) == 5
    assert "5 of 5 environments" in second.out


def test_without_a_fleet_section_every_environment_is_looked_at_where_it_is(fleet: Fleet) -> None:
    fleet.write()
    project = fleet.folder / "specs" / "project.yaml"
    project.write_text(json.dumps({"project_name": "shop", "region": "us-east-1"}))

    assert places(fleet.drift("--json").document) == [
        ("dev", "123456789012", "us-east-1"),
        ("prod", "123456789012", "us-east-1"),
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--heal",), "DP525"),
        (("--baseline", "me"), "DP525"),
        (("--shard", "3/2"), "DP524"),
        (("--shard", "0/2"), "DP524"),
        (("--shard", "2"), "DP524"),
        (("--shard", "a/b"), "DP524"),
    ],
)
def test_what_makes_no_sense_for_a_fleet_is_refused_before_aws_is_asked(
    fleet: Fleet, words: tuple[str, ...], code: str
) -> None:
    finished = fleet.drift(*words)

    assert (finished.code, code in finished.err) == (64, True)
    assert fleet.moto.requests == []


def test_validate_tells_the_mistakes_of_the_fleet_too(fleet: Fleet) -> None:
    fleet.write({**HOME, "environments": ["moon"]})

    finished = fleet.run("validate", "--specs", str(fleet.folder / "specs"))

    assert finished.code == 65
    assert "moon" in finished.err
