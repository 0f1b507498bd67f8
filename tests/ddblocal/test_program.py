"""The program and the shipped specs of dev, with DynamoDB Local for some or all of AWS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from dynaprov.local import down, up
from support.ddblocal_ground import Ground
from support.program import Finished, PlainMoto, Program, watched

TABLES = ("audit-trail", "log-metadata", "system-config", "user-sessions")
DEV = ("--env", "dev", "--pacing", "off")


@pytest.fixture
def embedded() -> Iterator[str]:
    """The URL of an embedded endpoint."""
    yield up().url
    down()


@pytest.fixture
def before(local: Ground) -> Iterator[PlainMoto]:
    """Stands before DynamoDB Local and counts."""
    with watched(local.url) as served:
        yield served


def ends(run: Finished) -> set[str]:
    """How operations ended; only what it lacks is skipped."""
    outcomes = run.document["outcomes"]
    skipped = {each["operation"] for each in outcomes if each["status"] == "skipped"}
    assert skipped == {f"{table}/pitr:enable" for table in TABLES}
    return {each["status"] for each in outcomes}


def kinds_of(rows: list[dict[str, Any]]) -> set[str]:
    """What was not compared, by the last known word of each address."""
    return {each["address"].partition("/")[2].partition("/")[0] or each["address"] for each in rows}


@pytest.mark.parametrize("way", ["option", "variable"])
def test_dev_is_made_on_it_alone_and_what_it_lacks_is_not_compared(
    local: Ground, before: PlainMoto, way: str
) -> None:
    settings = local.settings()
    option: tuple[str, ...] = ("--endpoint-url", before.url)
    if way == "variable":
        settings["AWS_ENDPOINT_URL"] = before.url
        option = ()
    dynaprov = Program(settings)

    first = dynaprov("apply", *DEV, *option, "--yes", "--json")

    assert first.code == 4, first.err
    assert ends(first) == {"succeeded", "settled", "skipped"}
    assert first.document["residual"] == []
    left = first.document["residual_not_compared"]
    assert {each["error"]["category"] for each in left} == {"unsupported"}
    assert kinds_of(left) == {"kms-key", "topic", "alarm", "pitr", "tags", *TABLES}
    assert len(local.client.list_tables()["TableNames"]) == len(TABLES)

    before.requests.clear()
    second = dynaprov("apply", *DEV, *option, "--yes", "--json")
    assert second.code == 4
    assert second.document["changes"] == []
    assert second.document["operations"] == []
    assert before.requests.mutating == []


def test_what_it_lacks_is_asked_once_and_not_hammered(local: Ground, before: PlainMoto) -> None:
    dynaprov = Program(local.settings())

    compared = dynaprov("diff", *DEV, "--endpoint-url", before.url)

    assert compared.code == 4
    counted = Counter(name.rpartition(".")[2] for name in before.requests)
    per_table = {"DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups"}
    assert {name: n for name, n in counted.items() if n > 1 and name not in per_table} == {}
    assert all(counted[name] <= len(TABLES) for name in per_table)


def test_what_it_lacks_is_named_to_a_person(local: Ground) -> None:
    compared = Program(local.settings())("diff", *DEV, "--endpoint-url", local.url)

    for name in ("kms", "sns", "cloudwatch"):
        assert f"the endpoint lacks {name}" in compared.out
    assert compared.err == ""


def test_dev_is_destroyed_there_again(local: Ground) -> None:
    dynaprov = Program(local.settings())
    there = (*DEV, "--endpoint-url", local.url)
    assert dynaprov("apply", *there, "--yes").code == 4

    gone = dynaprov(
        "destroy", *there, "--confirm", "streaming-logs-dev", "--allow", "delete", "--json"
    )

    assert [each["status"] for each in gone.document["outcomes"]] == ["succeeded"] * len(TABLES)
    assert local.client.list_tables()["TableNames"] == []


def test_tables_on_it_and_all_else_on_the_embedded_endpoint(local: Ground, embedded: str) -> None:
    mixed = {"AWS_ENDPOINT_URL": embedded, "AWS_ENDPOINT_URL_DYNAMODB": local.url}
    dynaprov = Program({**local.settings(), **mixed})

    first = dynaprov("apply", *DEV, "--yes", "--json")
    second = dynaprov("apply", *DEV, "--yes", "--json")

    assert first.code == 4, first.err
    assert ends(first) == {"succeeded", "settled", "skipped"}
    assert first.document["residual"] == []
    left = first.document["residual_not_compared"]
    assert kinds_of(left) == {"pitr", "tags", *TABLES}
    assert {each["path"] for each in left if each["address"] in TABLES} == {"encryption"}
    assert second.document["operations"] == []
    assert len(local.client.list_tables()["TableNames"]) == len(TABLES)
