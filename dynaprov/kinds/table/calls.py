"""The form of every UpdateTable operation of a table."""

from __future__ import annotations

from typing import Any

from dynaprov.kinds.table.waiting import until_settled
from dynaprov.model.address import Address
from dynaprov.model.operation import Meaning, Operation, Risk, Settled, Wait
from dynaprov.model.ports import Call


def update_table(
    identifier: str,
    address: Address,
    table: str,
    title: str,
    params: dict[str, Any],
    *,
    covers: tuple[str, ...],
    risk: Risk,
    meaning: Meaning,
    timeout: str,
    wait: Wait | None = None,
    look: Wait | None = None,
    needs: tuple[str, ...] = (),
    settled_by: tuple[Settled, ...] = (),
    creates: bool = False,
    deletes: bool = False,
) -> Operation:
    """One UpdateTable under the table's lock; done when what it began has settled.

    ``timeout`` is the row of the table of timeouts; ``wait`` says what else than rest is awaited.
    """
    return Operation(
        id=identifier,
        address=address,
        kind="table",
        title=title,
        call=Call("dynamodb", "update_table", {"TableName": table, **params}),
        needs=needs,
        lock=table,
        look=look,
        waits=(wait or until_settled(table, timeout),),
        settled_by=(*settled_by, Settled("ValidationException", "will not change")),
        covers=covers,
        creates=creates,
        deletes=deletes,
        risk=risk,
        meaning=meaning,
    )
