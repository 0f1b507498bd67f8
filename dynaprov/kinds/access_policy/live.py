"""What is live of access policies.  Pure: answers in, readings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from dynaprov.kinds.access_policy.section import PART, AccessPolicyState
from dynaprov.kinds.identity import ADDRESS, tags_by_arn
from dynaprov.kinds.policies import canonical
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.kind import Desired, Looking, Presence, Reading, Sighting
from dynaprov.model.ports import Answer, Call, Read


def get(arn: str) -> Read:
    """GetPolicy."""
    return Read("iam", "get_policy", {"PolicyArn": arn})


def get_version(arn: str, version: str) -> Read:
    """GetPolicyVersion."""
    return Read("iam", "get_policy_version", {"PolicyArn": arn, "VersionId": version})


def versions_of(arn: str) -> Read:
    """ListPolicyVersions."""
    return Read("iam", "list_policy_versions", {"PolicyArn": arn}, pages="Versions")


def reading_of(desired: Desired, answer: Answer, known: Mapping[Read, Answer]) -> Reading:
    """One policy, its document and, where they were read, its other versions."""
    if answer.error:
        return Reading.of_error(desired.address, answer.error)
    policy = answer.value["Policy"]
    version = known[get_version(desired.arn, policy["DefaultVersionId"])]
    if version.error:
        # The policy is there: a version that is gone by now was replaced in this very moment.
        return Reading(desired.address, Presence.UNREADABLE, problem=version.error)
    others = known.get(versions_of(desired.arn))
    return Reading(
        desired.address,
        Presence.PRESENT,
        AccessPolicyState(document=_document(version, desired.arn)),
        arn=desired.arn,
        outputs={"arn": desired.arn},
        facts={
            "versions": _others(others),
            "attached": policy.get("AttachmentCount", 0),
            "tags": {tag["Key"]: tag["Value"] for tag in policy.get("Tags", ())},
        },
        # Without them nobody knows whether there is room for another one.
        unreadable={"versions": others.error} if others and others.error else {},
    )


def look_for_version(call: Call) -> Looking:
    """Whether a CreatePolicyVersion whose answer was lost made its document the default one."""
    arn = call.params["PolicyArn"]
    [policy] = yield [get(arn)]
    if policy.error:
        return Sighting(problem=policy.error)
    name = policy.value["Policy"]["DefaultVersionId"]
    [version] = yield [get_version(arn, name)]
    if version.error:
        return Sighting(problem=version.error)
    wanted = canonical(call.params["PolicyDocument"], arn.split(":")[1])
    found = _document(version, arn) == wanted
    return Sighting(found, detail=f"version {name} has the document" if found else "")


def _document(version: Answer, arn: str) -> dict[str, Any]:
    document = version.value["PolicyVersion"]["Document"]
    if isinstance(document, str):
        document = unquote(document)
    return canonical(document, arn.split(":")[1])


def _others(answer: Answer | None) -> tuple[str, ...]:
    """The versions, oldest first, without the default one."""
    if answer is None:
        return ()
    versions = sorted(answer.value.get("Versions", ()), key=lambda each: int(each["VersionId"][1:]))
    return tuple(each["VersionId"] for each in versions if not each["IsDefaultVersion"])


def strays_in(bulk: Answer, desired: Sequence[Desired]) -> dict[str, str]:
    """Policies with this environment's identity that the spec does not declare: ARN to address.

    The listing lags, so each is confirmed.  It holds IAM's policies in one region only.
    """
    wanted = {each.arn for each in desired}
    return {
        arn: tags.get(ADDRESS, "")
        for arn, tags in sorted(tags_by_arn(bulk.value).items())
        if ":iam:" in arn and ":policy/" in arn and arn not in wanted
    }


def left_over(arn: str, address: str, known: Mapping[Read, Answer]) -> Unmanaged | None:
    """A policy of this environment that the spec does not declare, once GetPolicy confirms it."""
    answer = known[get(arn)]
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
            ("versions", _others(known[versions_of(arn)])),
            ("attached", answer.value["Policy"].get("AttachmentCount", 0)),
        ),
    )
