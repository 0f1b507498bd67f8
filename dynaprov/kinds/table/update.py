"""UpdateTable: one operation per change that AWS allows, one at a time per table.

UpdateTable (DynamoDB API reference) takes one logical change per call: deletion protection,
encryption and table class each alone; on-demand limits only with the billing mode; a stream not
with throughput; at most one index creation *or* deletion, and none while another is under way.
Changes of throughput of the table and of its indexes go together, which also spends only one of
the day's decreases.

Order: protection, billing and throughput, stream, class, encryption, then the indexes in their own
order (``waves``), which may take hours.  All operations share the table's lock.  They need each
other only where a failure would make the next one wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dynaprov.kinds.table.billing import billing
from dynaprov.kinds.table.calls import update_table
from dynaprov.kinds.table.creation import encryption
from dynaprov.kinds.table.indexes import building, create_index, delete_index
from dynaprov.kinds.table.state import AWS_MANAGED, TableState
from dynaprov.kinds.table.waiting import still_to_change, until_settled
from dynaprov.model.change import Action, Change
from dynaprov.model.kind import Desired, Reading
from dynaprov.model.operation import Meaning, Operation, Risk, Settled, Wait


def operations(changes: Sequence[Change], desired: Desired, reading: Reading) -> list[Operation]:
    """The calls for the changes of one live table; ``waves`` puts those of indexes in order."""
    made: list[Operation] = []
    own = next((c for c in changes if c.address == desired.address), None)
    indexes = [c for c in changes if c.address.part == "index"]
    if own and own.setting("deletion_protection"):
        made.append(_protection(desired))
    billed = billing(own, indexes, desired, reading)
    made.extend(billed)
    if own:
        made.extend(_stream(own, desired))
        made.extend(_class_and_encryption(own, desired))
    # A new index needs the billing mode it is made in, not capacity that others get.
    needs = tuple(each.id for each in billed if each.id == f"{desired.address}:billing")
    return [*_one_after_another(made), *_index_calls(indexes, desired, reading, needs)]


def _index_calls(
    changes: Sequence[Change], desired: Desired, reading: Reading, needs: tuple[str, ...]
) -> Iterable[Operation]:
    for change in changes:
        address = change.address
        if change.action is Action.DELETE:
            yield delete_index(address, desired.name)
        elif change.action is Action.REPLACE:
            wanted = _state(desired).indexes[address.name]
            gone = delete_index(address, desired.name, wanted, building(reading))
            yield replace(gone, needs=needs)
            yield create_index(address, desired, reading, (*needs, gone.id))
        elif change.action is Action.CREATE:
            yield create_index(address, desired, reading, needs)


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
        timeout="protection",
        wait=until_settled(desired.name, "protection", deletion_protection=on),
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
                timeout="stream",
                wait=until_settled(desired.name, "stream", stream=None),
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
                timeout="stream",
                wait=until_settled(desired.name, "stream", stream=change.after),
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
                timeout="class",
                look=still_to_change(desired.name, "class", **{"class": state.table_class}),
                wait=until_settled(desired.name, "class", **{"class": state.table_class}),
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
                timeout="encryption",
                look=_still_to_encrypt(desired.name, own, state.encryption),
                wait=until_settled(
                    desired.name, "encryption", **_encryption_shown(state.encryption)
                ),
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


def _still_to_encrypt(table: str, own: Change, wanted: object) -> Wait:
    setting = own.setting("encryption")
    shown = _encryption_shown(wanted)
    # The key that AWS manages reads as its word when it is live, and then nothing differs.
    was = str(setting.before) if setting and not shown else ""
    return still_to_change(table, "encryption", key_was=was, **shown)


def _encryption_shown(wanted: object) -> dict[str, str]:
    # The old key shows for 8-9 s (measured).  A key that is made in this run has no ARN yet, and
    # that AWS manages the key cannot be told from its ARN.
    if not isinstance(wanted, str) or wanted == AWS_MANAGED:
        return {}
    return {"encryption": wanted}


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
