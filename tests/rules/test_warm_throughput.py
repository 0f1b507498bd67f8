"""Warm throughput that somebody else raises: the table stays ACTIVE, and is not at rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.converging import client, differences, world, written
from support.rules.clients import update

WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 20_000, "WriteUnitsPerSecond": 8_000}}
INDEX = {"ByStatus": {"partition_key": "status", "projection": "ALL"}}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (WARM, "warm throughput is UPDATING"),
        (update(**WARM), "warm throughput of index ByStatus is UPDATING"),
    ],
    ids=["table", "index"],
)
def test_an_apply_waits_for_it(asked: dict[str, object], words: str, tmp_path: Path) -> None:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "indexes": INDEX}
    with world(tmp_path, rules=True) as live:
        spec = written(tmp_path, {"tables/orders.yaml": table})
        live.converge(spec)
        ddb = client("dynamodb")
        ddb.update_table(TableName="shop-full-orders", **asked)
        assert ddb.meta.region_name
        began = live.clock.monotonic()

        plan = live.plan_now(spec)
        run = live.apply(spec)

        assert [each.detail for each in plan.in_progress] == [words]
        assert run.converged
        assert differences(plan) == set()
        # 390 seconds as the layer has it; less a run would not have waited.
        assert live.clock.monotonic() - began >= 390
