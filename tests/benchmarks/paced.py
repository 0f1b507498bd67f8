"""How near dynaprov comes to what AWS's rates allow, in virtual time.

    python tests/benchmarks/paced.py [--tables 400] [--env dev] [--json]

The whole of dynaprov below the command line runs here in one process: its own threads, gateway and
runner, against moto in the same process.  Before each request stands a latency and a limiter that
refuses what comes faster than AWS allows.  Nobody really sleeps: when all threads wait, the clock
jumps to the next moment at which one of them goes on.  So an hour of pacing takes a minute, and
what the machine is busy with makes no difference to the result.

What AWS allows is written here once more, in its strictest reading (never more than so many calls
in any second, counted when they arrive), and not taken from the code that is measured.
"""

import argparse
import heapq
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import floor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

import specs
from dynaprov import reconciler
from dynaprov.aws.gateway import Gateway
from dynaprov.aws.session import Session
from dynaprov.local import LOCAL_REGION, in_process
from dynaprov.model.events import Event, StageStarted
from dynaprov.model.plan import Plan
from dynaprov.spec.resolve import load_specs

#: Calls a second by budget, for the calls that these specs lead to (see docs/explanation/speed.md
#: for the sources).
PER_SECOND = {
    "dynamodb:mutations": 5,
    "dynamodb:describe_continuous_backups": 10,
    "dynamodb:list_tags_of_resource": 10,
    "cloudwatch:put_metric_alarm": 3,
    "cloudwatch:delete_alarms": 3,
    "cloudwatch:describe_alarms": 9,
    "cloudwatch:get_dashboard": 10,
    "cloudwatch:put_dashboard": 10,
    "resourcegroupstaggingapi:get_resources": 15,
    "kms:create_key": 5,
    "kms:create_alias": 5,
    "kms:put_key_policy": 15,
    "kms:enable_key_rotation": 15,
    "kms:tag_resource": 10,
    "sns:tag_resource": 10,
    "sns:list_subscriptions_by_topic": 30,
}
SHARED = {
    "dynamodb:create_table": "dynamodb:mutations",
    "dynamodb:update_table": "dynamodb:mutations",
    "dynamodb:delete_table": "dynamodb:mutations",
    "dynamodb:tag_resource": "dynamodb:mutations",
    "dynamodb:untag_resource": "dynamodb:mutations",
    "application-autoscaling:put_scaling_policy": "cloudwatch:put_metric_alarm",
}
COST = {"application-autoscaling:put_scaling_policy": 4}
#: Each connection has this many at once and this many a second.
TTL, TTL_BURST, TTL_PER_SECOND = "dynamodb:describe_time_to_live", 4, 0.5
PARALLELISM = 32


class VirtualTime:
    """A clock that jumps when every thread waits.  Implements the ``Clock`` port."""

    def __init__(self) -> None:
        self._now = 0.0
        self._lock = threading.Lock()
        self._sleeping: list[tuple[float, int, threading.Event]] = []
        self._number = 0
        self._states: dict[int, int] = {}  # open files

    def now(self) -> datetime:
        """The time of day in UTC."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._now)

    def monotonic(self) -> float:
        """Seconds since the beginning."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait until the clock has come that far."""
        wake = threading.Event()
        with self._lock:
            self._number += 1
            heapq.heappush(self._sleeping, (self._now + seconds, self._number, wake))
        wake.wait()

    def drive(self, work: Callable[[], Any]) -> Any:
        """Do the work in a thread of its own, moving the clock whenever nothing else happens."""
        done: list[Any] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                done.append(work())
            except BaseException as exc:  # noqa: BLE001 - raised again below
                failed.append(exc)

        worker = threading.Thread(target=run)
        worker.start()
        while worker.is_alive():
            self._wait_until_idle(worker)
            self._jump()
        if failed:
            raise failed[0]
        return done[0]

    def _wait_until_idle(self, worker: threading.Thread) -> None:
        """Return when every other thread waits for something."""
        while worker.is_alive() and not (_quiet() and not self._runnable() and _quiet()):
            pass

    def _runnable(self) -> bool:
        """Whether a thread only waits for the processor, which others may be using."""
        for thread in threading.enumerate():
            number = thread.native_id
            if number is None or number == threading.get_native_id():
                continue
            try:
                if number not in self._states:
                    self._states[number] = os.open(f"/proc/self/task/{number}/stat", os.O_RDONLY)
                if b") R" in os.pread(self._states[number], 64, 0):
                    return True
            except OSError:  # it has ended, or this system has no such files
                continue
        return False

    def _jump(self) -> None:
        with self._lock:
            if not self._sleeping:
                return
            self._now = max(self._now, self._sleeping[0][0])
            while self._sleeping and self._sleeping[0][0] <= self._now:
                heapq.heappop(self._sleeping)[2].set()


