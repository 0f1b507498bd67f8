"""What belongs to a table is asked only of tables that exist."""

from __future__ import annotations

import pytest

from dynaprov.kinds.pitr import PitrKind, PitrState
from dynaprov.kinds.ttl import TtlKind, TtlState
from dynaprov.model.kind import Kind, Presence
from dynaprov.model.ports import Answer, ErrorCategory, Read
from dynaprov.model.setting import State
from support.observing import SCOPE, refused, trips, value
from support.specs import spec, table

KINDS = [
    (TtlKind(), TtlState(attribute="ttl"), "describe_time_to_live"),
    (PitrKind(), PitrState(enabled=True), "describe_continuous_backups"),
]


def asked(kind: Kind, section: State, tables: dict[str, Answer]) -> tuple[dict[str, Presence], ...]:
    """The presence found at each address, and the tables of the second round trip."""

    def answer(read: Read) -> Answer:
        if read.method == "describe_table":
            return tables[read.params["TableName"]]
        return value(TimeToLiveDescription={}, ContinuousBackupsDescription={})

    sections = {kind.name: section}
    wanted = spec(*(table(name.removeprefix("shop-dev-"), **sections) for name in tables))
    desired = list(kind.declare(wanted, SCOPE))
    readings, batches = trips(kind, desired, wanted, SCOPE, answer)
    assert {read.method for read in batches[0]} == {"describe_table"}
    found = {str(each.address): each.presence for each in readings}
    second = {read.params["TableName"]: Presence.PRESENT for batch in batches[1:] for read in batch}
    return found, second


@pytest.mark.parametrize(("kind", "section", "method"), KINDS)
def test_a_table_that_does_not_exist_is_asked_nothing_more(
    kind: Kind, section: State, method: str
) -> None:
    tables = {"shop-dev-new": refused(ErrorCategory.ABSENT), "shop-dev-old": value(Table={})}
    found, second = asked(kind, section, tables)
    assert found == {f"new/{kind.name}": Presence.ABSENT, f"old/{kind.name}": Presence.PRESENT}
    assert list(second) == ["shop-dev-old"]


@pytest.mark.parametrize(("kind", "section", "method"), KINDS)
def test_without_any_table_there_is_no_second_round_trip(
    kind: Kind, section: State, method: str
) -> None:
    found, second = asked(kind, section, {"shop-dev-new": refused(ErrorCategory.ABSENT)})
    assert (list(found.values()), second) == ([Presence.ABSENT], {})


@pytest.mark.parametrize(("kind", "section", "method"), KINDS)
def test_a_table_that_may_not_be_described_is_asked_all_the_same(
    kind: Kind, section: State, method: str
) -> None:
    found, second = asked(kind, section, {"shop-dev-old": refused(ErrorCategory.DENIED)})
    assert list(found.values()) == [Presence.PRESENT]
    assert list(second) == ["shop-dev-old"]


@pytest.mark.parametrize(("kind", "section", "method"), KINDS)
def test_each_is_observed_by_itself_so_that_no_table_waits_for_another(
    kind: Kind, section: State, method: str
) -> None:
    assert kind.observed_apart
