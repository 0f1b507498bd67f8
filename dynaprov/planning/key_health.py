"""Keys that cannot be used under live tables: what every report says first, with the way out.

A key that is disabled or pending deletion makes its tables unreadable within minutes; DynamoDB
shows INACCESSIBLE_ENCRYPTION_CREDENTIALS only 13 to 75 minutes later (measured), keeps the table
for seven days from ``InaccessibleEncryptionDateTime`` on, and then archives it as a backup
(SSEDescription and ArchivalSummary, DynamoDB API reference).  A deletion that is cancelled leaves
the key disabled (CancelKeyDeletion, KMS API reference), so enabling it is a second step; the table
comes back 18 to 57 minutes after that (measured).

Pure; ``observe`` reads the state of each key under a live table that the environment's own key is
not (that one has been read by its kind).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dynaprov.model.address import Address
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.kind import Presence, Reading
from dynaprov.model.ports import Read
from dynaprov.planning.key_users import key_id

if TYPE_CHECKING:
    from dynaprov.planning.observe import Observed

KEY = Address("", "kms-key")
TOPIC = Address("", "topic")
#: AWS archives a table whose key has been inaccessible for so long.
ARCHIVED_AFTER = timedelta(days=7)
INACCESSIBLE = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
_USABLE = frozenset({"", "Enabled", "Creating", "Updating"})
_PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


@dataclass(frozen=True, slots=True)
class _Health:
    """One key under live things: its state, when it goes, and what it encrypts."""

    key: str
    state: str
    goes: str
    own: bool
    stops: tuple[str, ...]
    address: Address


def describe_key(key: str) -> Read:
    """DescribeKey, as the key's own kind writes it."""
    return Read("kms", "describe_key", {"KeyId": key})


def keys_in_use(readings: Mapping[Address, Reading]) -> tuple[str, ...]:
    """The ARNs of the keys under live tables whose state nobody has read yet."""
    own = readings[KEY].outputs.get("arn", "") if KEY in readings else ""
    found = {str(reading.facts.get("key") or "") for reading in _tables(readings).values()}
    return tuple(sorted(each for each in found if each.startswith("arn:") and each != own))


def alarming(observed: Observed) -> list[Diagnostic]:
    """What must be said before anything else, the worst first."""
    readings = observed.readings
    found = [_dead_key(each, observed) for each in _unusable_keys(observed)]
    without = {name for each in _unusable_keys(observed) for name in each.stops}
    for reading in _tables(readings).values():
        table = observed.desired[reading.address].name
        status = reading.facts.get("status")
        if status in ("ARCHIVING", "ARCHIVED"):
            found.append(_archived(reading, table, str(status)))
        elif status == INACCESSIBLE and table not in without:
            found.append(_recovering(reading, table))
    return found


def unknown_states(observed: Observed) -> list[Diagnostic]:
    """Notes about keys whose state could not be read."""
    return [
        Diagnostic(
            "DP221",
            "the state of a key is not known",
            f"{key} encrypts live tables; whether it is enabled could not be read: {answer.error}",
            f"allow {answer.error.action} on the key",
            level=Level.NOTE,
        )
        for key, answer in observed.keys.items()
        if answer.error and not answer.absent
    ]


def _tables(readings: Mapping[Address, Reading]) -> dict[Address, Reading]:
    return {
        address: reading
        for address, reading in readings.items()
        if reading.presence is Presence.PRESENT and "table_id" in reading.facts
    }


def _unusable_keys(observed: Observed) -> Iterator[_Health]:
    own = observed.readings.get(KEY)
    if own is not None and own.presence is Presence.PRESENT:
        state = str(own.facts.get("key_state") or "")
        yield from _health(
            own.outputs["id"], state, own.facts.get("deletion_date"), observed, own=True
        )
    for arn, answer in observed.keys.items():
        described: Mapping[str, Any] = answer.value.get("KeyMetadata", {})
        state = "gone" if answer.absent else str(described.get("KeyState") or "")
        yield from _health(key_id(arn), state, described.get("DeletionDate"), observed, own=False)