def _quiet() -> bool:
    """Whether no other thread uses the processor for a moment."""
    before = time.process_time() - time.thread_time()
    threading.Event().wait(0.0002)
    return time.process_time() - time.thread_time() - before < 2e-5


class Limits:
    """AWS's limiters, and the record of what came."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {}
        self._tokens: dict[Any, tuple[float, float]] = {}
        self.arrived: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()

    def arrive(self, api: str, connection: Any) -> bool:
        """Whether a request passes."""
        with self._lock:
            self.arrived[api] += 1
            passes = self._token(connection) if api == TTL else self._window(api)
            if not passes:
                self.throttled[api] += 1
            return passes

    def _window(self, api: str) -> bool:
        budget = SHARED.get(api, api)
        most = PER_SECOND.get(budget)
        if most is None:
            return True
        now = self._clock.monotonic()
        recent = self._recent.setdefault(budget, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= most:
            return False
        recent.extend([now] * COST.get(api, 1))
        return True

    def _token(self, connection: Any) -> bool:
        now = self._clock.monotonic()
        tokens, then = self._tokens.get(connection, (float(TTL_BURST), now))
        tokens = min(float(TTL_BURST), tokens + (now - then) * TTL_PER_SECOND)
        passes = tokens >= 1
        self._tokens[connection] = (tokens - passes, now)
        return passes


class PacedSession:
    """dynaprov's session, with latency, connections and limits before each request."""

    def __init__(self, session: Session, clock: VirtualTime, limits: Limits) -> None:
        self._session, self._clock, self._limits = session, clock, limits
        self._random = random.Random(7)
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, int], list[Any]] = {}

    def client(self, service: str, connection: int = 0) -> Any:
        """A client whose methods take the time of a request, or are refused."""
        return _Client(self, service, connection, self._session.client(service))

    def send(self, service: str, connection: int, method: str, call: Callable[[], Any]) -> Any:
        """One request, as long as it takes."""
        with self._lock:
            there, back = self._random.uniform(0.01, 0.02), self._random.uniform(0.01, 0.02)
            # As urllib3 has it: the connection that came back last goes out first.
            idle = self._idle.setdefault((service, connection), [])
            wire = idle.pop() if idle else object()
        self._clock.sleep(there)
        passes = self._limits.arrive(f"{service}:{method}", wire)
        try:
            if not passes:
                problem = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
                raise ClientError(problem, method)  # type: ignore[arg-type]
            return call()
        finally:
            self._clock.sleep(back)
            with self._lock:
                if len(idle) < PARALLELISM:
                    idle.append(wire)


@dataclass(frozen=True)
class _Client:
    session: PacedSession
    service: str
    connection: int
    real: Any

    @property
    def meta(self) -> Any:
        return self.real.meta

    def __getattr__(self, method: str) -> Any:
        send = getattr(self.real, method)

        def paced(**params: Any) -> Any:
            return self.session.send(self.service, self.connection, method, lambda: send(**params))

        return paced


@dataclass
class Stage:
    """What one stage of a run sent, and how long it took."""

    name: str
    begun: float
    seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)

    @property
    def bound(self) -> float:
        """The least time in which the rates allow these calls."""
        return max((seconds for seconds, _ in self.bounds()), default=0.0)

    @property
    def bounded_by(self) -> str:
        """The budget that takes longest."""
        return max(self.bounds(), default=(0.0, ""))[1]

    def bounds(self) -> list[tuple[float, str]]:
        """The least time that each budget takes for what got through."""
        passed = self.calls - self.throttled
        spent: Counter[str] = Counter()
        for api, calls in passed.items():
            spent[SHARED.get(api, api)] += calls * COST.get(api, 1)
        found = [
            (float(floor((spent[budget] - 1) / most)), budget)
            for budget, most in PER_SECOND.items()
            if spent[budget]
        ]
        burst, steady = TTL_BURST * PARALLELISM, TTL_PER_SECOND * PARALLELISM
        return [*found, (max(0.0, (spent[TTL] - burst) / steady), TTL)]


