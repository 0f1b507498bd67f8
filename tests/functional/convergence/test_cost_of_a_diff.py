"""What a comparison with nothing to change asks of AWS, by number of tables."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from dynaprov.model.spec import Spec
from dynaprov.spec.resolve import load_specs
from support.converging import SHIPPED, world

#: What is asked once for each table, and only where its spec declares what it tells.
PER_TABLE = {
    "dynamodb.DescribeTable": "",
    "dynamodb.DescribeContinuousBackups": "pitr",
    "dynamodb.DescribeTimeToLive": "ttl",
}
#: Listings of everything, a page for each hundred.
LISTINGS = {"cloudwatch.DescribeAlarms", "resource-groups-tagging-api.GetResources"}


def shipped(folder: Path, count: int) -> Spec:
    """The shipped specs of dev with so many tables, the four of them again and again."""
    shutil.copytree(SHIPPED, folder)
    shapes = sorted((SHIPPED / "tables").glob("*.yaml"))
    for number in range(len(shapes), count):
        shape = shapes[number % len(shapes)]
        name = f"{shape.stem}-{number}"
        text = re.sub(rf"(?m)^table: *{shape.stem}$", f"table: {name}", shape.read_text())
        (folder / "tables" / f"{name}.yaml").write_text(text)
    return load_specs(folder, "dev").spec


def beyond_tables(calls: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in calls.items() if name not in (*PER_TABLE, *LISTINGS)}


@pytest.fixture
def costs(tmp_path: Path) -> dict[int, tuple[Spec, Counter[str]]]:
    """Requests of a comparison with 4 and with 40 tables, all of them live and in sync.

    On the embedded endpoint alone: what is asked is counted, and not what is asked again because
    threads on a clock that jumps meet a rate.
    """
    found = {}
    with world(tmp_path, rules=False) as empty:
        for count in (4, 40):
            spec = shipped(tmp_path / str(count), count)
            empty.converge(spec)
            empty.requests.clear()
            assert empty.plan(spec).in_sync
            found[count] = (spec, Counter(empty.requests))
    return found


def test_only_what_a_table_alone_can_tell_is_asked_for_each_table(
    costs: dict[int, tuple[Spec, Counter[str]]],
) -> None:
    for spec, calls in costs.values():
        for api, section in PER_TABLE.items():
            declaring = [t for t in spec.tables.values() if not section or section in t.sections]
            assert calls[api] == len(declaring), api
    few, many = costs[4][1], costs[40][1]
    assert beyond_tables(few) == beyond_tables(many)
    assert sum(beyond_tables(many).values()) < 12
    # Of 40 tables there are some 260 alarms, and some resources more that carry tags.
    assert {api: few[api] for api in LISTINGS} == dict.fromkeys(LISTINGS, 1)
    assert {api: many[api] for api in LISTINGS} == {
        "cloudwatch.DescribeAlarms": 3,
        "resource-groups-tagging-api.GetResources": 4,
    }
