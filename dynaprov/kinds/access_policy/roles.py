"""What each role of an access policy may do, as policy documents.

Everything is computed from names (project, environment, account, region, table); no value is read
from a resource.  Pure; no AWS calls.

Sources: the actions and resource types of DynamoDB in the IAM service authorization reference, and
the DynamoDB developer guide ("encryption usage notes") for the key.  ListStreams, ListTables,
ListBackups and DescribeLimits cannot be limited to a resource.  UpdateTable deletes indexes too;
IAM cannot tell that apart, so an administrator can do it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Literal

from dynaprov.model.kind import Scope
from dynaprov.model.spec import Spec


class Role(StrEnum):
    """What the holder of a policy may do with its tables."""

    READER = "reader"
    WRITER = "writer"
    STREAM_CONSUMER = "stream-consumer"
    ADMINISTRATOR = "administrator"


READ = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:GetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
)
WRITE = (
    *READ,
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
CONSUME = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
ADMINISTER = (
    "dynamodb:CreateBackup",
    "dynamodb:DescribeBackup",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeContributorInsights",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:ListTagsOfResource",
    "dynamodb:TagResource",
    "dynamodb:UntagResource",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateContributorInsights",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
)
LISTINGS = ("dynamodb:DescribeLimits", "dynamodb:ListBackups", "dynamodb:ListTables")

#: What the caller needs of the key, through DynamoDB.
KEY_USE = {
    Role.READER: ("kms:Decrypt", "kms:DescribeKey"),
    Role.WRITER: (
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
    ),
    Role.STREAM_CONSUMER: ("kms:Decrypt", "kms:DescribeKey"),
    Role.ADMINISTRATOR: (
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
    ),
}


def document_of(
    role: Role, tables: Literal["*"] | Sequence[str], spec: Spec, scope: Scope
) -> dict[str, Any]:
    """The policy document of a role for some tables of the spec, or for all (``*``)."""
    named = ["*"] if tables == "*" else sorted(set(tables))
    arns = [scope.table_arn(table) for table in named]
    statements = list(_tables(role, arns))
    statements += _keys(role, spec.tables if tables == "*" else named, spec, scope)
    return {"Version": "2012-10-17", "Statement": statements}


def _tables(role: Role, arns: Sequence[str]) -> Iterable[dict[str, Any]]:
    indexes = [f"{arn}/index/*" for arn in arns]
    match role:
        case Role.READER:
            yield _allow("ReadItems", READ, [*arns, *indexes])
        case Role.WRITER:
            yield _allow("ReadAndWriteItems", WRITE, [*arns, *indexes])
        case Role.STREAM_CONSUMER:
            yield _allow("ReadStreams", CONSUME, [f"{arn}/stream/*" for arn in arns])
            yield _allow("ListStreams", ("dynamodb:ListStreams",), ["*"])
        case _:
            backups = [f"{arn}/backup/*" for arn in arns]
            yield _allow("ChangeTables", ADMINISTER, [*arns, *indexes, *backups])
            yield _allow("ListEverything", LISTINGS, ["*"])


def _keys(role: Role, tables: Iterable[str], spec: Spec, scope: Scope) -> list[dict[str, Any]]:
    """The environment's key by its alias, and keys that the tables name by ARN."""
    through = {"StringEquals": {"kms:ViaService": f"dynamodb.{scope.region}.amazonaws.com"}}
    used = {_encryption(spec, table) for table in tables}
    found = []
    if "kms-key" in used:
        by_alias = {"kms:ResourceAliases": f"alias/{scope.prefix}"}
        found.append(
            _allow("UseTheKeyThroughDynamoDB", KEY_USE[role], [scope.arn("kms", "key/*")])
            | {"Condition": through | {"ForAnyValue:StringEquals": by_alias}}
        )
    own = sorted(key for key in used if key.startswith("arn:"))
    if own:
        found.append(
            _allow("UseOwnKeysThroughDynamoDB", KEY_USE[role], own) | {"Condition": through}
        )
    return found


def _encryption(spec: Spec, table: str) -> str:
    """How a table says that it is encrypted; empty where it says nothing."""
    declared = spec.tables[table].sections.get("") if table in spec.tables else None
    return str(getattr(declared, "encryption", None) or "")


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
