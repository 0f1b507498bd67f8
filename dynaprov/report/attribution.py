"""Who made a difference, and whose commit declares it: in words, and as part of a document.

Pure: texts and JSON values.  Nothing here knows CloudTrail or git.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dynaprov.model.attribution import Attribution, Channel, Commit, Identity, RecordedCall, Unknown
from dynaprov.model.masking import masked_text

_CHANNELS = {
    Channel.CONSOLE: "from the console",
    Channel.CLI: "with the AWS CLI",
    Channel.SDK: "with an AWS SDK",
    Channel.TERRAFORM: "with Terraform",
}

_WHY = {
    Unknown.NOT_FOUND: "not found in the window searched",
    Unknown.TOO_OLD: "made before the event history begins, which holds 90 days",
    Unknown.DELAYED: "not found yet: events come up to about 15 minutes late, look again then",
    Unknown.NOT_RECORDED: "no call in CloudTrail's event history tells of it",
    Unknown.OTHER_REGION: "recorded in the event history of another region, "
    "where this check does not look",
    Unknown.UNNAMED: "the id by which calls name it is not known",
    Unknown.TOO_MANY: "not found among the newest events; there are more than are read",
    Unknown.DENIED: "not looked up",
    Unknown.UNSUPPORTED: "the endpoint has no event history",
    Unknown.FAILED: "the event history could not be read",
}


def told(attribution: Attribution) -> str:
    """One line: ``by Ana (role Admin) from the console, 2026-11-20 14:03 UTC: UpdateTable``.

    Where nobody is known it says why.  Names of sessions are what their callers wrote: whoever
    shows the line escapes it.
    """
    call = attribution.call
    if call is None:
        return f"by whom: {_unknown(attribution)}"
    line = f"{who(call)}, {_moment(call.time)}: {call.name}"
    if attribution.proven:
        return line
    return f"{line} ({attribution.detail or 'the last call that sets it'})"


def who(call: RecordedCall) -> str:
    """The person, what the person acted as, and with what."""
    principal = call.principal
    person = principal.person or _nameless(call)
    acted = f" ({principal.via})" if principal.via else ""
    if call.channel is Channel.DYNAPROV:
        return f"dynaprov apply by {person}{acted}"
    if call.channel is Channel.SERVICE and call.invoked_by != principal.person:
        through = f" through {call.invoked_by}" if call.invoked_by else ""
        return f"by {person}{acted}{through}"
    by = _CHANNELS.get(call.channel, "")
    return f"by {person}{acted}{' ' + by if by else ''}"


def committed(commit: Commit) -> str:
    """One line: ``declared in 1a2b3c4d by Ana, 2026-11-19 09:12 UTC: Keep the stream``.

    Author and title are what they wrote: whoever shows the line escapes it.
    """
    if commit.problem:
        where = f"declared at {commit.position}" if commit.position.file else "declared"
        return f"{where}; by whom: {commit.problem}"
    when = f", {_moment(commit.time)}" if commit.time else ""
    return f"declared in {commit.id[:8]} by {commit.author}{when}: {commit.summary}"


def attribution_document(attribution: Attribution) -> dict[str, Any]:
    """The attribution as JSON values."""
    call = attribution.call
    document: dict[str, Any] = {
        "text": told(attribution),
        "found": call is not None,
        "proven": attribution.proven,
        "why": attribution.why.value if attribution.why else None,
        "detail": attribution.detail,
        "permission": attribution.action,
        "since": _iso(attribution.since),
        "until": _iso(attribution.until),
        "call": None,
    }
    if call is not None:
        principal = call.principal
        document["call"] = {
            "event_id": call.event_id,
            "name": call.name,
            "service": call.service,
            "time": _iso(call.time),
            "channel": call.channel.value,
            "invoked_by": call.invoked_by,
            "source_ip": call.source_ip,
            "user_agent": call.user_agent,
            "identity": principal.identity.value,
            "person": principal.person,
            "sure": principal.sure,
            "via": principal.via,
            "arn": principal.arn,
            "account": principal.account,
            "session": principal.session,
            "source_identity": principal.source_identity,
            "on_behalf_of": principal.on_behalf_of,
        }
    return document


def commit_document(commit: Commit) -> dict[str, Any]:
    """The commit as JSON values."""
    return {
        "text": committed(commit),
        "file": commit.position.file,
        "line": commit.position.line,
        "id": commit.id,
        "author": commit.author,
        "email": commit.email,
        "time": _iso(commit.time),
        "summary": commit.summary,
        "problem": commit.problem,
    }


def _unknown(attribution: Attribution) -> str:
    assert attribution.why is not None, "an attribution without a call says why"
    text = _WHY[attribution.why]
    if attribution.action:
        return f"{text}: needs {attribution.action}"
    if attribution.why is Unknown.NOT_FOUND:
        text += _searched(attribution)
    if attribution.why is Unknown.UNSUPPORTED:
        return text
    detail = masked_text(attribution.detail)
    return f"{text}: {detail}" if detail else text


def _searched(attribution: Attribution) -> str:
    if attribution.since is None or attribution.until is None:
        return ""
    return f" ({_moment(attribution.since)} to {_moment(attribution.until)})"


def _nameless(call: RecordedCall) -> str:
    """Somebody whose name the record does not hold."""
    principal = call.principal
    if principal.session:
        return f"session {principal.session}"
    if principal.identity is Identity.ACCOUNT:
        return "somebody of another account"
    return principal.arn or "somebody"


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat() if time else None
