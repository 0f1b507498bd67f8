"""The kind of access policies: what is declared, what is read, and which calls follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from dynaprov.kinds.access_policy.calls import create, delete, delete_version, new_version
from dynaprov.kinds.access_policy.live import (
    get,
    get_version,
    left_over,
    look_for_version,
    reading_of,
    strays_in,
    versions_of,
)
from dynaprov.kinds.access_policy.roles import document_of
from dynaprov.kinds.access_policy.section import (
    PART,
    AccessPoliciesSection,
    AccessPolicyGroup,
    AccessPolicyState,
)
from dynaprov.kinds.identity import tagged_resources
from dynaprov.kinds.indexes import position_of
from dynaprov.kinds.policies import canonical, text
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Looking,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
    unlisted,
)
from dynaprov.model.operation import Operation
from dynaprov.model.permission import CHANGE, DESTROY, LOOK, PRUNE, Permission
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.setting import Severity
from dynaprov.model.spec import Spec, origins_below

LEFT = Address("", PART)
VERSIONS = 5
DOCUMENT_LENGTH = 6144
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")


class AccessPolicyKind(Kind):
    """See the module docstring."""

    name = PART
    title = "access policy"
    missing = Severity.HIGH
    state = AccessPolicyState
    section = AccessPoliciesSection
    section_name = "access_policies"
    per_table = False
    reads = ("iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions")
    writes = (
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:TagPolicy",
    )
    services = ("iam",)
    tagging = Tagging(
        service="iam",
        tag="tag_policy",
        untag="untag_policy",
        resource="PolicyArn",
        tags="Tags",
        keys="TagKeys",
        key_field="Key",
        value_field="Value",
        listing="list_policy_tags",
        listed="Tags",
        bulk="iam:policy",
    )
    stamp_code = "p"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """Tables that exist, names and documents that IAM takes."""
        section = spec.section(self.section_name, AccessPoliciesSection)
        for name, group in (section.groups if section else {}).items():
            yield from _unknown_tables(spec, name, group)
            yield from _too_long(spec, name, group)

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One per group and role."""
        section = spec.section(self.section_name, AccessPoliciesSection)
        for name, group in (section.groups if section else {}).items():
            for role in dict.fromkeys(group.roles):
                policy = f"{scope.prefix}-{name}-{role}"
                document = canonical(document_of(role, group.tables, spec, scope), scope.partition)
                yield Desired(
                    address=Address("", PART, f"{name}-{role}"),
                    kind=self.name,
                    name=policy,
                    state=AccessPolicyState(document=document),
                    arn=scope.arn("iam", f"policy/{policy}", region=""),
                    tags=dict(spec.tags),
                    origins=origins_below(spec.origins, f"access_policies.{name}"),
                )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """Policies by their names; leftovers by how the environment's names begin."""
        every = (scope.arn("iam", f"policy/{scope.prefix}-*", region=""),)
        yield Permission(("iam:GetPolicy", "iam:ListPolicyVersions"), every, LOOK)
        yield Permission(("iam:DeletePolicy", "iam:DeletePolicyVersion"), every, PRUNE)
        arns = tuple(each.arn for each in self.declare(spec, scope))
        if not arns:
            return
        yield Permission(("iam:GetPolicyVersion",), arns, LOOK)
        creation = ("iam:CreatePolicy", "iam:TagPolicy")
        versions = ("iam:CreatePolicyVersion", "iam:DeletePolicyVersion")
        yield Permission((*creation, *versions), arns, CHANGE)
        yield Permission(("iam:DeletePolicy", "iam:DeletePolicyVersion"), arns, DESTROY)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """GetPolicy of each; then the default version, and the versions where they matter."""
        bulk, *answers = yield [tagged_resources(scope), *(get(each.arn) for each in desired)]
        strays = strays_in(bulk, desired)
        reads: list[Read] = []
        for arn in strays:
            reads += [get(arn), versions_of(arn)]
        for each, answer in zip(desired, answers, strict=True):
            if not answer.error:
                version = answer.value["Policy"]["DefaultVersionId"]
                reads.append(get_version(each.arn, version))
                if version != "v1":
                    reads.append(versions_of(each.arn))
        known: dict[Read, Answer] = {}
        if reads:
            known |= dict(zip(reads, (yield reads), strict=True))
        pairs = list(zip(desired, answers, strict=True))
        readings = [reading_of(each, answer, known) for each, answer in pairs]
        late = [
            versions_of(reading.arn)
            for each, reading in zip(desired, readings, strict=True)
            if reading.state not in (None, each.state) and versions_of(reading.arn) not in known
        ]
        if late:
            known |= dict(zip(late, (yield late), strict=True))
            readings = [reading_of(each, answer, known) for each, answer in pairs]
        left = [left_over(arn, address, known) for arn, address in strays.items()]
        found = tuple(each for each in left if each is not None)
        told = [bulk, *(known[read] for arn in strays for read in (get(arn), versions_of(arn)))]
        unread = unlisted(LEFT, told)
        if found:
            rest = unread or [Reading.absent(LEFT)]
            unread = [replace(each, unmanaged=found) for each in rest]
        return [*readings, *unread]

    def look(self, operation: Operation, call: Call, now: datetime) -> Looking:
        """After CreatePolicyVersion."""
        return (yield from look_for_version(call))

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """CreatePolicy, or room for a version and then CreatePolicyVersion."""
        [change] = changes
        if change.action is Action.CREATE:
            return [create(desired, situation)]
        made = []
        versions = reading.facts.get("versions", ())
        if len(versions) >= VERSIONS - 1:
            made.append(delete_version(desired.address, desired.arn, versions[0]))
        made.append(new_version(desired, made))
        return made

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Delete a policy whose group or role is in no spec any more."""
        facts = dict(unmanaged.facts)
        return delete(unmanaged.address, facts["arn"], facts["versions"], facts["attached"])

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """The versions that are not the default one, then the policy."""
        if reading.presence is not Presence.PRESENT:
            return []
        facts = reading.facts
        return delete(desired.address, desired.arn, facts["versions"], facts["attached"])


def _unknown_tables(spec: Spec, name: str, group: AccessPolicyGroup) -> Iterator[Diagnostic]:
    for table in group.tables if group.tables != "*" else ():
        if table in spec.tables:
            continue
        near = get_close_matches(table, spec.tables, n=1)
        yield Diagnostic(
            code="DP183",
            summary="no such table",
            detail=f"access policy group `{name}` names `{table}`, which is no table of the spec",
            hint=f"did you mean `{near[0]}`?" if near else "name a table of this spec",
            position=position_of(spec.origins, f"access_policies.{name}.tables"),
            address=str(Address("", PART, name)),
        )


def _too_long(spec: Spec, name: str, group: AccessPolicyGroup) -> Iterator[Diagnostic]:
    scope = Scope(spec.project, spec.environment, spec.account or "0" * 12, spec.region)
    for role in dict.fromkeys(group.roles):
        policy = f"{scope.prefix}-{name}-{role}"
        length = len("".join(text(document_of(role, group.tables, spec, scope)).split()))
        problems = []
        if not NAME.fullmatch(policy):
            problems.append(
                (
                    "DP184",
                    "bad policy name",
                    f"IAM takes no policy name `{policy}`",
                    "at most 128 letters, digits and + = , . @ _ - in all",
                )
            )
        if length > DOCUMENT_LENGTH:
            problems.append(
                (
                    "DP185",
                    "policy document too long",
                    f"`{policy}` has {length} characters; IAM takes {DOCUMENT_LENGTH}",
                    'split it into groups of fewer tables, or say `tables: "*"`',
                )
            )
        for code, summary, detail, hint in problems:
            yield Diagnostic(
                code=code,
                summary=summary,
                detail=detail,
                hint=hint,
                position=position_of(spec.origins, f"access_policies.{name}"),
                address=str(Address("", PART, f"{name}-{role}")),
            )


KIND = AccessPolicyKind()
