"""Progress while AWS is being called, on stderr.

On a terminal there is one line per running operation, with the time it has taken so far.  Anywhere
else (logs of a build) plain lines: the start, a sign of life after 10 s and then at widening
intervals, and the end.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from dynaprov.model.address import Address
from dynaprov.model.events import (
    Event,
    Listener,
    OperationEnded,
    OperationRetried,
    OperationStarted,
    OperationWaiting,
    Stage,
    StageStarted,
    ThingReady,
    ThingWaiting,
)
from dynaprov.model.operation import Operation
from dynaprov.model.outcome import Outcome, Status
from dynaprov.report.text import FAINT, STRONG, WARNING, cut, data, duration, line, print_line
from dynaprov.report.wording import STATUSES

#: What a stage is called while it goes on.
STAGES = {
    Stage.LOADING: "Reading the specs",
    Stage.OBSERVING: "Looking at AWS",
    Stage.PLANNING: "Planning",
    Stage.EXECUTING: "Applying",
    Stage.WAITING: "Waiting for AWS",
    Stage.VERIFYING: "Checking the result",
}

#: After how many seconds a running operation is mentioned, and the widest interval afterwards.
FIRST_SIGN = 10.0
WIDEST = 120.0

#: Shorter times are not worth telling.
MENTIONED = 0.1


class PlainProgress:
    """Lines for a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next: dict[str, float] = {}
        self._told: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case StageStarted(stage=Stage.EXECUTING | Stage.WAITING | Stage.VERIFYING):
                self._say(_stage(event))
            case OperationStarted(operation=operation):
                self._next[operation.id] = FIRST_SIGN
                self._say(line("  start       ", _name(operation)))
            case OperationWaiting(operation=operation):
                self._still(operation.id, event, _name(operation))
            case ThingWaiting(address=address):
                self._still(str(address), event, data(address))
            case ThingReady(address=address) if str(address) in self._told:
                text = f" ({duration(event.seconds)})"
                self._say(line("  ready       ", data(address), data(text, FAINT)))
            case OperationRetried():
                self._say(line("  again       ", _retried(event)))
            case OperationEnded(outcome=outcome):
                self._say(_ended(outcome))

    def _still(self, id: str, event: OperationWaiting | ThingWaiting, name: Text) -> None:
        due = self._next.get(id, FIRST_SIGN)
        if event.seconds < due:
            return
        self._next[id] = event.seconds + min(due, WIDEST)
        self._told.add(id)
        text = ", ".join([duration(event.seconds), *filter(None, [_waiting(event)])])
        self._say(line("  still       ", name, data(f" ({text})")))

    def _say(self, text: Text) -> None:
        print_line(self._console, text)


class LiveProgress:
    """One line per running operation, redrawn in place; ended ones scroll away above."""

    def __init__(self, console: Console, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._monotonic = monotonic
        self._running: dict[str, tuple[Operation, float, str]] = {}
        self._things: dict[Address, tuple[float, str]] = {}
        self._stage: Text | None = None

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case StageStarted():
                self._stage = _stage(event)
            case OperationStarted(operation=operation):
                self._running[operation.id] = (operation, self._monotonic(), "")
            case OperationWaiting(operation=operation):
                self._note(operation, _waiting(event))
            case ThingWaiting(address=address):
                started = self._things.get(address, (self._monotonic() - event.seconds, ""))[0]
                self._things[address] = (started, _waiting(event))
            case ThingReady(address=address):
                self._things.pop(address, None)
            case OperationRetried(operation=operation):
                delay = duration(event.delay_seconds)
                self._note(operation, f"{event.error.code}: again in {delay}")
            case OperationEnded(outcome=outcome):
                self._running.pop(outcome.operation.id, None)
                text = _ended(outcome)
                text.truncate(self._console.width, overflow="ellipsis")
                self._console.print(text, soft_wrap=True)

    def _note(self, operation: Operation, note: str) -> None:
        started = self._running.get(operation.id, (operation, self._monotonic(), ""))[1]
        self._running[operation.id] = (operation, started, note)

    def __rich__(self) -> Group:
        """What stands on the screen now; called by the drawing thread."""
        lines = [self._stage] if self._stage else []
        running = [(f"{o.address}: {o.title}", t, n) for o, t, n in list(self._running.values())]
        running += [(str(address), t, n) for address, (t, n) in list(self._things.items())]
        for words, started, note in running:
            elapsed = duration(max(self._monotonic() - started, 0.0))
            tail = f"  {elapsed}" + (f"  {note}" if note else "")
            room = self._console.width - len(tail) - 3
            lines.append(line("  ", data(cut(words, max(room, 20))), data(tail, FAINT)))
        return Group(*lines)


@contextlib.contextmanager
def progress(console: Console, *, live: bool, quiet: bool = False) -> Iterator[Listener]:
    """A listener for the time that the block runs."""
    if quiet:
        yield _silent
    elif not live:
        yield PlainProgress(console)
    else:
        lines = LiveProgress(console)
        with Live(lines, console=console, refresh_per_second=8, transient=True):
            yield lines


def _waiting(event: OperationWaiting | ThingWaiting) -> str:
    """What is waited for, and what is under way at the moment."""
    words = [f"waiting for {event.until}" if event.until else "", event.detail]
    return ": ".join(filter(None, words))


def _silent(event: Event) -> None:
    """Say nothing."""


def _stage(event: StageStarted) -> Text:
    text = line((STAGES[event.stage], STRONG))
    return text + data(f" ({event.detail})", FAINT) if event.detail else text


def _name(operation: Operation) -> Text:
    return data(f"{operation.address}: {operation.title}")


def _retried(event: OperationRetried) -> Text:
    why = f" ({event.error.code}, attempt {event.attempt}, in {duration(event.delay_seconds)})"
    return line(_name(event.operation), data(why, WARNING))


def _ended(outcome: Outcome) -> Text:
    word, style = STATUSES[outcome.status.value]
    text = line("  ", (word.ljust(11), style), " ", _name(outcome.operation))
    if outcome.status is Status.SKIPPED and outcome.blocked_by:
        return text + data(f" (because of {outcome.blocked_by})", FAINT)
    if outcome.error is not None and not outcome.status.good:
        return text + data(f" ({outcome.error.code})", FAINT)
    if outcome.seconds >= MENTIONED:
        return text + data(f" ({duration(outcome.seconds)})", FAINT)
    return text
