"""Which table holds the lease, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaprov.model.errors import SpecInvalid
from dynaprov.model.spec import LeasePlace
from dynaprov.spec.resolve import load_specs


def place(folder: Path, table: dict[str, Any], **project: Any) -> LeasePlace | None:
    (folder / "tables").mkdir()
    (folder / "environments").mkdir()
    documents = {
        "project.yaml": {"project_name": "shop", "region": "us-east-1", **project},
        "environments/dev.yaml": {},
        "tables/locks.yaml": {"billing_mode": "PAY_PER_REQUEST", **table},
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return load_specs(folder).spec.lease


def test_nobody_names_a_table(tmp_path: Path) -> None:
    assert place(tmp_path, {"partition_key": "id"}) is None


def test_a_table_with_a_string_for_its_key_holds_it(tmp_path: Path) -> None:
    found = place(tmp_path, {"partition_key": "id"}, lease={"table": "locks"})

    assert found == LeasePlace("locks", "id", 120)


def test_how_long_it_holds_and_the_attribute_of_time_to_live(tmp_path: Path) -> None:
    lease = {"table": "locks", "expires_after_seconds": 60}

    found = place(tmp_path, {"partition_key": "id", "ttl": {"attribute": "gone"}}, lease=lease)

    assert found == LeasePlace("locks", "id", 60, "gone")


def test_time_to_live_that_is_switched_off_is_none(tmp_path: Path) -> None:
    found = place(tmp_path, {"partition_key": "id", "ttl": "none"}, lease={"table": "locks"})

    assert found == LeasePlace("locks", "id", 120)


@pytest.mark.parametrize(
    ("table", "lease", "code", "detail"),
    [
        ({}, {"table": "lock"}, "DP118", "`lease` names table `lock`"),
        (
            {"partition_key": {"name": "id", "type": "N"}},
            {"table": "locks"},
            "DP127",
            "`id` is not",
        ),
        ({"sort_key": "at"}, {"table": "locks"}, "DP127", "it has the sort key `at`"),
        ({}, {"expires_after_seconds": 60}, "DP114", "table"),
        ({}, {"table": "locks", "expires_after_seconds": 5}, "DP112", "expires_after_seconds"),
        ({}, {"table": "locks", "tabel": 1}, "DP110", "tabel"),
        ({}, "locks", "DP111", "lease"),
    ],
    ids=["unknown", "number", "sort key", "no table", "too short", "unknown key", "not a mapping"],
)
def test_what_cannot_hold_it_is_told_at_its_place(
    tmp_path: Path, table: dict[str, Any], lease: Any, code: str, detail: str
) -> None:
    with pytest.raises(SpecInvalid) as invalid:
        place(tmp_path, {"partition_key": "id", **table}, lease=lease)

    [told] = invalid.value.diagnostics
    assert (told.code, detail in told.detail) == (code, True), told
    assert told.position is not None
    assert told.position.file.endswith("project.yaml")


def test_a_table_with_problems_of_its_own_is_not_told_twice(tmp_path: Path) -> None:
    with pytest.raises(SpecInvalid) as invalid:
        place(tmp_path, {}, lease={"table": "locks"})

    assert [each.code for each in invalid.value.diagnostics] == ["DP150"]
