"""Plain boto3 clients for tests of the layer: one attempt per call, dummy credentials."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from support.clock import VirtualClock

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
    """A client that sends each call once, and sends it whatever the SDK thinks of it."""
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, parameter_validation=False)
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


CAPACITY = {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10}
PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": CAPACITY}
ARN = f"arn:aws:dynamodb:{LOCAL_REGION}:{LOCAL_ACCOUNT}:table/orders"


def units(read: int, write: int | None = None) -> dict[str, int]:
    """A provisioned throughput."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": read if write is None else write}


def an_index(name: str = "ByStatus", capacity: int = 0, **more: Any) -> dict[str, Any]:
    """A global index on the attribute ``status``."""
    made: dict[str, Any] = {
        "IndexName": name,
        "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    if capacity:
        made["ProvisionedThroughput"] = units(capacity)
    return {**made, **more}


DEFINITIONS = [
    {"AttributeName": "id", "AttributeType": "S"},
    {"AttributeName": "status", "AttributeType": "S"},
]


def create(name: str = "ByStatus", capacity: int = 0) -> dict[str, Any]:
    """The parameters of an UpdateTable that creates an index."""
    return {
        "AttributeDefinitions": DEFINITIONS,
        "GlobalSecondaryIndexUpdates": [{"Create": an_index(name, capacity)}],
    }


def update(name: str = "ByStatus", **asked: Any) -> dict[str, Any]:
    """The parameters of an UpdateTable that changes an index."""
    return {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": name, **asked}}]}


def delete(name: str = "ByStatus") -> dict[str, Any]:
    """The parameters of an UpdateTable that deletes an index."""
    return {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


@dataclass
class Orders:
    """The table ``orders``, by plain calls."""

    ddb: Aws
    clock: VirtualClock

    def made(self, *indexes: dict[str, Any], **more: Any) -> Orders:
        """Create it and let it come to rest."""
        params = {**TABLE, **more}
        if indexes:
            params["GlobalSecondaryIndexes"] = list(indexes)
            params["AttributeDefinitions"] = DEFINITIONS
        self.ddb.create_table(**params)
        self.clock.advance(60)
        return self

    def update(self, **params: Any) -> dict[str, Any]:
        """UpdateTable, which must be taken; the description of the answer."""
        shown: dict[str, Any] = self.ddb.update_table(TableName="orders", **params)
        return dict(shown["TableDescription"])

    def done(self, **params: Any) -> None:
        """UpdateTable, and let it come to rest."""
        self.update(**params)
        self.clock.advance(3600)

    def refusal(self, **params: Any) -> str:
        """UpdateTable: ``code: text`` of the error, or nothing."""
        return ": ".join(filter(None, refusal(self.ddb.update_table, TableName="orders", **params)))

    def refusal_of_delete(self) -> str:
        """DeleteTable: ``code: text`` of the error, or nothing."""
        return ": ".join(filter(None, refusal(self.ddb.delete_table, TableName="orders")))

    @property
    def shown(self) -> dict[str, Any]:
        """What DescribeTable shows."""
        return dict(self.ddb.describe_table(TableName="orders")["Table"])

    @property
    def status(self) -> str:
        return str(self.shown["TableStatus"])

    @property
    def index(self) -> tuple[str, bool | None]:
        """Status and backfilling of the first index; two times nothing when there is none."""
        for index in self.shown.get("GlobalSecondaryIndexes", ()):
            return index["IndexStatus"], index.get("Backfilling")
        return "", None
