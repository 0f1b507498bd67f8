"""Measure dynaprov against the hand-written floor, and print the result as Markdown.

    python tests/benchmarks/run.py [--tables 4,40,400] [--runs N] [--json FILE] [--floor-only]

What is measured and how to read it is in README.md beside this file.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import latency_cost
import programs
import report
from programs import Sample
from servers import Proxy, Server, endpoint, proxy

#: Long enough that what a program starts at once overlaps, however slowly it gets it out: then
#: requests that follow one another do so because they have to.
LONG_DELAY_MS = 400.0
MOST_TABLES_FOR_LONG_DELAY = 40
OURS, FLOOR, VERIFIED = "dynaprov", "floor", "floor, verified"


@dataclass
class Bench:
    """What every measurement needs."""

    options: argparse.Namespace
    server: Server
    proxy: Proxy
    environment: dict[str, str]
    home: Path

    def measure(
        self,
        command: list[str],
        *,
        delay_ms: float | None = None,
        replay: bool = False,
        story: str = "",
    ) -> Sample:
        """Run a program and keep what the proxy counted."""
        delay = self.options.delay_ms if delay_ms is None else delay_ms
        self.proxy.begin(delay, replay=replay, story=story)
        sample = programs.run(command, self.environment)
        sample.traffic = self.proxy.summary()
        return sample

    def empty(self) -> None:
        """Make the endpoint forget everything."""
        self.server.ask("POST", "/moto-api/reset")

    def runs(self, count: int) -> int:
        """How often to measure with so many tables."""
        return int(self.options.runs or (5 if count <= 4 else 3 if count <= 40 else 2))

    def specs(self, count: int) -> Path:
        """A directory of specs with so many tables."""
        directory = self.home / f"specs-{count}"
        if not directory.exists():
            import specs  # needs PyYAML, which --floor-only has no use for

            specs.write(directory, count)
        return directory


def measure_tables(bench: Bench, count: int) -> dict[str, Any]:
    """First apply and diff, each interleaved with the floor."""
    creators = {FLOOR: programs.floor("create", count, bench.proxy.url)}
    if count <= MOST_TABLES_FOR_LONG_DELAY:
        creators[VERIFIED] = programs.floor("create", count, bench.proxy.url, "--verify")
    readers = {FLOOR: programs.floor("check", count, bench.proxy.url)}
    if not bench.options.floor_only:
        specs = bench.specs(count)
        creators[OURS] = programs.ours("apply", specs, bench.proxy.url, "--yes")
        readers[OURS] = programs.ours("diff", specs, bench.proxy.url, "--exit-code")
    return {
        "tables": count,
        "apply": _apply(bench, count, creators),
        "diff": _diff(bench, count, readers),
    }


def _apply(bench: Bench, count: int, commands: dict[str, list[str]]) -> dict[str, Any]:
    """Each into an empty account, dynaprov last: its work is what ``diff`` then looks at.

    The first run of each really creates everything, and is not counted; in the others the proxy
    answers as the emulator did then.
    """
    if bench.options.no_replay:
        return _apply_anew(bench, count, commands)

    def again(name: str, delay_ms: float | None = None) -> Sample:
        return bench.measure(commands[name], delay_ms=delay_ms, story=f"{count} {name}")

    for name in commands:
        bench.empty()
        again(name, 0)
    chains = {}
    if count <= MOST_TABLES_FOR_LONG_DELAY:
        chains = {n: again(n, LONG_DELAY_MS).traffic["round_trips"] for n in commands}
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(bench.runs(count)):
        for name in commands:
            samples[name].append(again(name))
            _say(f"{count} tables, create, {name}, run {turn + 1}", samples[name][-1])
    return {name: report.figures(samples[name], chains.get(name)) for name in commands}


def _apply_anew(bench: Bench, count: int, commands: dict[str, list[str]]) -> dict[str, Any]:
    def afresh(command: list[str], delay_ms: float | None = None) -> Sample:
        bench.empty()
        return bench.measure(command, delay_ms=delay_ms)

    chains = _chains(bench, count, commands, afresh)
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(bench.runs(count)):
        for name, command in commands.items():
            samples[name].append(afresh(command))
            _say(f"{count} tables, create, {name}, run {turn + 1}", samples[name][-1])
    return {name: report.figures(samples[name], chains.get(name)) for name in commands}


def _diff(bench: Bench, count: int, commands: dict[str, list[str]]) -> dict[str, Any]:
    """All over the same account, in turns; the first run of each is not counted."""
    replay = not bench.options.no_replay
    for command in commands.values():
        bench.measure(command, delay_ms=0, replay=replay)
    chains = _chains(
        bench,
        count,
        commands,
        lambda command, delay_ms: bench.measure(command, delay_ms=delay_ms, replay=replay),
    )
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(bench.runs(count)):
        for name, command in commands.items():
            samples[name].append(bench.measure(command, replay=replay))
            _say(f"{count} tables, nothing to change, {name}, run {turn + 1}", samples[name][-1])
    return {name: report.figures(samples[name], chains.get(name)) for name in commands}


def _chains(
    bench: Bench, count: int, commands: dict[str, list[str]], measured: Any
) -> dict[str, int]:
    if count > MOST_TABLES_FOR_LONG_DELAY:
        return {}
    return {
        name: measured(command, LONG_DELAY_MS).traffic["round_trips"]
        for name, command in commands.items()
    }


def measure_start(bench: Bench) -> dict[str, Any]:
    """What the command costs before it does anything."""
    commands = {"import click": programs.python("-c", "import click")}
    if not bench.options.floor_only:
        commands["dynaprov --version"] = programs.dynaprov("--version")
        commands["dynaprov --help"] = programs.dynaprov("--help")
    for command in commands.values():
        programs.run(command, bench.environment)
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for _ in range(2 * bench.runs(4)):
        for name, command in commands.items():
            samples[name].append(programs.run(command, bench.environment))
    return {
        name: {
            **report.figures(each, None),
            "instructions": programs.instructions(commands[name], bench.environment),
        }
        for name, each in samples.items()
    }


def _say(what: str, sample: Sample) -> None:
    calls = sample.traffic["total"]
    missed = sample.traffic["missed"]
    more = f", {missed} of them not answered from memory" if missed else ""
    print(f"{what}: {sample.seconds:.2f} s, {calls} calls{more}", file=sys.stderr)


def measure_paced(bench: Bench, count: int) -> dict[str, Any]:
    """The same work at AWS's rates, in virtual time."""
    import paced  # needs what --floor-only has no use for

    print(f"{count} tables at AWS's rates, in virtual time", file=sys.stderr)
    directory = bench.home / "paced"
    directory.mkdir()
    return paced.measure(directory, count, "dev")


