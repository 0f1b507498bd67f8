"""The layer behind a server: in a thread of this process, or as a program of its own.

``served(clock)`` serves on a free port of 127.0.0.1, in threads of this process, so that the test
moves the clock and injects faults while another process is the client.  ``python -m
support.rules.served --port N --speed 1000`` (with ``tests`` on the path) is a program whose clock
runs so many times faster than the real one.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from dynaprov.local.corrections import corrections
from dynaprov.local.server import HOST, RequestHandler, listen
from dynaprov.model.ports import Clock
from support.rules.layer import HANGING_UP, Layer, aws


class Handler(RequestHandler):
    """Requests of one connection; may hang up instead of answering."""

    def _write(self, status: str, headers: list[tuple[str, str]], payload: bytes) -> None:
        if getattr(HANGING_UP, "now", False):
            HANGING_UP.now = False
            self.close_connection = True
            return
        super()._write(status, headers, payload)


class FastClock:
    """The real clock, so many times faster; it may go on where another one stands."""

    def __init__(self, speed: float, since: Clock | None = None) -> None:
        self._speed = speed
        self._since = since.monotonic() if since else 0.0
        self._began = time.monotonic()
        self._start = since.now() if since else datetime.now(UTC)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._gone())

    def monotonic(self) -> float:
        return self._since + self._gone()

    def _gone(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    def sleep(self, seconds: float) -> None:
        """Nobody sleeps here: time passes by itself."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where, and the layer in it."""

    url: str
    layer: Layer


@contextmanager
def served(clock: Clock, port: int = 0) -> Iterator[Served]:
    """Serve moto under the rules, starting empty, for as long as the context lasts."""
    with corrections(), aws(clock) as layer:
        BackendDict.reset()
        with serving(layer, port) as made:
            yield made


@contextmanager
def serving(layer: Layer, port: int = 0) -> Iterator[Served]:
    """Serve the account of this process, under the rules of the layer that stands over it."""
    with listen(port) as listener:
        port = listener.getsockname()[1]
        application: Any = DomainDispatcherApplication(create_backend_app)
        server = make_server(
            HOST,
            port,
            application,
            threaded=True,
            request_handler=Handler,
            fd=listener.fileno(),
        )
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield Served(f"http://{HOST}:{port}", layer)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def main() -> None:
    """Serve until the standard input is closed."""
    parser = argparse.ArgumentParser(description="moto under the rules of AWS")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--speed", type=float, default=1000.0)
    options = parser.parse_args()
    with served(FastClock(options.speed), options.port) as running:
        sys.stdout.write(f"{running.url}\n")
        sys.stdout.flush()
        for _ in io.TextIOWrapper(os.fdopen(0, "rb")):
            pass


if __name__ == "__main__":
    main()
