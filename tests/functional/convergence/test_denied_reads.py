"""A read that is denied: what it hides is not compared, by the name of the action; the rest is.

Every test looks at one environment, and none changes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dynaprov import reconciler
from dynaprov.kinds import KINDS, TAGS
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ServiceError
from dynaprov.model.spec import Spec
from dynaprov.report.document import plan_document
from support.breaking.place import Account
from support.command_line import Runner
from support.converging import SHIPPED, World, client, world
from support.drift_catalogue.alike import scheduled
from support.refusing import Refusing, RefusingStages, Request, denied

READS = sorted({action for kind in (*KINDS, TAGS) for action in kind.reads})

#: Reads whose answers others replace, so that nothing stays uncompared without them.
REPLACED = {
    "dynamodb:ListContributorInsights": "many are then described one by one",
    "dynamodb:ListBackups": "it only keeps a removal that was killed from a second backup",
}
#: Reads that a living environment needs none of; ``test_denied`` takes them away where they are.
#: The last two belong to an index that is being built and to a key that is to be retired.
ELSEWHERE = {
    "dynamodb:DescribeBackup",
    "kms:ListAliases",
    "kms:ListKeys",
    "cloudwatch:GetMetricStatistics",
    "dynamodb:ListTables",
}
#: Reads that nothing asks for while the bulk listing of tags is up to date.
OF_ONE_RESOURCE = {action for action in TAGS.reads if action != "tag:GetResources"}


@dataclass
class Environment:
    """A live environment in which every setting is declared."""

    world: World
    spec: Spec

    def plan(self, way: Refusing) -> Plan:
        return reconciler.diff(self.spec, way)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    scratch = tmp_path_factory.mktemp("live")
    with world(scratch) as made:
        account = Account.furnished()
        spec = account.spec(scratch)
        made.converge(spec)
        # What only shows with a history: another version, a second key, bounds moved on schedule.
        _second_version()
        _second_key()
        scheduled()
        yield Environment(made, spec)


def _second_version() -> None:
    iam = client("iam")
    [policy] = iam.list_policies(Scope="Local")["Policies"]
    old = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    iam.create_policy_version(
        PolicyArn=policy["Arn"], PolicyDocument=json.dumps(old["Document"]), SetAsDefault=True
    )


def _second_key() -> None:
    kms = client("kms")
    found = kms.describe_key(KeyId="alias/shop-full")["KeyMetadata"]["KeyId"]
    kms.create_key(Tags=kms.list_resource_tags(KeyId=found)["Tags"])


def lagging(more: Callable[[Request], ServiceError | None]) -> Callable[[Request], Any]:
    """Refuses as ``more`` does; the tests that use it take the bulk listing away, too."""
    no_listing = denied("tag:GetResources")
    return lambda request: more(request) or no_listing(request)


@pytest.mark.parametrize(
    "action", [each for each in READS if each not in {*REPLACED, *ELSEWHERE, *OF_ONE_RESOURCE}]
)
def test_what_may_not_be_read_is_not_compared_and_all_else_is(
    action: str, live: Environment
) -> None:
    way = Refusing(live.world.gateway, denied(action))

    plan = live.plan(way)

    assert way.refused
    document = plan_document(plan, command="diff")
    assert {each.error.action for each in plan.not_compared} == {action}
    assert document["missing_permissions"] == [action]
    hidden = {str(each.address) for each in plan.not_compared}
    assert len(hidden) < len(plan.resources)
    assert not plan.in_sync


@pytest.mark.parametrize("action", sorted(OF_ONE_RESOURCE))
def test_tags_that_may_not_be_read_are_not_compared(action: str, live: Environment) -> None:
    way = Refusing(live.world.gateway, lagging(denied(action)))

    plan = live.plan(way)

    own = {e for e in plan.not_compared if e.error.action != "tag:GetResources"}
    assert {each.error.action for each in own} == {action}
    assert {each.address.part == "tags" or "/tags" in str(each.address) for each in own} == {True}


def test_every_missing_read_is_told_in_one_run(live: Environment, dynaprov: Runner) -> None:
    actions = sorted({"cloudwatch:DescribeAlarms", "iam:GetPolicy", "sns:GetTopicAttributes"})
    way = Refusing(live.world.gateway, denied(*actions))
    words = ("diff", "--env", "dev", "--specs", str(SHIPPED))

    assert plan_document(live.plan(way), command="diff")["missing_permissions"] == actions

    stages = RefusingStages(way, live.world.clock)
    shown = dynaprov(*words, stages=stages)
    machine = dynaprov(*words, "--json", stages=stages)
    asked = json.loads(machine.out)["missing_permissions"]
    assert shown.code == machine.code == 4
    assert asked == [a for a in actions if a != "iam:GetPolicy"]  # dev has no policies
    assert f"Missing {len(asked)} permissions" in shown.out
    assert all(shown.out.count(f"\n  {action}\n") == 1 for action in asked)
