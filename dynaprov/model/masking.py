"""Credentials in text: found by their form, and replaced before the text goes anywhere.

AWS quotes a whole signed request back when a signature does not match, session token included;
HTTP libraries quote URLs, which may hold a password or a token; people put both into endpoint URLs.
What enters dynaprov as such a text (an error's message, an endpoint, the text of a traceback)
passes here once, at its source, so that no report, plan or journal has to think of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: What stands in the place of a credential.
STARS = "***"

#: Environment variables whose values are hidden wherever they turn up.
_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_SECRET_KEY",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
)
#: A shorter value is no credential ("local", "testing"), and hiding it would spoil the text.
_SHORTEST = 12

_URL = re.compile(
    r"(?i)\b([a-z][a-z0-9+.-]{0,15}://)([^\s/?#\"'`<>@]*@)?([^\s/?#\"'`<>]*)([^\s\"'`<>]*)"
)
_USER_INFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,15}://)[^\s/?#\"'`<>]*@")
#: Also inside of JSON inside of a message, where a line's end is a backslash and an n.
_NAMED = re.compile(
    r"""(?ix)
    ( (?: x-amz-security-token | x-amz-signature | x-amz-credential | x-amz-content-sha256
           | authorization | proxy-authorization | signature | credential
           | aws_?secret_?access_?key | secret_?access_?key | aws_?session_?token | session_?token
           | security_?token | auth_?token | access_?token | bearer_?token | api_?key | password )
      (?:\\?["'])? \s* [:=] \s* (?:\\?["'])? )
    ( (?: (?: aws4-hmac-sha256 | basic | bearer ) \s+ )? [^\s"'&,;<>\\]+ )
    """
)
_KEY_ID = re.compile(r"\b(AKIA|ASIA)([A-Z0-9]{12,})\b")
_SUBSCRIPTION = re.compile(r"(.*\bhttps?:)(https?://.*)\Z", re.DOTALL)
#: A part of a path that no person chose: a webhook's key (PagerDuty, Slack and others).
_TOKEN = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{16,}\Z")


def masked_text(text: str, values: Iterable[str] = ()) -> str:
    """The text without credentials.

    Args:
        text: from anywhere.
        values: credentials that are known, beside those that have a form to be found by.
    """
    return _masked(text, values, _three_stars)


def masked_line(text: str) -> str:
    """A line of a file without credentials; every column of it stays where it is."""
    return _masked(text, (), _as_many_stars)


Stars = Callable[[str], str]


def _three_stars(text: str) -> str:
    return STARS if text else ""


def _as_many_stars(text: str) -> str:
    return "*" * len(text)


def _masked(text: str, values: Iterable[str], stars: Stars) -> str:
    for value in values:
        if len(value) >= _SHORTEST:
            text = text.replace(value, stars(value))
    if "://" in text:
        text = _URL.sub(lambda found: _masked_url(found, stars), text)
    text = _NAMED.sub(lambda found: found[1] + stars(found[2]), text)
    return _KEY_ID.sub(lambda found: found[1] + stars(found[2]), text)


def _masked_url(found: re.Match[str], stars: Stars) -> str:
    scheme, user, host, rest = found.groups()
    path, mark, query = rest.partition("?")
    parts = [stars(part) if _TOKEN.match(part) else part for part in path.split("/")]
    shown = f"{stars(user[:-1])}@" if user else ""
    return f"{scheme}{shown}{host}{'/'.join(parts)}{mark}{stars(query)}"


def masked_url(url: str) -> str:
    """A URL whose user and password are hidden; all else is as it was."""
    if "@" not in url:  # most texts
        return url
    return _USER_INFO.sub(rf"\g<1>{STARS}@", url)


def masked_webhook(url: str) -> str:
    """An address that somebody is called at: without user, query, and what looks like a key."""
    found = _URL.fullmatch(url)
    return _masked_url(found, _three_stars) if found else url


def known_credentials(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The credentials that stand in environment variables, the longest first."""
    found = {environment.get(name, "") for name in _VARIABLES}
    return tuple(sorted(filter(None, found), key=len, reverse=True))


def masked_values(value: Any) -> Any:
    """A JSON value whose web addresses hold no credentials; keys are texts too."""
    if isinstance(value, Mapping):
        return {_masked_value(str(key)): masked_values(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked_values(each) for each in value]
    return _masked_value(value) if isinstance(value, str) else value


def masked_params(params: Any, name: str = "") -> Any:
    """Parameters of a call, as JSON, whose web addresses hold no credentials."""
    if isinstance(params, str):
        return masked_webhook(params) if name == "Endpoint" else masked_url(params)
    if isinstance(params, dict | Mapping):
        return {key: masked_params(each, key) for key, each in params.items()}
    if isinstance(params, list | tuple):
        return [masked_params(each, name) for each in params]
    return params


def _masked_value(text: str) -> str:
    """The key of a subscription is a protocol and an address; elsewhere only passwords are ours."""
    found = _SUBSCRIPTION.match(text)
    return found[1] + masked_webhook(found[2]) if found else masked_url(text)
