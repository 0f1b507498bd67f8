"""The trace of a run: what happened when, beside what, and after what.

``Trace`` listens at the ports (``Reader``, ``Caller``) and to the events of a run, and writes what
it heard in the trace event format of Chrome, which ``chrome://tracing`` and Perfetto show.  It
holds names of APIs, addresses and times; no parameters and no answers.

Three groups of tracks: the stages; the operations, each linked to those that it needs; and the
requests to AWS.  A track is a line on which nothing overlaps, so there are as many lines of
requests as there were requests under way at once.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from dynaprov.model.events import (
    Event,
    Listener,
    OperationEnded,
    OperationRetried,
    OperationStarted,
    OperationWaiting,
    Stage,
    StageStarted,
)
from dynaprov.model.operation import Operation
from dynaprov.model.ports import Answer, Call, Caller, Clock, Read, Reader

_STAGES, _OPERATIONS, _REQUESTS = 1, 2, 3
_GROUPS = {_STAGES: "stages", _OPERATIONS: "operations", _REQUESTS: "requests to AWS"}
_TRACKS = {_STAGES: "stage", _OPERATIONS: "operation", _REQUESTS: "worker"}


@dataclass(slots=True)
class Span:
    """Something that took a time; ``end`` is ``None`` while it goes on.  ``inner`` lies within."""

    name: str
    start: float
    end: float | None = None
    args: dict[str, Any] = field(default_factory=dict)
    inner: list[Span] = field(default_factory=list)


class Trace:
    """See the module docstring.

    Args:
        clock: time; the one that the answers' requests are stamped with.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.monotonic()
        self._stages = [Span(Stage.LOADING.value, self._begun)]
        self._operations: dict[str, Span] = {}
        self._plan: dict[str, Operation] = {}
        self._requests: list[Span] = []
        self._asked: dict[int, Span] = {}
        self._numbers = count()

    def ports(self, way: Any) -> Traced:
        """A reader and caller that notes what goes through another one."""
        return Traced(way, way, self)

    def listening(self, listener: Listener) -> Listener:
        """A listener that notes what it hands on."""

        def listen(event: Event) -> None:
            self.hear(event)
            listener(event)

        return listen

    def hear(self, event: Event) -> None:
        """Note an event of the run."""
        now = self._clock.monotonic()
        match event:
            case StageStarted():
                self.end_stage()
                args = {"on": event.detail} if event.detail else {}
                self._stages.append(Span(event.stage.value, now, args=args))
            case OperationStarted(operation=operation):
                self._plan[operation.id] = operation
                self._operations[operation.id] = Span(operation.id, now, args=_described(operation))
            case OperationWaiting(operation=operation):
                inner = self._operations[operation.id].inner
                if not inner or inner[-1].end is not None:
                    inner.append(Span(f"wait until {event.until}", now))
            case OperationRetried(operation=operation):
                why = {"attempt": event.attempt, "error": event.error.code}
                delay = Span("wait before the next attempt", now, now + event.delay_seconds, why)
                self._operations[operation.id].inner.append(delay)
            case OperationEnded(outcome=outcome):
                operation = outcome.operation
                self._plan[operation.id] = operation
                span = self._operations.setdefault(
                    operation.id, Span(operation.id, now, args=_described(operation))
                )
                span.end = now
                for each in span.inner:
                    each.end = min(now if each.end is None else each.end, now)
                span.args |= {"status": outcome.status.value, "attempts": outcome.attempts}
                if outcome.error:
                    span.args["error"] = outcome.error.code
                if outcome.blocked_by:
                    span.args["blocked_by"] = outcome.blocked_by

    def end_stage(self) -> None:
        """The stage that goes on has ended."""
        if self._stages[-1].end is None:
            self._stages[-1].end = self._clock.monotonic()

    def asked(self, request: Read | Call) -> int:
        """Note that something is asked; the number goes with the answer."""
        number = next(self._numbers)
        self._asked[number] = Span(request.action, self._clock.monotonic())
        return number

    def answered(self, number: int, answer: Answer) -> None:
        """Note the requests that an answer took."""
        asked = self._asked.pop(number)
        if not answer.requests:  # a port that does not say
            asked.end = self._clock.monotonic()
            asked.args = {"error": answer.error.code} if answer.error else {}
            self._requests.append(asked)
        for each in answer.requests:
            args: dict[str, Any] = {"page": each.page, "attempt": each.attempt}
            if each.waited >= 0.001:
                args["waited_ms"] = round(each.waited * 1000)
            if each.error:
                args["error"] = each.error
            span = Span(asked.name, each.started, each.started + each.seconds, args)
            self._requests.append(span)

    def document(self) -> dict[str, Any]:
        """The trace so far; what still goes on ends now."""
        now = self._clock.monotonic()
        unanswered = [
            Span(each.name, each.start, None, {"unanswered": True})
            for each in list(self._asked.values())
        ]
        groups = {
            _STAGES: self._stages,
            _OPERATIONS: list(self._operations.values()),
            _REQUESTS: [*self._requests, *unanswered],
        }
        events: list[dict[str, Any]] = []
        places: dict[str, tuple[int, Span]] = {}
        for group, spans in groups.items():
            tracks = 0
            for track, span in _packed(spans, now):
                tracks = max(tracks, track)
                events.extend(self._slices(group, track, span, now))
                if group == _OPERATIONS:
                    places[span.name] = (track, span)
            events.extend(_names(group, tracks))
        events.extend(self._links(places, now))
        return {"traceEvents": events, "displayTimeUnit": "ms"}

    def write(self, path: Path) -> None:
        """Write the trace so far to a file."""
        path.write_text(json.dumps(self.document()) + "\n", encoding="utf-8")

    def _slices(self, group: int, track: int, span: Span, now: float) -> Iterator[dict[str, Any]]:
        start, end = self._micros(span.start), self._micros(now if span.end is None else span.end)
        yield {
            "ph": "X",
            "name": span.name,
            "cat": _GROUPS[group],
            "pid": group,
            "tid": track,
            "ts": start,
            "dur": end - start,
            "args": span.args,
        }
        for inner in span.inner:
            yield from self._slices(group, track, inner, now)

    def _links(
        self, places: Mapping[str, tuple[int, Span]], now: float
    ) -> Iterator[dict[str, Any]]:
        """An arrow from the end of what was needed to the beginning of what needed it."""
        numbers = count(1)
        for name, (track, span) in places.items():
            for needed in self._plan[name].needs:
                if needed not in places:
                    continue
                from_track, first = places[needed]
                link = {
                    "name": "needs",
                    "cat": "needs",
                    "pid": _OPERATIONS,
                    "id": next(numbers),
                }
                ended = self._micros(now if first.end is None else first.end)
                began = self._micros(first.start)
                yield {**link, "ph": "s", "tid": from_track, "ts": max(began, ended - 1)}
                yield {**link, "ph": "f", "bp": "e", "tid": track, "ts": self._micros(span.start)}

    def _micros(self, time: float) -> int:
        return round((time - self._begun) * 1_000_000)


