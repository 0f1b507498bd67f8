"""A tiny endpoint on the loopback that answers as a test says: faults that no emulator has."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What to answer; ``hang_up`` closes the connection without a word."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False


def json_reply(status: int = 200, **members: Any) -> Reply:
    return Reply(status, json.dumps(members).encode(), {"x-amzn-requestid": "req-1"})


def error_reply(code: str, message: str = "", status: int = 400) -> Reply:
    return json_reply(status, __type=f"com.amazonaws#{code}", message=message)


@dataclass
class Endpoint:
    """A running endpoint: its URL and the requests that came (operation, body)."""

    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def endpoint(answer: Callable[[int, bytes], Reply]) -> Iterator[Endpoint]:
    """Serve on the loopback; ``answer`` gets the number of the request (from 0) and its body."""
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                number = len(served.requests)
                served.requests.append((self.headers.get("X-Amz-Target", ""), body))
                served.agents.append(self.headers.get("User-Agent", ""))
                served.headers.append(dict(self.headers.items()))
            reply = answer(number, body)
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": "application/x-amz-json-1.0",
                **reply.headers,
            }.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            # A program that ends does not wait for what it has asked.
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    served = Endpoint(f"http://127.0.0.1:{server.server_port}")
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
