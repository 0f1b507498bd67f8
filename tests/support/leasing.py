"""One item of one table, as DynamoDB keeps it, with a clock of its own that tells the date."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from email.utils import format_datetime
from threading import Event, Lock
from typing import Any

from dynaprov.execution.lease import Holder, Lease, Place
from dynaprov.model.ports import Answer, Call, ErrorCategory, Read, ServiceError
from support.clock import VirtualClock

PLACE = Place("shop-dev-locks", "id", "dynaprov/lease/shop-dev", 120, "gone_after", "locks")


class LeaseTable:
    """Implements ``Reader`` and ``Caller`` for the four calls of a lease.

    ``errors`` are given back before the calls have an effect, by method and in turn; ``lost``
    names methods whose next call has its effect while the answer is lost.
    """

    def __init__(self, clock: VirtualClock, *, dated: bool = True) -> None:
        self.clock = clock
        self.dated = dated
        self.exists = True
        self.item: dict[str, Any] | None = None
        self.errors: dict[str, list[ErrorCategory]] = {}
        self.lost: set[str] = set()
        self.calls: list[str] = []
        self.renewed = Event()
        self._lock = Lock()

    def submit(self, read: Read) -> Future[Answer]:
        assert read.params["ConsistentRead"]
        future: Future[Answer] = Future()
        future.set_result(self._answered(read))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """There are no clients."""

    def call(self, call: Call) -> Answer:
        return self._answered(call)

    def value(self, name: str) -> str:
        """The text of an attribute of the item."""
        assert self.item is not None
        return str(next(iter(self.item[name].values())))

    def _answered(self, request: Read | Call) -> Answer:
        with self._lock:
            self.calls.append(request.method)
            waiting = self.errors.get(request.method)
            if waiting:
                return _refused(request, waiting.pop(0))
            if not self.exists:
                return _refused(request, ErrorCategory.ABSENT)
            if not self._holds(request.params):
                return _refused(request, ErrorCategory.CONFLICT)
            value: dict[str, Any] = getattr(self, f"_{request.method}")(request.params)
            if request.method in self.lost:
                self.lost.discard(request.method)
                return _refused(request, ErrorCategory.TRANSIENT)
            if self.dated:
                date = format_datetime(self.clock.now().replace(microsecond=0), usegmt=True)
                value["ResponseMetadata"] = {"HTTPHeaders": {"date": date}}
            return Answer(value)

    def _holds(self, params: Mapping[str, Any]) -> bool:
        condition = params.get("ConditionExpression", "")
        if condition == "attribute_not_exists(#key)":
            return self.item is None
        if not condition:
            return True
        name, _, value = condition.partition(" = ")
        attribute = params["ExpressionAttributeNames"][name]
        wanted = params["ExpressionAttributeValues"][value]
        return bool(self.item is not None and self.item.get(attribute) == wanted)

    def _get_item(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {} if self.item is None else {"Item": dict(self.item)}

    def _put_item(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self.item = dict(params["Item"])
        return {}

    def _update_item(self, params: Mapping[str, Any]) -> dict[str, Any]:
        assert self.item is not None
        self.renewed.set()
        for pair in params["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = pair.split(" = ")
            attribute = params["ExpressionAttributeNames"][name]
            self.item[attribute] = params["ExpressionAttributeValues"][value]
        return {}

    def _delete_item(self, params: Mapping[str, Any]) -> dict[str, Any]:
        self.item = None
        return {}


def a_lease(table: LeaseTable, clock: VirtualClock, run: str = "r1", **more: Any) -> Lease:
    """A lease that is not taken yet."""
    holder = Holder(run, f"{run}@host, process 1", "apply --env dev")
    return Lease(more.pop("place", PLACE), holder, table, table, clock)


def _refused(request: Read | Call, category: ErrorCategory) -> Answer:
    return Answer(
        error=ServiceError(category, request.service, request.method, str(category), "no")
    )
