"""Access policies: IAM managed policies for those who use the tables, one per group and role.

Calls: GetPolicy, GetPolicyVersion, ListPolicyVersions, CreatePolicy, CreatePolicyVersion,
DeletePolicyVersion, DeletePolicy.  What a role may do is in ``access_roles``.

Quirks (IAM API reference and quotas page):

- A policy's ARN follows from its name, so nothing has to be searched for.  IAM has no region.
- Path and description never change; the document changes by a new version made the default one.
- There are at most five versions: the oldest that is not the default goes before a sixth comes.
- A document has at most 6144 characters, white space not counted.
- GetPolicy says which version is the default one, not how many there are.
- DeletePolicy refuses (DeleteConflict) while the policy is attached or has other versions.
- IAM is eventually consistent: a new version may take seconds to show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import ConfigDict, Field

from dynaprov.kinds.access_roles import Role, document_of
from dynaprov.kinds.identity import ADDRESS, tagged_resources, tags_by_arn
from dynaprov.kinds.indexes import position_of
from dynaprov.kinds.policies import canonical, text
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
)
from dynaprov.model.operation import Meaning, Operation, Risk, Settled
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.setting import Setting, Severity, State
from dynaprov.model.spec import Spec, origins_below

PART = "access-policy"
VERSIONS = 5
DOCUMENT_LENGTH = 6144
NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")


class AccessPolicyGroup(State):
    """One group of tables, and the roles that get a policy for it."""

    tables: Annotated[
        Literal["*"] | Annotated[list[str], Field(min_length=1)],
        Field(
            description="Tables of the group by their names in the spec; `*` means every table "
            "whose name begins with the project and the environment."
        ),
    ]
    roles: Annotated[
        Annotated[list[Role], Field(min_length=1)],
        Field(
            description="Roles that get a managed policy each: `reader` reads items, `writer` "
            "reads and writes items, `stream-consumer` reads the change streams, `administrator` "
            "changes the tables' settings and takes backups, but deletes no table and no backup."
        ),
    ]


class AccessPoliciesSection(State):
    """The ``access_policies`` section of an environment: groups by name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, AccessPolicyGroup] = Field(init=False)

    @property
    def groups(self) -> Mapping[str, AccessPolicyGroup]:
        """The groups by name."""
        return self.__pydantic_extra__


class AccessPolicyState(State):
    """One IAM managed policy."""

    document: Annotated[
        Any,
        Setting("d", Severity.HIGH),
        Field(
            description="The policy document, made from the group's tables and the role; compared "
            "whole and canonically."
        ),
    ]


def _get(arn: str) -> Read:
    return Read("iam", "get_policy", {"PolicyArn": arn})


def _get_version(arn: str, version: str) -> Read:
    return Read("iam", "get_policy_version", {"PolicyArn": arn, "VersionId": version})


def _versions(arn: str) -> Read:
    return Read("iam", "list_policy_versions", {"PolicyArn": arn}, pages="Versions")


