"""The program of a second process that speaks with an endpoint (``spread``), from start to end."""

from __future__ import annotations

import os
import subprocess
import sys

from dynaprov.aws.apart import Apart, be_the_child
from dynaprov.aws.processors import keep_to, keep_to_one

_PROGRAM = "import sys; sys.path[:] = sys.argv[3:]; from dynaprov.aws.second import main; main()"


def start(run: int, allowed: frozenset[int]) -> tuple[Apart, subprocess.Popen[bytes]]:
    """Start one.

    Modules are found where this process found them, and nowhere else.  It is in a session of its
    own, so that an interruption at the terminal is left to this process.

    Args:
        run: the number of the run, for the choice of a processor.
        allowed: the processors that it may use; empty where the system has no such thing.
    """
    processors = ",".join(map(str, sorted(allowed)))
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _PROGRAM, str(run), processors, *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return Apart(process.stdin, process.stdout), process  # type: ignore[arg-type]


def main() -> None:
    """Be one, until the other side closes the pipe."""
    run, processors = sys.argv[1:3]
    keep_to(frozenset(map(int, filter(None, processors.split(",")))))
    keep_to_one(int(run), half=2)
    be_the_child(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
