"""Giving way to somebody who was faster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dynaprov.execution.concession import ATTEMPTS, SEEN_AFTER_SECONDS, Conceded, concede
from dynaprov.execution.runner import execute
from dynaprov.kinds.identity import STAMP
from dynaprov.model.address import Address
from dynaprov.model.operation import Concession, Operation, StampWrite
from dynaprov.model.outcome import Status
from dynaprov.model.ports import Answer, Call, ErrorCategory, Read
from dynaprov.model.setting import Ref
from support.clock import VirtualClock
from support.operations import KINDS, a_plan, an_operation
from support.ports import FakeCaller, FakeReader, failing

E = ErrorCategory
OURS, THEIRS = "key-0001", "key-0002"
KNOWN = {"key": {"id": OURS}}
WINNER = Answer({"Key": {"Id": THEIRS}})
CONCESSION = Concession(
    what="alias/shop",
    ours=Ref("key", "id"),
    winner=Read("kms", "describe_key", {"KeyId": "alias/shop"}),
    outputs=(("id", "Key.Id"),),
    identity="id",
    withdraw=Call("kms", "schedule_key_deletion", {"KeyId": Ref("key", "id")}),
    unless=(Read("dynamodb", "describe_table", {"TableName": "orders"}),),
)


def gave_way(
    concession: Concession = CONCESSION,
    *,
    caller: FakeCaller | None = None,
    clock: VirtualClock | None = None,
    known: dict[str, dict[str, str]] | None = None,
    **scripts: Any,
) -> Conceded:
    scripts.setdefault("describe_key", WINNER)
    return concede(
        concession,
        KNOWN if known is None else known,
        FakeReader(scripts),
        (caller or FakeCaller()).call,
        clock or VirtualClock(),
    )


def test_theirs_is_taken_and_ours_is_taken_back() -> None:
    caller = FakeCaller()

    ended = gave_way(caller=caller)

    assert ended.status is Status.SETTLED
    assert ended.by_another
    assert ended.outputs == (("id", THEIRS),)
    assert [(c.method, c.params) for c in caller.calls] == [
        ("schedule_key_deletion", {"KeyId": OURS})
    ]
    assert ended.detail == (
        f"somebody else made alias/shop at the same time, for {THEIRS}, which is used from here "
        f"on; {OURS}, made by this run, was taken back"
    )


def test_what_turns_out_to_be_ours_is_already_so() -> None:
    caller = FakeCaller()

    ended = gave_way(caller=caller, describe_key=Answer({"Key": {"Id": OURS}}))

    assert (ended.status, ended.by_another, caller.calls) == (Status.SETTLED, False, [])


def test_what_was_found_and_not_made_is_a_conflict() -> None:
    caller = FakeCaller()

    ended = gave_way(replace(CONCESSION, withdraw=None, unless=()), caller=caller)

    assert (ended.status, ended.by_another, caller.calls) == (Status.FAILED, True, [])
    assert f"for {THEIRS} and not for {OURS}" in ended.detail


def test_what_something_uses_is_kept() -> None:
    caller = FakeCaller()
    table = Answer({"Table": {"SSEDescription": {"KMSMasterKeyArn": f"arn:aws:kms:::{OURS}"}}})

    ended = gave_way(caller=caller, describe_table=table)

    assert (ended.status, caller.calls) == (Status.FAILED, [])
    assert "is kept: dynamodb:DescribeTable names it (orders)" in ended.detail


def test_what_names_it_may_be_asked_about_it_itself() -> None:
    grants = (Read("kms", "list_grants", {"KeyId": Ref("key", "id")}),)
    listed = Answer({"Grants": [{"KeyId": OURS}]})

    ended = gave_way(replace(CONCESSION, unless=grants), list_grants=listed)

    assert ended.detail.endswith("is kept: kms:ListGrants names it")


def test_what_cannot_be_asked_counts_as_in_use() -> None:
    caller = FakeCaller()

    ended = gave_way(caller=caller, describe_table=failing(E.DENIED))

    assert (ended.status, caller.calls) == (Status.FAILED, [])
    assert "it cannot be told whether it is in use" in ended.detail


def test_what_is_absent_uses_nothing() -> None:
    assert gave_way(describe_table=failing(E.ABSENT)).status is Status.SETTLED


def test_what_was_made_a_moment_ago_is_waited_for() -> None:
    clock = VirtualClock()

    ended = gave_way(clock=clock, describe_key=[failing(E.ABSENT), failing(E.ABSENT), WINNER])

    assert ended.status is Status.SETTLED
    assert clock.slept == [1.0, 1.0]


@pytest.mark.parametrize("category", [E.ABSENT, E.DENIED])
def test_theirs_that_cannot_be_read_fails_and_takes_nothing_back(category: E) -> None:
    clock, caller = VirtualClock(), FakeCaller()

    ended = gave_way(clock=clock, caller=caller, describe_key=failing(category))

    assert ended.status is Status.FAILED
    assert ended.error is not None
    assert "could not be read" in ended.detail
    assert caller.calls == []
    assert clock.monotonic() <= SEEN_AFTER_SECONDS


def test_taking_back_is_repeated_where_that_may_help() -> None:
    caller = FakeCaller({"schedule_key_deletion": [failing(E.THROTTLED), Answer()]})

    assert "was taken back" in gave_way(caller=caller).detail
    assert len(caller.calls) == 2


@pytest.mark.parametrize(("category", "times"), [(E.THROTTLED, ATTEMPTS), (E.DENIED, 1)])
def test_what_could_not_be_taken_back_is_told(category: E, times: int) -> None:
    caller = FakeCaller({"schedule_key_deletion": failing(category)})

    ended = gave_way(caller=caller)

    assert ended.status is Status.SETTLED
    assert f"{OURS}, made by this run, could not be taken back: dynamodb" in ended.detail
    assert len(caller.calls) == times


def test_ours_that_is_not_known_fails() -> None:
    assert gave_way(known={}).detail == "the id of `key` is not known"


def electing() -> tuple[Operation, Operation, Operation, Operation]:
    """Make a key, give it its alias, make a table with it, and renew the key's stamp."""
    address = Address("", "kms-key")
    key = an_operation("make", address=address, outputs=(("id", "Key.Id"),), creates=True)
    concession = replace(
        CONCESSION,
        ours=Ref("kms-key", "id"),
        withdraw=Call("kms", "retire", {"KeyId": Ref("kms-key", "id")}),
    )
    alias = an_operation("alias", address=address, needs=("make",), concession=concession)
    call = Call("dynamodb", "table", {"Key": Ref("kms-key", "id")})
    table = an_operation("table", needs=("alias",), call=call)
    stamp = an_operation(
        "stamp",
        address=address.child("tags"),
        needs=("make",),
        after=("alias",),
        call=Call("kms", "stamp", {"Tags": {STAMP: "1"}}),
        stamp=StampWrite(earned=(("k", "abcdef", ("alias",)),)),
    )
    return key, alias, table, stamp


