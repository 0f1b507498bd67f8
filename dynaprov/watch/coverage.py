"""How much of what is live a spec names: tables in all, and leftovers of this environment.

Asked beside a comparison, through the same door, by two listings (one call for each hundred).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from dynaprov.kinds.identity import ADDRESS, tagged_resources, tags_by_arn
from dynaprov.model.address import Address
from dynaprov.model.change import Unmanaged
from dynaprov.model.finding import Coverage
from dynaprov.model.kind import Scope
from dynaprov.model.plan import Plan
from dynaprov.model.ports import ErrorCategory, Read, Reader

#: The IAM actions that it needs.
READS = ("dynamodb:ListTables", "tag:GetResources")

_TABLES = Read("dynamodb", "list_tables", pages="TableNames")


def coverage(plan: Plan, reader: Reader) -> Coverage:
    """How much of the account and region the spec of this plan names.

    A leftover is a table with a name of this environment, or anything tagged by dynaprov for it,
    that is in no spec.  The listing of tags lags by seconds to hours (GetResources), so that what
    was just deleted may be in it still.

    Args:
        plan: the comparison.
        reader: the way to AWS.
    """
    identity = plan.identity
    scope = Scope(identity.project, identity.environment, identity.account, identity.region)
    tables, tagged = (reader.submit(each) for each in (_TABLES, tagged_resources(scope)))
    listed, labelled = tables.result(), tagged.result()
    # An endpoint without the tagging API holds nothing of it; its tables are counted all the same.
    for answer in (listed, labelled) if labelled.untold else (listed,):
        if answer.error is not None:
            denied = answer.error.category is ErrorCategory.DENIED
            needs = answer.error.action if denied else ""
            return Coverage(problem=answer.error.reason, permission=needs)
    declared = dict(plan.resources)
    names = {name for address, name in plan.resources if _is_table(address)}
    live = sorted(map(str, listed.value["TableNames"]))
    unnamed = tuple(each for each in live if each not in names)
    found = {each.resource: each for each in _tagged(labelled.value, declared.keys())}
    for name in unnamed:
        if name.startswith(f"{scope.prefix}-"):
            detail = "a table with a name of this environment"
            address = Address(name.removeprefix(f"{scope.prefix}-"))
            found.setdefault(name, Unmanaged(address, "table", name, detail))
    known = {each.resource for each in plan.unmanaged}
    leftovers = [each for name, each in sorted(found.items()) if name not in known]
    return Coverage(len(live) - len(unnamed), len(live), unnamed, tuple(leftovers))


def _is_table(address: str) -> bool:
    parsed = Address.parse(address)
    return bool(parsed.table) and not parsed.part


def _tagged(listing: Mapping[str, Any], declared: Set[str]) -> Iterator[Unmanaged]:
    for arn, tags in tags_by_arn(listing).items():
        address = tags.get(ADDRESS, "")
        if address and address not in declared:
            kind = arn.split(":")[2]
            detail = f"tagged by dynaprov as {address}, which no spec names"
            name = arn.rpartition("/")[2] if kind == "dynamodb" else arn
            yield Unmanaged(Address.parse(address), kind, name, detail)