class Stages:
    """Cuts the record of requests at the events that say that a stage begins."""

    def __init__(self, clock: VirtualTime, limits: Limits) -> None:
        self._clock, self._limits = clock, limits
        self.found: list[Stage] = []

    def listen(self, event: Event) -> None:
        """Take an event of the run."""
        if isinstance(event, StageStarted):
            self.end()
            self.found.append(Stage(str(event.stage), self._clock.monotonic()))

    def end(self) -> None:
        """What was recorded since the last cut belongs to the stage that ends."""
        if self.found:
            stage = self.found[-1]
            stage.seconds = self._clock.monotonic() - stage.begun
            stage.calls, self._limits.arrived = self._limits.arrived, Counter()
            stage.throttled, self._limits.throttled = self._limits.throttled, Counter()


def measure(directory: Path, count: int, environment: str) -> dict[str, Any]:
    """First ``apply`` and then ``diff`` of so many tables."""
    specs.write(directory / "specs", count)
    spec = load_specs(directory / "specs", environment).spec
    clock = VirtualTime()
    limits = Limits(clock)
    found: dict[str, Any] = {"tables": count, "environment": environment}
    with in_process():
        session: Any = PacedSession(Session(region=LOCAL_REGION), clock, limits)
        with Gateway(session, writing=True, clock=clock, parallelism=PARALLELISM) as gateway:

            def look(stages: Stages | None = None) -> Plan:
                return reconciler.diff(
                    spec, gateway, pinned=False, listener=stages.listen if stages else None
                )

            def apply(stages: Stages) -> None:
                run = reconciler.apply(
                    look(stages),
                    gateway,
                    gateway,
                    look,
                    clock=clock,
                    listener=stages.listen,
                    journal=directory / "journal.jsonl",
                )
                assert run.converged, [o for o in run.outcomes if not o.status.good][:3]

            def diff(stages: Stages) -> None:
                assert look(stages).in_sync

            for command, work in (("apply", apply), ("diff", diff)):
                clock.drive(lambda: clock.sleep(60.0))  # all budgets are full again
                stages = Stages(clock, limits)
                clock.drive(partial(work, stages))
                stages.end()
                found[command] = _figures(stages.found)
    return found


def _figures(stages: list[Stage]) -> dict[str, Any]:
    wall, bound = sum(s.seconds for s in stages), sum(s.bound for s in stages)
    return {
        "calls": sum(s.calls.total() for s in stages),
        "throttled": sum(s.throttled.total() for s in stages),
        "wall": wall,
        "bound": bound,
        "ratio": wall / bound if bound else None,
        "stages": [
            {
                "stage": s.name,
                "seconds": s.seconds,
                "bound": s.bound,
                "bounded_by": s.bounded_by,
                "calls": s.calls.total(),
                "throttled": dict(s.throttled),
            }
            for s in stages
            if s.calls
        ],
    }


def markdown(found: Mapping[str, Any]) -> list[str]:
    """The table."""
    lines = [
        "| command | tables | calls | throttled | wall s | bound s | ratio | bound by |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for command in ("apply", "diff"):
        each = found[command]
        ratio = "" if each["ratio"] is None else f"{each['ratio']:.2f}"
        by = ", ".join(
            f"{stage['stage']}: {stage['bounded_by']}, {stage['bound']:.0f} s"
            for stage in each["stages"]
            if stage["bound"]
        )
        lines.append(
            f"| `{command}` | {found['tables']} | {each['calls']} | {each['throttled']} | "
            f"{each['wall']:.1f} | {each['bound']:.1f} | {ratio} | {by} |"
        )
    return [*lines, ""]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Run at AWS's rates, in virtual time.")
    parser.add_argument("--tables", type=int, default=400)
    parser.add_argument("--env", default="dev")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dynaprov-paced-") as directory:
        found = measure(Path(directory), options.tables, options.env)
    print(json.dumps(found) if options.json else "\n".join(markdown(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
