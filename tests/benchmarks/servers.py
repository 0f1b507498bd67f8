"""The two servers of a benchmark: the embedded endpoint, and the proxy before it.

Both are processes of their own, started on a socket that is opened here (so that there is no
waiting for them, and no doubt about whose port it is) and ended by their own process id.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """One that runs."""

    port: int

    @property
    def url(self) -> str:
        """Its address as an endpoint URL."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, timeout_seconds: float = 120) -> Any:
        """Send a request of the benchmark's own and decode the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout_seconds)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            text = response.read()
            if response.status != 200:
                raise RuntimeError(f"{method} {path}: {response.status} {text[:200]!r}")
            return json.loads(text or b"{}")
        finally:
            connection.close()


class Proxy(Server):
    """The proxy of ``latency.py``."""

    def begin(self, delay_ms: float, *, replay: bool = False, story: str = "") -> None:
        """Count from here on."""
        given = urlencode({"replay": int(replay), "delay_ms": delay_ms, "story": story})
        self.ask("POST", f"/benchmark/begin?{given}")

    def summary(self) -> dict[str, Any]:
        """What was counted."""
        return dict(self.ask("GET", "/benchmark/summary"))


@contextmanager
def endpoint(environment: dict[str, str], log: Path) -> Iterator[Server]:
    """Run the embedded endpoint."""
    command = [sys.executable, "-m", "dynaprov.local.server"]
    with running(command, environment, log) as port:
        yield Server(port)


@contextmanager
def proxy(upstream: str, environment: dict[str, str], log: Path) -> Iterator[Proxy]:
    """Run the proxy."""
    command = [sys.executable, str(HERE / "latency.py"), "--upstream", upstream]
    with running(command, environment, log) as port:
        yield Proxy(port)


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[int]:
    """Run a server that takes its listening socket with ``--fd``; gives the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener, log.open("ab") as output:
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [*command, "--fd", str(listener.fileno())],
            env=environment,
            cwd=environment["HOME"],  # `python -m` would load packages from where we are
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
        )
    try:
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
