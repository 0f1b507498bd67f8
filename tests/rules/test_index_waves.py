"""Index changes as AWS takes them: one at a time, beside others who change the same table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dynaprov import reconciler
from dynaprov.cli import exits
from dynaprov.cli.exits import Exit
from dynaprov.model.awaited import Awaited, Until
from dynaprov.model.events import Event, OperationWaiting
from dynaprov.model.outcome import Run, Status
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from dynaprov.report.awaited import awaited_document
from dynaprov.report.document import run_document
from support.converging import World, differences, world, written
from support.rules.clients import client
from support.rules.dynamodb.life import ALLOCATION_SECONDS, BACKFILL_SECONDS
from support.rules.faults import Killed, killed

NAME = "shop-full-orders"
BY_DATE = {"partition_key": "placed", "projection": "KEYS_ONLY"}
BY_STATUS = {"partition_key": "status", "projection": "ALL"}
BY_OWNER = {
    "partition_key": "owner",
    "sort_key": {"name": "rank", "type": "N"},
    "projection": "ALL",
}


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, rules=True) as made:
        yield made


def orders(scratch: Path, indexes: Mapping[str, Any], **more: Any) -> Spec:
    table = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST", "indexes": indexes, **more}
    return written(scratch, {"tables/orders.yaml": table})


def index_calls(ruled: World) -> list[str]:
    """Every index creation and deletion that took effect, in order."""
    assert ruled.layer is not None
    found = []
    for seen in ruled.layer.seen:
        updates = seen.request.params.get("GlobalSecondaryIndexUpdates") or ()
        for update in updates if seen.request.api == "dynamodb:UpdateTable" else ():
            [(verb, body)] = update.items()
            if seen.code in ("", "Killed") and verb in ("Create", "Delete"):
                found.append(f"{verb} {body['IndexName']}")
    return found


def refused(ruled: World) -> list[str]:
    """The errors that UpdateTable met."""
    assert ruled.layer is not None
    return [code for code in ruled.layer.codes("dynamodb:UpdateTable") if code]


def _dead() -> Plan:
    raise Killed("nobody compares after a kill")


def exit_code(run: Run) -> Exit:
    return exits.of_run(run_document(run))


def live_indexes() -> dict[str, str]:
    table = client("dynamodb").describe_table(TableName=NAME)["Table"]
    return {i["IndexName"]: i["IndexStatus"] for i in table.get("GlobalSecondaryIndexes", ())}


def build_behind(name: str, key: str, projection: str = "ALL") -> None:
    """Somebody else creates an index."""
    client("dynamodb").update_table(
        TableName=NAME,
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", key)],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": name,
                    "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": projection},
                }
            }
        ],
    )


def delete_behind(name: str) -> None:
    """Somebody else deletes an index."""
    updates = [{"Delete": {"IndexName": name}}]
    client("dynamodb").update_table(TableName=NAME, GlobalSecondaryIndexUpdates=updates)


def planned(ruled: World, spec: Spec, *allowed: str) -> Plan:
    """The plan at this moment, whatever is under way."""
    return reconciler.diff(spec, ruled.gateway, Choices(allowed=frozenset(allowed)))


def awaited(ruled: World, spec: Spec, until: Until, seconds: float, *targets: str) -> Awaited:
    return reconciler.wait(
        spec,
        ruled.gateway,
        Choices(targets),
        until=until,
        timeout_seconds=seconds,
        clock=ruled.clock,
    )


def waited(ruled: World, spec: Spec, until: Until, seconds: float, *targets: str) -> Exit:
    return exits.of_waiting(awaited_document(awaited(ruled, spec, until, seconds, *targets)))


def test_what_is_built_comes_first_and_what_goes_last_without_a_refusal(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {"ByDate": BY_DATE, "ByStatus": BY_STATUS}))
    assert ruled.layer is not None
    ruled.layer.seen.clear()
    changed = orders(
        tmp_path,
        {
            "ByDate": "none",
            "ByStatus": {**BY_STATUS, "projection": "KEYS_ONLY"},
            "ByOwner": BY_OWNER,
        },
    )

    ruled.converge(changed, "delete-index", "replace-index")

    assert index_calls(ruled) == [
        "Create ByOwner",
        "Delete ByStatus",
        "Create ByStatus",
        "Delete ByDate",
    ]
    assert refused(ruled) == []


def test_where_there_is_no_room_the_old_index_goes_first(ruled: World, tmp_path: Path) -> None:
    full = {f"Index{number:02}": BY_DATE for number in range(20)}
    ruled.converge(orders(tmp_path, full))
    assert ruled.layer is not None
    ruled.layer.seen.clear()

    turned = orders(tmp_path, {**full, "Index07": "none", "ByOwner": BY_OWNER})
    ruled.converge(turned, "delete-index")

    assert index_calls(ruled) == ["Delete Index07", "Create ByOwner"]
    assert refused(ruled) == []


def test_an_index_that_somebody_built_meanwhile_is_not_built_again(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {}))
    spec = orders(tmp_path, {"ByStatus": BY_STATUS})
    plan = planned(ruled, spec)
    build_behind("ByStatus", "status")

    run = ruled.carry_out(plan, lambda: planned(ruled, spec))

    assert run.outcomes[0].status is Status.SETTLED
    assert run.outcomes[0].detail == "it exists already, as declared"
    assert live_indexes() == {"ByStatus": "ACTIVE"}
    assert exit_code(run) is Exit.DONE


def test_an_index_that_somebody_built_otherwise_is_told(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {}))
    spec = orders(tmp_path, {"ByStatus": BY_STATUS})
    plan = planned(ruled, spec)
    build_behind("ByStatus", "owner")

    run = ruled.carry_out(plan, lambda: planned(ruled, spec))

    assert run.outcomes[0].status is Status.FAILED
    assert "with other keys or another projection" in run.outcomes[0].detail
    assert exit_code(run) is Exit.INCOMPLETE


def test_an_index_that_somebody_deleted_meanwhile_is_no_failure(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {"ByStatus": BY_STATUS}))
    spec = orders(tmp_path, {"ByStatus": "none"})
    plan = planned(ruled, spec, "delete-index")
    delete_behind("ByStatus")

    run = ruled.carry_out(plan, lambda: planned(ruled, spec))

    assert run.outcomes[0].detail == "it is being deleted already"
    assert exit_code(run) is Exit.DONE
    assert live_indexes() == {}


def test_an_index_that_somebody_replaced_already_is_left_alone(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {"ByStatus": BY_STATUS}))
    spec = orders(tmp_path, {"ByStatus": {**BY_STATUS, "projection": "KEYS_ONLY"}})
    plan = planned(ruled, spec, "replace-index")
    delete_behind("ByStatus")
    ruled.clock.advance(10)
    build_behind("ByStatus", "status", "KEYS_ONLY")
    ruled.clock.advance(ALLOCATION_SECONDS + BACKFILL_SECONDS)
    assert ruled.layer is not None
    ruled.layer.seen.clear()

    run = ruled.carry_out(plan, lambda: planned(ruled, spec))

    assert [o.status for o in run.outcomes[:2]] == [Status.SETTLED, Status.SETTLED]
    assert index_calls(ruled) == []
    assert exit_code(run) is Exit.DONE


def test_the_build_of_somebody_else_is_waited_for(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {}))
    spec = orders(tmp_path, {"ByStatus": BY_STATUS})
    build_behind("Foreign", "owner")
    plan = planned(ruled, spec)
    assert [each.detail for each in plan.in_progress] == ["table is UPDATING"]

    run = ruled.carry_out(plan, lambda: planned(ruled, spec))

    assert run.outcomes[0].status is Status.SUCCEEDED
    assert refused(ruled) == []
    assert live_indexes() == {"ByStatus": "ACTIVE", "Foreign": "ACTIVE"}


def test_a_run_that_was_killed_in_a_wave_is_picked_up(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {"ByStatus": BY_STATUS}))
    assert ruled.layer is not None
    ruled.layer.seen.clear()
    spec = orders(tmp_path, {"ByStatus": "none", "ByDate": BY_DATE, "ByOwner": BY_OWNER})
    plan = planned(ruled, spec, "delete-index")
    # The second creation takes effect, and nobody lives to hear of it.
    ruled.layer.inject(killed(number=2, with_effect=True))
    with pytest.raises(Killed):
        ruled.carry_out(plan, _dead)
    ruled.layer.heal()
    ruled.layer.revive()

    ruled.converge(spec, "delete-index")

    assert index_calls(ruled) == ["Create ByDate", "Create ByOwner", "Delete ByStatus"]


def test_without_waiting_each_run_submits_one_index_change(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {"ByStatus": BY_STATUS}))
    assert ruled.layer is not None
    ruled.layer.seen.clear()
    spec = orders(tmp_path, {"ByStatus": "none", "ByDate": BY_DATE, "ByOwner": BY_OWNER})
    rounds = []
    for _ in range(6):
        began = ruled.clock.monotonic()
        run = ruled.apply(spec, "delete-index", patient=False)
        assert ruled.clock.monotonic() - began < 30
        rounds.append(exit_code(run))
        if rounds[-1] is Exit.DONE:
            break
        assert rounds[-1] is Exit.UNDER_WAY
        assert waited(ruled, spec, Until.SETTLED, 3600) is Exit.DONE

    assert rounds == [Exit.UNDER_WAY] * 3 + [Exit.DONE]
    assert index_calls(ruled) == ["Create ByDate", "Create ByOwner", "Delete ByStatus"]
    assert refused(ruled) == []
    assert run.converged


def test_without_waiting_a_busy_table_is_left_alone(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {}))
    build_behind("Foreign", "owner")
    spec = orders(tmp_path, {"ByStatus": BY_STATUS}, stream="NEW_IMAGE")

    run = ruled.apply(spec, patient=False)

    by_id = {o.operation.id: o for o in run.outcomes}
    assert by_id["orders:stream-on"].status is Status.DEFERRED
    assert by_id["orders/index/ByStatus:create"].status is Status.DEFERRED
    assert exit_code(run) is Exit.UNDER_WAY
    assert refused(ruled) == []


def test_a_new_environment_is_made_without_waiting_in_a_few_rounds(
    ruled: World, tmp_path: Path
) -> None:
    spec = orders(
        tmp_path, {"ByStatus": BY_STATUS}, ttl={"attribute": "ttl"}, pitr={"enabled": True}
    )
    rounds = []
    for _ in range(5):
        rounds.append(exit_code(ruled.apply(spec, patient=False)))
        if rounds[-1] is Exit.DONE:
            break
        ruled.clock.advance(30)

    assert rounds[0] is Exit.UNDER_WAY
    assert rounds[-1] is Exit.DONE


def test_while_an_index_is_filled_other_settings_are_changed(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {}))
    build_behind("ByStatus", "status")
    ruled.clock.advance(ALLOCATION_SECONDS)
    began = ruled.clock.monotonic()
    spec = orders(tmp_path, {"ByStatus": BY_STATUS}, stream="NEW_IMAGE")

    run = ruled.apply(spec, patient=False)

    assert run.outcomes[0].operation.id == "orders:stream-on"
    assert ruled.clock.monotonic() - began < 60
    stream = client("dynamodb").describe_table(TableName=NAME)["Table"]["StreamSpecification"]
    assert stream["StreamViewType"] == "NEW_IMAGE"


def test_an_apply_with_nothing_to_call_waits_for_what_is_under_way(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {}))
    spec = orders(tmp_path, {"ByStatus": BY_STATUS})
    assert exit_code(ruled.apply(spec, patient=False)) is Exit.UNDER_WAY
    assert planned(ruled, spec).in_progress

    run = ruled.apply(spec)

    assert exit_code(run) is Exit.DONE, differences(run.residual) if run.residual else ""
    assert live_indexes() == {"ByStatus": "ACTIVE"}


def test_when_the_time_is_up_the_index_is_under_way_and_the_next_run_waits_on(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {}))
    documents = {
        "tables/orders.yaml": {
            "partition_key": "id",
            "billing_mode": "PAY_PER_REQUEST",
            "indexes": {"ByStatus": BY_STATUS},
        },
        "environments/full.yaml": {"timeouts": {"index-create": "2m"}},
    }
    spec = written(tmp_path, documents)

    run = ruled.apply(spec)

    assert run.outcomes[0].status is Status.SUBMITTED
    assert run.outcomes[0].detail == (
        "accepted, but not index ByStatus active within 2 min: "
        "index ByStatus is CREATING, backfilling"
    )
    assert exit_code(run) is Exit.UNDER_WAY
    ruled.clock.advance(BACKFILL_SECONDS)
    ruled.converge(spec)


def test_wait_tells_what_can_be_read_and_when(ruled: World, tmp_path: Path) -> None:
    spec = orders(tmp_path, {"ByStatus": BY_STATUS})
    assert waited(ruled, spec, Until.READABLE, 60) is Exit.INCOMPLETE
    ruled.converge(orders(tmp_path, {}))
    assert waited(ruled, spec, Until.READABLE, 60, "orders/index/ByStatus") is Exit.INCOMPLETE
    ruled.apply(spec, patient=False)

    assert waited(ruled, spec, Until.READABLE, 60) is Exit.UNDER_WAY
    assert waited(ruled, spec, Until.READABLE, 60, "orders") is Exit.UNDER_WAY
    assert waited(ruled, spec, Until.SETTLED, 60) is Exit.UNDER_WAY

    late = awaited(ruled, spec, Until.READABLE, 1)
    rows = {str(row.address): row for row in late.readiness}
    assert rows["orders"].safe_to_deploy
    assert not rows["orders/index/ByStatus"].safe_to_deploy
    assert rows["orders/index/ByStatus"].reason == "it is being filled"
    assert waited(ruled, spec, Until.READABLE, 3600) is Exit.DONE
    assert waited(ruled, spec, Until.SETTLED, 1) is Exit.DONE


def test_another_index_under_the_right_name_is_never_readable(ruled: World, tmp_path: Path) -> None:
    ruled.converge(orders(tmp_path, {"ByStatus": BY_STATUS}))
    other = orders(tmp_path, {"ByStatus": {**BY_STATUS, "sort_key": "placed"}})

    ended = awaited(ruled, other, Until.READABLE, 60)

    assert ended.hopeless
    assert ended.seconds < 10
    assert [row.reason for row in ended.never] == [
        "`sort_key` of the live index differs from the spec"
    ]


def test_how_much_of_an_index_is_filled_is_told_while_it_is_built(
    ruled: World, tmp_path: Path
) -> None:
    ruled.converge(orders(tmp_path, {}))
    spec = orders(tmp_path, {"ByStatus": BY_STATUS})
    dimensions = [
        {"Name": "TableName", "Value": NAME},
        {"Name": "GlobalSecondaryIndexName", "Value": "ByStatus"},
    ]
    told: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, OperationWaiting):
            told.append(event.detail)
            value = {"MetricName": "OnlineIndexPercentageProgress", "Dimensions": dimensions}
            point = {**value, "Timestamp": ruled.clock.now(), "Value": min(len(told), 100)}
            client("cloudwatch").put_metric_data(Namespace="AWS/DynamoDB", MetricData=[point])

    plan = planned(ruled, spec)
    reconciler.apply(
        plan,
        ruled.gateway,
        ruled.gateway,
        lambda: planned(ruled, spec),
        clock=ruled.clock,
        listener=listen,
        journal=tmp_path / "journal.jsonl",
    )

    assert told[0] == "table is UPDATING"
    filled = [each for each in told if each.endswith(" % filled")]
    assert filled
    assert all(each.startswith("index ByStatus is CREATING, backfilling, ") for each in filled)
    asked = [s for s in ruled.gateway.sent if s.method == "get_metric_statistics"]
    assert 1 < len(asked) <= BACKFILL_SECONDS / 60 + 1