def test_what_follows_uses_theirs_and_the_stamp_is_left_to_them() -> None:
    caller = FakeCaller({"make": Answer({"Key": {"Id": OURS}}), "alias": failing(E.EXISTS)})

    done = execute(
        a_plan(*electing()),
        caller,
        FakeReader({"describe_key": WINNER}),
        VirtualClock(),
        kinds=KINDS,
    )

    assert [(c.method, c.params.get("KeyId") or c.params.get("Key")) for c in caller.calls] == [
        ("make", None),
        ("alias", None),
        ("retire", OURS),
        ("table", THEIRS),
    ]
    assert [str(each.status) for each in done.outcomes] == [
        "succeeded",
        "settled",
        "succeeded",
        "settled",
    ]
    assert done.outcomes[1].by_another
    assert "somebody else" in done.outcomes[3].detail


def test_a_stamp_has_no_entry_for_a_part_that_another_made() -> None:
    index = an_operation("index", address=Address("t", "index", "A"), creates=True)
    stamp = an_operation(
        "stamp",
        address=Address("t", "tags"),
        after=("index", "other"),
        call=Call("dynamodb", "stamp", {"Tags": {STAMP: "1"}}),
        stamp=StampWrite(
            earned=(("i", "aaaaaa", ("index",)), ("o", "bbbbbb", ("other",))),
        ),
    )
    caller = FakeCaller({"index": failing(E.EXISTS)})

    execute(
        a_plan(index, an_operation("other"), stamp),
        caller,
        FakeReader(),
        VirtualClock(),
        kinds=KINDS,
    )

    [written] = [c for c in caller.calls if c.method == "stamp"]
    assert "bbbbbb" in written.params["Tags"][STAMP]
    assert "aaaaaa" not in written.params["Tags"][STAMP]
