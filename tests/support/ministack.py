"""ministack, an emulator that enforces IAM: brought by pip into an environment of its own, started.

It pins another botocore than dynaprov's, so it never shares an environment with it.  The server
listens on 127.0.0.1 alone and ends with the block.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import Request, urlopen

VERSION = "1.5.33"
#: As it was before the tests scrubbed it: pip finds its index there.
SURROUNDINGS: Mapping[str, str] = dict(os.environ)
FOLDER = Path(__file__).parents[1] / "iam" / "target" / f"ministack-{VERSION}"
INSTALL_SECONDS = 300.0
START_SECONDS = 180.0
#: Ports are tried one after another, since a free one may be taken before the server has it.
TRIES = 3


class Unavailable(Exception):
    """It cannot be had here; the text says why."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str

    def reset(self) -> None:
        """Begin with nothing."""
        with urlopen(Request(f"{self.url}/_ministack/reset", method="POST"), timeout=30):
            pass


def installed(folder: Path = FOLDER, seconds: float = INSTALL_SECONDS) -> Path:
    """The Python of an environment with ministack, made when it is not there.

    Raises:
        Unavailable: when pip cannot bring it in time.
    """
    python = folder / "bin" / "python"
    stamp = folder / "complete"
    if stamp.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "-q", f"ministack=={VERSION}"],
    ):
        try:
            done = subprocess.run(
                command,
                env={**SURROUNDINGS, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"it was not installed within {seconds:g} s") from None
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Unavailable(f"it cannot be installed: {said[-1] if said else 'no reason given'}")
    stamp.touch()
    return python


@contextmanager
def server(python: Path, scratch: Path) -> Iterator[Server]:
    """ministack on a free port of 127.0.0.1, enforcing IAM, for as long as the block runs.

    Raises:
        Unavailable: when it does not answer in time.
    """
    log = scratch / "ministack.log"
    for _ in range(TRIES):
        port = _free_port()
        with log.open("w") as out, _process(python, port, scratch, out) as process:
            try:
                started = Server(f"http://127.0.0.1:{port}")
                if _answers(started, process):
                    yield started
                    return
                # Somebody else may have taken the port meanwhile: then another one is tried.
                slow = process.poll() is None
            finally:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
        if slow:
            break
    raise Unavailable(f"it does not answer: {log.read_text()[-300:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _process(python: Path, port: int, scratch: Path, out: IO[str]) -> subprocess.Popen[bytes]:
    settings = {"AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    return subprocess.Popen(
        [str(python.parent / "ministack")],
        cwd=scratch,
        env={"PATH": SURROUNDINGS.get("PATH", ""), "HOME": str(scratch), **settings},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
    )


def _answers(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Wait on its socket until it answers; false when it ends instead, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(URLError, ConnectionError, TimeoutError),
            urlopen(f"{server.url}/_ministack/health", timeout=5) as answer,
        ):
            json.load(answer)
            # It may be another's that answers there.
            return process.poll() is None
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    return False
