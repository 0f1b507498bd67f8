"""The lease: one run at a time, for those who want that.

A lease is one item of an ordinary table that the spec names.  Whoever can write the item with the
condition that nobody else's stands there may apply; the item says who that is and until when.  The
run renews it while it lasts and deletes it in the end.  A run that dies renews no more, so its
lease expires by itself: there is nothing to unlock by hand.

The calls are GetItem (consistent), PutItem, UpdateItem and DeleteItem, each write with a
ConditionExpression (DynamoDB developer guide, "Condition expressions").  All times in the item are
AWS's: a run measures how its own clock differs from the ``Date`` of AWS's answers and reckons with
that, so it does not matter whose clock goes wrong.  Where an endpoint gives no ``Date``, the run's
own clock counts.  A lease is taken from another run only when the item has not changed since it was
seen to have expired, so a holder that renews in the same moment keeps it.

It is a convention among those who ask for it: a run without a lease is not held up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Event, Lock, Thread
from typing import Any

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Refused, Stopped
from dynaprov.model.ports import (
    Answer,
    Call,
    Caller,
    Clock,
    ErrorCategory,
    Read,
    Reader,
    ServiceError,
)

READS = ("dynamodb:GetItem",)
WRITES = ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")

#: ``Date`` has whole seconds, and answers take time: only after so much more is a lease expired.
GRACE_SECONDS = 5.0
#: How often a run that waits for the lease looks.
POLL_SECONDS = 5.0
#: An item that nobody deleted is kept as long for time to live, far beyond every skew of clocks.
KEPT_SECONDS = 86_400
ATTEMPTS = 5

_PASSING = frozenset(
    {
        ErrorCategory.THROTTLED,
        ErrorCategory.BUSY,
        ErrorCategory.TRANSIENT,
        ErrorCategory.UNREACHABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the lease of an environment stands.

    Attributes:
        table: physical name of the table.
        key: name of its partition key, a string.
        item: the value of the key.
        seconds: for how long a lease holds that is not renewed.
        ttl: attribute of the table's time to live, empty where it has none.
        name: the table's name in the spec.
    """

    table: str
    key: str
    item: str
    seconds: int
    ttl: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: the run's id, who and where that is, with what command."""

    run: str
    owner: str
    command: str


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as its item tells it."""

    holder: Holder
    token: str
    since: datetime
    until: datetime
    fingerprint: str = ""

    def __str__(self) -> str:
        return (
            f"{self.holder.owner} holds it for `{self.holder.command}` since {_shown(self.since)} "
            f"until {_shown(self.until)}, unless it is renewed"
        )


def take(
    place: Place,
    holder: Holder,
    reader: Reader,
    caller: Caller,
    clock: Clock,
    *,
    wait_seconds: float = 0.0,
    told: Callable[[Held], None] = lambda held: None,
) -> Lease:
    """Take the lease, or wait for it.

    Args:
        place: where it stands.
        holder: who asks.
        reader: reads the item.
        caller: writes it.
        clock: time; AWS's own is taken from its answers.
        wait_seconds: for how long to wait for another run to end.
        told: told of every other holder that is waited for.

    Returns:
        The lease, held; or, where its table does not exist, one that says so (``absent``).

    Raises:
        Refused: when somebody else holds it.
        Stopped: when the item can be neither read nor written.
    """
    lease = Lease(place, holder, reader, caller, clock)
    started = clock.monotonic()
    waited_for = ""
    while True:
        other = lease.attempt()
        if other is None:
            return lease
        left = wait_seconds - (clock.monotonic() - started)
        if left <= 0:
            raise Refused(_taken(place, other))
        if other.holder.run != waited_for:
            told(other)
            waited_for = other.holder.run
        clock.sleep(min(POLL_SECONDS, left))


class Lease:
    """A lease that this run holds, or ``absent`` where there is no table to hold it.

    Safe to use from several threads: it is renewed in one and asked for in others.
    """

    def __init__(
        self, place: Place, holder: Holder, reader: Reader, caller: Caller, clock: Clock
    ) -> None:
        self.place = place
        self.holder = holder
        self.absent = False
        self._reader, self._caller, self._clock = reader, caller, clock
        self._lock = Lock()
        self._ahead = timedelta()  # how much AWS's clock is ahead of ours
        self._number = 0
        self._since = clock.now()
        self._confirmed = (clock.monotonic(), clock.now())
        self._fingerprint = ""
        self._goes = False
        self._lost = ""

    def attempt(self) -> Held | None:
        """Take it if it is free; else who has it."""
        for attempt in range(1, ATTEMPTS + 1):
            answer = self._item()
            if self.absent:
                return None
            other = _held(answer.value.get("Item"))
            mine = other is not None and other.holder.run == self.holder.run
            if other is not None and not mine:
                expired = other.until + timedelta(seconds=GRACE_SECONDS) < self._now()
                if not expired:
                    return other
            error = self._put(other.token if other else "")
            if error is None:
                return None
            # Somebody was faster, or the answer was lost: reading again tells which.
            passing = error.category in _PASSING
            if attempt == ATTEMPTS or not (passing or error.category is ErrorCategory.CONFLICT):
                raise Stopped(_problem(self.place, error))
            if passing:
                self._clock.sleep(1.0)
        raise AssertionError("the last attempt returns or raises")

    def note(self, fingerprint: str) -> None:
        """Note in the item what is about to be done."""
        with self._lock:
            self._fingerprint = fingerprint
            if not self.absent and not self._lost:
                self._renew()

    def goes_with_its_table(self) -> None:
        """This run deletes the table of the lease, so that its end is not the loss of it."""
        self._goes = True

    def keep(self) -> None:
        """Renew it when it is time to."""
        with self._lock:
            if not self._idle() and self._elapsed() >= self.place.seconds / 3:
                self._renew()

    def why_lost(self) -> str:
        """Why nothing more may be begun; empty while the lease holds.

        A machine that was suspended finds its lease expired: it is renewed at once, which succeeds
        only where nobody took it meanwhile.
        """
        with self._lock:
            if not self._idle() and self._elapsed() >= self.place.seconds:
                self._renew()
            return self._lost

    @contextlib.contextmanager
    def kept(self) -> Iterator[Lease]:
        """Renew it in the background while the block runs, and give it back in the end."""
        ended = Event()

        def keep() -> None:
            while not ended.wait(min(5.0, self.place.seconds / 6)):
                self.keep()

        thread = Thread(target=keep, name="lease", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join()
            self.release()

    def release(self) -> None:
        """Give it back.  Where that fails it expires by itself."""
        with self._lock:
            if self._idle():
                return
            self._lost = "it was given back"
            self._write("delete_item", self._mine())

    def _idle(self) -> bool:
        return self.absent or bool(self._lost)

    def _elapsed(self) -> float:
        """Seconds since AWS last confirmed it, by the clock on the wall and by the other.

        The monotonic clock stands still while a machine is suspended (Linux, macOS); the wall clock
        may be set.  The longer of both counts.
        """
        monotonic, wall = self._confirmed
        by_wall = (self._clock.now() - wall).total_seconds()
        return max(self._clock.monotonic() - monotonic, by_wall)

    def _now(self) -> datetime:
        return self._clock.now() + self._ahead

    def _item(self) -> Answer:
        """The item as it stands.

        Raises:
            Stopped: when it cannot be read.
        """
        place = self.place
        params = {
            "TableName": place.table,
            "Key": {place.key: {"S": place.item}},
            "ConsistentRead": True,
        }
        answer = self._reader.submit(Read("dynamodb", "get_item", params)).result()
        self.absent = answer.absent
        if answer.error and not answer.absent:
            raise Stopped(_problem(place, answer.error))
        self._learn(answer)
        return answer

    def _learn(self, answer: Answer) -> None:
        """Note how AWS's clock differs from ours."""
        headers = answer.value.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        with contextlib.suppress(KeyError, TypeError, ValueError):
            told = parsedate_to_datetime(headers["date"])
            self._ahead = told.astimezone(UTC) - self._clock.now()

    def _put(self, seen: str) -> ServiceError | None:
        """Write the item, if it still is as it was seen: not there, or with this token."""
        place = self.place
        self._since = self._now()
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": place.key},
        }
        if seen:
            condition = {
                "ConditionExpression": "#token = :seen",
                "ExpressionAttributeNames": {"#token": "lease_token"},
                "ExpressionAttributeValues": {":seen": {"S": seen}},
            }
        item = {
            place.key: {"S": place.item},
            "lease_run": {"S": self.holder.run},
            "lease_owner": {"S": self.holder.owner},
            "lease_command": {"S": self.holder.command},
            "lease_since": {"S": self._since.isoformat()},
            **self._passing_values(),
        }
        return self._write("put_item", {"Item": item, **condition})

    def _passing_values(self) -> dict[str, Any]:
        """What changes with each renewal."""
        self._number += 1
        until = self._now() + timedelta(seconds=self.place.seconds)
        values = {
            "lease_token": {"S": f"{self.holder.run}/{self._number}"},
            "lease_until": {"S": until.isoformat()},
            "lease_fingerprint": {"S": self._fingerprint},
        }
        if self.place.ttl:
            values[self.place.ttl] = {"N": str(int(until.timestamp()) + KEPT_SECONDS)}
        return values

    def _mine(self) -> dict[str, Any]:
        """The key of the item, and the condition that it is this run's."""
        return {
            "Key": {self.place.key: {"S": self.place.item}},
            "ConditionExpression": "#run = :run",
            "ExpressionAttributeNames": {"#run": "lease_run"},
            "ExpressionAttributeValues": {":run": {"S": self.holder.run}},
        }

    def _renew(self) -> None:
        values = self._passing_values()
        params = self._mine()
        names = {f"#v{place}": name for place, name in enumerate(values)}
        params["ExpressionAttributeNames"] |= names
        params["ExpressionAttributeValues"] |= {
            f":v{place}": value for place, value in enumerate(values.values())
        }
        params["UpdateExpression"] = "SET " + ", ".join(
            f"{name} = {name.replace('#', ':')}" for name in names
        )
        error = self._write("update_item", params)
        if error is None:
            return
        if error.category is ErrorCategory.ABSENT:
            if self._goes:
                self.absent = True
            else:
                self._lost = f"the lease was lost: its table {self.place.table} is gone"
        elif error.category is ErrorCategory.CONFLICT:
            self._lost = f"the lease was lost: {self._successor()}"
        elif self._elapsed() >= self.place.seconds:
            self._lost = f"the lease was lost: it could not be renewed in time ({error})"

    def _successor(self) -> str:
        """Who has the lease that was ours."""
        try:
            now = _held(self._item().value.get("Item"))
        except Stopped:
            now = None
        if now is None:
            return "it expired, and somebody took it and gave it back, or deleted it"
        return f"it expired, and {now}"

    def _write(self, method: str, params: Mapping[str, Any]) -> ServiceError | None:
        """Send one write; what it confirms held from before it was sent."""
        sent = (self._clock.monotonic(), self._clock.now())
        call = Call("dynamodb", method, {"TableName": self.place.table, **params})
        answer = self._caller.call(call)
        if answer.error is None:
            self._confirmed = sent
            self._learn(answer)
        return answer.error


