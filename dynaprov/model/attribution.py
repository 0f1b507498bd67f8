"""Attributions: who made a difference, as far as a record tells, and why it is not known otherwise.

Values only.  Looking for them is ``watch``'s work; what they say of AWS is no more than what AWS
recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dynaprov.model.address import Address
from dynaprov.model.source import Position


class Identity(StrEnum):
    """What kind of caller a record names (CloudTrail's ``userIdentity.type``)."""

    USER = "user"
    ROOT = "root"
    ROLE = "role"
    FEDERATED = "federated"  # GetFederationToken, SAML or OpenID Connect
    IDENTITY_CENTER = "identity-center"
    SERVICE = "service"
    ACCOUNT = "account"  # of another account: the record names no more
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """By what a call was made."""

    DYNAPROV = "dynaprov"
    SERVICE = "service"  # another AWS service, for somebody
    CONSOLE = "console"
    CLI = "cli"
    TERRAFORM = "terraform"
    SDK = "sdk"
    UNKNOWN = "unknown"


class Unknown(StrEnum):
    """Why it is not known who it was."""

    NOT_FOUND = "not-found"  # nothing in the window that was searched
    TOO_OLD = "too-old"  # made before what the history still holds
    DELAYED = "delayed"  # made so lately that the history may not show it yet
    NOT_RECORDED = "not-recorded"  # no call in the history says it
    OTHER_REGION = "other-region"  # recorded in the history of another region
    UNNAMED = "unnamed"  # what calls name the resource by is not known
    TOO_MANY = "too-many"  # more events than are read
    DENIED = "denied"
    UNSUPPORTED = "unsupported"  # the endpoint has no such history
    FAILED = "failed"  # the lookup itself failed


@dataclass(frozen=True, slots=True)
class Principal:
    """Who made a call.

    Attributes:
        identity: what kind of caller it is.
        person: the name of whom it can be put down to; empty when none can be told.  A session's
            name is what its owner chose, so it is a claim unless ``sure``.
        via: what the person acted as (``role Admin``); empty when directly.
        arn: of the caller as the record has it.
        account: of the caller.
        session: the role session's name.
        source_identity: what the session was bound to when the role was assumed.
        on_behalf_of: id of the IAM Identity Center user.
        access_key: id of the key that signed; with it the AssumeRole event is found.
        sure: whether AWS itself vouches for the name.
    """

    identity: Identity
    person: str = ""
    via: str = ""
    arn: str = ""
    account: str = ""
    session: str = ""
    source_identity: str = ""
    on_behalf_of: str = ""
    access_key: str = ""
    sure: bool = False


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of the event history.

    Attributes:
        event_id: its id there.
        name: the API's name (``UpdateTable``).
        service: the host that took it (``dynamodb.amazonaws.com``).
        time: when it was completed, UTC.
        principal: who made it.
        channel: by what.
        invoked_by: the service that made it for the principal.
        source_ip, user_agent: as recorded; ``AWS Internal`` and names of services occur.
    """

    event_id: str
    name: str
    service: str
    time: datetime
    principal: Principal
    channel: Channel = Channel.UNKNOWN
    invoked_by: str = ""
    source_ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who made one difference.

    Attributes:
        address, path: the difference; an empty path means the thing itself.
        call: the recorded call that made it so; ``None``: not known, and ``why`` says why not.
        proven: the call's own parameters say the value that is live, or it made or took away the
            very thing; else it is the last call that sets this, to whatever value.
        detail: what there is to know beside that, in words.
        action: of what was denied, the IAM action that is missing.
        since, until: the window that was searched.
    """

    address: Address
    path: str
    call: RecordedCall | None = None
    why: Unknown | None = None
    proven: bool = False
    detail: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit that last touched the line of a declaration.

    ``problem`` says in words why there is none; then the rest is empty.
    """

    position: Position
    id: str = ""
    author: str = ""
    email: str = ""
    time: datetime | None = None
    summary: str = ""
    problem: str = ""
