"""The fleet of a project file: its members, and its mistakes at their lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dynaprov.model.errors import SpecInvalid
from dynaprov.model.fleet import Member, Role
from dynaprov.spec.fleet import members_of
from dynaprov.spec.load import load
from dynaprov.spec.resolve import resolve

ROLE = "arn:aws:iam::{account}:role/check"


def members(folder: Path, *entries: Any, name: str = "fleet") -> tuple[Member, ...]:
    for file, document in {
        "project.yaml": {"project_name": "shop", "region": "us-east-1", name: list(entries)},
        "tables/orders.yaml": {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"},
        "environments/dev.yaml": {},
        "environments/prod.yaml": {},
    }.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(json.dumps(document))
    files = load(folder)
    resolve(files, "dev")
    return members_of(files)


def test_every_environment_in_every_account_and_region(tmp_path: Path) -> None:
    entry = {
        "environments": ["prod"],
        "accounts": ["222222222222", "111111111111"],
        "regions": ["us-east-1", "eu-west-1"],
        "role": ROLE,
        "external_id": "x",
        "session_tags": {"b": "2", "a": "1"},
    }

    found = members(tmp_path, entry, {"environments": ["dev"]})

    tags = (("a", "1"), ("b", "2"))
    assert found == (
        Member("dev", tables=1),
        *(
            Member(
                "prod",
                account,
                region,
                Role(f"arn:aws:iam::{account}:role/check", "x", tags),
                1,
            )
            for account in ("111111111111", "222222222222")
            for region in ("eu-west-1", "us-east-1")
        ),
    )


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"environments": ["prd"]}, "DP117"),
        ({"environments": []}, "DP112"),
        ({"accounts": ["111111111111"]}, "DP114"),
        ({"environments": ["prod"], "accounts": ["1"]}, "DP115"),
        ({"environments": ["prod"], "regions": ["moon"]}, "DP121"),
        ({"environments": ["prod"], "role": ROLE}, "DP115"),
        ({"environments": ["prod"], "accounts": ["111111111111", "222222222222"]}, "DP115"),
        ({"environments": ["prod", "prod"]}, "DP103"),
        ({"environment": ["prod"]}, "DP110"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, entry: dict[str, Any], code: str) -> None:
    with pytest.raises(SpecInvalid) as refused:
        members(tmp_path, entry)

    assert code in {each.code for each in refused.value.diagnostics}
    assert all(each.position for each in refused.value.diagnostics)
