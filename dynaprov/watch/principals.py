"""Who is behind a recorded call: from CloudTrail's ``userIdentity`` to a person.

The forms are those of "CloudTrail userIdentity element" (CloudTrail User Guide).  A role's caller
is named, strongest first, by the source identity that its session was bound to, by IAM Identity
Center (whose roles begin with ``AWSReservedSSO_`` and whose session names are user names), by the
AssumeRole event, and by the session's name unless a program made that up.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dynaprov.model.attribution import Channel, Identity, Principal
from dynaprov.watch.trail import Event

_SSO_ROLE = re.compile(r"AWSReservedSSO_(?P<set>.+)_[0-9a-f]{16}$")
_SERVICE_ROLE = "AWSServiceRoleFor"

#: Session names that programs make up, so that they name nobody.
_MADE_UP = re.compile(
    r"""^(
      i-[0-9a-f]{8,17}                      # an EC2 instance
    | (botocore|aws-go-sdk|aws-sdk-[a-z]+|AWSCLI|boto3)[-_]?[a-z]*[-_]?\d*
    | (aws-sdk-[a-z]+-)?\d{6,}              # a time
    | [0-9a-f-]{32,}                        # a random id
    | (GitHubActions|GitLabCI|AutoScaling|terraform|session)[-_]?\d*
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

_TYPES: Mapping[str, Identity] = {
    "IAMUser": Identity.USER,
    "Root": Identity.ROOT,
    "AssumedRole": Identity.ROLE,
    "Role": Identity.ROLE,
    "FederatedUser": Identity.FEDERATED,
    "SAMLUser": Identity.FEDERATED,
    "WebIdentityUser": Identity.FEDERATED,
    "IdentityCenterUser": Identity.IDENTITY_CENTER,
    "AWSService": Identity.SERVICE,
    "AWSAccount": Identity.ACCOUNT,
}


def principal_of(identity: Mapping[str, Any]) -> Principal:
    """The caller that a record names."""
    found = Principal(
        identity=_TYPES.get(_text(identity, "type"), Identity.UNKNOWN),
        arn=_text(identity, "arn"),
        account=_text(identity, "accountId"),
        access_key=_text(identity, "accessKeyId"),
        on_behalf_of=_text(identity, "onBehalfOf", "userId"),
        source_identity=_text(identity, "sessionContext", "sourceIdentity"),
    )
    match found.identity:
        case Identity.USER:
            return replace(found, person=_text(identity, "userName") or _last(found.arn), sure=True)
        case Identity.ROOT:
            return replace(found, person="the root user", sure=True)
        case Identity.SERVICE:
            return replace(found, person=_text(identity, "invokedBy"), sure=True)
        case Identity.ROLE:
            return _of_role(found, identity)
        case Identity.IDENTITY_CENTER:
            name = _text(identity, "userName")
            return replace(found, person=name or _center_user(found), sure=bool(name))
        case Identity.FEDERATED:
            return _federated(found, identity)
        case Identity.ACCOUNT:
            return replace(found, via=f"account {found.account}" if found.account else "")
    return replace(found, person=_text(identity, "userName"))


def behind(principal: Principal, assumed: Principal) -> Principal:
    """The caller of a role, now that the AssumeRole event says who assumed it."""
    if not assumed.person:
        return principal
    if assumed.identity is Identity.SERVICE:
        # An instance, a function: the service assumed the role for it, under a name of its own.
        session = f"session {principal.session} of " if principal.session else ""
        return replace(principal, person=f"{session}{assumed.person}", sure=True)
    if assumed.identity is Identity.ROLE and not (assumed.sure or assumed.source_identity):
        return replace(principal, person=principal.person or assumed.person)
    via = ", ".join(filter(None, [principal.via, assumed.via and f"from {assumed.via}"]))
    return replace(principal, person=assumed.person, via=via, sure=assumed.sure)


def needs_assume_role(principal: Principal) -> bool:
    """Whether the AssumeRole event would tell more than the record does."""
    temporary = principal.access_key.startswith("ASIA")
    return principal.identity is Identity.ROLE and temporary and not principal.sure


def is_made_up(session: str) -> bool:
    """Whether a program chose the session's name."""
    return not session or bool(_MADE_UP.match(session))


def channel_of(event: Event) -> Channel:
    """By what the call was made; ``invokedBy`` and names of services in place of an address."""
    agent = event.user_agent
    if agent.startswith("dynaprov/"):
        return Channel.DYNAPROV
    if invoked_by(event):
        return Channel.SERVICE
    if "terraform" in agent.lower():
        return Channel.TERRAFORM
    if event.console or "console.amazonaws.com" in agent or "console.aws" in agent:
        return Channel.CONSOLE
    if agent.startswith(("aws-cli/", "[aws-cli/")):
        return Channel.CLI
    if re.match(r"\[?(boto|aws-sdk|aws-internal|aws-cdk|m/|md/|ua/)", agent, re.IGNORECASE):
        return Channel.SDK
    return Channel.UNKNOWN


def invoked_by(event: Event) -> str:
    """The service that made the call; empty when the principal did.

    ``AWS Internal`` stands for a console or service of AWS that is not named.
    """
    named = _text(event.identity, "invokedBy")
    if named and named != "AWS Internal":
        return named
    return event.source_ip if event.source_ip.endswith(".amazonaws.com") else ""


def _of_role(found: Principal, identity: Mapping[str, Any]) -> Principal:
    issuer = identity.get("sessionContext") or {}
    role = _text(issuer, "sessionIssuer", "userName") or _role_in(found.arn)
    session = _last(found.arn) or _text(identity, "principalId").partition(":")[2]
    via = f"role {role}" if role else ""
    if center := _SSO_ROLE.search(role):
        via = f"permission set {center['set']}"
        return replace(found, person=session, via=via, session=session, sure=True)
    if role.startswith(_SERVICE_ROLE):
        service = _text(identity, "invokedBy") or role.removeprefix(_SERVICE_ROLE)
        return replace(found, person=service, via=via, session=session, sure=True)
    if found.source_identity:
        return replace(found, person=found.source_identity, via=via, session=session, sure=True)
    person = "" if is_made_up(session) else session
    if not person and found.on_behalf_of:
        person = _center_user(found)
    return replace(found, person=person, via=via, session=session)


def _federated(found: Principal, identity: Mapping[str, Any]) -> Principal:
    """Of GetFederationToken, or of the event in which a role was assumed by SAML or OpenID."""
    name = _text(identity, "userName") or _text(identity, "principalId").rpartition(":")[2]
    provider = _text(identity, "identityProvider") or _text(
        identity, "sessionContext", "sessionIssuer", "userName"
    )
    return replace(found, person=name, via=_last(provider), sure=bool(name))


def _center_user(found: Principal) -> str:
    """The record holds the user's id and no name (IAM Identity Center User Guide)."""
    return f"Identity Center user {found.on_behalf_of}" if found.on_behalf_of else ""


def _role_in(arn: str) -> str:
    """``arn:aws:sts::123456789012:assumed-role/Admin/ana`` -> ``Admin``."""
    parts = arn.rpartition(":")[2].split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "assumed-role" else ""


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _text(value: Any, *keys: str) -> str:
    """The text below these keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return str(value) if value is not None and not isinstance(value, Mapping | list) else ""
