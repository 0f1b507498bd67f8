"""One logical change per UpdateTable, and what is taken while another one is under way."""

from __future__ import annotations

from typing import Any

import pytest

from support.clock import VirtualClock
from support.rules.clients import (
    CAPACITY,
    PROVISIONED,
    Orders,
    an_index,
    create,
    delete,
    units,
    update,
)

PROTECT = {"DeletionProtectionEnabled": True}
ENCRYPT = {"SSESpecification": {"Enabled": True, "SSEType": "KMS"}}
CLASSIFY = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
WARM = {"WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
MORE = {"ProvisionedThroughput": units(20)}
LIMIT = {"OnDemandThroughput": {"MaxReadRequestUnits": 100}}
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
TO_PROVISIONED = {"BillingMode": "PROVISIONED"}
RETIRE = delete()

#: Two changes in one call, each legal alone, and what names the rule.
REFUSED_TOGETHER = [
    (PROTECT, ENCRYPT, "Server-Side Encryption modification must be the only"),
    (CLASSIFY, ENCRYPT, "Server-Side Encryption modification must be the only"),
    (WARM, ENCRYPT, "Server-Side Encryption modification must be the only"),
    (create("Second"), ENCRYPT, "Server-Side Encryption modification must be the only"),
    (PROTECT, CLASSIFY, "TableClass modification must be the only"),
    (STREAM, CLASSIFY, "TableClass modification must be the only"),
    (PROTECT, STREAM, "DeletionProtection modification must be the only"),
    (PROTECT, ON_DEMAND, "DeletionProtection modification must be the only"),
    (PROTECT, create("Second"), "DeletionProtection modification must be the only"),
    (PROTECT, delete(), "DeletionProtection modification must be the only"),
    (PROTECT, WARM, "DeletionProtection modification must be the only"),
    (WARM, STREAM, "WarmThroughput must be the only"),
    (WARM, create("Second"), "cannot be specified when updating WarmThroughput"),
    (LIMIT, STREAM, "OnDemandThroughput can only be combined with BillingMode"),
    (LIMIT, create("Second"), "OnDemandThroughput can only be combined with BillingMode"),
    (STREAM, MORE, "cannot modify stream status while updating table IOPS"),
    (STREAM, PROVISIONED, "cannot modify stream status while updating table IOPS"),
    (create("Second", 5), MORE, "cannot create or delete index while updating table IOPS"),
    (delete(), MORE, "cannot create or delete index while updating table IOPS"),
    (create("Second"), STREAM, "cannot create or delete index while changing stream status"),
    (delete(), STREAM, "cannot create or delete index while changing stream status"),
]


@pytest.mark.parametrize(("one", "two", "text"), REFUSED_TOGETHER)
def test_two_changes_do_not_go_together(
    one: dict[str, Any], two: dict[str, Any], text: str, orders: Orders
) -> None:
    orders.made(an_index())
    before = orders.shown
    refused = orders.refusal(**one, **two)
    assert refused.startswith("ValidationException: ")
    assert text in refused
    assert orders.shown == before


@pytest.mark.parametrize(
    "together",
    [
        {**ON_DEMAND, **LIMIT},
        {**ON_DEMAND, **STREAM},
        {**ON_DEMAND, **create("Second")},
        {**PROVISIONED, **update(ProvisionedThroughput=CAPACITY)},
    ],
)
def test_a_billing_mode_goes_with_some(together: dict[str, Any], orders: Orders) -> None:
    orders.made(an_index())
    assert orders.refusal(**together) == ""


def test_an_index_is_created_beside_the_update_of_another(orders: Orders) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    both = [
        {"Create": an_index("Second", 5)},
        {"Update": {"IndexName": "ByStatus", "ProvisionedThroughput": units(20)}},
    ]
    assert orders.refusal(GlobalSecondaryIndexUpdates=both) == ""


@pytest.mark.parametrize(
    "two",
    [
        [{"Create": an_index("Second")}, {"Create": an_index("Third")}],
        [{"Create": an_index("Second")}, {"Delete": {"IndexName": "ByStatus"}}],
    ],
)
def test_one_index_is_created_or_deleted_in_one_call(
    two: list[dict[str, Any]], orders: Orders
) -> None:
    orders.made(an_index())
    assert orders.refusal(GlobalSecondaryIndexUpdates=two) == (
        "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or "
        "deleted simultaneously per table"
    )


def test_an_update_names_an_index_once(orders: Orders) -> None:
    orders.made(an_index(capacity=10), **PROVISIONED)
    asked = {"IndexName": "ByStatus", "ProvisionedThroughput": units(20)}
    twice = [{"Update": asked}, {"Update": asked}]
    assert "ValidationException" in orders.refusal(GlobalSecondaryIndexUpdates=twice)


@pytest.mark.parametrize("member", ["WarmThroughput", "OnDemandThroughput"])
def test_an_empty_structure_alone_is_always_an_internal_failure(
    member: str, orders: Orders
) -> None:
    orders.made()
    for _ in range(2):
        assert orders.refusal(**{member: {}}).startswith("InternalFailure")
    assert orders.refusal(**{member: {}}, **ON_DEMAND) == ""


def test_an_update_for_nothing_is_refused(orders: Orders) -> None:
    assert "is required" in orders.made().refusal()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({**ON_DEMAND, **MORE}, "when BillingMode is PAY_PER_REQUEST"),
        (TO_PROVISIONED, "must be specified when BillingMode is PROVISIONED"),
        ({"ProvisionedThroughput": units(0)}, "greater than or equal to 1"),
        (update(ProvisionedThroughput=units(0)), "greater than or equal to 1"),
        ({"StreamSpecification": {"StreamEnabled": True}}, "UpdateViewType is required"),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}},
            "UpdateViewType must not be specified",
        ),
        ({"SSESpecification": {"Enabled": False, "SSEType": "KMS"}}, "SSE is disabled"),
        ({"SSESpecification": {"Enabled": True, "SSEType": "AES256"}}, "AES256"),
        (
            {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/x"}},
            "when SSEType is KMS",
        ),
    ],
)
def test_values_that_no_update_takes(asked: dict[str, Any], text: str, orders: Orders) -> None:
    refused = orders.made(an_index()).refusal(**asked)
    assert refused.startswith("ValidationException: ")
    assert text in refused


