"""The programs that are measured, and one measurement of one run.

Standard library only, and little of it: what a child process needs at most is counted from the
moment of the fork, so this process has to stay smaller than what it measures.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

#: From linux/prctl.h.
_PR_SET_CHILD_SUBREAPER = 36
#: What of the surroundings the programs and servers see; everything else could change the result.
KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")


@dataclass
class Sample:
    """One run of a program."""

    seconds: float
    megabytes: float
    cpu: float
    stderr: str = ""
    traffic: dict[str, Any] = field(default_factory=dict)


class ProgramFailed(Exception):
    """A measured program did not do what it should."""


def surroundings(home: Path) -> dict[str, str]:
    """Environment variables for everything that is started; state and caches are in ``home``."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    paths = [*kept.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_COLOR": "1",
    }


def python(*arguments: str) -> list[str]:
    """A Python program, with the interpreter of this process."""
    return [sys.executable, *arguments]


def floor(verb: str, count: int, url: str, *more: str) -> list[str]:
    """The hand-written program."""
    program = str(HERE / "floor.py")
    return python(program, verb, "--tables", str(count), "--endpoint-url", url, *more)


def dynaprov(*arguments: str) -> list[str]:
    """The command as it is installed beside the interpreter, else the package."""
    script = Path(sys.executable).with_name("dynaprov")
    return [str(script), *arguments] if script.exists() else python("-m", "dynaprov", *arguments)


def ours(verb: str, specs: Path, url: str, *more: str) -> list[str]:
    """A command of dynaprov under the conditions of the benchmark."""
    shared = ("--specs", str(specs), "--env", "dev", "--endpoint-url", url, "--pacing", "off")
    return dynaprov(verb, *shared, *more)


def instructions(command: Sequence[str], environment: Mapping[str, str]) -> int | None:
    """How many instructions the program executes, which no busy machine changes; needs valgrind."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return None
    counting = [valgrind, "--tool=lackey", "--basic-counts=yes", *command]
    done = subprocess.run(counting, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"guest instrs:\s+([0-9,]+)", done.stderr)
    return int(found[1].replace(",", "")) if found else None


def run(
    command: Sequence[str], environment: Mapping[str, str], codes: tuple[int, ...] = (0,)
) -> Sample:
    """Run a program to its end and measure it.

    Time is that of the program; memory and processor time are added up over its processes.

    Raises:
        ProgramFailed: It ended with another exit code.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        before = _children()
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=environment["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - begun
        others = [os.wait4(pid, 0)[2] for pid in _children() - before]
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        stderr = errors.read().decode(errors="replace")
        if process.returncode not in codes:
            output.seek(0)
            stdout = output.read().decode(errors="replace")
            what = " ".join(command)
            raise ProgramFailed(
                f"{what}\nexit code {process.returncode}\n{stdout[-2000:]}\n{stderr[-4000:]}"
            )
    # Linux counts kilobytes, macOS bytes.
    scale = 1 / 1024 if sys.platform != "darwin" else 1 / 1024**2
    return Sample(
        seconds,
        sum(each.ru_maxrss for each in (used, *others)) * scale,
        sum(each.ru_utime + each.ru_stime for each in (used, *others)),
        stderr,
    )


def _adopt_orphans() -> None:
    """Become the parent of what a measured program leaves behind, where the system can do that."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _children() -> set[int]:
    """The processes whose parent this one is; empty where the system does not tell."""
    file = Path(f"/proc/self/task/{os.getpid()}/children")
    return {int(pid) for pid in file.read_text().split()} if file.exists() else set()


_adopt_orphans()
