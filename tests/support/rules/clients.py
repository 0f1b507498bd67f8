"""Plain boto3 clients for tests of the layer: one attempt per call, dummy credentials."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from dynaprov.local import LOCAL_REGION

Aws = Any
TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name=LOCAL_REGION
    )


@cache
def client(service: str, endpoint_url: str | None = None) -> Aws:
    """A client that sends each call once."""
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    # The stubs of boto3 know a client only by a literal name.
    return _session().client(service, endpoint_url=endpoint_url, config=once)  # type: ignore[call-overload]


def refusal(call: Any, *args: Any, **params: Any) -> tuple[str, str]:
    """Code and text of the error that a call meets; two empty texts when it meets none."""
    try:
        call(*args, **params)
    except ClientError as problem:
        return problem.response["Error"]["Code"], problem.response["Error"]["Message"]
    return "", ""


def code_of(call: Any, *args: Any, **params: Any) -> str:
    """The code of the error that a call meets."""
    return refusal(call, *args, **params)[0]
