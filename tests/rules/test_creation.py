"""What CreateTable refuses: requests that moto takes."""

from __future__ import annotations

from typing import Any

import pytest

from support.rules.clients import (
    CAPACITY,
    DEFINITIONS,
    PROVISIONED,
    TABLE,
    Aws,
    an_index,
    code_of,
)

HASH = {"AttributeName": "id", "KeyType": "HASH"}
SORT = {"AttributeName": "status", "KeyType": "RANGE"}


def local(name: str = "ByStatus", *keys: dict[str, str]) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": list(keys or (HASH, SORT)),
        "Projection": {"ProjectionType": "ALL"},
    }


def indexed(*indexes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "AttributeDefinitions": DEFINITIONS,
        "GlobalSecondaryIndexes": list(indexes),
        **more,
    }


def sorted_table(**more: Any) -> dict[str, Any]:
    return {"AttributeDefinitions": DEFINITIONS, "KeySchema": [HASH, SORT], **more}


def projecting(kind: str | None, *names: str) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": kind} if kind else {}
    if names:
        projection["NonKeyAttributes"] = list(names)
    return an_index(Projection=projection)


MANY = [f"a{number}" for number in range(21)]
REFUSED: dict[str, dict[str, Any]] = {
    "short name": {"TableName": "ab"},
    "odd name": {"TableName": "orders!"},
    "odd index name": indexed(an_index("By Status")),
    "two indexes of a name": indexed(an_index(), an_index()),
    "a local and a global index of a name": sorted_table(
        GlobalSecondaryIndexes=[an_index()], LocalSecondaryIndexes=[local()]
    ),
    "21 indexes": indexed(*(an_index(f"Index{number}") for number in range(21))),
    "6 local indexes": sorted_table(
        LocalSecondaryIndexes=[local(f"Index{number}") for number in range(6)]
    ),
    "no hash first": sorted_table(KeySchema=[SORT, HASH]),
    "two hashes": sorted_table(KeySchema=[HASH, {**SORT, "KeyType": "HASH"}]),
    "an odd type": {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "BOOL"}]},
    "a local index without a sort key": sorted_table(LocalSecondaryIndexes=[local("ByX", HASH)]),
    "a local index with another hash": sorted_table(
        LocalSecondaryIndexes=[
            local("ByX", {**SORT, "KeyType": "HASH"}, {**HASH, "KeyType": "RANGE"})
        ]
    ),
    "no projection type": indexed(projecting(None)),
    "include nothing": indexed(projecting("INCLUDE")),
    "all and more": indexed(projecting("ALL", "total")),
    "21 attributes": indexed(projecting("INCLUDE", *MANY)),
    "101 attributes": indexed(
        *(
            {**projecting("INCLUDE", *MANY[:20]), "IndexName": f"Index{number}"}
            for number in range(5)
        ),
        {**projecting("INCLUDE", "b"), "IndexName": "Last"},
    ),
    "an unused definition": {"AttributeDefinitions": DEFINITIONS},
    "index throughput on demand": indexed(an_index(capacity=5)),
    "no index throughput": indexed(an_index(), **PROVISIONED),
    "throughput on demand": {"ProvisionedThroughput": CAPACITY},
    "no throughput": {"BillingMode": "PROVISIONED"},
    "throughput of nothing": {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1},
    },
    "limits of a provisioned table": {
        **PROVISIONED,
        "OnDemandThroughput": {"MaxReadRequestUnits": 5},
    },
    "a stream without a view": {"StreamSpecification": {"StreamEnabled": True}},
    "an unknown class": {"TableClass": "GOLD"},
    "a key with encryption off": {
        "SSESpecification": {"Enabled": False, "KMSMasterKeyId": "alias/x"}
    },
    "no indexes": {"GlobalSecondaryIndexes": []},
    "no local indexes": {"LocalSecondaryIndexes": []},
    "51 tags": {"Tags": [{"Key": f"key{n}", "Value": ""} for n in range(51)]},
    "a tag of AWS": {"Tags": [{"Key": "aws:x", "Value": ""}]},
    "a tag twice": {"Tags": [{"Key": "a", "Value": ""}, {"Key": "a", "Value": ""}]},
    "five keys": {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", *MANY[:5])
        ],
        "GlobalSecondaryIndexes": [
            {
                **an_index(),
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in MANY[:5]],
            }
        ],
    },
}
TAKEN: dict[str, dict[str, Any]] = {
    "provisioned": {**PROVISIONED, **indexed(an_index(capacity=5))},
    "local": sorted_table(LocalSecondaryIndexes=[local()]),
    "everything": {
        **indexed(projecting("INCLUDE", "total")),
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "OnDemandThroughput": {"MaxReadRequestUnits": 5},
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "Tags": [{"Key": "Team", "Value": "data"}],
    },
    "no tags": {"Tags": []},
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_bad_table_is_refused(what: str, ddb: Aws) -> None:
    assert code_of(ddb.create_table, **{**TABLE, **REFUSED[what]}) == "ValidationException"
    assert ddb.list_tables()["TableNames"] == []


@pytest.mark.parametrize("what", TAKEN)
def test_a_good_table_is_taken(what: str, ddb: Aws) -> None:
    assert code_of(ddb.create_table, **{**TABLE, **TAKEN[what]}) == ""
