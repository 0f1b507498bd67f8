"""Who made the differences of a plan, and whose commits declare the other side.

The composition: a plan's differences become questions to the event history (``questions``), which
is searched (``attribution``); the places of their declarations go to git (``declared_by``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from dynaprov.model.address import Address
from dynaprov.model.attribution import Attribution, Commit
from dynaprov.model.change import Action, Cause, Change, Unmanaged
from dynaprov.model.kind import Scope
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Reader
from dynaprov.model.source import Origin, Position
from dynaprov.watch.attribution import MOST_LOOKUPS, find
from dynaprov.watch.declared_by import Runner, declared_by
from dynaprov.watch.questions import Question, ask, ids_of, scope_of

#: A difference: its address and the path of the setting, empty for the thing itself.
Place = tuple[Address, str]
#: When a check last found a place as it should be, and when one first found it different.
Seen = Callable[[Address, str], tuple[datetime | None, datetime | None]]


def who(
    plan: Plan,
    reader: Reader,
    now: datetime,
    *,
    seen: Seen | None = None,
    everywhere: Reader | None = None,
    most_lookups: int = MOST_LOOKUPS,
) -> dict[Place, Attribution]:
    """Who made each difference of a plan; what is only pending nobody did to AWS.

    Needs ``cloudtrail:LookupEvents`` and nothing else.  Errors of AWS become reasons.

    Args:
        plan: the comparison.
        reader: the way to AWS.
        now: the time of day, UTC.
        seen: what earlier checks know of a place; it narrows the search.
        everywhere: the way to the partition's global region, for IAM; ``None`` where there is none.
        most_lookups: how many pages are read at most; two go in a second.
    """
    asked = questions_of(plan, seen=seen)
    found = find(asked, reader, now, everywhere=everywhere, most_lookups=most_lookups)
    return {(each.address, each.path): each for each in found}


def commits(plan: Plan, run: Runner | None = None) -> dict[Place, Commit]:
    """The commit that last touched the declaration of each difference.

    Args:
        plan: the comparison; its origins name files as the specs were loaded.
        run: runs git; tests give their own.
    """
    origins: dict[Place, Position] = {}
    for change in plan.changes:
        for path, origin in _declared(change):
            if origin is not None:
                origins[change.address, path] = origin.position
    found = declared_by(origins.values(), run)
    return {place: found[position] for place, position in origins.items()}


def questions_of(plan: Plan, *, seen: Seen | None = None) -> list[Question]:
    """The questions for all that was changed live, the worst difference first.

    A thing that is missing, or is to go, is one question; else each setting is one.  Parts that no
    spec names are asked for, too; whole resources that no spec names are only listed.
    """
    scope, ids = scope_of(plan.identity), ids_of(plan.operations)
    changes = sorted(plan.changes, key=lambda each: -each.severity.rank)
    found = [
        *(each for change in changes for each in _of_change(change, scope, ids)),
        *(_of_unmanaged(each, scope, ids) for each in plan.unmanaged if each.part_of is not None),
    ]
    if seen is None:
        return found
    return [_in_its_time(each, seen) for each in found]


def _in_its_time(question: Question, seen: Seen) -> Question:
    clean_since, noticed = seen(question.address, question.path)
    return replace(question, clean_since=clean_since, noticed=noticed)


def _of_change(
    change: Change, scope: Scope, ids: Mapping[Address, tuple[str, ...]]
) -> Iterator[Question]:
    at = (change.address, change.kind)
    known = _known(change.address, ids)
    if change.action is Action.CREATE:
        yield ask(*at, "", change.resource, scope, missing=True, ids=known)
    elif change.action is Action.DELETE or not change.settings:
        yield ask(*at, "", change.resource, scope, made=True, ids=known)
    else:
        for each in change.settings:
            if each.cause is not Cause.PENDING:
                sides = {"live": each.before, "declared": each.after}
                yield ask(*at, each.path, change.resource, scope, ids=known, **sides)


def _declared(change: Change) -> Iterable[tuple[str, Origin | None]]:
    if change.action in (Action.CREATE, Action.DELETE) or not change.settings:
        return [("", change.origin)]
    return [(each.path, each.origin or change.origin) for each in change.settings]


def _of_unmanaged(
    each: Unmanaged, scope: Scope, ids: Mapping[Address, tuple[str, ...]]
) -> Question:
    facts = dict(each.facts)
    more = [str(facts[name]) for name in ("id", "arn") if name in facts]
    known = tuple(dict.fromkeys((*more, *_known(each.address, ids))))
    question = ask(each.address, each.kind, "", each.resource, scope, made=True, ids=known)
    if each.kind == "vpc-endpoint" and "route_table" in facts:
        # The endpoint is ours; who attached the table is asked.
        return replace(question, setting="route_table_ids", made=False)
    return question


def _known(address: Address, ids: Mapping[Address, tuple[str, ...]]) -> tuple[str, ...]:
    """Ids of the thing at the address, else of the environment's thing that it is a part of."""
    whole = Address("", address.part) if not address.table else address
    return ids.get(address) or ids.get(whole, ())
