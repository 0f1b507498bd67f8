"""What ``diff`` of very many tables needs: memory, and time that is not waiting for AWS.

One run at AWS's documented rates, in real time, through the proxy with its delay.  Both halves of
dynaprov are counted: the process that compares and the one that speaks with AWS.
"""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import programs
from servers import Proxy

#: Seconds between two looks at the memory.  The kernel keeps the peak of each process; what both
#: hold together, with shared pages counted once, is the most that was seen.
_LOOK = 0.2


def measure(specs: Path, proxy: Proxy, environment: dict[str, str], delay_ms: float) -> Any:
    """Make the tables, then compare with nothing to change."""
    proxy.begin(0, replay=False)
    programs.run(programs.ours("apply", specs, proxy.url, "--yes", "--quiet"), environment)
    programs.run(programs.ours("diff", specs, proxy.url, "--exit-code"), environment)
    proxy.begin(0, replay=True)
    programs.run(programs.ours("diff", specs, proxy.url, "--exit-code"), environment)
    proxy.begin(delay_ms, replay=True)
    trace = specs.parent / "trace.json"
    options = ("--exit-code", "--pacing", "documented", "--trace", str(trace))
    seconds, megabytes, together = _watched(
        programs.ours("diff", specs, proxy.url, *options), environment
    )
    calls = proxy.summary()["total"]
    spent = _stages(trace)
    waiting = spent["loading"] + spent["observing"]
    return {
        "tables": len(list((specs / "tables").iterdir())),
        "calls": calls,
        "seconds": seconds,
        "loading": spent["loading"],
        "observing": spent["observing"],
        "planning": spent["planning"],
        "other": seconds - waiting - spent["planning"],
        "megabytes": megabytes,
        "together": together,
    }


def _stages(trace: Path) -> dict[str, float]:
    events = json.loads(trace.read_text())["traceEvents"]
    return {
        each["name"]: each["dur"] / 1e6
        for each in events
        if each["ph"] == "X" and each["cat"] == "stages"
    }


def _watched(command: list[str], environment: dict[str, str]) -> tuple[float, list[float], float]:
    """Wall time of a program, the most memory that each of its processes held, and all of them."""
    peaks: dict[int, float] = {}
    sums = [0.0]
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=environment["HOME"], stdout=subprocess.DEVNULL
    )
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK):
            together = 0.0
            for number in (process.pid, *_children(process.pid)):
                with contextlib.suppress(OSError, IndexError, ValueError):
                    peaks[number] = _peak(number)
                    together += _share(number)
            sums.append(together)

    watching = threading.Thread(target=look)
    watching.start()
    code = process.wait()
    seconds = time.perf_counter() - begun
    ended.set()
    watching.join()
    if code != 0:
        raise programs.ProgramFailed(f"{' '.join(command)}\nexit code {code}")
    return seconds, list(peaks.values()), max(sums)


def _children(number: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{number}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def _peak(number: int) -> float:
    text = Path(f"/proc/{number}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def _share(number: int) -> float:
    """The memory of a process, where a page that two share counts half."""
    text = Path(f"/proc/{number}/smaps_rollup").read_text()
    return int(text.split("Pss:")[1].split()[0]) / 1024


def markdown(measured: Any) -> list[str]:
    """The table."""
    seconds, thinking = measured["seconds"], measured["planning"] + measured["other"]
    memory = " + ".join(f"{each:.0f}" for each in measured["megabytes"])
    memory += f"; together {measured['together']:.0f}"
    return [
        "| tables | calls | wall s | loading | observing | planning | start, report, end "
        "| planning to end, of all | MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        f"| {measured['tables']} | {measured['calls']} | {seconds:.1f} | {measured['loading']:.1f} "
        f"| {measured['observing']:.1f} | {measured['planning']:.1f} | {measured['other']:.1f} "
        f"| {100 * thinking / seconds:.1f}% | {memory} |",
        "",
    ]
