"""One table whose indexes AWS builds and deletes one at a time, on a clock; and who looks at it.

Small and fast, for properties over many index changes; the rule layer knows far more.  It is both
ports at once.  ``refused`` holds what was asked at the wrong time, ``changes`` what took effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from dynaprov.model.ports import Answer, Call, ErrorCategory, Read, ServiceError
from support.cases import WrittenReader
from support.clock import VirtualClock

ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/shop-dev-orders"
BUILD_SECONDS, ALLOCATION_SECONDS, DELETE_SECONDS = 640.0, 40.0, 5.0


@dataclass
class LiveIndex:
    """An index, and when it will be built or gone."""

    body: Mapping[str, Any]
    began: float
    built: float
    gone: float | None = None


@dataclass
class OneTable:
    """See the module docstring."""

    clock: VirtualClock
    indexes: dict[str, LiveIndex] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=lambda: {"id": "S"})
    changes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    before_call: Callable[[int], None] = lambda number: None
    calls: int = 0
    lock: Any = field(default_factory=Lock)

    def put(self, name: str, body: Mapping[str, Any]) -> None:
        """An index that is live and built."""
        self.indexes[name] = LiveIndex(body, -1e9, -1e9)

    def definitions(self) -> dict[str, Mapping[str, Any]]:
        """What is live and stays, by name."""
        self._pass()
        return {name: index.body for name, index in self.indexes.items() if index.gone is None}

    @property
    def busy(self) -> bool:
        """Whether an index is being built or deleted."""
        self._pass()
        now = self.clock.monotonic()
        return any(i.gone is not None or now < i.built for i in self.indexes.values())

    def prepare(self, services: tuple[str, ...]) -> None:
        """Nothing to prepare."""

    def submit(self, read: Read) -> Future[Answer]:
        with self.lock:
            if read.method != "describe_table":
                return WrittenReader([]).submit(read)
            future: Future[Answer] = Future()
            future.set_result(Answer({"Table": self._described()}))
            return future

    def call(self, call: Call) -> Answer:
        self.calls += 1
        self.before_call(self.calls)
        with self.lock:
            [update] = call.params["GlobalSecondaryIndexUpdates"]
            [(verb, body)] = update.items()
            if self.busy:
                return self._no("Only 1 online index can be created or deleted simultaneously")
            self.take(verb, body, call.params.get("AttributeDefinitions", ()))
            return Answer()

    def take(self, verb: str, body: Mapping[str, Any], definitions: Any) -> None:
        """Begin a change, whoever asks for it."""
        name, now = body["IndexName"], self.clock.monotonic()
        if verb == "Delete":
            self.indexes[name].gone = now + DELETE_SECONDS
        else:
            self.types |= {d["AttributeName"]: d["AttributeType"] for d in definitions}
            self.indexes[name] = LiveIndex(body, now, now + BUILD_SECONDS)
        self.changes.append(f"{verb} {name}")

    def _no(self, message: str) -> Answer:
        self.refused.append(message)
        category = ErrorCategory.BUSY
        code = "LimitExceededException"
        return Answer(error=ServiceError(category, "dynamodb", "update_table", code, message))

    def _pass(self) -> None:
        now = self.clock.monotonic()
        for name, index in list(self.indexes.items()):
            if index.gone is not None and index.gone <= now:
                del self.indexes[name]

    def _described(self) -> dict[str, Any]:
        self._pass()
        now = self.clock.monotonic()
        allocating = any(
            i.gone is not None or now < i.began + ALLOCATION_SECONDS for i in self.indexes.values()
        )
        return {
            "TableName": "shop-dev-orders",
            "TableArn": ARN,
            "TableStatus": "UPDATING" if allocating else "ACTIVE",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": n, "AttributeType": t} for n, t in self.types.items()
            ],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "GlobalSecondaryIndexes": [self._index(n, i) for n, i in self.indexes.items()],
        }

    def _index(self, name: str, index: LiveIndex) -> dict[str, Any]:
        now = self.clock.monotonic()
        made = {"IndexName": name, **index.body, "IndexStatus": "ACTIVE"}
        if index.gone is not None:
            made["IndexStatus"] = "DELETING"
        elif now < index.built:
            made["IndexStatus"] = "CREATING"
            if now >= index.began + ALLOCATION_SECONDS:
                made["Backfilling"] = True
        return made
