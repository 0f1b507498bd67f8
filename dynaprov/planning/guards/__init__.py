"""Safety rules, one per file: each reads what is about to be planned and may say no.

A guard is lifted only by its name (``--allow CODE`` or ``--allow CODE:ADDRESS``), never by
``--yes``.
"""

from __future__ import annotations

from dynaprov.model.plan import Refusal
from dynaprov.planning.guards import (
    capacity_drop,
    deletion,
    fixed_settings,
    key_of_backups,
    key_retirement,
    protection_off,
    replacement,
    too_much_change,
)
from dynaprov.planning.guards.considered import Considered, Guard

GUARDS: tuple[Guard, ...] = (
    fixed_settings.check,
    deletion.check,
    replacement.check,
    protection_off.check,
    capacity_drop.check,
    key_retirement.check,
    key_of_backups.check,
    too_much_change.check,
)


def refusals(considered: Considered) -> tuple[Refusal, ...]:
    """Every guard's no that was not lifted, in the order of the guards."""
    found = [refusal for guard in GUARDS for refusal in guard(considered)]
    return tuple(refusal for refusal in found if not considered.lifted(refusal))


__all__ = ["GUARDS", "Considered", "Guard", "refusals"]
