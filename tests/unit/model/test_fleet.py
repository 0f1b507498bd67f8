"""Parts of a fleet: all of it, nothing twice, and about the same work for each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dynaprov.model.fleet import Member, shard

MEMBERS = st.lists(
    st.builds(
        Member,
        environment=st.sampled_from(["dev", "staging", "prod"]),
        account=st.integers(0, 40).map(lambda n: f"{n:012}"),
        region=st.sampled_from(["us-east-1", "eu-west-1"]),
        tables=st.integers(0, 50),
    ),
    unique_by=str,
    max_size=60,
)


@given(MEMBERS, st.integers(1, 9), st.randoms())
def test_every_member_is_in_one_part_whatever_their_order(members, count, random) -> None:  # type: ignore[no-untyped-def]
    mixed = list(members)
    random.shuffle(mixed)

    parts = [shard(members, index, count) for index in range(count)]

    assert sorted(map(str, members)) == sorted(str(each) for part in parts for each in part)
    assert parts == [shard(mixed, index, count) for index in range(count)]


@given(MEMBERS, st.integers(1, 9))
def test_no_part_has_more_work_than_another_by_more_than_one_member(
    members: list[Member], count: int
) -> None:
    work = [sum(1 + m.tables for m in shard(members, i, count)) for i in range(count)]

    assert max(work) - min(work) <= max([1 + m.tables for m in members], default=0)
