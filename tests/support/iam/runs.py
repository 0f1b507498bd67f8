"""The runs that between them use every right that a policy gives, each with its policy.

They are those of the fault matrix and a few more.  All but destroy go with ``--prune``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dynaprov.access.derivation import Verb, Wish, derive
from dynaprov.access.documents import documents
from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from dynaprov.model.finding import Coverage
from dynaprov.model.kind import Scope
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from dynaprov.watch.coverage import coverage
from support.breaking import surroundings
from support.breaking.place import TOPIC, Account, table
from support.converging import client, world
from support.iam.enforcing import Enforced
from support.iam.evaluation import Document, actions_of, covers, without
from support.iam.naming import named, rightly_named
from support.matrix import scenarios
from support.matrix.scenarios import BY_NAME, SCENARIOS, Scenario, Stage


def _backed_up(_: Account) -> None:
    """Somebody made a backup."""
    client("dynamodb").create_backup(TableName=table("events"), BackupName="by-hand")


def _retagged(_: Account) -> None:
    """The identity of every resource but the key's was changed, so that no listing is believed."""
    wrong = [{"Key": "dynaprov:address", "Value": "another"}]
    arn = f"arn:aws:{{}}:{LOCAL_REGION}:{LOCAL_ACCOUNT}:{{}}"
    tables, alarms = arn.format("dynamodb", "table/"), arn.format("cloudwatch", "alarm:")
    client("dynamodb").tag_resource(ResourceArn=f"{tables}{table('events')}", Tags=wrong)
    client("sns").tag_resource(ResourceArn=TOPIC, Tags=wrong)
    client("iam").tag_policy(PolicyArn=surroundings.READER, Tags=wrong)
    client("cloudwatch").tag_resource(
        ResourceARN=f"{alarms}{table('events')}-system-errors", Tags=wrong
    )
    client("ec2").create_tags(Resources=[surroundings.endpoint()], Tags=wrong)


def _meddled(account: Account) -> None:
    """Other tags, further versions of a policy, and a twin of the key."""
    scenarios.meddled(account)
    _retagged(account)
    kms = client("kms")
    tags = kms.list_resource_tags(KeyId=surroundings.key_id())["Tags"]
    kms.create_key(Tags=tags, Description="a twin")


def _unprotected(account: Account) -> None:
    """Everything that a heal may put back was taken away."""
    _retagged(account)
    dynamodb, orders = client("dynamodb"), table("orders")
    dynamodb.update_table(TableName=orders, DeletionProtectionEnabled=False)
    dynamodb.update_continuous_backups(
        TableName=orders,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    dynamodb.update_time_to_live(
        TableName=orders,
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"},
    )
    client("cloudwatch").delete_alarms(AlarmNames=[f"{table('events')}-system-errors"])
    client("sns").delete_topic(TopicArn=TOPIC)


def _less(documents: Mapping[str, Any]) -> dict[str, Any]:
    """The same environment without an endpoint and access policies."""
    made = deepcopy(dict(documents))
    environment = made["environments/full.yaml"]
    environment["vpc_endpoint"] = environment["access_policies"] = "none"
    return made


FURTHER = (
    Scenario("left", "an apply that prunes whole resources", wanted=_less),
    Scenario(
        "backed-up",
        "an apply that switches the unused key off, where there are backups",
        live=scenarios.less,
        wanted=scenarios.off,
        broken=_backed_up,
    ),
    Scenario("meddled", "an apply after somebody meddled", broken=_meddled),
    Scenario("heal", "an apply that puts protections back", broken=_unprotected),
    Scenario("destroy-meddled", "a destroy after somebody meddled", broken=_meddled, destroys=True),
    Scenario("destroy-nothing", "a destroy of what is not there", live=None, destroys=True),
)


@dataclass(frozen=True)
class Case:
    """A run of a scenario with the rights of one command.

    ``looks``: only the comparison is made.
    """

    name: str
    scenario: Scenario
    wish: Wish
    looks: bool = False


def _cases() -> Iterator[Case]:
    diff, destroy = Wish(Verb.DIFF, prune=True), Wish(Verb.DESTROY)
    apply = Wish(Verb.APPLY, prune=True)
    for scenario in (*SCENARIOS, *FURTHER):
        if scenario.destroys:
            yield Case(scenario.name, scenario, destroy)
            continue
        yield Case(f"diff-{scenario.name}", scenario, diff, looks=True)
        if not scenario.reads:
            yield Case(scenario.name, scenario, apply)
    yield Case("drift", BY_NAME["diff"], Wish(Verb.DRIFT), looks=True)
    heal = next(each for each in FURTHER if each.name == "heal")
    yield Case("drift-heal", heal, Wish(Verb.DRIFT, heal=True))


CASES: Mapping[str, Case] = {each.name: each for each in _cases()}


class Trial:
    """A case with the account as it finds it; nobody has looked yet."""

    def __init__(self, case: Case, stage: Stage) -> None:
        self.case = case
        self.stage = stage
        self.covered: Coverage | None = None
        self.policies: Sequence[Document] = documents(
            derive(stage.spec, scope(stage.spec), case.wish)
        )

    def under(self, policies: Sequence[Document]) -> tuple[Plan | Run, Enforced]:
        """What comes of it when these policies are all that the caller has.

        A plan, where it is only looked or a guard refuses the run.
        """
        enforced = Enforced(policies)
        self.stage.layer.heal()
        self.stage.layer.inject(enforced.fault())
        look: Callable[[], Plan] = self.stage.look
        if self.case.wish.verb is Verb.DRIFT:
            # It deletes nothing, so it goes without --prune.
            look = self._diff
        try:
            plan = look()
            if self.case.looks or plan.refusals:
                return plan, enforced
            return self.stage.live.carry_out(plan, look), enforced
        finally:
            self.stage.layer.heal()

    def _diff(self) -> Plan:
        plan = self.stage.live.plan_now(self.stage.spec, *scenarios.ALLOWED)
        self.covered = coverage(plan, self.stage.live.gateway)
        return plan


def scope(spec: Spec) -> Scope:
    """Where the runs take place."""
    return Scope(spec.project, spec.environment, LOCAL_ACCOUNT, spec.region)


@contextmanager
def trial(case: Case) -> Iterator[Trial]:
    """The case in a fresh account."""
    with TemporaryDirectory() as scratch, world(Path(scratch), rules=True) as live:
        yield Trial(case, Stage(case.scenario, live, Path(scratch)))


def used(made: Trial) -> list[str]:
    """The actions of the policy that the run uses when it has all of them; in a copy of it."""
    made.stage.live.reopen()
    _, enforced = made.under(made.policies)
    asked = {each.action for each in enforced.asked}
    return sorted(each for each in actions_of(made.policies) if covers(each, asked))


def taken_away(made: Trial, action: str) -> list[str] | None:
    """What is named without an action that the run uses, if that is not right; in a copy of it."""
    made.stage.live.reopen()
    run, enforced = made.under(without(action, made.policies))
    assert enforced.denied, action
    beside = {made.covered.permission} - {""} if made.covered else set[str]()
    destroys = made.case.wish.verb is Verb.DESTROY
    right = rightly_named(action, run, beside, destroys=destroys)
    return None if right else sorted(named(run) | beside)
