"""``drift --env all``: the checks of a fleet, several at once, in one report."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dynaprov.cli import exits
from dynaprov.cli.checking import Case, Wanted
from dynaprov.cli.desk import Desk, Told
from dynaprov.cli.exits import Exit
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import DynaprovError, UsageProblem

if TYPE_CHECKING:
    from dynaprov.cli.invocation import Invocation
    from dynaprov.cli.outposts import Outpost
    from dynaprov.model.events import Event
    from dynaprov.model.finding import Coverage
    from dynaprov.model.fleet import Member
    from dynaprov.model.plan import Plan
    from dynaprov.model.spec import Spec

#: Members that are looked at at once: each has an account and region, and so rates, of its own.
AT_ONCE = 4

#: Where the number of a part is found when only the count is said; the second says the first
#: number (Kubernetes: indexed jobs; AWS Batch: array jobs; GitLab CI: parallel jobs).
INDEXES: Mapping[str, int] = {
    "JOB_COMPLETION_INDEX": 0,
    "AWS_BATCH_JOB_ARRAY_INDEX": 0,
    "CI_NODE_INDEX": 1,
}


def check_fleet(invocation: Invocation, wanted: Wanted) -> dict[str, Any]:
    """Check every member of the fleet, or of one part of it.

    A member that cannot be looked at is not compared, and the others go on.

    Raises:
        DynaprovError: when the files have mistakes, or the options make no sense for a fleet.
    """
    from dynaprov.model.fleet import shard
    from dynaprov.report.fleet_document import fleet_document

    for name, value in (("--heal", wanted.heal), ("--baseline", wanted.baseline)):
        if value:
            raise UsageProblem(_one_by_one(name))
    part = read_shard(wanted.shard, os.environ) if wanted.shard else (0, 1)
    case = Case(invocation, wanted)
    options, stages = invocation.options, invocation.stages
    fleet = stages.fleet(options)
    specs = dict(fleet)
    members = shard(list(specs), *part)
    region = options.region or next((specs[each].region for each in members), "")
    # What was loaded so far stays; the clients of each member are cycles, which go with it.
    gc.freeze()
    gc.enable()
    with stages.outposts(options, region) as outpost:
        desk = Desk.of(invocation, wanted, region)
        at_once = 1 if options.local else AT_ONCE
        look = partial(_checked, case, desk, outpost, max(4, options.parallelism // at_once))
        with ThreadPoolExecutor(at_once, thread_name_prefix="member") as pool:
            checks = list(pool.map(lambda member: look(member, specs[member]), members))
        desk.deliver(checks)
    documents = [each.document for each in checks]
    for document in documents:
        document["exit_code"] = int(exits.of_drift(document))
    return fleet_document(
        documents,
        members=len(fleet),
        shard=f"{part[0] + 1}/{part[1]}" if wanted.shard else "",
        exit_code=int(of_checks(documents)),
    )


def of_checks(documents: Sequence[Mapping[str, Any]]) -> Exit:
    """The exit code of many checks."""
    return exits.first_of(Exit(each["exit_code"]) for each in documents)


def read_shard(text: str, environment: Mapping[str, str]) -> tuple[int, int]:
    """The part that ``--shard`` means: its index, from 0, and the count.

    ``2/4`` is the second of four; ``4`` is the one of four whose number the scheduler has put into
    the environment.

    Raises:
        UsageProblem: when it means none.
    """
    first, slash, second = text.partition("/")
    index = int(first) - 1 if slash and first.isdigit() else _index(environment)
    count = int(second if slash else first) if (second if slash else first).isdigit() else 0
    if index is None or not 0 <= index < count:
        names = ", ".join(INDEXES)
        raise UsageProblem(
            Diagnostic(
                "DP524",
                "the part of the fleet is none",
                f"`{text}` names no part"
                + ("" if slash else f", and none of {names} says which one this is"),
                "write --shard 2/4 for the second of four parts, or --shard 4 in an indexed job",
            )
        )
    return index, count


def _index(environment: Mapping[str, str]) -> int | None:
    for name, first in INDEXES.items():
        if (said := environment.get(name, "")).isdigit():
            return int(said) - first
    return None


def _checked(
    case: Case, desk: Desk, outpost: Outpost, parallelism: int, member: Member, spec: Spec
) -> Told:
    stages, options = case.invocation.stages, case.invocation.options

    def judged(plan: Plan, covered: Coverage | None) -> Told:
        identity = plan.identity
        memory = case.before(identity) if case.knows_before else desk.recall(identity)
        check = case.judge(plan, memory, covered)
        return Told(case.document(check, memory), check, memory)

    try:
        with outpost(spec, member.role, parallelism) as door:
            plan = stages.diff(spec, door, options, _unheard)
            told = judged(plan, stages.coverage(plan, door))
            case.attribute(told.document, plan, told.memory, door)
    except DynaprovError as problem:
        told = judged(_blind(member, spec, problem), None)
    case.invocation.say(f"Checked {member}")
    return told


def _blind(member: Member, spec: Spec, problem: DynaprovError) -> Plan:
    """A comparison that nothing came of: of the whole environment nothing is known."""
    from dynaprov.model.finding import WHOLE
    from dynaprov.model.plan import Identity, NotCompared, Plan
    from dynaprov.model.ports import ErrorCategory, ServiceError

    first = problem.diagnostics[0]
    said = ": ".join(filter(None, [first.summary, first.detail]))
    error = ServiceError(ErrorCategory.UNKNOWN, "dynaprov", "check", first.code, said)
    identity = Identity(spec.project, spec.environment, member.account, spec.region)
    return Plan(
        replace(identity, revision=spec.revision), not_compared=(NotCompared(WHOLE, "", error),)
    )


def _unheard(event: Event) -> None:
    """Many comparisons at once are told by a line each when they have ended."""


def _one_by_one(option: str) -> Diagnostic:
    return Diagnostic(
        "DP525",
        "not for a whole fleet",
        f"{option} works in one environment at a time",
        "name one with --env",
    )