def measure_large(bench: Bench, count: int) -> dict[str, Any]:
    """One ``diff`` of very many tables."""
    import large

    print(f"{count} tables at AWS's rates, in real time", file=sys.stderr)
    bench.empty()
    measured: dict[str, Any] = large.measure(
        bench.specs(count), bench.proxy, bench.environment, bench.options.delay_ms
    )
    return measured


@contextmanager
def _bench(options: argparse.Namespace) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="dynaprov-bench-") as directory:
        home = Path(directory)
        environment = programs.surroundings(home)
        log = home / "servers.log"
        try:
            with (
                endpoint(environment, log) as server,
                proxy(server.url, environment, log) as between,
            ):
                yield Bench(options, server, between, environment, home)
        except BaseException:
            if log.exists():
                sys.stderr.write(log.read_text(errors="replace")[-4000:])
            raise


def main() -> int:
    """Measure and print; 1 when a program failed or, with ``--strict``, a target is not met."""
    parser = argparse.ArgumentParser(description="Measure dynaprov against the floor.")
    parser.add_argument("--tables", default="4,40,400", help="numbers of tables to measure")
    parser.add_argument("--runs", type=int, help="runs of each; else 5, 3 and 2 by size")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--delay-ms", type=float, default=30.0, help="added to every call")
    parser.add_argument("--floor-only", action="store_true", help="measure the floor alone")
    parser.add_argument("--no-replay", action="store_true", help="ask the emulator every time")
    parser.add_argument(
        "--paced", type=int, default=0, metavar="N", help="so many tables at AWS's rates, too"
    )
    parser.add_argument(
        "--large", type=int, default=0, metavar="N", help="memory and time with so many tables, too"
    )
    parser.add_argument("--strict", action="store_true", help="fail when a target is not met")
    options = parser.parse_args()
    document: dict[str, Any] = {"delay_ms": options.delay_ms, "replay": not options.no_replay}
    try:
        with _bench(options) as bench:
            document["proxy"] = latency_cost.measure(bench.server, bench.proxy, options.delay_ms)
            document["start"] = measure_start(bench)
            document["sizes"] = [
                measure_tables(bench, int(count)) for count in options.tables.split(",")
            ]
            if options.large:
                document["large"] = measure_large(bench, options.large)
            if options.paced:
                document["paced"] = measure_paced(bench, options.paced)
    except programs.ProgramFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    document["targets"] = report.targets(document)
    print(report.markdown(document))
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    missed = [target for target in document["targets"] if target["met"] is False]
    return 1 if options.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
