"""References: putting live values in the place of ``Ref`` where they are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Presence, Reading
from dynaprov.model.ports import ErrorCategory, ServiceError
from dynaprov.model.setting import Ref, State


def resolve_state(
    state: State, readings: Mapping[Address, Reading], *, foreign: bool = False
) -> tuple[State, dict[str, ServiceError]]:
    """The state with known references resolved, and the fields that cannot be compared.

    A reference to a resource that does not exist stays a ``Ref``.  One to a resource that could not
    be read makes its field incomparable; where DynamoDB's endpoint is not AWS's (``foreign``) and
    the service is lacking altogether, the field is left out, so that a table can be made without
    the key that cannot exist.  On AWS a table is never made with less than was declared.
    """
    update: dict[str, Any] = {}
    unreadable: dict[str, ServiceError] = {}
    lacking: set[str] = set()
    for name in state.model_fields_set:
        value = getattr(state, name)
        if not isinstance(value, Ref):
            continue
        reading = readings.get(Address.parse(value.address))
        if reading is None:
            continue
        if reading.presence is Presence.UNREADABLE and reading.problem:
            unreadable[name] = reading.problem
            if foreign and reading.problem.category is ErrorCategory.UNSUPPORTED:
                lacking.add(name)
        elif value.output in reading.outputs:
            update[name] = reading.outputs[value.output]
    resolved = state.model_copy(update=update) if update else state
    return (_without(resolved, lacking) if lacking else resolved), unreadable


def _without(state: State, names: set[str]) -> State:
    kept = {name: getattr(state, name) for name in state.model_fields_set - names}
    return type(state).model_construct(_fields_set=set(kept), **kept)


def symbols(
    desired: Mapping[Address, Desired], readings: Mapping[Address, Reading]
) -> dict[str, Ref]:
    """Live values that specs may refer to, as the references that mean them."""
    found = {}
    for address in desired:
        reading = readings.get(address)
        if reading is not None and not address.table:
            for output, value in reading.outputs.items():
                found[value] = Ref(str(address), output)
    return found
