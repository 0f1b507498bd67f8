"""The counts of a plan: what every report says in one line, and what a machine reads first."""

from __future__ import annotations

from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.change import Action
from dynaprov.model.operation import Risk
from dynaprov.model.plan import Plan

#: Address parts of the indexes of a table.
INDEX_PARTS = frozenset({"index", "local-index"})


def summary(plan: Plan) -> dict[str, Any]:
    """How much of what is in a plan, and the worst that it does."""
    actions = [change.action for change in plan.changes]
    removed = _removed(plan)
    worst = max((each.risk for each in plan.operations), key=lambda r: r.rank, default=Risk.NONE)
    return {
        "create": actions.count(Action.CREATE),
        "update": actions.count(Action.UPDATE),
        "replace": actions.count(Action.REPLACE),
        "delete": actions.count(Action.DELETE),
        "tables_removed": sum(1 for address in removed if address.table and not address.part),
        "indexes_removed": sum(1 for address in removed if address.part in INDEX_PARTS),
        "operations": len(plan.operations),
        "refused": len(plan.refusals),
        "unmanaged": len(plan.unmanaged),
        "unmanaged_parts": len(plan.unmanaged_parts),
        "not_compared": len(plan.not_compared),
        "in_progress": len(plan.in_progress),
        "worst_risk": worst.value,
        "causes": sorted(cause.value for cause in plan.causes()),
    }


def _removed(plan: Plan) -> set[Address]:
    gone = {c.address for c in plan.changes if c.action in (Action.DELETE, Action.REPLACE)}
    return gone | {each.address for each in plan.operations if each.deletes}
