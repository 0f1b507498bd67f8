"""dynaprov as a program of its own, and servers that keep a log of what it asks."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from dynaprov.local import local_environment
from support.clock import HANGS_SECONDS
from support.recording import Requests

ROOT = Path(__file__).parents[2]
HOP_BY_HOP = ("connection", "transfer-encoding", "server", "date")


@dataclass(frozen=True)
class Finished:
    """How the program ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What ``--json`` wrote."""
        return dict(json.loads(self.out))


@dataclass(frozen=True)
class Program:
    """``python -m dynaprov`` in a process and an environment of its own."""

    settings: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT

    def __call__(self, *arguments: str) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "dynaprov", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.settings},
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Finished(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Machine:
    """dynaprov in processes of its own, against a server at ``url``.

    ``always`` are the arguments that follow every command.
    """

    url: str
    folder: Path
    always: Sequence[str]

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, "-m", "dynaprov", *arguments, *self.always, "--pacing", "off"],
            cwd=self.folder,
            env={
                **local_environment(self.url, base=os.environ),
                "PYTHONPATH": str(ROOT),
                "DYNAPROV_STATE_DIR": str(self.folder / "state"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> Finished:
        """Run it to its end."""
        with self.begin(*arguments) as program:
            out, err = program.communicate(timeout=600)
            return Finished(program.returncode, out, err)


def operation(target: str, path: str, body: bytes) -> str:
    """The operation that a request asks for, whatever protocol it speaks."""
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in path:
        return path.rpartition("/")[2]
    return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]


@dataclass
class PlainMoto:
    """A moto server as moto ships it.

    ``denied`` names operations (of JSON services) that are answered with AccessDenied.
    """

    url: str = ""
    requests: Requests = field(default_factory=Requests)
    denied: set[str] = field(default_factory=set)

    def settings(self) -> dict[str, str]:
        """What leads the program here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
        }


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def plain_moto() -> Iterator[PlainMoto]:
    """Serve on the loopback, without any of the embedded endpoint's corrections."""
    BackendDict.reset()
    with _served(DomainDispatcherApplication(create_backend_app)) as served:
        yield served
    BackendDict.reset()


@contextmanager
def watched(upstream: str) -> Iterator[PlainMoto]:
    """Stand before another endpoint, and keep a log of what goes through."""
    host = upstream.removeprefix("http://")

    def forward(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        connection = HTTPConnection(host, timeout=HANGS_SECONDS)
        body = environ["wsgi.input"].read()
        connection.request(environ["REQUEST_METHOD"], environ["PATH_INFO"], body, headers)
        answer = connection.getresponse()
        payload = answer.read()
        connection.close()
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP]
        start(f"{answer.status} {answer.reason}", kept)
        return [payload]

    with _served(forward) as served:
        yield served


@contextmanager
def _served(behind: Any) -> Iterator[PlainMoto]:
    served = PlainMoto()

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        name = operation(target, environ.get("PATH_INFO", ""), body)
        served.requests.append(f"{target.partition('.')[0]}.{name}")
        if name in served.denied:
            start("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
            refusal = {"__type": "x#AccessDeniedException", "message": f"not allowed: {name}"}
            return [json.dumps(refusal).encode()]
        answer: Iterable[bytes] = behind(environ, start)
        return answer

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
