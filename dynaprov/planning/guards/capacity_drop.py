"""Provisioned capacity would fall a long way in one step.

The incident it prevents: a copied file with the capacity of another environment throttles
production.  AWS takes only a few decreases a day, but any number of increases.
"""

from __future__ import annotations

from collections.abc import Iterator

from dynaprov.model.plan import Refusal
from dynaprov.planning.guards.considered import Considered, refuse

CODE = "capacity-drop"
#: Least share of the live capacity that a change may leave without being asked about.
LEAST_SHARE = 0.5


def check(considered: Considered) -> Iterator[Refusal]:
    """Refuse a drop to less than half of what is live unless it is allowed by name."""
    for change in considered.changes:
        for setting in change.settings:
            if not setting.path.startswith("capacity."):
                continue
            before, after = setting.before, setting.after
            if isinstance(before, int) and isinstance(after, int) and after < before * LEAST_SHARE:
                yield refuse(
                    CODE,
                    change.address,
                    f"`{setting.path}` of {change.resource} would fall from {before} to {after}",
                )
