"""How much there may be."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from support.clock import VirtualClock
from support.converging import world, written
from support.rules import Layer
from support.rules.clients import (
    PROVISIONED,
    TABLE,
    Aws,
    Orders,
    an_index,
    create,
    refusal,
    units,
    update,
)
from support.rules.dynamodb.quotas import Quotas


def quotas_of(layer: Layer) -> Quotas:
    return layer.world.kept(Quotas, LOCAL_ACCOUNT, LOCAL_REGION)


def a_table(name: str, **more: object) -> dict[str, object]:
    return {**TABLE, "TableName": name, **more}


def test_the_quotas_are_those_of_the_guide() -> None:
    assert asdict(Quotas()) == {
        "tables": 2500,
        "in_the_making": 500,
        "with_indexes_in_the_making": 250,
        "table_units": 40_000,
        "account_units": 80_000,
    }


def test_a_table_has_as_much_capacity_as_its_quota_and_no_more(orders: Orders) -> None:
    orders.made(an_index(capacity=5), **PROVISIONED)
    assert orders.refusal(ProvisionedThroughput=units(40_000)) == ""
    orders.clock.advance(60)
    too_much = orders.refusal(ProvisionedThroughput=units(40_001, 40_000))
    assert too_much.startswith(
        "LimitExceededException: The requested ReadCapacityUnits, 40001, is above the per table "
        f"maximum for the account in {LOCAL_REGION}. Per table maximum: 40000."
    )
    of_index = orders.refusal(**update(ProvisionedThroughput=units(5, 40_001)))
    assert "WriteCapacityUnits, for index ByStatus, 40001, is above the per index" in of_index


def test_a_new_table_is_held_to_its_quota(ddb: Aws) -> None:
    huge = a_table("orders", BillingMode="PROVISIONED", ProvisionedThroughput=units(40_001))
    assert refusal(ddb.create_table, **huge)[0] == "LimitExceededException"


def test_all_tables_together_have_the_capacity_of_the_account(ddb: Aws, orders: Orders) -> None:
    orders.made(
        an_index(capacity=20_000), **{**PROVISIONED, "ProvisionedThroughput": units(40_000)}
    )
    second = a_table("second", BillingMode="PROVISIONED", ProvisionedThroughput=units(20_001))
    code, text = refusal(ddb.create_table, **second)
    assert code == "LimitExceededException"
    assert "reserved by the account: 60000. Limit: 80000. Requested: 20001" in text
    second["ProvisionedThroughput"] = units(20_000)
    assert refusal(ddb.create_table, **second) == ("", "")
    # What lowers something is never too much.
    assert orders.refusal(ProvisionedThroughput=units(39_000)) == ""


def test_an_account_has_so_many_tables_in_a_region(ddb: Aws, layer: Layer) -> None:
    quotas_of(layer).tables = 2
    for name in ("one", "two"):
        assert refusal(ddb.create_table, **a_table(name)) == ("", "")
    code, text = refusal(ddb.create_table, **a_table("three"))
    assert (code, text) == (
        "LimitExceededException",
        "Subscriber limit exceeded: There is a limit of 2 tables per subscriber",
    )


def test_a_table_that_goes_counts_until_it_is_gone(
    ddb: Aws, layer: Layer, orders: Orders, clock: VirtualClock
) -> None:
    quotas_of(layer).tables = 1
    orders.made()
    ddb.delete_table(TableName="orders")
    assert refusal(ddb.create_table, **a_table("two"))[0] == "LimitExceededException"
    clock.advance(10)
    assert refusal(ddb.create_table, **a_table("two")) == ("", "")


def test_so_many_tables_are_made_at_a_time(ddb: Aws, layer: Layer, clock: VirtualClock) -> None:
    quotas_of(layer).in_the_making = 2
    for name in ("one", "two"):
        assert refusal(ddb.create_table, **a_table(name)) == ("", "")
    code, text = refusal(ddb.create_table, **a_table("three"))
    assert code == "LimitExceededException"
    assert text.endswith("Only 2 tables can be created, updated, or deleted simultaneously")
    clock.advance(60)
    assert refusal(ddb.create_table, **a_table("three")) == ("", "")


def test_changes_and_deletions_count_as_making(
    ddb: Aws, layer: Layer, orders: Orders, clock: VirtualClock
) -> None:
    quotas_of(layer).in_the_making = 1
    orders.made(**PROVISIONED)
    orders.update(ProvisionedThroughput=units(20))
    assert refusal(ddb.create_table, **a_table("two"))[0] == "LimitExceededException"
    clock.advance(60)
    ddb.create_table(**a_table("two"))
    assert orders.refusal(**create(capacity=5)).startswith("LimitExceededException")
    assert orders.refusal_of_delete().startswith("LimitExceededException")


def test_fewer_tables_with_indexes_are_made_at_a_time(
    ddb: Aws, layer: Layer, orders: Orders
) -> None:
    quotas_of(layer).with_indexes_in_the_making = 1
    indexed = {
        "GlobalSecondaryIndexes": [an_index()],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "status")
        ],
    }
    assert refusal(ddb.create_table, **a_table("one", **indexed)) == ("", "")
    assert refusal(ddb.create_table, **a_table("two", **indexed))[0] == "LimitExceededException"
    assert refusal(ddb.create_table, **a_table("two")) == ("", "")


@pytest.mark.parametrize("at_once", [1, 2])
def test_an_apply_of_more_tables_than_are_made_at_a_time_converges(
    at_once: int, tmp_path: Path
) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    with world(tmp_path, rules=True) as live:
        assert live.layer is not None
        quotas_of(live.layer).in_the_making = at_once
        spec = written(tmp_path, {f"tables/t{number}.yaml": table for number in range(4)})

        live.converge(spec)

        refused = live.layer.codes("dynamodb:CreateTable")
        assert refused.count("") == 4
        assert "LimitExceededException" in refused
