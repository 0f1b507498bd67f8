"""Every budget of AWS on the rule layer: what is used up is deferred, and a later run finishes.

The account is used up behind dynaprov's back; each run does what AWS takes and defers the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaprov.cli.exits import Exit, of_run
from dynaprov.model.outcome import Run, Status
from dynaprov.model.spec import Spec
from dynaprov.report.document import run_document
from support.converging import World, world, written
from support.rules.clients import client
from support.rules.faults import lost

TABLE = "shop-full-orders"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, rules=True) as made:
        yield made


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path


def spec(scratch: Path, **settings: Any) -> Spec:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", **settings}
    return written(
        scratch, {"environments/full.yaml": {"kms_key": {}}, "tables/orders.yaml": table}
    )


def provisioned(scratch: Path, read: int, write: int, **settings: Any) -> Spec:
    capacity = {"read": read, "write": write}
    return spec(scratch, billing_mode="PROVISIONED", capacity=capacity, **settings)


def updated(ruled: World, **change: Any) -> None:
    """Change the table behind dynaprov's back, and let it settle."""
    client("dynamodb").update_table(TableName=TABLE, **change)
    ruled.clock.advance(5 * MINUTE)


def capacity(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def deferred(run: Run) -> list[str]:
    """The ids of what was put off, of a run in which nothing went wrong otherwise."""
    bad = [o for o in run.outcomes if not (o.status.good or o.status is Status.DEFERRED)]
    assert [(o.operation.id, o.detail, o.error) for o in bad] == []
    document = run_document(run)
    assert of_run(document) is (Exit.UNDER_WAY if run.deferred else Exit.DONE)
    return [o.operation.id for o in run.deferred]


def finished_after(ruled: World, wanted: Spec, seconds: float, *allowed: str) -> None:
    """A run before the time is up still defers; the one after it finishes."""
    ruled.clock.advance(seconds)
    assert deferred(ruled.apply(wanted, *allowed)) == []
    ruled.clock.advance(5 * MINUTE)
    assert ruled.calls_of_apply(wanted) == []


def test_the_fifth_decrease_of_a_day_waits_for_its_hour(ruled: World, scratch: Path) -> None:
    ruled.converge(provisioned(scratch, 20, 20))
    for read in (19, 18, 17, 16):
        updated(ruled, ProvisionedThroughput=capacity(read, 20))
    wanted = provisioned(scratch, 10, 30)

    assert deferred(ruled.apply(wanted)) == ["orders:decrease"]
    live = client("dynamodb").describe_table(TableName=TABLE)["Table"]["ProvisionedThroughput"]
    assert (live["ReadCapacityUnits"], live["WriteCapacityUnits"]) == (16, 30)
    finished_after(ruled, wanted, HOUR)


def test_one_call_lowers_table_and_index_and_spends_one_of_each(
    ruled: World, scratch: Path
) -> None:
    def units(each: int) -> Spec:
        index = {"partition_key": "customer", "projection": "ALL"}
        index |= {"capacity": {"read": each, "write": each}}
        return provisioned(scratch, each, each, indexes={"ByCustomer": index})

    ruled.converge(units(9))
    ruled.clock.advance(HOUR)
    ruled.converge(units(5))

    described = client("dynamodb").describe_table(TableName=TABLE)["Table"]
    owners = (described, *described["GlobalSecondaryIndexes"])
    counts = [each["ProvisionedThroughput"]["NumberOfDecreasesToday"] for each in owners]
    assert counts == [1, 1]


def test_another_expiry_attribute_takes_two_runs(ruled: World, scratch: Path) -> None:
    ruled.converge(spec(scratch, ttl={"attribute": "expires"}))
    ruled.clock.advance(2 * HOUR)
    wanted = spec(scratch, ttl={"attribute": "until"})

    assert deferred(ruled.apply(wanted, "ttl-off")) == ["orders/ttl:enable"]
    finished_after(ruled, wanted, HOUR)


def test_a_change_of_time_to_live_by_somebody_else_puts_ours_off(
    ruled: World, scratch: Path
) -> None:
    wanted = spec(scratch, ttl={"attribute": "expires"})
    ruled.converge(wanted)
    ruled.clock.advance(2 * HOUR)
    off = {"Enabled": False, "AttributeName": "expires"}
    client("dynamodb").update_time_to_live(TableName=TABLE, TimeToLiveSpecification=off)
    ruled.clock.advance(MINUTE)

    run = ruled.apply(wanted)

    assert deferred(run) == ["orders/ttl:enable"]
    assert run.deferred[0].not_before is not None
    finished_after(ruled, wanted, HOUR)


def test_a_third_class_in_a_month_waits_and_the_rest_goes_on(ruled: World, scratch: Path) -> None:
    ruled.converge(spec(scratch))
    for table_class in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        updated(ruled, TableClass=table_class)
    wanted = spec(scratch, **{"class": "STANDARD_INFREQUENT_ACCESS", "deletion_protection": True})

    run = ruled.apply(wanted)

    assert deferred(run) == ["orders:class"]
    assert [o.status for o in run.outcomes if o.operation.id == "orders:protection-on"] == [
        Status.SUCCEEDED
    ]
    finished_after(ruled, wanted, 30 * DAY)


def test_a_fifth_key_in_a_day_waits_for_six_hours(ruled: World, scratch: Path) -> None:
    ruled.converge(spec(scratch))
    keys = [client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(4)]
    for arn in keys:
        updated(ruled, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn})
    wanted = spec(scratch, encryption="kms-key")

    run = ruled.apply(wanted)

    assert deferred(run) == ["orders:encryption"]
    assert run.deferred[0].not_before is not None
    finished_after(ruled, wanted, 6 * HOUR)


