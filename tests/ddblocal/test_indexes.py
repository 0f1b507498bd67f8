"""Indexes on DynamoDB Local, which builds and deletes them one at a time, as AWS does."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from dynaprov.aws.gateway import Gateway
from dynaprov.model.ports import Answer, Read
from support.ddblocal_ground import Ground

TABLE = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}


def with_indexes(local: Ground, **indexes: Any) -> Any:
    return local.spec(orders={**TABLE, "indexes": indexes})


def on(*keys: str, projection: str = "ALL") -> Mapping[str, str]:
    partition, *sort = keys
    more = {"sort_key": sort[0]} if sort else {}
    return {"partition_key": partition, "projection": projection, **more}


def test_a_wave_of_indexes_goes_one_by_one_and_readers_keep_what_they_have(local: Ground) -> None:
    local.converge(with_indexes(local, Kept=on("a"), Old=on("b"), Older=on("c")))

    wave = with_indexes(
        local, Kept=on("a"), Old="none", Older="none", New=on("d"), Newer=on("e", "a")
    )
    calls = local.converge(wave, "delete-index")

    assert calls == [
        "update_table Create New",
        "update_table Create Newer",
        "update_table Delete Old",
        "update_table Delete Older",
    ]
    assert local.indexes("orders") == {"Kept": "ACTIVE", "New": "ACTIVE", "Newer": "ACTIVE"}
    names = {each["AttributeName"] for each in local.table("orders")["AttributeDefinitions"]}
    assert names == {"id", "a", "d", "e"}


def test_a_replaced_index_is_deleted_and_made_again(local: Ground) -> None:
    local.converge(with_indexes(local, Idx=on("a"), Other=on("b")))

    other_keys = with_indexes(local, Idx=on("c"), Other=on("b"))
    assert local.plan(other_keys).refusals != ()
    calls = local.converge(other_keys, "replace-index", "delete-index")

    assert calls == ["update_table Delete Idx", "update_table Create Idx"]


def test_an_index_that_no_spec_names_stays_until_it_is_pruned(local: Ground) -> None:
    local.converge(with_indexes(local, Kept=on("a"), Stray=on("b")))
    without = with_indexes(local, Kept=on("a"))

    assert local.converge(without) == []
    assert [str(each.address) for each in local.plan(without).unmanaged] == ["orders/index/Stray"]
    assert local.converge(without, "delete-index", prune=True) == ["update_table Delete Stray"]


def test_an_index_that_somebody_else_builds_is_waited_for(local: Ground) -> None:
    local.converge(with_indexes(local, Kept=on("a")))
    body = {
        "IndexName": "Theirs",
        "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    local.client.update_table(
        TableName="shop-full-orders",
        AttributeDefinitions=[{"AttributeName": "b", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": body}],
    )
    spec = with_indexes(local, Kept=on("a"), Theirs=on("b"), Ours=on("c"))

    assert [each.detail for each in local.plan(spec).in_progress] == ["index Theirs is CREATING"]
    assert set(local.converge(spec)) == {"update_table Create Ours"}
    assert local.indexes("orders") == {"Kept": "ACTIVE", "Theirs": "ACTIVE", "Ours": "ACTIVE"}


class Onlooker:
    """Implements ``Reader``; ``seen`` holds the states of the first index, each once."""

    def __init__(self, inner: Gateway) -> None:
        self.inner = inner
        self.seen: list[tuple[str, bool]] = []

    def submit(self, read: Read) -> Future[Answer]:
        future = self.inner.submit(read)
        for index in future.result().value.get("Table", {}).get("GlobalSecondaryIndexes", ())[:1]:
            state = (index["IndexStatus"], bool(index.get("Backfilling")))
            if state not in self.seen:
                self.seen.append(state)
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        self.inner.prepare(services)

    def endpoint(self, service: str) -> str:
        return self.inner.endpoint(service)


def test_an_index_that_takes_its_time_is_waited_for_through_all_its_states(slow: Ground) -> None:
    slow.converge(slow.spec(orders=TABLE))
    spec = with_indexes(slow, Idx=on("a"))
    onlooker = Onlooker(slow.gateway)

    run = slow.carry_out(slow.plan(spec), lambda: slow.plan(spec), onlooker)

    assert run.failed == ()
    assert run.residual is not None
    assert run.residual.changes == ()
    assert onlooker.seen == [("CREATING", False), ("CREATING", True), ("ACTIVE", False)]
    read = [each for each in slow.gateway.sent if each.method == "describe_table"]
    assert len(read) < 40
