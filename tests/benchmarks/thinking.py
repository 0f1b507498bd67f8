"""What dynaprov itself costs between the calls: processor time, with the answers from memory.

    python tests/benchmarks/thinking.py [--tables 40] [--runs 9]

The answers of an empty account and of a finished environment are recorded once on the embedded
endpoint.  Then every stage runs over them in this process, again and again, and the least processor
time of its thread counts: no network, no delay, and little of what else the machine does.
"""

import argparse
import gc
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import programs
from rich.console import Console
from servers import endpoint

import specs
from dynaprov import reconciler
from dynaprov.aws.gateway import open_gateway
from dynaprov.aws.opening import Opening
from dynaprov.execution.journal import redacted
from dynaprov.model.outcome import Outcome, Run, Status
from dynaprov.model.ports import Answer, Read
from dynaprov.report.document import plan_document, run_document
from dynaprov.report.terminal import print_plan, print_run
from dynaprov.spec.resolve import load_specs


class Recorded:
    """A reader that asks a gateway what it does not know yet, and remembers every answer."""

    def __init__(self, url: str) -> None:
        self._gateway: Any = open_gateway(
            Opening(region="us-east-1", endpoint_url=url, pacing="off")
        )
        self._url = url
        self._known: dict[Read, Answer] = {}

    def submit(self, read: Read) -> "Future[Answer]":
        """The answer, at once where it is known."""
        if read not in self._known:
            self._known[read] = self._gateway.submit(read).result()
        future: Future[Answer] = Future()
        future.set_result(self._known[read])
        return future

    def prepare(self, services: tuple[str, ...]) -> None:
        """Nothing to prepare."""

    def endpoint(self, service: str = "dynamodb") -> str:
        """Not AWS's."""
        return self._url


def stages(directory: Path, url: str, environment: dict[str, str]) -> dict[str, Callable[[], Any]]:
    """What is measured, by name; makes the environment on the way."""

    def load() -> Any:
        return load_specs(directory, "dev", ()).spec

    spec = load()
    empty, made = Recorded(url), Recorded(url)

    def look(reader: Recorded) -> Any:
        return reconciler.diff(spec, reader, pinned=False, region="us-east-1")

    def console() -> Console:
        return Console(file=io.StringIO(), width=100, color_system=None, markup=False)

    plan = look(empty)
    command = programs.ours("apply", directory, url, "--yes", "--quiet")
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    document = {**plan_document(plan, command="apply"), "next": []}
    outcomes = tuple(Outcome(each, Status.SUCCEEDED, 1, seconds=0.1) for each in plan.operations)
    run = Run(plan, document["fingerprint"], outcomes, residual=look(made))

    def report() -> None:
        print_run({**run_document(run, plan=document), "next": []}, console())

    return {
        "load the specs": load,
        "look at an empty account and plan": lambda: look(empty),
        "document and fingerprint of the plan": lambda: plan_document(plan, command="apply"),
        "show the plan": lambda: print_plan(document, console()),
        "parameters for the journal": lambda: [redacted(o.call.params) for o in plan.operations],
        "look again and compare": lambda: look(made),
        "report": report,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure what dynaprov costs between the calls.")
    parser.add_argument("--tables", type=int, default=40)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dynaprov-bench-") as name:
        home = Path(name)
        environment = programs.surroundings(home)
        os.environ.clear()
        os.environ.update(environment)
        specs.write(home / "specs", options.tables)
        with endpoint(environment, home / "servers.log") as server:
            measured = stages(home / "specs", server.url, environment)
            gc.disable()  # as in a run of the command
            print(f"| {options.tables} tables | processor ms |\n| --- | --- |")
            for what, stage in measured.items():
                least = min(_spent(stage) for _ in range(options.runs))
                print(f"| {what} | {least * 1000:.0f} |")


def _spent(stage: Callable[[], Any]) -> float:
    begun = time.thread_time()
    stage()
    return time.thread_time() - begun


if __name__ == "__main__":
    sys.exit(main())