def test_the_key_that_aws_owns_can_be_had_at_any_time(ruled: World, scratch: Path) -> None:
    ruled.converge(spec(scratch))
    keys = [client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(4)]
    for arn in keys:
        updated(ruled, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn})

    assert deferred(ruled.apply(spec(scratch, encryption="aws-owned"))) == []


def test_a_fifth_switch_to_on_demand_in_a_day_waits(ruled: World, scratch: Path) -> None:
    ruled.converge(spec(scratch))
    for _ in range(4):
        updated(ruled, BillingMode="PROVISIONED", ProvisionedThroughput=capacity(5, 5))
        updated(ruled, BillingMode="PAY_PER_REQUEST")
    updated(ruled, BillingMode="PROVISIONED", ProvisionedThroughput=capacity(5, 5))
    wanted = spec(scratch)

    run = ruled.apply(wanted)

    assert deferred(run) == ["orders:billing"]
    assert run.deferred[0].not_before is not None
    finished_after(ruled, wanted, DAY)


def test_a_second_switch_of_protection_is_waited_for_within_the_run(
    ruled: World, scratch: Path
) -> None:
    wanted = spec(scratch, deletion_protection=True)
    ruled.converge(wanted)
    ruled.clock.advance(MINUTE)
    client("dynamodb").update_table(TableName=TABLE, DeletionProtectionEnabled=False)

    assert deferred(ruled.apply(wanted)) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"class": "STANDARD_INFREQUENT_ACCESS"},
        {"encryption": "kms-key"},
        {"encryption": "aws-managed"},
    ],
)
def test_a_lost_answer_does_not_spend_twice(
    ruled: World, scratch: Path, settings: dict[str, str]
) -> None:
    ruled.converge(spec(scratch))
    assert ruled.layer is not None
    ruled.layer.inject(lost("dynamodb:UpdateTable", with_effect=True))
    begun = len(ruled.layer.seen)

    ruled.apply(spec(scratch, **settings))
    ruled.clock.advance(5 * MINUTE)
    ruled.apply(spec(scratch, **settings))

    sent = [
        each
        for each in ruled.layer.seen[begun:]
        if {"TableClass", "SSESpecification"} & set(each.request.params)
    ]
    assert len(sent) == 1
    assert deferred(ruled.apply(spec(scratch, **settings))) == []


def test_a_class_that_is_still_being_changed_is_not_sent_again(ruled: World, scratch: Path) -> None:
    ruled.converge(spec(scratch))
    client("dynamodb").update_table(TableName=TABLE, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert ruled.layer is not None
    begun = len(ruled.layer.seen)

    ruled.converge(spec(scratch, **{"class": "STANDARD_INFREQUENT_ACCESS"}))

    assert not [e for e in ruled.layer.seen[begun:] if "TableClass" in e.request.params]
