"""Assuming a role: credentials of another account, made by those that are there, and renewed.

botocore's own machinery does it; here it is only told which role, since no profile says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import ClientError, NoCredentialsError

from dynaprov.aws.errors import service_error
from dynaprov.model.fleet import Role
from dynaprov.model.ports import ErrorCategory, Read

_ASSUMING = Read("sts", "assume_role")
#: How the sessions are called in CloudTrail.
SESSION_NAME = "dynaprov"

#: Credentials by role, for the sessions of several regions; never written anywhere.
_KEPT: dict[str, Any] = {}


def assume(session: Any, role: Role, where: Mapping[str, Any]) -> None:
    """Let a botocore session speak as this role from its first signed request on.

    The role is assumed when the first request is signed, and anew before its credentials end.  A
    role that may not be assumed is asked for once: the refusal answers every further request of
    the session.

    Args:
        session: with the credentials that may assume it.
        role: which one.
        where: how the client of STS is made (``region_name``, ``endpoint_url``, ``config``).

    Raises:
        NoCredentialsError: when the session has none to begin with.
    """
    # It warns of every role that cannot be assumed, which is the answer to every read anyway.
    logging.getLogger(AssumeRoleCredentialFetcher.__module__).setLevel(logging.ERROR)
    source = session.get_credentials()
    if source is None:
        raise NoCredentialsError()
    more: dict[str, Any] = {"RoleSessionName": SESSION_NAME}
    if role.external_id:
        more["ExternalId"] = role.external_id
    if role.session_tags:
        more["Tags"] = [{"Key": key, "Value": value} for key, value in role.session_tags]
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(session.create_client, **where),
        source_credentials=source,
        role_arn=role.arn,
        extra_args=more,
        cache=_KEPT,
    )
    session._credentials = DeferredRefreshableCredentials(  # botocore has no public way
        method="assume-role", refresh_using=_refused_once(fetcher.fetch_credentials)
    )


def _refused_once(fetch: Callable[[], Any]) -> Callable[[], Any]:
    refusals: list[ClientError] = []

    def fetched() -> Any:
        if refusals:
            raise ClientError(refusals[0].response, refusals[0].operation_name)
        try:
            return fetch()
        except ClientError as problem:
            if service_error(problem, _ASSUMING).category is ErrorCategory.DENIED:
                refusals.append(problem)
            raise

    return fetched
