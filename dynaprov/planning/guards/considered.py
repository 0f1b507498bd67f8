"""What a guard may look at, and how its no is worded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from dynaprov.model.address import Address
from dynaprov.model.change import Change
from dynaprov.model.kind import Situation
from dynaprov.model.operation import Operation
from dynaprov.model.plan import Refusal
from dynaprov.planning.key_users import KeyUsers


@dataclass(frozen=True, slots=True)
class Considered:
    """A plan in the making: what differs, what would be called, what exists.

    ``destroying`` says that this is the plan of ``destroy``, whose deletions were asked for by
    their own command.  ``key_users`` is what needs each key that is switched off or retired.
    """

    situation: Situation
    changes: tuple[Change, ...]
    operations: tuple[Operation, ...]
    allowed: frozenset[str] = frozenset()
    limits: Mapping[str, int] = field(default_factory=dict)
    destroying: bool = False
    key_users: Mapping[str, KeyUsers] = field(default_factory=dict)

    def lifted(self, refusal: Refusal) -> bool:
        """Whether the guard was lifted by name, for all addresses or for this one."""
        return bool(refusal.allowed_by) and not self.allowed.isdisjoint(
            (refusal.code, f"{refusal.code}:{refusal.address}")
        )


Guard = Callable[[Considered], Iterable[Refusal]]


def refuse(code: str, address: Address, detail: str) -> Refusal:
    """A no that ``--allow CODE:ADDRESS`` lifts."""
    return Refusal(code, address, detail, f"--allow {code}:{address}")


def refuse_always(code: str, address: Address, detail: str) -> Refusal:
    """A no that nothing lifts."""
    return Refusal(code, address, detail, "")