def _health(
    key: str, state: str, goes: object, observed: Observed, *, own: bool
) -> Iterator[_Health]:
    if state in _USABLE:
        return
    under = [
        address
        for address, reading in _tables(observed.readings).items()
        if key_id(reading.facts.get("key")) == key
    ]
    stops = [observed.desired[address].name for address in under]
    topic = observed.readings.get(TOPIC)
    encrypted = getattr(topic.state, "encryption", "") if topic is not None else ""
    if isinstance(encrypted, str) and key_id(encrypted) == key:
        stops.append("the topic of the alarms")
        under.append(TOPIC)
    if stops:
        date = f"{goes:%Y-%m-%d}" if isinstance(goes, datetime) else str(goes or "")
        yield _Health(key, state, date, own, tuple(stops), KEY if own else under[0])


def _dead_key(health: _Health, observed: Observed) -> Diagnostic:
    said = {
        "Disabled": "is disabled",
        "gone": "does not exist any more",
        "PendingDeletion": f"is pending deletion{f', on {health.goes}' if health.goes else ''}",
    }.get(health.state, f"is in state {health.state}")
    clocks = [
        words
        for reading in _tables(observed.readings).values()
        if key_id(reading.facts.get("key")) == health.key and (words := _archive_clock(reading))
    ]
    return Diagnostic(
        "DP220",
        "a key in use cannot be used",
        "; ".join([f"key {health.key} {said}: {', '.join(health.stops)} cannot be used", *clocks]),
        _way_out(health, observed),
        address=str(health.address),
    )


def _way_out(health: _Health, observed: Observed) -> str:
    if health.state == "gone":
        return (
            "a deleted key never comes back, and what it encrypted cannot be read; see whether the "
            "ARN, its account and its region are the right ones"
        )
    where = f"--key-id {health.key} --region {observed.scope.region}"
    steps = [f"`aws kms enable-key {where}`"]
    if health.state in _PENDING:
        steps.insert(0, f"`aws kms cancel-key-deletion {where}`")
    by_hand = " and then ".join(steps)
    if health.state in _PENDING:
        by_hand += " (cancelling alone leaves the key disabled)"
    wanted = observed.desired.get(KEY)
    if health.own and getattr(wanted and wanted.state, "enabled", False):
        verb = "cancels the deletion and enables" if health.state in _PENDING else "enables"
        command = f"dynaprov apply --env {observed.scope.environment} --target kms-key"
        return f"`{command}` {verb} it; by hand: {by_hand}"
    return by_hand


def _archive_clock(reading: Reading) -> str:
    since = reading.facts.get("inaccessible_since")
    if reading.facts.get("status") != INACCESSIBLE or not isinstance(since, datetime):
        return ""
    until = since + ARCHIVED_AFTER
    return (
        f"{reading.outputs['name']} has been inaccessible since {since:%Y-%m-%d %H:%M} UTC and is "
        f"archived after {until:%Y-%m-%d %H:%M} UTC"
    )


def _recovering(reading: Reading, table: str) -> Diagnostic:
    clock = _archive_clock(reading)
    return Diagnostic(
        "DP222",
        "a table is without its key",
        f"{table} is {INACCESSIBLE}" + (f"; {clock}" if clock else ""),
        "if its key is enabled the table comes back by itself, 18 to 57 minutes after (measured by "
        "others); else look at the grants and the policy of the key: "
        f"`aws kms describe-key --key-id {reading.facts.get('key') or '<key>'}`",
        address=str(reading.address),
    )


def _archived(reading: Reading, table: str, status: str) -> Diagnostic:
    backup = reading.facts.get("archive") or "the backup in its ArchivalSummary"
    return Diagnostic(
        "DP223",
        "a table has been archived",
        f"{table} is {status}: its key was inaccessible for more than seven days, and its data is "
        f"in {backup}",
        "enable the key, delete the archived table, and restore the backup under its name "
        "(`aws dynamodb restore-table-from-backup`); then `dynaprov apply`",
        address=str(reading.address),
    )
