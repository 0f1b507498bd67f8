"""Calls that had their effect while nobody said so: nothing twice, nothing left behind.

The environment ``full`` declares every setting of every kind, so its creation, a change of most of
it and its removal make every call that dynaprov has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Call, Caller
from dynaprov.model.spec import Spec
from support.breaking.place import Account
from support.converging import World, client, differences, shipped, world, written
from support.losing import Losing, things

ALLOWED = (
    "delete",
    "delete-index",
    "protection-off",
    "retire-key",
    "stream-off",
    "too-much-change",
    "ttl-off",
)
SCENARIOS = ("create", "update", "destroy")
#: The APIs of a scenario are lost in so many parts, a run for each.
PARTS = 4
Api = tuple[str, str]


def changed(documents: Mapping[str, Any]) -> dict[str, Any]:
    """The same environment with something else in every kind that can change."""
    made = deepcopy(dict(documents))
    environment = made["environments/full.yaml"]
    environment["kms_key"].update(description="another", rotation_period_days=200)
    environment["kms_key"]["statements"][0]["Action"] = "kms:List*"
    environment["topic"]["display_name"] = "another"
    [queue] = environment["topic"]["subscriptions"]
    environment["topic"]["subscriptions"][f"{queue}-2"] = {}
    environment["dashboard"]["widgets"] = ["alarms"]
    environment["access_policies"]["shop"] = {"tables": "*", "roles": ["reader", "writer"]}
    environment["vpc_endpoint"]["policy"] = "default"
    orders = made["tables/orders.yaml"]
    orders["capacity"] = {"read": 30, "write": 20}
    orders["indexes"] = {
        "ByFresh": {
            "partition_key": "fresh",
            "projection": "ALL",
            "capacity": {"read": 5, "write": 5},
        }
    }
    orders["stream"] = orders["ttl"] = "none"
    orders["tags"] = {"Team": "none", "Cost": "1"}
    orders["pitr"] = {"enabled": True, "recovery_period_days": 9}
    made["tables/events.yaml"]["scaling"]["read"]["max"] = 60
    made["tables/sessions.yaml"]["encryption"] = "kms-key"
    made["tables/fresh.yaml"] = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
    return made


class Scenario:
    """A live account before a run, and the looks that make the run's plan."""

    def __init__(self, name: str, live: World, scratch: Path) -> None:
        account = Account.furnished()
        self._live = live
        self._destroys = name == "destroy"
        self._spec: Spec = account.spec(scratch)
        if name != "create":
            live.converge(self._spec)
        if name == "update":
            self._spec = written(scratch, changed(account.documents))

    def look(self) -> Plan:
        if self._destroys:
            return self._live.plan_destroy(self._spec, *ALLOWED)
        return self._live.plan(self._spec, *ALLOWED, prune=True)

    def run(self, through: Callable[[Caller], Caller] = lambda caller: caller) -> Run:
        return self._live.carry_out(self.look(), self.look, caller=through(self._live.gateway))


@cache
def calls_and_things(name: str) -> tuple[tuple[Api, ...], Counter[str]]:
    """The APIs that a scenario calls, and what is there after it when every answer comes."""
    with TemporaryDirectory() as scratch, world(Path(scratch)) as live:
        run = Scenario(name, live, Path(scratch)).run()
        assert run.converged
        calls = [each.operation.call for each in run.outcomes]
        return tuple(dict.fromkeys((call.service, call.method) for call in calls)), things()


def went_wrong(run: Run) -> list[str]:
    """What did not go well, and what is left."""
    bad = [f"{o.operation.id} {o.status} {o.detail} {o.error}" for o in run.failed]
    return bad + sorted(map(str, differences(run.residual) if run.residual else ()))


@pytest.mark.parametrize("request_id", ["", "req-1"], ids=["no answer", "an answer of failure"])
@pytest.mark.parametrize("rules", [False, True], ids=["on moto", "under AWS's rules"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_that_loses_the_first_answer_of_every_call_converges(
    name: str, rules: bool, request_id: str, tmp_path: Path
) -> None:
    _, expected = calls_and_things(name)
    with world(tmp_path, rules=rules) as live:
        scenario = Scenario(name, live, tmp_path)
        count = len(scenario.look().operations)
        losing = Losing(live.gateway, lambda call, before: before == 0, request_id)

        run = scenario.run(lambda _: losing)

        assert len(losing.lost) == count
        assert went_wrong(run) == []
        assert things() == expected
        assert scenario.look().operations == ()


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_that_never_hears_of_some_apis_converges_by_the_next_run(
    name: str, part: int, tmp_path: Path
) -> None:
    apis, expected = calls_and_things(name)
    silent = apis[part::PARTS]
    with world(tmp_path) as live:
        scenario = Scenario(name, live, tmp_path)
        losing = Losing(live.gateway, lambda call, _: (call.service, call.method) in silent)

        scenario.run(lambda _: losing)
        again = scenario.run()

        assert losing.lost
        assert went_wrong(again) == []
        assert things() == expected


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_shipped_environments_are_created_though_every_answer_is_lost_once(
    env: str, tmp_path: Path
) -> None:
    spec = shipped(env)
    with world(tmp_path) as live:
        losing = Losing(live.gateway, lambda call, before: before == 0)

        run = live.carry_out(live.plan(spec), lambda: live.plan(spec), caller=losing)

        assert went_wrong(run) == []
        assert len(losing.lost) == len(run.outcomes)
        assert live.plan(spec).operations == ()
        keys = [name for name in things().elements() if name.startswith(f"key of {env} ")]
        assert keys == [f"key of {env} Enabled"]


def test_a_removal_that_was_killed_after_its_backups_takes_no_second_ones(tmp_path: Path) -> None:
    class Killed(BaseException):
        """The process is gone."""

    class Dying:
        def __init__(self, inner: Caller) -> None:
            self._inner = inner

        def call(self, call: Call) -> Any:
            answer = self._inner.call(call)
            if call.method == "create_backup":
                raise Killed
            return answer

    with world(tmp_path) as live:
        scenario = Scenario("destroy", live, tmp_path)
        scenario.run(Dying)

        run = scenario.run()

        assert went_wrong(run) == []
        backups = client("dynamodb").list_backups()["BackupSummaries"]
        assert sorted(each["TableName"] for each in backups) == [
            "shop-full-events",
            "shop-full-orders",
            "shop-full-sessions",
        ]
        details = [o.detail for o in run.outcomes if o.operation.call.method == "create_backup"]
        assert all(text.startswith("an earlier run has done it: arn:") for text in details)