#: What is under way, what is asked for meanwhile, and the text that names why not; nothing where
#: it is taken.  Tables start on demand with an index, or provisioned where throughput moves.
MEANWHILE: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (STREAM, PROTECT, ""),
    (STREAM, ENCRYPT, ""),
    (STREAM, WARM, ""),
    (STREAM, STREAM, "A stream status change is currently in progress"),
    (STREAM, CLASSIFY, "Can't update table class when stream status is being updated"),
    (STREAM, LIMIT, "OnDemandThroughput cannot be updated while stream status update"),
    (STREAM, create("Second"), "when stream status is being updated"),
    (STREAM, delete(), "when stream status is being updated"),
    (STREAM, MORE, "Can't change table IOPS when stream status is being updated"),
    (CLASSIFY, PROTECT, ""),
    (CLASSIFY, ENCRYPT, ""),
    (CLASSIFY, CLASSIFY, "when a table class update is in progress"),
    (CLASSIFY, STREAM, "when a table class update is in progress"),
    (CLASSIFY, LIMIT, "OnDemandThroughput cannot be updated while TableClass update"),
    (CLASSIFY, create("Second"), "when a table class update is in progress"),
    (ENCRYPT, PROTECT, ""),
    (ENCRYPT, STREAM, ""),
    (ENCRYPT, CLASSIFY, ""),
    (ENCRYPT, create("Second"), ""),
    (ENCRYPT, ENCRYPT, "Server-Side Encryption is still being updated"),
    (WARM, create("Second"), ""),
    (WARM, STREAM, ""),
    (MORE, PROTECT, ""),
    (MORE, {"ProvisionedThroughput": units(30)}, "Table IOPS are currently being updated"),
    (MORE, ON_DEMAND, "Table IOPS are currently being updated"),
    (MORE, STREAM, "Can't enable or disable stream while table IOPS are being updated"),
    (MORE, create("Second", 5), "Can't create or delete indexes while table IOPS"),
    (MORE, update(ProvisionedThroughput=units(20)), "Table IOPS are currently being updated"),
    (ON_DEMAND, LIMIT, "OnDemandThroughput cannot be updated while BillingMode update"),
    (ON_DEMAND, PROTECT, ""),
    (ON_DEMAND, WARM, ""),
    (create("Second"), PROTECT, ""),
    (create("Second"), ENCRYPT, ""),
    (create("Second"), WARM, "InternalFailure"),
    (create("Second"), STREAM, "Can't change stream status when an index is being created"),
    (create("Second", 5), MORE, "Can't change table IOPS when an index is being created"),
    (create("Second"), create("Third"), "Only 1 online index"),
    (create("Second"), delete(), "Only 1 online index"),
    (create("Second"), delete("Second"), "resource allocation phase"),
    (
        create("Second", 5),
        update("Second", ProvisionedThroughput=units(9)),
        "is being created but is  not backfilling yet",
    ),
    (delete(), PROTECT, ""),
    (delete(), STREAM, "when an index is being deleted"),
    (delete(), LIMIT, "OnDemandThroughput cannot be updated while index deletion"),
    (delete(), create("Second"), "Only 1 online index"),
    (delete(), delete(), "Index is being deleted"),
    (RETIRE, ON_DEMAND, ""),
    (
        update(OnDemandThroughput={"MaxReadRequestUnits": 10}),
        update(OnDemandThroughput={"MaxReadRequestUnits": 20}),
        "Index is being updated",
    ),
]