class AccessPolicyKind(Kind):
    """See the module docstring."""

    name = PART
    title = "access policy"
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

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """GetPolicy of each; then the default version, and the versions where they matter."""
        bulk, *answers = yield [tagged_resources(scope), *(_get(each.arn) for each in desired)]
        strays = _strays(bulk, desired)
        reads: list[Read] = []
        for arn in strays:
            reads += [_get(arn), _versions(arn)]
        for each, answer in zip(desired, answers, strict=True):
            if not answer.error:
                version = answer.value["Policy"]["DefaultVersionId"]
                reads.append(_get_version(each.arn, version))
                if version != "v1":
                    reads.append(_versions(each.arn))
        known: dict[Read, Answer] = {}
        if reads:
            known |= dict(zip(reads, (yield reads), strict=True))
        readings = [
            _reading(each, answer, known) for each, answer in zip(desired, answers, strict=True)
        ]
        late = [
            _versions(reading.arn)
            for each, reading in zip(desired, readings, strict=True)
            if reading.state is not None
            and reading.state != each.state
            and _versions(reading.arn) not in known
        ]
        if late:
            known |= dict(zip(late, (yield late), strict=True))
            readings = [
                _reading(each, answer, known) for each, answer in zip(desired, answers, strict=True)
            ]
        left = tuple(_left_over(arn, address, known) for arn, address in strays.items())
        found = tuple(each for each in left if each is not None)
        if found:
            readings.append(Reading.absent(Address("", PART), unmanaged=found))
        return readings

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """CreatePolicy, or room for a version and then CreatePolicyVersion."""
        [change] = changes
        if change.action is Action.CREATE:
            return [_create(desired, situation)]
        made = []
        versions = reading.facts.get("versions", ())
        if len(versions) >= VERSIONS - 1:
            made.append(_delete_version(desired.address, desired.arn, versions[0]))
        made.append(_new_version(desired, made))
        return made

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Delete a policy whose group or role is in no spec any more."""
        facts = dict(unmanaged.facts)
        return _delete(unmanaged.address, facts["arn"], facts["versions"], facts["attached"])

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """The versions that are not the default one, then the policy."""
        if reading.presence is not Presence.PRESENT:
            return []
        facts = reading.facts
        return _delete(desired.address, desired.arn, facts["versions"], facts["attached"])


def _reading(desired: Desired, answer: Answer, known: Mapping[Read, Answer]) -> Reading:
    if answer.error:
        return Reading.of_error(desired.address, answer.error)
    policy = answer.value["Policy"]
    version = known[_get_version(desired.arn, policy["DefaultVersionId"])]
    if version.error:
        # The policy is there: a version that is gone by now was replaced in this very moment.
        return Reading(desired.address, Presence.UNREADABLE, problem=version.error)
    document = version.value["PolicyVersion"]["Document"]
    if isinstance(document, str):
        document = unquote(document)
    partition = desired.arn.split(":")[1]
    return Reading(
        desired.address,
        Presence.PRESENT,
        AccessPolicyState(document=canonical(document, partition)),
        arn=desired.arn,
        outputs={"arn": desired.arn},
        facts={
            "versions": _others(known.get(_versions(desired.arn))),
            "attached": policy.get("AttachmentCount", 0),
            "tags": {tag["Key"]: tag["Value"] for tag in policy.get("Tags", ())},
        },
    )


def _others(answer: Answer | None) -> tuple[str, ...]:
    """The versions, oldest first, without the default one."""
    if answer is None:
        return ()
    versions = sorted(answer.value.get("Versions", ()), key=lambda each: int(each["VersionId"][1:]))
    return tuple(each["VersionId"] for each in versions if not each["IsDefaultVersion"])


def _strays(bulk: Answer, desired: Sequence[Desired]) -> dict[str, str]:
    """Policies with this environment's identity that the spec does not declare: ARN to address.

    The listing lags, so each is confirmed.  It holds IAM's policies in one region only.
    """
    wanted = {each.arn for each in desired}
    return {
        arn: tags.get(ADDRESS, "")
        for arn, tags in sorted(tags_by_arn(bulk.value).items())
        if ":iam:" in arn and ":policy/" in arn and arn not in wanted
    }


def _left_over(arn: str, address: str, known: Mapping[Read, Answer]) -> Unmanaged | None:
    answer = known[_get(arn)]
    if answer.error:
        return None
    name = arn.rpartition("/")[2]
    found = Address.parse(address) if address else Address("", PART, name)
    return Unmanaged(
        address=found,
        kind=PART,
        resource=name,
        detail=f"managed policy `{name}` is in no spec any more",
        facts=(
            ("arn", arn),
            ("versions", _others(known[_versions(arn)])),
            ("attached", answer.value["Policy"].get("AttachmentCount", 0)),
        ),
    )


def _create(desired: Desired, situation: Situation) -> Operation:
    assert isinstance(desired.state, AccessPolicyState)
    tags = situation.tags_at_creation(desired.address)
    params: dict[str, Any] = {
        "PolicyName": desired.name,
        "Path": "/",
        "PolicyDocument": text(desired.state.document),
    }
    if tags:
        params["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return Operation(
        id=f"{desired.address}:create",
        address=desired.address,
        kind=PART,
        title=f"create the managed policy `{desired.name}`",
        call=Call("iam", "create_policy", params),
        lock=desired.name,
        outputs=(("arn", "Policy.Arn"),),
        creates=True,
        meaning=Meaning(
            impact="nobody has it until it is attached",
            undo="reversible: delete it",
            takes="at once; IAM may take seconds until all see it",
        ),
    )


def _new_version(desired: Desired, needs: Sequence[Operation]) -> Operation:
    assert isinstance(desired.state, AccessPolicyState)
    params = {
        "PolicyArn": desired.arn,
        "PolicyDocument": text(desired.state.document),
        "SetAsDefault": True,
    }
    return Operation(
        id=f"{desired.address}:update",
        address=desired.address,
        kind=PART,
        title=f"give the managed policy `{desired.name}` its document",
        call=Call("iam", "create_policy_version", params),
        needs=tuple(operation.id for operation in needs),
        lock=desired.name,
        covers=("document",),
        repeatable=False,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="whoever has the policy has the new rights from now on",
            undo="reversible: make the version before it the default one",
            takes="at once; IAM may take seconds until all see it",
            watch="access denied errors of those who have it",
        ),
    )


def _delete_version(address: Address, arn: str, version: str) -> Operation:
    return Operation(
        id=f"{address}:delete-{version}",
        address=address,
        kind=PART,
        title=f"delete version {version} of the managed policy, which nobody uses",
        call=Call("iam", "delete_policy_version", {"PolicyArn": arn, "VersionId": version}),
        lock=arn.rpartition("/")[2],
        settled_by=(Settled("NoSuchEntity"),),
        covers=(),
        meaning=Meaning(
            impact="none: the version is not the default one",
            undo="not reversible: the document of the version is gone",
            takes="at once",
        ),
    )


def _delete(address: Address, arn: str, versions: Sequence[str], attached: int) -> list[Operation]:
    made = [_delete_version(address, arn, version) for version in versions]
    name = arn.rpartition("/")[2]
    watch = f"it is attached {attached} times: detach it first, or IAM refuses" if attached else ""
    last = Operation(
        id=f"{address}:delete",
        address=address,
        kind=PART,
        title=f"delete the managed policy `{name}`",
        call=Call("iam", "delete_policy", {"PolicyArn": arn}),
        needs=tuple(operation.id for operation in made),
        lock=name,
        settled_by=(Settled("NoSuchEntity"),),
        deletes=True,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="nobody loses rights: IAM deletes only a policy that is attached nowhere",
            undo="reversible: apply creates it again, unattached",
            takes="at once",
            watch=watch,
        ),
    )
    return [*made, last]


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
                    "at most 128 letters, digits and + = , . @ _ - in all: name the group otherwise",
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
