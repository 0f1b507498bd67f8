"""What is planned where an endpoint lacks whole services, as DynamoDB Local does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynaprov import reconciler
from dynaprov.model.errors import Refused, Stopped
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Answer, ErrorCategory
from dynaprov.model.spec import Spec
from support.converging import written
from support.ports import FakeReader, failing

LACKING = failing(ErrorCategory.UNSUPPORTED)
ABSENT = failing(ErrorCategory.ABSENT, code="ResourceNotFoundException")
URL = "http://127.0.0.1:8000"
DOCUMENTS = {
    "project.yaml": {"project_name": "shop", "region": "us-east-1", "kms_key": {}},
    "environments/full.yaml": {"allow_destroy": True},
    "tables/orders.yaml": {
        "partition_key": "id",
        "billing_mode": "PAY_PER_REQUEST",
        "encryption": "kms-key",
        "class": "STANDARD_INFREQUENT_ACCESS",
        "deletion_protection": True,
    },
}
TABLE = {
    "TableName": "shop-full-orders",
    "TableStatus": "ACTIVE",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "DeletionProtectionEnabled": True,
}
IN_DYNAMODB_LOCAL = "arn:aws:dynamodb:ddblocal:000000000000:table/shop-full-orders"
IN_AWS = "arn:aws:dynamodb:us-east-1:111122223333:table/shop-full-orders"


class Lacking(dict[str, Any]):
    """Scripts by method; what is not there, the endpoint lacks."""

    def get(self, key: str, default: object = None) -> Any:
        return super().get(key, LACKING)


class Endpoint(FakeReader):
    """Implements ``Reader``: an endpoint that knows DescribeTable and what a test adds."""

    def __init__(self, url: str, scripts: dict[str, Any]) -> None:
        super().__init__(url=url)
        self._scripts = Lacking({"describe_table": ABSENT, **scripts})


def reader(url: str = URL, **scripts: Answer) -> Endpoint:
    return Endpoint(url, scripts)


def live(arn: str) -> Answer:
    return Answer({"Table": {**TABLE, "TableArn": arn}})


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    return written(tmp_path, DOCUMENTS)


def left_out(plan: Plan) -> set[tuple[str, str]]:
    return {(str(each.address), each.path) for each in plan.not_compared}


def test_a_table_is_made_without_the_key_that_cannot_exist(spec: Spec) -> None:
    plan = reconciler.diff(spec, reader())

    assert plan.identity.account == "000000000000"
    [create] = plan.operations
    assert create.call.method == "create_table"
    assert "SSESpecification" not in create.call.params
    assert left_out(plan) == {("kms-key", ""), ("orders", "encryption")}


def test_on_aws_a_table_is_never_made_without_the_declared_key(spec: Spec) -> None:
    """Something between us and AWS may answer for KMS that it knows no such thing."""
    identity = Answer({"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/me"})

    plan = reconciler.diff(spec, reader("", get_caller_identity=identity))

    assert plan.operations == ()
    assert left_out(plan) == {("kms-key", ""), ("orders", "")}


def test_on_aws_an_identity_is_needed(spec: Spec) -> None:
    with pytest.raises(Stopped):
        reconciler.diff(spec, reader(""))


def test_a_pinned_account_is_not_the_one_of_an_endpoint_without_accounts(tmp_path: Path) -> None:
    project = {**DOCUMENTS["project.yaml"], "accounts": {"full": "111122223333"}}
    pinned = written(tmp_path, {**DOCUMENTS, "project.yaml": project})

    with pytest.raises(Refused):
        reconciler.diff(pinned, reader())


def test_what_dynamodb_local_does_not_keep_is_not_compared(spec: Spec) -> None:
    plan = reconciler.diff(spec, reader(describe_table=live(IN_DYNAMODB_LOCAL)))

    assert (plan.changes, plan.operations) == ((), ())
    assert left_out(plan) == {
        ("kms-key", ""),
        ("orders", "encryption"),
        ("orders", "class"),
        ("orders/tags", ""),
    }


def test_anywhere_else_the_class_differs(spec: Spec) -> None:
    plan = reconciler.diff(spec, reader(describe_table=live(IN_AWS)))

    assert [each.id for each in plan.operations] == ["orders:class"]


@pytest.mark.parametrize(
    ("arn", "operations"),
    [
        (IN_DYNAMODB_LOCAL, ["orders:protection-off", "orders:delete"]),
        (IN_AWS, ["orders:final-backup", "orders:protection-off", "orders:delete"]),
    ],
    ids=["dynamodb-local", "aws"],
)
def test_only_a_table_of_dynamodb_local_goes_without_a_final_backup(
    spec: Spec, arn: str, operations: list[str]
) -> None:
    plan = reconciler.plan_destroy(spec, reader(describe_table=live(arn)))

    assert [each.id for each in plan.operations] == operations
