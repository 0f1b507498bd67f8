"""Applies at the same time as real processes, against one server on the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from dynaprov.local import LOCAL_REGION, local_environment
from support.program import ROOT, Finished, Program
from support.raced_account import TABLE, WIDE

Clients = Mapping[str, Any]


@pytest.fixture
def server() -> Iterator[str]:
    """The embedded endpoint in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dynaprov.local.server"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stderr is not None
        yield process.stderr.readline().split()[-1]
    finally:
        process.kill()
        process.communicate()


def client(server: str, service: str) -> Any:
    session = boto3.Session("local", "local", region_name=LOCAL_REGION)
    # The stubs of boto3 know a client only by a literal name.
    return session.client(service, endpoint_url=server)  # type: ignore[call-overload]


def written(folder: Path, documents: Mapping[str, Any]) -> Path:
    project = {"project_name": "shop", "region": LOCAL_REGION, "default_environment": "full"}
    for name, document in {"project.yaml": project, **documents}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder


def at_once(server: str, scratch: Path, folders: Sequence[Path], *more: str) -> list[Finished]:
    """``apply`` in as many processes as there are folders, begun together."""

    def applied(pair: tuple[int, Path]) -> Finished:
        number, folder = pair
        settings = {**local_environment(server), "XDG_STATE_HOME": str(scratch / str(number))}
        apply = ("apply", "--yes", "--json", "--pacing", "off", *more, "--specs", str(folder))
        return Program(settings)(*apply)

    with ThreadPoolExecutor(len(folders)) as pool:
        return list(pool.map(applied, enumerate(folders)))


def check(server: str) -> None:
    """One key with one alias, in use; nothing twice."""
    kms = client(server, "kms")
    described = [kms.describe_key(KeyId=k["KeyId"])["KeyMetadata"] for k in kms.list_keys()["Keys"]]
    [key] = [
        each["KeyId"]
        for each in described
        if each["KeyManager"] == "CUSTOMER" and each["KeyState"] != "PendingDeletion"
    ]
    aliases = [
        (each["AliasName"], each["TargetKeyId"])
        for each in kms.list_aliases()["Aliases"]
        if not each["AliasName"].startswith("alias/aws/")
    ]
    assert aliases == [("alias/shop-full", key)]
    table = client(server, "dynamodb").describe_table(TableName="shop-full-orders")["Table"]
    assert key in table["SSEDescription"]["KMSMasterKeyArn"]
    sns = client(server, "sns")
    assert len(sns.list_topics()["Topics"]) == 1
    subscriptions = sns.list_subscriptions()["Subscriptions"]
    assert set(Counter(each["Endpoint"] for each in subscriptions).values()) <= {1}


def why(runs: Sequence[Finished]) -> str:
    return "\n".join(f"{run.code}\n{run.out}\n{run.err}" for run in runs if run.code)


@pytest.mark.parametrize("count", [2, 4, 8])
def test_processes_of_the_same_spec_make_one_of_everything(
    count: int, server: str, tmp_path: Path
) -> None:
    folder = written(tmp_path / "specs", WIDE)

    runs = at_once(server, tmp_path, [folder] * count)

    assert {run.code for run in runs} == {0}, why(runs)
    check(server)
    [last] = at_once(server, tmp_path, [folder])
    [silent] = at_once(server, tmp_path, [folder])
    assert (last.code, silent.code) == (0, 0), why([last, silent])
    assert silent.document["outcomes"] == []
    assert silent.document["unmanaged"] == []


@pytest.mark.parametrize("count", [2, 4, 8])
def test_processes_of_different_specs_end_converged_or_tell_what_is_left(
    count: int, server: str, tmp_path: Path
) -> None:
    folders = [
        written(
            tmp_path / f"specs-{number}",
            {
                **WIDE,
                "tables/orders.yaml": {
                    **TABLE,
                    "pitr": {"enabled": True, "recovery_period_days": 7 + number},
                    "tags": {"Number": str(number)},
                },
            },
        )
        for number in range(count)
    ]

    runs = at_once(server, tmp_path, folders)

    for run in runs:
        assert run.code in (0, 4), why(runs)
        failed = [o for o in run.document["outcomes"] if o["status"] in ("failed", "unknown")]
        assert all("somebody else" in each["detail"] for each in failed), why(runs)
        assert run.code == 0 or failed or run.document["residual"], why(runs)
    check(server)
    [last] = at_once(server, tmp_path, folders[:1])
    [silent] = at_once(server, tmp_path, folders[:1])
    assert (last.code, silent.code) == (0, 0), why([last, silent])
    assert silent.document["outcomes"] == []


def test_processes_with_the_lease_go_one_after_the_other(server: str, tmp_path: Path) -> None:
    locks = {"partition_key": "name", "billing_mode": "PAY_PER_REQUEST"}
    documents = {"environments/full.yaml": {}, "tables/locks.yaml": locks}
    folder = written(tmp_path / "specs", documents)
    project = json.loads((folder / "project.yaml").read_text(encoding="utf-8"))
    project["lease"] = {"table": "locks"}
    (folder / "project.yaml").write_text(json.dumps(project), encoding="utf-8")
    [first] = at_once(server, tmp_path, [folder])
    assert first.code == 0, first.err

    runs = at_once(server, tmp_path, [folder] * 4, "--lease-wait", "1h", "--set", "tags.a=b")

    assert {run.code for run in runs} == {0}, why(runs)
    # Whoever came first did it; the others had nothing left to do.
    assert sorted(bool(run.document["outcomes"]) for run in runs) == [False, False, False, True]
    assert client(server, "dynamodb").scan(TableName="shop-full-locks")["Items"] == []
