"""What has to wait for a clock of AWS is deferred, everything else goes on, a later run finishes.

The embedded endpoint counts decreases and tells of them; it refuses nothing, and its calls take no
time, which the steps here count on.  Under AWS's rules a look of a test's own lets a month go by
(``support.converging.client``), which fills every budget; there these are
``tests/rules/test_budgets_are_kept.py``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core import utils

from dynaprov.cli.exits import Exit, of_run
from dynaprov.model.outcome import Status
from dynaprov.model.spec import Spec
from dynaprov.report.document import run_document
from support.converging import World, client, world, written

TABLE = "shop-full-orders"
HOUR = timedelta(hours=1).total_seconds()


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The descriptions carry the times of dynaprov's clock, so that no day ends meanwhile."""
    with world(tmp_path, rules=False) as made:

        class Now(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Any:
                return made.clock.now().astimezone(tz)

        monkeypatch.setattr(
            utils, "datetime", SimpleNamespace(**{**vars(datetime), "datetime": Now})
        )
        yield made


def spec(scratch: Path, read: int, write: int, **more: object) -> Spec:
    table = {
        "partition_key": "id",
        "billing_mode": "PROVISIONED",
        "capacity": {"read": read, "write": write},
        **more,
    }
    return written(scratch, {"tables/orders.yaml": table})


def capacity() -> tuple[int, int]:
    described = client("dynamodb").describe_table(TableName=TABLE)["Table"]["ProvisionedThroughput"]
    return described["ReadCapacityUnits"], described["WriteCapacityUnits"]


def test_a_fifth_decrease_is_deferred_and_finished_an_hour_later(
    account: World, tmp_path: Path
) -> None:
    for units in (10, 9, 8, 7, 6):
        account.converge(spec(tmp_path, units, 5))
    fifth = spec(tmp_path, 5, 6)

    run = account.apply(fifth)

    assert {o.operation.id: o.status for o in run.outcomes if not o.operation.stamp} == {
        "orders:capacity": Status.SUCCEEDED,
        "orders:decrease": Status.DEFERRED,
    }
    assert capacity() == (6, 6)
    assert run.converged
    assert of_run(run_document(run)) is Exit.UNDER_WAY

    assert account.apply(fifth).deferred, "nothing has changed meanwhile"
    account.clock.advance(HOUR)
    done = account.apply(fifth)
    assert capacity() == (5, 6)
    assert of_run(run_document(done)) is Exit.DONE
    assert account.calls_of_apply(fifth) == []


def test_another_expiry_attribute_comes_an_hour_after_the_first_is_off(
    account: World, tmp_path: Path
) -> None:
    account.converge(spec(tmp_path, 5, 5, ttl={"attribute": "expires"}))
    other = spec(tmp_path, 5, 5, ttl={"attribute": "until"})

    run = account.apply(other, "ttl-off")

    ends = {
        o.operation.id: (o.status, o.not_before) for o in run.outcomes if o.operation.kind == "ttl"
    }
    assert ends["orders/ttl:disable"][0] is Status.SUCCEEDED
    assert ends["orders/ttl:enable"][0] is Status.DEFERRED
    assert ends["orders/ttl:enable"][1] is not None
    assert of_run(run_document(run)) is Exit.UNDER_WAY

    account.clock.advance(HOUR)
    account.converge(other)
    assert account.calls_of_apply(other) == []


def test_the_record_of_a_deferred_setting_is_not_renewed(account: World, tmp_path: Path) -> None:
    for units in (10, 9, 8, 7, 6):
        account.converge(spec(tmp_path, units, 5))
    fifth = spec(tmp_path, 5, 5)
    account.apply(fifth)

    [change] = account.plan(fifth).changes

    assert change.cause.value == "pending"
