"""What looking at tables, changing and deleting them need of IAM.  Pure.

Sources: the service authorization reference of Amazon DynamoDB (ListBackups knows no resource; a
backup's ARN lies under its table's) and of Amazon CloudWatch (GetMetricStatistics knows none), and
the DynamoDB developer guide ("Encryption at rest usage notes") for the key: it is used on behalf of
whoever makes the table or reads its items, who needs these rights in the key's policy or in IAM.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dynaprov.kinds.identity import carrying
from dynaprov.kinds.indexes import indexes_of
from dynaprov.kinds.table.state import AWS_MANAGED, KMS_KEY
from dynaprov.model.kind import Scope
from dynaprov.model.permission import ANY, CHANGE, DESTROY, HEAL, LOOK, Condition, Permission, Use
from dynaprov.model.spec import Spec, TableSpec

#: AWS's minimum for a customer's key under a table.
KEY_USE = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)


def permissions(spec: Spec, scope: Scope) -> Iterator[Permission]:
    """What the tables of the spec need, each of its own ARN."""
    tables = list(spec.tables.values())
    if not tables:
        return
    arns = tuple(scope.table_arn(each.name) for each in tables)
    yield Permission(("dynamodb:DescribeTable",), arns, LOOK)
    yield from _keys(tables, scope)
    yield Permission(
        ("dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:UpdateTable"), arns, CHANGE
    )
    if any(indexes_of(each) for each in tables):
        # How much of a new index is filled.
        yield Permission(("cloudwatch:GetMetricStatistics",), ANY, CHANGE)
    protected = tuple(
        scope.table_arn(each.name) for each in tables if _says(each, "deletion_protection")
    )
    if protected:
        yield Permission(("dynamodb:UpdateTable",), protected, HEAL)
    deleting = ("dynamodb:CreateBackup", "dynamodb:DeleteTable", "dynamodb:UpdateTable")
    yield Permission(deleting, arns, DESTROY)
    yield Permission(("dynamodb:ListBackups",), ANY, DESTROY)
    backups = tuple(f"{arn}/backup/*" for arn in arns)
    yield Permission(("dynamodb:DescribeBackup",), backups, DESTROY)


def use_of_key(
    tables: Iterable[TableSpec], scope: Scope, uses: frozenset[Use]
) -> Iterator[Permission]:
    """The use of the customer's keys under these tables, through DynamoDB alone."""
    through: Condition = {
        "StringEquals": {"kms:ViaService": (f"dynamodb.{scope.region}.amazonaws.com",)}
    }
    named = {str(_says(each, "encryption") or "") for each in tables}
    if KMS_KEY in named:
        ours = {"StringEquals": {**carrying(scope)["StringEquals"], **through["StringEquals"]}}
        yield Permission(KEY_USE, (scope.arn("kms", "key/*"),), uses, ours)
    others = tuple(sorted(each for each in named if each.startswith("arn:")))
    if others:
        yield Permission(KEY_USE, others, uses, through)


def _keys(tables: Iterable[TableSpec], scope: Scope) -> Iterator[Permission]:
    """The state of whichever key is under a live table, and the use of those that are declared."""
    tables = list(tables)
    named = {str(_says(each, "encryption") or "") for each in tables}
    others = sorted(each for each in named if each.startswith("arn:"))
    keys = (scope.arn("kms", "key/*"), *others)
    yield Permission(("kms:DescribeKey",), keys, LOOK)
    if AWS_MANAGED in named:
        yield Permission(("kms:ListAliases",), ANY, LOOK)
    yield from use_of_key(tables, scope, CHANGE)


def _says(table: TableSpec, setting: str) -> object:
    return getattr(table.sections.get(""), setting, None)