class Traced:
    """A reader and caller whose requests a trace notes.  Implements both ports."""

    def __init__(self, reader: Reader, caller: Caller, trace: Trace) -> None:
        self._reader = reader
        self._caller = caller
        self._trace = trace

    def submit(self, read: Read) -> Future[Answer]:
        """Start a read on a worker thread."""
        number = self._trace.asked(read)
        future = self._reader.submit(read)
        future.add_done_callback(lambda done: self._note(number, done))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """Make the clients of these services, in the background, before they are needed."""
        self._reader.prepare(services)

    def endpoint(self, service: str = "dynamodb") -> str:
        """The URL of a service's endpoint when it is not AWS's own, else empty."""
        return self._reader.endpoint(service)

    def call(self, call: Call) -> Answer:
        """Send the call once and wait for its answer."""
        number = self._trace.asked(call)
        answer = self._caller.call(call)
        self._trace.answered(number, answer)
        return answer

    def _note(self, number: int, done: Future[Answer]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._trace.answered(number, done.result())


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {"title": operation.title, "call": operation.call.action}
    if operation.needs:
        described["needs"] = list(operation.needs)
    if operation.after:
        described["after"] = list(operation.after)
    if operation.lock:
        described["lock"] = operation.lock
    return described


def _packed(spans: Iterable[Span], now: float) -> Iterator[tuple[int, Span]]:
    """Each span with the first track that is free when it begins."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    for span in sorted(spans, key=lambda span: span.start):
        while busy and busy[0][0] <= span.start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        track = heapq.heappop(free) if free else len(busy) + 1
        heapq.heappush(busy, (now if span.end is None else span.end, track))
        yield track, span


def _names(group: int, tracks: int) -> Sequence[dict[str, Any]]:
    def name(what: str, text: str, **more: Any) -> dict[str, Any]:
        return {"ph": "M", "name": what, "pid": group, "args": {"name": text}, **more}

    return [
        name("process_name", _GROUPS[group]),
        {"ph": "M", "name": "process_sort_index", "pid": group, "args": {"sort_index": group}},
        *(
            name("thread_name", f"{_TRACKS[group]} {track}", tid=track)
            for track in range(1, tracks + 1)
        ),
    ]
