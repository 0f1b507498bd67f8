"""A fleet: the environments, accounts and regions that one run looks at.  Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A role that is assumed before anything is asked.

    Attributes:
        arn: of the role.
        external_id: that its trust policy asks for; empty for none.
        session_tags: that the session carries.
    """

    arn: str
    external_id: str = ""
    session_tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One environment in one account and region.

    ``account`` and ``region`` are empty where the environment's own, or those of the credentials,
    are meant; an account that is named is held against the one that answers.
    """

    environment: str
    account: str = ""
    region: str = ""
    role: Role | None = None
    tables: int = 0  # how many its spec has: how much work it is

    def __str__(self) -> str:
        return " ".join(filter(None, [self.environment, self.account, self.region]))


def shard(members: Sequence[Member], index: int, count: int) -> list[Member]:
    """The part of a fleet that one of several machines looks at.

    Every member is in exactly one part, which one depends on nothing but the fleet and the count,
    and the parts have about the same number of tables.

    Args:
        members: the whole fleet.
        index: of the part, from 0.
        count: of the parts.
    """
    parts: list[list[Member]] = [[] for _ in range(count)]
    work = [0] * count
    for member in sorted(members, key=_largest_first):
        lightest = min(range(count), key=lambda at: (work[at], at))
        parts[lightest].append(member)
        work[lightest] += 1 + member.tables
    return sorted(parts[index], key=_by_name)


def _largest_first(member: Member) -> tuple[int, str]:
    return (-member.tables, str(member))


def _by_name(member: Member) -> str:
    return str(member)
