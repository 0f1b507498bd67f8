"""What must be true of an account after a race, whoever won."""

from __future__ import annotations

from collections import Counter
from typing import Any

from moto.core.base_backend import BackendDict

from dynaprov.model.outcome import Run, Status
from dynaprov.model.spec import Spec
from support.converging import World, client

TABLE = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "encryption": "kms-key"}
#: The chain in which each link needs the one before: key, alias, topic, table.
CHAIN: dict[str, Any] = {
    "environments/full.yaml": {"kms_key": {}, "topic": {"encryption": "kms-key"}},
    "tables/orders.yaml": TABLE,
}
#: The same, and what hangs on it.
WIDE: dict[str, Any] = {
    "environments/full.yaml": {
        "kms_key": {"rotation": True, "description": "of the shop"},
        "topic": {"encryption": "kms-key", "subscriptions": {"email:a@example.com": {}}},
        "access_policies": {"app": {"tables": "*", "roles": ["reader"]}},
    },
    "tables/orders.yaml": {
        **TABLE,
        "indexes": {"ByState": {"partition_key": "state", "projection": "KEYS_ONLY"}},
        "ttl": {"attribute": "expires"},
        "pitr": {"enabled": True},
        "alarms": {"suite": "basic"},
        "tags": {"Team": "shop"},
    },
}


def forget() -> None:
    """Begin with an empty account."""
    BackendDict.reset()


def keys() -> list[dict[str, Any]]:
    """The customer's keys that are not on their way out."""
    kms = client("kms")
    found = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in _all_keys()]
    return [
        key
        for key in found
        if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"
    ]


def _all_keys() -> list[dict[str, Any]]:
    return list(client("kms").list_keys()["Keys"])


def check_account() -> None:
    """One key with one alias, which encrypts the table and the topic; nothing twice."""
    [key] = keys()
    aliases = [
        (each["AliasName"], each["TargetKeyId"])
        for each in client("kms").list_aliases()["Aliases"]
        if not each["AliasName"].startswith("alias/aws/")
    ]
    assert aliases == [("alias/shop-full", key["KeyId"])]
    described = client("dynamodb").describe_table(TableName="shop-full-orders")["Table"]
    assert key["KeyId"] in described["SSEDescription"]["KMSMasterKeyArn"]
    assert len(client("sns").list_topics()["Topics"]) <= 1
    subscriptions = client("sns").list_subscriptions()["Subscriptions"]
    twice = Counter((each["Protocol"], each["Endpoint"]) for each in subscriptions)
    assert set(twice.values()) <= {1}


def check_end(account: World, spec: Spec) -> None:
    """A last apply converges, and the one after it calls nothing."""
    account.converge(spec)
    assert account.calls_of_apply(spec) == []
    assert account.plan(spec).unmanaged == ()


def told(run: Run) -> bool:
    """Whether a run that did not converge says that somebody else was there, or what is left."""
    others = any("somebody else" in outcome.detail for outcome in run.outcomes)
    failed = [o for o in run.outcomes if o.status in (Status.FAILED, Status.UNKNOWN)]
    clear = all("somebody else" in outcome.detail for outcome in failed)
    left = run.residual is not None and bool(run.residual.changes)
    return run.converged or (clear and (others or left))
