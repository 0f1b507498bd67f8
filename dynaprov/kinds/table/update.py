"""UpdateTable: one operation per change that AWS allows, one at a time per table.

UpdateTable (DynamoDB API reference) takes one logical change per call: deletion protection,
encryption and table class each alone; on-demand limits only with the billing mode; a stream not
with throughput; at most one index creation *or* deletion, and none while another is under way.
Changes of throughput of the table and of its indexes go together, which also spends only one of
the day's decreases.

Order: index deletions, protection, billing and throughput, stream, class, encryption, index
creations.  All operations share the table's lock.  They need each other only where a failure would
make the next one wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dynaprov.kinds.table.billing import billing
from dynaprov.kinds.table.calls import update_table
from dynaprov.kinds.table.creation import attribute_definitions, encryption, index_creation
from dynaprov.kinds.table.state import (
    TableState,
)
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change
from dynaprov.model.kind import Desired, Reading
from dynaprov.model.operation import Meaning, Operation, Risk, Settled

#: Building an index can take hours on a large table.
INDEX_TIMEOUT_SECONDS = 24 * 3600.0


def operations(changes: Sequence[Change], desired: Desired, reading: Reading) -> list[Operation]:
    """The calls for the changes of one live table, in the order in which they run."""
    made: list[Operation] = []
    own = next((c for c in changes if c.address == desired.address), None)
    indexes = [c for c in changes if c.address.part == "index"]
    deleted = [c for c in indexes if c.action in (Action.DELETE, Action.REPLACE)]
    for change in deleted:
        made.append(delete_index(change.address, desired.name))
    if own and own.setting("deletion_protection"):
        made.append(_protection(desired))
    billed = billing(own, indexes, desired, reading)
    made.extend(billed)
    if own:
        made.extend(_stream(own, desired))
        made.extend(_class_and_encryption(own, desired))
    for change in indexes:
        if change.action in (Action.CREATE, Action.REPLACE):
            # A new index needs the billing mode it is made in, not capacity that others get.
            needs = [each.id for each in billed if each.id == f"{desired.address}:billing"]
            if change.action is Action.REPLACE:
                needs.append(f"{change.address}:delete")
            made.append(_create_index(change.address, desired, reading, needs))
    return list(_one_after_another(made))


def delete_index(address: Address, table: str) -> Operation:
    """Delete one global index and wait until it is gone."""
    return update_table(
        f"{address}:delete",
        address,
        table,
        f"delete index {address.name} of {table}",
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": address.name}}]},
        covers=("",),
        wait=f"index {address.name} gone",
        settled_by=(Settled("ResourceNotFoundException"),),
        deletes=True,
        risk=Risk.HIGH,
        meaning=Meaning(
            impact="queries on the index fail from now on",
            undo="only by building it again",
            takes="3-5 s",
            watch="errors of readers that use the index",
        ),
    )


def _create_index(
    address: Address, desired: Desired, reading: Reading, needs: Sequence[str]
) -> Operation:
    state, live = _state(desired), reading.state
    assert isinstance(live, TableState)
    index = state.indexes[address.name]
    assert index is not None
    mode = state.billing_mode or live.billing_mode
    begins = desired.creation.get(address.name, live.capacity)
    body = index_creation(address.name, index, mode, begins)
    return update_table(
        f"{address}:create",
        address,
        desired.name,
        f"create index {address.name} on {desired.name}",
        {
            "AttributeDefinitions": attribute_definitions(state),
            "GlobalSecondaryIndexUpdates": [{"Create": body}],
        },
        covers=("",),
        wait=f"index {address.name} active",
        timeout=INDEX_TIMEOUT_SECONDS,
        needs=tuple(needs),
        creates=True,
        settled_by=(Settled("ValidationException", "already exists"),),
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="online: the table goes on; writes may be throttled while the index fills",
            undo="delete the index",
            takes="minutes even when empty, hours on large tables",
            watch="metric OnlineIndexPercentageProgress, write throttles of the table",
        ),
    )


def _protection(desired: Desired) -> Operation:
    on = bool(_state(desired).deletion_protection)
    return protection(desired, on=on)


def protection(desired: Desired, *, on: bool) -> Operation:
    """Switch deletion protection, alone in its call."""
    verb = "on" if on else "off"
    return update_table(
        f"{desired.address}:protection-{verb}",
        desired.address,
        desired.name,
        f"switch deletion protection of {desired.name} {verb}",
        {"DeletionProtectionEnabled": on},
        covers=("deletion_protection",),
        risk=Risk.NONE if on else Risk.HIGH,
        meaning=Meaning(
            impact="online" if on else "online; the table can be deleted from now on",
            undo="reversible, after 15 seconds",
            takes="at once",
        ),
    )


def _stream(own: Change, desired: Desired) -> list[Operation]:
    change = own.setting("stream")
    if change is None:
        return []
    made = []
    if change.before:
        made.append(
            update_table(
                f"{desired.address}:stream-off",
                desired.address,
                desired.name,
                f"switch the stream of {desired.name} off",
                {"StreamSpecification": {"StreamEnabled": False}},
                covers=("stream",),
                settled_by=(Settled("ValidationException", "no stream to disable"),),
                risk=Risk.HIGH,
                meaning=Meaning(
                    impact="online; consumers of the stream get nothing more",
                    undo="a new stream with another ARN: consumers must be pointed at it",
                    takes="4-5 s",
                    watch="consumers of the old stream; its records stay for 24 hours",
                ),
            )
        )
    if change.after:
        made.append(
            update_table(
                f"{desired.address}:stream-on",
                desired.address,
                desired.name,
                f"switch the stream of {desired.name} on ({change.after})",
                {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": change.after}},
                covers=("stream",),
                needs=tuple(each.id for each in made),
                settled_by=(Settled("ValidationException", "already has an enabled stream"),),
                risk=Risk.LOW,
                meaning=Meaning(
                    impact="online; a new stream with a new ARN",
                    undo="switch it off again",
                    takes="4-5 s",
                ),
            )
        )
    return made


def _class_and_encryption(own: Change, desired: Desired) -> list[Operation]:
    state = _state(desired)
    made = []
    if own.setting("class"):
        made.append(
            update_table(
                f"{desired.address}:class",
                desired.address,
                desired.name,
                f"change the class of {desired.name} to {state.table_class}",
                {"TableClass": state.table_class},
                covers=("class",),
                risk=Risk.LOW,
                meaning=Meaning(
                    "online; prices of storage and requests change",
                    "reversible, but AWS takes 2 changes in 30 days",
                    "seconds to minutes",
                ),
            )
        )
    if own.setting("encryption"):
        made.append(
            update_table(
                f"{desired.address}:encryption",
                desired.address,
                desired.name,
                f"encrypt {desired.name} with {state.encryption}",
                {"SSESpecification": encryption(state.encryption)},
                covers=("encryption",),
                settled_by=(Settled("ValidationException", "already encrypted"),),
                risk=Risk.HIGH,
                meaning=Meaning(
                    "online; readers and writers need the right to use the new key",
                    "reversible while the old key is enabled; AWS takes 4 changes a day",
                    "about 22 s",
                    "AccessDenied errors of applications; keep the old key enabled",
                ),
            )
        )
    return made


def _one_after_another(made: Sequence[Operation]) -> Iterable[Operation]:
    """Give each operation the order after the one before it; a failure does not cascade."""
    before: tuple[str, ...] = ()
    for each in made:
        yield replace(each, after=tuple(i for i in before if i not in each.needs))
        before = (each.id,)


def _state(desired: Desired) -> TableState:
    state = desired.state
    assert isinstance(state, TableState)
    return state
