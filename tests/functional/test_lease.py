"""The lease on the command line: taken, refused, waited for, lost, given back."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dynaprov.cli.options import Options
from dynaprov.cli.stages import Stages
from dynaprov.local import LOCAL_REGION, in_process, local_environment
from support.clock import VirtualClock
from support.command_line import Runner
from support.converging import client

ITEM = {"name": {"S": "dynaprov/lease/shop-dev"}}
LOCKS = {"partition_key": "name", "billing_mode": "PAY_PER_REQUEST"}


class Ticking(VirtualClock):
    """The clock of an invocation, which no signal interrupts."""

    def interrupt(self) -> None:
        """Nobody sleeps."""


class InProcess(Stages):
    """Like ``--local``, without a server; the endpoint is in this process."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["clock"] = Ticking(datetime.now(UTC))

    @contextlib.contextmanager
    def surroundings(self, options: Options, region: str) -> Iterator[str | None]:
        yield None


class Overtaken(InProcess):
    """Between the plan and the first call the machine sleeps, and another takes the lease."""

    def apply(self, *arguments: Any, **more: Any) -> Any:
        held_by("bob on build-7")
        self.__dict__["clock"].advance(1000)
        return super().apply(*arguments, **more)


class Ending(InProcess):
    """The other run ends while this one sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.__dict__["clock"] = Forgetting(datetime.now(UTC))


class Forgetting(Ticking):
    """Whoever sleeps finds the item gone afterwards."""

    def sleep(self, seconds: float) -> None:
        client("dynamodb").delete_item(TableName="shop-dev-locks", Key=ITEM)
        super().sleep(seconds)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in local_environment().items():
        monkeypatch.setenv(name, value)
    documents: dict[str, Any] = {
        "project.yaml": {
            "project_name": "shop",
            "region": LOCAL_REGION,
            "lease": {"table": "locks"},
        },
        "environments/dev.yaml": {"allow_destroy": True},
        "tables/locks.yaml": LOCKS,
        "tables/orders.yaml": {**LOCKS, "tags": {"Team": "shop"}},
    }
    folder = tmp_path / "specs"
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    with in_process():
        yield folder


@pytest.fixture
def made(project: Path, dynaprov: Runner) -> list[str]:
    """The arguments that name an environment which exists."""
    arguments = ["--specs", str(project), "--local"]
    assert dynaprov("apply", "--yes", *arguments, stages=InProcess()).code == 0
    return arguments


def item() -> dict[str, Any] | None:
    found = client("dynamodb").get_item(TableName="shop-dev-locks", Key=ITEM).get("Item")
    return dict(found) if found else None


def held_by(owner: str, minutes: int = 60) -> None:
    now = datetime.now(UTC)
    texts = {
        "lease_run": "another",
        "lease_token": "another/1",
        "lease_owner": owner,
        "lease_command": "apply --env dev",
        "lease_since": now.isoformat(),
        "lease_until": (now + timedelta(minutes=minutes)).isoformat(),
    }
    client("dynamodb").put_item(
        TableName="shop-dev-locks", Item={**ITEM, **{k: {"S": v} for k, v in texts.items()}}
    )


def test_the_first_run_makes_the_table_and_says_that_it_goes_without(
    project: Path, dynaprov: Runner
) -> None:
    arguments = ["--specs", str(project), "--local", "--lease"]

    first = dynaprov("apply", "--yes", *arguments, stages=InProcess())
    second = dynaprov("apply", "--yes", *arguments, stages=InProcess())

    assert (first.code, second.code) == (0, 0), first.err
    assert "goes without a lease: it makes shop-dev-locks" in first.err
    assert "without a lease" not in second.err
    assert item() is None


def test_a_run_that_does_not_make_the_table_is_refused(project: Path, dynaprov: Runner) -> None:
    arguments = ["--specs", str(project), "--local", "--lease", "--target", "orders"]

    refused = dynaprov("apply", "--yes", *arguments, stages=InProcess())

    assert refused.code == 3
    assert "DP311" in refused.err
    assert client("dynamodb").list_tables()["TableNames"] == []


class Looking(InProcess):
    """Remembers what stood in the item while the plan was carried out."""

    seen: dict[str, Any] | None = None

    def apply(self, *arguments: Any, **more: Any) -> Any:
        self.seen = item()
        return super().apply(*arguments, **more)


def test_it_is_held_while_the_plan_is_carried_out_and_given_back(
    made: list[str], dynaprov: Runner
) -> None:
    stages = Looking()

    done = dynaprov(
        "apply", "--json", "--yes", "--lease", "--set", "tags.a=b", *made, stages=stages
    )

    assert done.code == 0, done.err
    assert stages.seen is not None
    assert stages.seen["lease_command"] == {"S": "apply --env dev"}
    assert stages.seen["lease_fingerprint"] == {"S": json.loads(done.out)["fingerprint"]}
    assert item() is None


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_who_comes_second_is_refused_at_once(
    made: list[str], dynaprov: Runner, command: str
) -> None:
    held_by("bob on build-7, process 99")
    words = {"apply": ["--yes"], "destroy": ["--confirm", "shop-dev"]}[command]

    refused = dynaprov(command, *words, "--lease", "--json", *made, stages=InProcess())

    assert refused.code == 3
    [problem] = json.loads(refused.out)["problems"]
    assert problem["code"] == "DP310"
    assert "bob on build-7, process 99 holds it for `apply --env dev` since" in problem["detail"]
    assert item() is not None


def test_without_asking_for_it_nobody_is_held_up(made: list[str], dynaprov: Runner) -> None:
    held_by("bob")

    assert dynaprov("apply", "--yes", *made, stages=InProcess()).code == 0
    assert dynaprov("diff", *made, stages=InProcess()).code == 0
    assert item() is not None


def test_who_waits_goes_on_when_the_other_ends(made: list[str], dynaprov: Runner) -> None:
    held_by("bob on build-7")

    done = dynaprov("apply", "--yes", "--lease-wait", "10m", *made, stages=Ending())

    assert done.code == 0
    assert "Waiting for the lease: bob on build-7 holds it" in done.err


def test_what_expired_is_taken(made: list[str], dynaprov: Runner) -> None:
    held_by("bob", minutes=-5)

    assert dynaprov("apply", "--yes", "--lease", *made, stages=InProcess()).code == 0
    assert item() is None


def test_who_loses_it_begins_nothing_more_and_says_so(made: list[str], dynaprov: Runner) -> None:
    done = dynaprov(
        "apply", "--json", "--yes", "--lease", "--set", "tags.a=b", *made, stages=Overtaken()
    )

    assert done.code == 4
    outcomes = json.loads(done.out)["outcomes"]
    assert {each["status"] for each in outcomes} == {"cancelled"}
    assert all("it expired, and bob on build-7 holds it" in each["detail"] for each in outcomes)
    assert "Stopped early: the lease was lost" in done.err
    assert item() is not None


def test_destroying_the_table_ends_the_lease_with_it(made: list[str], dynaprov: Runner) -> None:
    words = ["--confirm", "shop-dev", "--lease", "--allow", "delete"]

    done = dynaprov("destroy", *words, *made, stages=InProcess())

    assert done.code == 0, done.err + done.out
    assert client("dynamodb").list_tables()["TableNames"] == []


def test_a_spec_without_one_has_no_lease_to_take(
    project: Path, made: list[str], dynaprov: Runner
) -> None:
    (project / "project.yaml").write_text(
        json.dumps({"project_name": "shop", "region": LOCAL_REGION}), encoding="utf-8"
    )

    stopped = dynaprov("apply", "--lease", *made, stages=InProcess())

    assert stopped.code == 64
    assert "lease: {table: NAME}" in stopped.err


def test_nothing_is_written_into_another_account(made: list[str], project: Path) -> None:
    from dynaprov.aws.gateway import Gateway
    from dynaprov.aws.session import Session
    from dynaprov.cli.leasing import take_lease
    from dynaprov.execution.lease import Holder
    from dynaprov.model.errors import Refused
    from dynaprov.spec.resolve import load_specs

    document = json.loads((project / "project.yaml").read_text(encoding="utf-8"))
    document["accounts"] = {"dev": "999999999999"}
    (project / "project.yaml").write_text(json.dumps(document), encoding="utf-8")
    spec = load_specs(project).spec
    clock = VirtualClock()
    with (
        Gateway(Session(region=LOCAL_REGION), writing=True, clock=clock) as gateway,
        pytest.raises(Refused),
    ):
        take_lease(spec, gateway, gateway, Holder("r", "me", "apply"), clock=clock)

    assert item() is None


def journaled(file: Path) -> list[tuple[str, str]]:
    """What was sent: operation, or what stands in its place, and method."""
    read = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [(each["operation"], each["method"]) for each in read if each["event"] == "sent"]


def test_the_journal_has_the_writes_of_the_lease(
    made: list[str], dynaprov: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "journal.jsonl"
    words = ("--yes", "--lease", "--set", "tags.a=b", "--journal", str(file))

    done = dynaprov("apply", "--json", *words, *made, stages=InProcess())

    sent = journaled(file)
    of_lease = [method for operation, method in sent if operation == "lease"]
    assert of_lease == ["put_item", "update_item", "delete_item"]
    assert (sent[0], sent[-1]) == (("lease", "put_item"), ("lease", "delete_item"))
    assert len(sent) > len(of_lease)
    assert json.loads(done.out)["journal"] == str(file)


def test_without_a_name_the_run_goes_on_in_the_journal_of_its_lease(
    made: list[str], dynaprov: Runner
) -> None:
    done = dynaprov(
        "apply", "--json", "--yes", "--lease", "--set", "tags.a=b", *made, stages=InProcess()
    )

    # Runs of one process that begin in the same second share a file.
    noted = journaled(Path(json.loads(done.out)["journal"]))
    assert noted.index(("lease", "put_item")) < len(noted) - 1


def test_no_lease_is_taken_without_a_journal(
    made: list[str], dynaprov: Runner, tmp_path: Path
) -> None:
    stopped = dynaprov("apply", "--lease", "--journal", str(tmp_path), *made, stages=InProcess())

    assert "DP401" in stopped.err
    assert item() is None


@pytest.mark.parametrize("text", ["soon", "1d", "-5", ""])
def test_a_wait_that_is_no_duration_is_a_usage_problem(text: str, dynaprov: Runner) -> None:
    wrong = dynaprov("apply", "--lease-wait", text)

    assert wrong.code == 64
    assert "such as 90s, 10m or 1h" in wrong.err


def test_a_user_without_a_name_is_told_by_number(
    made: list[str], dynaprov: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    stages = Looking()

    dynaprov("apply", "--yes", "--lease", "--set", "tags.a=b", *made, stages=stages)

    assert stages.seen is not None
    assert stages.seen["lease_owner"]["S"].startswith(f"user {os.getuid()} on ")


def test_the_next_command_asks_for_it_again_where_it_can(made: list[str], dynaprov: Runner) -> None:
    done = dynaprov(
        "apply", "--json", "--yes", "--lease", "--set", "tags.a=b", *made, stages=Overtaken()
    )

    look, go_on = (step["command"] for step in json.loads(done.out)["next"])
    assert look.startswith("dynaprov diff")
    assert "--lease" not in look
    assert go_on.startswith("dynaprov apply")
    assert "--lease" in go_on
