"""The embedded endpoint as a program: ``python -m dynaprov.local.server --port N``.

Lives here: moto's server with the corrections in it, HTTP/1.1 with connections that stay open, and
the two requests that belong to dynaprov itself (who are you, stop). State is kept in memory and
lost when the program ends. Must not live here: starting, finding and stopping it from outside (see
``process``), and the corrections.

It listens on 127.0.0.1 only. Started with ``--detach`` it goes to the background once it is ready
to answer, and the foreground program ends with status 0: whoever started it need not ask again and
again whether it is there.
"""

import argparse
import gc
import hashlib
import hmac
import io
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Literal, NoReturn

from moto.backends import get_backend
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.exceptions import InternalServerError
from werkzeug.serving import make_server

from dynaprov.local.corrections import install
from dynaprov.local.environment import LOCAL_ACCOUNT

HOST = "127.0.0.1"
IDENTITY_PATH = "/dynaprov/identity"
SHUTDOWN_PATH = "/dynaprov/shutdown"
TOKEN_VARIABLE = "DYNAPROV_LOCAL_TOKEN"
TOKEN_HEADER = "X-Dynaprov-Token"

_WARM: tuple[Literal["dynamodb", "kms", "sts", "cloudwatch"], ...] = (
    "dynamodb",
    "kms",
    "sts",
    "cloudwatch",
)

_WSGI = Callable[[dict[str, Any], Any], Iterable[bytes]]


def fingerprint(token: str) -> str:
    """Return what the server tells anybody about its token, which proves that it knows it."""
    return hashlib.sha256(token.encode()).hexdigest()


class RequestHandler(MotoRequestHandler):
    """Requests of one connection, one after the other.

    werkzeug closes the connection after each answer and lingers 10 ms before; this handler reads
    the whole request and writes the whole answer, so the connection can be used again.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: never wait for the first's ack

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.environ = environ = self.make_environ()
        if not environ.get("wsgi.input_terminated"):
            length = int(environ.get("CONTENT_LENGTH") or 0)
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(length))
        else:
            body = environ["wsgi.input"].read()
            environ["CONTENT_LENGTH"] = str(len(body))
            environ["wsgi.input"] = io.BytesIO(body)
        try:
            status, headers, payload = _collected(self.server.app, environ)
        except Exception:  # noqa: BLE001 - moto raises whatever it likes for what it lacks
            # What an unpatched moto server answers to an operation that it does not have: an HTML
            # page with status 500.
            sys.stderr.write(traceback.format_exc())
            sys.stderr.flush()
            status, headers, payload = _collected(InternalServerError(), environ)
        self._write(status, headers, payload)

    def _write(self, status: str, headers: list[tuple[str, str]], payload: bytes) -> None:
        code, _, reason = status.partition(" ")
        names = {name.lower() for name, _ in headers}
        try:
            self.send_response(int(code), reason)
            for name, value in headers:
                self.send_header(name, value)
            if "content-length" not in names:
                self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            if payload and self.command != "HEAD":
                self.wfile.write(payload)
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the client has gone

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: only failures are worth a line."""


def _collected(app: _WSGI, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    begun: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
        begun[:] = [status, headers]

    parts = app(environ, start_response)
    try:
        payload = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return begun[0], begun[1], payload


class Application:
    """moto, and before it the two requests of dynaprov."""

    def __init__(self, token: str) -> None:
        self._moto: _WSGI = DomainDispatcherApplication(create_backend_app)
        self._token = token
        self._started = time.time()
        self.stop: Callable[[], None] = lambda: None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO")
        if path == IDENTITY_PATH:
            identity = {
                "pid": os.getpid(),
                "started_at": self._started,
                "fingerprint": fingerprint(self._token),
            }
            return _answer(start_response, "200 OK", identity)
        if path == SHUTDOWN_PATH and environ["REQUEST_METHOD"] == "POST":
            given = environ.get("HTTP_" + TOKEN_HEADER.upper().replace("-", "_"), "")
            if not self._token or not hmac.compare_digest(given.encode(), self._token.encode()):
                return _answer(start_response, "403 Forbidden", {})
            threading.Thread(target=self.stop, daemon=True).start()
            return _answer(start_response, "200 OK", {})
        return self._moto(environ, start_response)


def _answer(start_response: Any, status: str, document: dict[str, Any]) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine only; port 0 takes any that is free.

    Raises:
        OSError: The port cannot be had.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def serve(listener: socket.socket, token: str) -> None:
    """Answer requests until asked to stop.

    Args:
        listener: A listening socket.
        token: What a request to stop has to carry; empty when nobody may ask for it.
    """
    application = Application(token)
    server = make_server(
        HOST,
        listener.getsockname()[1],
        application,
        threaded=True,
        request_handler=RequestHandler,
        fd=listener.fileno(),
    )
    application.stop = server.shutdown
    warming = threading.Thread(target=_warm, daemon=True)
    warming.start()
    server.serve_forever(poll_interval=0.05)
    # Whoever goes on in this process resets moto, which must not happen under it.
    warming.join()


def _warm() -> None:
    # Whoever started us loads its own half of the SDK now: load what it will ask for first.
    for service in _WARM:
        get_backend(service)[LOCAL_ACCOUNT]
        get_service_model(service)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the endpoint; the process ends with it."""
    parser = argparse.ArgumentParser(
        prog="python -m dynaprov.local.server", description="The embedded endpoint of dynaprov."
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--fd", type=int, help="use this listening socket instead of a port")
    parser.add_argument("--detach", action="store_true", help="go to the background when ready")
    options = parser.parse_args(arguments)

    listener = listen(options.port) if options.fd is None else socket.socket(fileno=options.fd)
    install()
    if options.detach and os.fork():
        os._exit(0)  # the background process has everything; leave its sockets and files alone
    # What is loaded by now stays: the collector need not look at it with every request.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if not options.detach:
        sys.stderr.write(f"listening on http://{HOST}:{listener.getsockname()[1]}\n")
        sys.stderr.flush()
    serve(listener, os.environ.get(TOKEN_VARIABLE, ""))
    sys.stderr.flush()
    os._exit(0)  # nothing is worth the time it takes to take a whole moto apart


if __name__ == "__main__":
    main()