def _held(item: Mapping[str, Any] | None) -> Held | None:
    """What an item says; ``None`` where there is none, or none of a lease."""
    texts = {name: str(value.get("S", "")) for name, value in (item or {}).items()}
    try:
        since, until = (
            datetime.fromisoformat(texts[name]).astimezone(UTC)
            for name in ("lease_since", "lease_until")
        )
    except (KeyError, ValueError):
        return None
    holder = Holder(
        texts.get("lease_run", ""), texts.get("lease_owner", ""), texts.get("lease_command", "")
    )
    fingerprint = texts.get("lease_fingerprint", "")
    return Held(holder, texts.get("lease_token", ""), since, until, fingerprint)


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _taken(place: Place, other: Held) -> Diagnostic:
    plan = f", with the plan {other.fingerprint[:12]}" if other.fingerprint else ""
    return Diagnostic(
        "DP310",
        "somebody else holds the lease",
        f"{other}{plan}; nothing was done (item `{place.item}` of table {place.table})",
        "wait for it with `--lease-wait 10m`; it is given back when that run ends, and expires "
        f"within {place.seconds} s when it died",
    )


def _problem(place: Place, error: ServiceError) -> Diagnostic:
    return Diagnostic(
        "DP404",
        "the lease could not be taken",
        f"item `{place.item}` of table {place.table}: {error}",
        f"allow {', '.join((*READS, *WRITES))} on the table, or go without `--lease`"
        if error.category is ErrorCategory.DENIED
        else "try it again, or go without `--lease`",
    )
