"""A reader and a caller whose answers a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any

from dynaprov.model.ports import Answer, Call, ErrorCategory, Read, ServiceError

#: What a fake gives back: one answer for ever, several in turn (the last one stays), or a function.
Script = Answer | Sequence[Answer] | Callable[[Any], Answer]


def an_error(
    category: ErrorCategory = ErrorCategory.INVALID,
    code: str = "ValidationException",
    message: str = "no",
    **more: Any,
) -> ServiceError:
    """The smallest error."""
    return ServiceError(category, "dynamodb", "update_table", code, message, **more)


def failing(category: ErrorCategory, **more: Any) -> Answer:
    """An answer that is an error of this category."""
    return Answer(error=an_error(category, **more))


class _Scripted:
    def __init__(self, scripts: Mapping[str, Script] | None) -> None:
        self._scripts = dict(scripts or {})
        self._turns: dict[str, int] = {}
        self._lock = Lock()

    def _answer(self, method: str, request: Any) -> Answer:
        script = self._scripts.get(method, Answer())
        if isinstance(script, Answer):
            return script
        if callable(script):
            return script(request)
        with self._lock:
            turn = self._turns.get(method, 0)
            self._turns[method] = turn + 1
        return script[min(turn, len(script) - 1)]


class FakeCaller(_Scripted):
    """Implements ``Caller``; scripts by method.  What nobody scripted succeeds emptily.

    ``calls`` holds every call in the order in which they came.
    """

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        super().__init__(scripts)
        self.calls: list[Call] = []

    def call(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
        return self._answer(call.method, call)


class FakeReader(_Scripted):
    """Implements ``Reader``; scripts by method.  ``reads`` holds every read in order.

    ``url`` is the endpoint of every service when it is not AWS's own.
    """

    def __init__(self, scripts: Mapping[str, Script] | None = None, url: str = "") -> None:
        super().__init__(scripts)
        self.url = url
        self.reads: list[Read] = []
        self.prepared: list[str] = []

    def submit(self, read: Read) -> Future[Answer]:
        with self._lock:
            self.reads.append(read)
        future: Future[Answer] = Future()
        future.set_result(self._answer(read.method, read))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        self.prepared += services

    def endpoint(self, service: str) -> str:
        return self.url