def provisioned(*changes: dict[str, Any]) -> bool:
    return any("ReadCapacityUnits" in str(each) or each is ON_DEMAND for each in changes)


@pytest.mark.parametrize(("under_way", "asked", "text"), MEANWHILE)
def test_what_is_taken_meanwhile(
    under_way: dict[str, Any], asked: dict[str, Any], text: str, orders: Orders
) -> None:
    if provisioned(under_way, *([asked] if under_way is not ON_DEMAND else [])) and (
        under_way is not RETIRE
    ):
        orders.made(an_index(capacity=10), **PROVISIONED)
    else:
        orders.made(an_index())
    orders.update(**under_way)
    refused = orders.refusal(**asked)
    if text:
        assert text in refused
    else:
        assert refused == ""


@pytest.mark.parametrize(
    ("under_way", "text"),
    [
        (STREAM, "Cannot delete table while stream is being enabled/disabled."),
        (CLASSIFY, "Table: orders is in the process of being updated."),
        (ENCRYPT, "Table: orders is in the process of being updated."),
        (WARM, "Table: orders is in the process of being updated."),
        (create("Second"), "while indexes are being created, updated, or deleted."),
        (delete(), "while indexes are being created, updated, or deleted."),
        (
            update(OnDemandThroughput={"MaxReadRequestUnits": 10}),
            "while indexes are being created, updated, or deleted.",
        ),
        (PROTECT, "protected against deletion"),
        (LIMIT, ""),
    ],
)
def test_only_a_table_at_rest_is_deleted(
    under_way: dict[str, Any], text: str, orders: Orders
) -> None:
    orders.made(an_index()).update(**under_way)
    refused = orders.refusal_of_delete()
    assert text in refused if text else refused == ""


def test_every_update_comes_to_rest(orders: Orders, clock: VirtualClock) -> None:
    orders.made(an_index())
    for change in (STREAM, CLASSIFY, ENCRYPT, WARM, LIMIT, create("Second"), delete()):
        orders.done(**change)
    shown = orders.shown
    assert shown["TableStatus"] == "ACTIVE"
    assert [each["IndexStatus"] for each in shown["GlobalSecondaryIndexes"]] == ["ACTIVE"]
    assert orders.refusal_of_delete() == ""
