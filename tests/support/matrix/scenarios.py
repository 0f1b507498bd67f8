"""The runs that between them make every call that dynaprov has, under AWS's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from moto.core.base_backend import BackendDict

from dynaprov.kinds import KIND_BY_NAME
from dynaprov.kinds.insights import DESCRIBED_AT_ONCE
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from support.breaking import surroundings
from support.breaking.place import ALIAS, Account, policy_with
from support.breaking.scaling import TARGET, policy
from support.converging import World, client, written
from support.rules import Layer

ALLOWED = (
    "delete",
    "delete-index",
    "protection-off",
    "retire-key",
    "stream-off",
    "too-much-change",
    "ttl-off",
)
Documents = dict[str, Any]

#: Permissions that AWS asks for behind another call; dynaprov never makes the call itself.
BEHIND = frozenset(
    {"application-autoscaling:TagResource", "iam:CreateServiceLinkedRole", "kms:CreateGrant"}
)


def _changed(documents: Mapping[str, Any]) -> Documents:
    """The same environment with something else in every kind that can change."""
    made = deepcopy(dict(documents))
    made["project.yaml"]["tags"] = {"Project": "none", "Owner": "shop"}
    environment = made["environments/full.yaml"]
    environment["kms_key"].update(description="another", rotation_period_days=200)
    environment["kms_key"]["statements"][0]["Action"] = "kms:List*"
    environment["topic"]["display_name"] = "another"
    [queue] = environment["topic"]["subscriptions"]
    environment["topic"]["subscriptions"][queue]["raw_message_delivery"] = False
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


def _less(documents: Mapping[str, Any]) -> Documents:
    """The same environment with what can be switched off being off."""
    made = deepcopy(dict(documents))
    environment = made["environments/full.yaml"]
    environment["kms_key"].update(rotation=False)
    environment["kms_key"].pop("rotation_period_days")
    environment["topic"]["encryption"] = "none"
    environment["topic"]["subscriptions"] = dict.fromkeys(
        environment["topic"]["subscriptions"], "none"
    )
    for name in ("orders", "sessions"):
        made[f"tables/{name}.yaml"]["encryption"] = "aws-owned"
    events = made["tables/events.yaml"]
    events.update(scaling="none", capacity={"read": 5, "write": 5})
    events["indexes"]["ByKind"]["capacity"] = {"read": 5, "write": 5}
    return made


def _off(documents: Mapping[str, Any]) -> Documents:
    """That one with its key, which nothing needs any more, switched off."""
    made = _less(documents)
    made["environments/full.yaml"]["kms_key"]["enabled"] = False
    return made


def _many(documents: Mapping[str, Any]) -> Documents:
    """Tables with insights, more than are described one by one."""
    name = "project.yaml"
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "insights": {"table": True}}
    return {
        name: documents[name],
        **{f"tables/t{number}.yaml": table for number in range(DESCRIBED_AT_ONCE + 1)},
    }


def _as_it_is(documents: Mapping[str, Any]) -> Documents:
    return dict(documents)


def _nothing(account: Account) -> None:
    """Nobody touches it."""


def _lost(account: Account) -> None:
    """The key has a twin, lost its alias to somebody else's, and is about to be deleted."""
    kms = client("kms")
    key = surroundings.key_id()
    twin = kms.create_key(
        Tags=kms.list_resource_tags(KeyId=key)["Tags"], Description="made by a lost race"
    )
    assert twin["KeyMetadata"]["KeyId"] != key
    kms.update_alias(AliasName=ALIAS, TargetKeyId=account.foreign_key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=30)


def _meddled(account: Account) -> None:
    """An access policy has all the versions it may have, a scaling target one policy too many."""
    client("application-autoscaling").put_scaling_policy(
        **TARGET,
        PolicyName="another",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=policy()[
            "TargetTrackingScalingPolicyConfiguration"
        ],
    )
    iam = client("iam")
    document = policy_with({**surroundings.ROOT, "Action": "dynamodb:GetItem"})
    for _ in range(4):
        iam.create_policy_version(
            PolicyArn=surroundings.READER, PolicyDocument=document, SetAsDefault=True
        )


@dataclass(frozen=True)
class Scenario:
    """One run.

    Attributes:
        name: its name on the page.
        title: what it is, in words.
        live: whether the environment was applied before, and in which shape.
        wanted: the documents that are applied.
        broken: what somebody else did before the run.
        destroys, reads: whether the run is a destroy, or a comparison alone.
    """

    name: str
    title: str
    live: Callable[[Mapping[str, Any]], Documents] | None = _as_it_is
    wanted: Callable[[Mapping[str, Any]], Documents] = _as_it_is
    broken: Callable[[Account], None] = _nothing
    destroys: bool = False
    reads: bool = False


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("diff", "a comparison of an environment that is in sync", reads=True),
    Scenario("many", "a comparison of many tables with insights", _many, _many, reads=True),
    Scenario("create", "an apply that makes everything from nothing", live=None),
    Scenario(
        "change",
        "an apply that changes something of every kind",
        wanted=_changed,
        broken=_meddled,
    ),
    Scenario("less", "an apply that switches off what can be switched off", wanted=_less),
    Scenario("off", "an apply that switches the unused key off", live=_less, wanted=_off),
    Scenario("rescue", "an apply that takes the key back from its deletion", broken=_lost),
    Scenario("destroy", "a destroy of everything", destroys=True),
)
BY_NAME: Mapping[str, Scenario] = {each.name: each for each in SCENARIOS}


class Stage:
    """An account as a scenario finds it, and the scenario's run."""

    def __init__(self, scenario: Scenario, live: World, scratch: Path) -> None:
        assert live.layer is not None
        BackendDict.reset()
        live.layer.heal()
        live.layer.reset()
        account = self._account = Account.furnished()
        self._scratch = scratch
        self.live = live
        self.layer: Layer = live.layer
        self.scenario = scenario
        if scenario.live:
            live.converge(self._written(scenario.live))
            live.rest()
            scenario.broken(account)
        self.spec = self._written(scenario.wanted)
        live.rest()
        self.layer.seen.clear()

    def _written(self, shape: Callable[[Mapping[str, Any]], Documents]) -> Spec:
        rmtree(self._scratch / "specs", ignore_errors=True)
        return written(self._scratch, shape(self._account.documents))

    def look(self) -> Plan:
        """Compare."""
        if self.scenario.destroys:
            return self.live.plan_destroy(self.spec, *ALLOWED)
        return self.live.plan_now(self.spec, *ALLOWED, prune=True)

    def run(self) -> Run:
        """Compare, carry out, compare again."""
        return self.carry_out(self.look())

    def carry_out(self, plan: Plan) -> Run:
        """Carry out, compare again."""
        return self.live.carry_out(plan, self.look)

    def seen(self) -> list[str]:
        """The APIs that were called, in their order."""
        return list(dict.fromkeys(each.request.api for each in self.layer.seen))


def declared() -> set[str]:
    """The APIs of all calls that the kinds may make, by their client's names."""
    actions = {a for kind in KIND_BY_NAME.values() for a in (*kind.reads, *kind.writes)}
    return {
        action.replace("tag:", "resourcegroupstaggingapi:") if action.startswith("tag:") else action
        for action in actions - BEHIND
    } | {"sts:GetCallerIdentity"}
