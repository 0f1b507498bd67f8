"""The dummy AWS settings that go with the embedded endpoint.

Lives here: the account, region and credentials of the embedded endpoint, and the environment of a
program that talks to it. Must not live here: anything that starts or calls the endpoint.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType

LOCAL_ACCOUNT = "123456789012"
"""The account id which the embedded endpoint reports."""

LOCAL_REGION = "us-east-1"
"""The region used when nothing names another one."""

LOCAL_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        # Nothing of the user's real account may leak in: no profile, no files, no instance role.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
)
"""The AWS settings of a program that talks to the embedded endpoint; every other one is cleared."""


def local_environment(
    endpoint_url: str | None = None,
    *,
    region: str = LOCAL_REGION,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return an environment in which AWS SDKs and the AWS CLI use the embedded endpoint.

    Every ``AWS_*`` setting of ``base`` is dropped (profile, session token, role, per-service
    endpoints, CA bundle ...) and the dummy ones take their place.

    Args:
        endpoint_url: Where the endpoint listens; left out for the in-process one.
        region: The region to work in.
        base: The environment to start from; by default that of this process.

    Returns:
        A new dictionary, fit for ``subprocess`` or for replacing ``os.environ``.
    """
    kept = {
        name: value
        for name, value in (os.environ if base is None else base).items()
        if not name.startswith("AWS_")
    }
    kept.update(LOCAL_ENVIRONMENT)
    kept["AWS_DEFAULT_REGION"] = kept["AWS_REGION"] = region
    if endpoint_url is not None:
        kept["AWS_ENDPOINT_URL"] = endpoint_url
        # A proxy of the user must not be asked for an address of this machine.
        for name in ("NO_PROXY", "no_proxy"):
            kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1")))
    return kept
