"""Several applies at the same time, one step after the other, in an order that a test chooses.

No two of them ever run really at once: each stops before every step at a turnstile, and whoever
holds the race lets one of them through.  So an interleaving is a list of choices, can be told, and
comes out the same each time.  A step is a look at the account, a mutating call, or (``fine``) each
single read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition, Thread

from dynaprov import reconciler
from dynaprov.aws.gateway import Gateway
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from support.clock import HANGS_SECONDS, VirtualClock

#: Given the numbers of those who wait, which of them goes on.
Choose = Callable[[Sequence[int]], int]


class Turnstile:
    """Lets one of several through at a time."""

    def __init__(self, count: int) -> None:
        self._change = Condition()
        self._waiting: dict[int, str] = {}
        self._running = set(range(count))
        self._turn: int | None = None
        self.passed: list[tuple[int, str]] = []

    def step(self, who: int, what: str) -> None:
        """Wait for the turn."""
        with self._change:
            assert who not in self._waiting, f"run {who} does two things at once"
            self._waiting[who] = what
            self._change.notify_all()
            self._wait(lambda: self._turn == who)
            self._turn = None
            del self._waiting[who]
            self.passed.append((who, what))

    def end(self, who: int) -> None:
        """Come no more."""
        with self._change:
            self._running.discard(who)
            self._change.notify_all()

    def direct(self, choose: Choose) -> None:
        """Let them through until all have ended."""
        while True:
            with self._change:
                self._wait(lambda: self._turn is None and self._running == set(self._waiting))
                if not self._running:
                    return
                self._turn = choose(sorted(self._waiting))
                self._change.notify_all()

    def _wait(self, until: Callable[[], bool]) -> None:
        if not self._change.wait_for(until, HANGS_SECONDS):
            raise AssertionError(f"stuck: {self._running} run, {self._waiting} wait")


@dataclass
class Entrant:
    """Implements ``Reader`` and ``Caller`` for one of the runs."""

    number: int
    inner: Gateway
    turnstile: Turnstile
    fine: bool
    calls: list[Call] = field(default_factory=list)

    def submit(self, read: Read) -> Future[Answer]:
        if self.fine:
            self.turnstile.step(self.number, read.action)
        future: Future[Answer] = Future()
        future.set_result(self.inner.read(read))
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """Clients are made when they are first used."""

    def call(self, call: Call) -> Answer:
        self.turnstile.step(self.number, call.action)
        self.calls.append(call)
        return self.inner.call(call)


@dataclass(frozen=True)
class Raced:
    """What came of a race: each run, and who passed the turnstile with what."""

    runs: tuple[Run, ...]
    steps: tuple[tuple[int, str], ...]

    def __str__(self) -> str:
        lines = [f"{who} {what}" for who, what in self.steps]
        for number, run in enumerate(self.runs):
            lines += [
                f"{number}: {o.operation.id}: {o.status} {o.error or ''} {o.detail}"
                for o in run.outcomes
                if o.detail or o.error
            ]
            left = run.residual.changes if run.residual else ()
            lines += [f"{number} left: {c.action} {c.address} {c.settings}" for c in left]
        return "\n".join(lines)


def race(
    specs: Sequence[Spec], gateway: Gateway, scratch: Path, choose: Choose, *, fine: bool = False
) -> Raced:
    """Apply each spec, all at the same time, in the order that ``choose`` makes."""
    turnstile = Turnstile(len(specs))
    ended: dict[int, Run | BaseException] = {}

    def carry(number: int, spec: Spec) -> None:
        entrant = Entrant(number, gateway, turnstile, fine)
        try:
            ended[number] = _applied(spec, entrant, turnstile, scratch)
        except BaseException as exc:  # noqa: BLE001 - told in the thread of the test
            ended[number] = exc
        finally:
            turnstile.end(number)

    threads = [Thread(target=carry, args=pair, daemon=True) for pair in enumerate(specs)]
    for thread in threads:
        thread.start()
    turnstile.direct(choose)
    for thread in threads:
        thread.join()
    runs = []
    for number in range(len(specs)):
        result = ended[number]
        if isinstance(result, BaseException):
            raise result
        runs.append(result)
    return Raced(tuple(runs), tuple(turnstile.passed))


def _applied(spec: Spec, entrant: Entrant, turnstile: Turnstile, scratch: Path) -> Run:
    def look() -> Plan:
        plan = reconciler.diff(spec, entrant, Choices())
        # One lock for all: within a run, calls go one after the other in the order of the plan.
        return replace(plan, operations=tuple(replace(o, lock="one") for o in plan.operations))

    def again() -> Plan:
        if not entrant.fine:
            turnstile.step(entrant.number, "look again")
        return look()

    if not entrant.fine:
        turnstile.step(entrant.number, "look")
    journal = scratch / f"journal-{entrant.number}.jsonl"
    return reconciler.apply(look(), entrant, entrant, again, clock=VirtualClock(), journal=journal)


class Interleavings:
    """Every order of the steps of a race, one at a time: depth first, by their choices.

    ``switches`` bounds how often one who could go on has to let another pass.
    """

    def __init__(self, switches: int) -> None:
        self._switches = switches
        self._choices: list[int] = []
        self._options: list[int] = []
        self._last: int | None = None
        self._left = switches
        self.tried = 0

    def __iter__(self) -> Iterator[Choose]:
        while True:
            self._options, self._last, self._left = [], None, self._switches
            self.tried += 1
            yield self._choose
            del self._choices[len(self._options) :]
            while self._choices and self._choices[-1] + 1 >= self._options[-1]:
                self._choices.pop()
                self._options.pop()
            if not self._choices:
                return
            self._choices[-1] += 1

    def _choose(self, waiting: Sequence[int]) -> int:
        # The one who went on last comes first: to choose another costs a switch.
        order = sorted(waiting, key=lambda who: (who != self._last, who))
        may_go_on = order[0] == self._last
        if may_go_on and not self._left:
            order = order[:1]
        depth = len(self._options)
        self._options.append(len(order))
        if depth == len(self._choices):
            self._choices.append(0)
        chosen = order[self._choices[depth]]
        if may_go_on and chosen != self._last:
            self._left -= 1
        self._last = chosen
        return chosen
