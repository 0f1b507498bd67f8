"""The calls that make, change and delete access policies.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dynaprov.kinds.access_policy.section import PART, AccessPolicyState
from dynaprov.kinds.policies import text
from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Situation
from dynaprov.model.operation import Looks, Meaning, Operation, Risk, Settled
from dynaprov.model.ports import Call


def create(desired: Desired, situation: Situation) -> Operation:
    """CreatePolicy."""
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


def new_version(desired: Desired, needs: Sequence[Operation]) -> Operation:
    """CreatePolicyVersion, as the default one."""
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
        looks=Looks.LOST,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="whoever has the policy has the new rights from now on",
            undo="reversible: make the version before it the default one",
            takes="at once; IAM may take seconds until all see it",
            watch="access denied errors of those who have it",
        ),
    )


def delete_version(address: Address, arn: str, version: str) -> Operation:
    """DeletePolicyVersion."""
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


def delete(address: Address, arn: str, versions: Sequence[str], attached: int) -> list[Operation]:
    """DeletePolicyVersion of all but the default one, then DeletePolicy."""
    made = [delete_version(address, arn, version) for version in versions]
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
