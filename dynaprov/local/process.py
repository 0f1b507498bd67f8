"""The embedded endpoint as a background process: start it, find it, empty it, stop it.

Lives here: those four, and the proof that what answers is ours. Must not live here: its files and
the lock that lets two commands start it at once (see ``state``), and moto, which only the process
itself loads (see ``server``); commands ask these functions, and must stay quick.

The file that says where it listens is a hint and never believed: the program that listens on the
port has to know the token that is in it. No process is ever signalled by a number alone.
"""

import contextlib
import http.client
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from dynaprov.local.environment import local_environment
from dynaprov.local.state import (
    HOST,
    LocalEndpointError,
    Record,
    locked,
    log_file,
    read_record,
    record_file,
    write_record,
)

DEFAULT_PORT = 8764
"""The port when none is asked for; if another program has it, any free one."""

_START_SECONDS = 60.0
_ANSWER_SECONDS = 15.0
_STOP_SECONDS = 10.0
_LOG_LINES = 15


class LocalEndpointUnavailable(LocalEndpointError):
    """The embedded endpoint is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "the embedded endpoint is not installed", hint="pip install 'dynaprov[local]'"
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running embedded endpoint.

    Attributes:
        url: What AWS SDKs and the AWS CLI take as the endpoint URL.
        pid: The process.
        port: The port on 127.0.0.1.
        started_at: When it was started; its memory is not older.
    """

    url: str
    pid: int
    port: int
    started_at: datetime


def status() -> Endpoint | None:
    """Return the running endpoint, or None."""
    record = read_record()
    return None if record is None else _identify(record)


def up(port: int | None = None) -> Endpoint:
    """Return the running endpoint, starting it when there is none.

    Several commands may call this at once: one starts it, the others get the same.

    Args:
        port: The port to listen on; None takes the default one, or a free one if another program
            has that.

    Raises:
        LocalEndpointUnavailable: moto is not installed.
        LocalEndpointError: The port is taken, or the endpoint did not start.
    """
    with locked():
        running = status()
        if running is None:
            return _start(port)
    if port not in (None, running.port):
        raise LocalEndpointError(
            f"the embedded endpoint already runs on port {running.port}",
            hint="dynaprov local down, then start it on the other port",
        )
    return running


def down() -> bool:
    """Stop the endpoint; returns whether one was running."""
    with locked():
        record = read_record()
        endpoint = None if record is None else _identify(record)
        record_file().unlink(missing_ok=True)
        if record is None or endpoint is None:
            return False
        _stop(record, endpoint)
        return True


def reset() -> bool:
    """Make the running endpoint forget everything; returns whether one is running."""
    endpoint = status()
    if endpoint is None:
        return False
    code, _ = _ask(endpoint.port, "POST", "/moto-api/reset")
    if code != 200:
        raise LocalEndpointError(
            f"the embedded endpoint answered {code} to a reset", hint=f"see {log_file()}"
        )
    return True


# -- starting ---------------------------------------------------------------------------------


def _start(port: int | None) -> Endpoint:
    for module in ("moto", "flask", "flask_cors"):
        if importlib.util.find_spec(module) is None:
            raise LocalEndpointUnavailable
    with _listener(port) as listener:
        record = Record(listener.getsockname()[1], secrets.token_urlsafe(32))
        # Written first: a command that is interrupted here leaves a file, never a lost process.
        write_record(record)
        try:
            _launch(listener, record.token)
        except BaseException:
            record_file().unlink(missing_ok=True)
            raise
    endpoint = _identify(record)
    if endpoint is None:
        raise _failed("it does not answer")
    return endpoint


def _listener(port: int | None) -> socket.socket:
    # The socket is opened here and handed over: whose port it is, is never in doubt.
    wanted = DEFAULT_PORT if port is None else port
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, wanted))
        except OSError as error:
            if port is not None:
                raise LocalEndpointError(
                    f"port {port} cannot be used: {error.strerror}",
                    hint="choose another one, or leave it out for a free one",
                ) from error
            listener.bind((HOST, 0))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def _launch(listener: socket.socket, token: str) -> None:
    environment = {
        name: value for name, value in local_environment().items() if not name.startswith("MOTO_")
    }
    environment["DYNAPROV_LOCAL_TOKEN"] = token
    environment["PYTHONPATH"] = _search_path(environment.get("PYTHONPATH", ""))
    command = [sys.executable, "-m", "dynaprov.local.server", "--detach", "--fd"]
    # What goes wrong may quote what was asked.
    log_file().touch(mode=0o600)
    with log_file().open("wb") as log:
        try:
            # Returns when the endpoint is ready: the program then splits, and its half ends.
            done = subprocess.run(
                [*command, str(listener.fileno())],
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener.fileno()],
                start_new_session=True,  # it outlives the terminal
                timeout=_START_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _failed(f"it was not ready after {_START_SECONDS:.0f} seconds") from None
    if done.returncode != 0:
        raise _failed(f"it ended with status {done.returncode}")


def _search_path(given: str) -> str:
    # The process starts in "/": relative entries would be lost, and so would a package that is not
    # installed but run from its sources.
    entries = [str(Path(entry).resolve()) for entry in given.split(os.pathsep) if entry]
    home = str(Path(__file__).resolve().parents[2])
    if home not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        entries.append(home)
    return os.pathsep.join(entries)


def _failed(why: str) -> LocalEndpointError:
    with contextlib.suppress(OSError):
        tail = log_file().read_text(errors="replace").splitlines()[-_LOG_LINES:]
        why = "\n".join([why, *(f"  {line}" for line in tail)])
    return LocalEndpointError(
        f"the embedded endpoint did not start: {why}", hint=f"the whole log is in {log_file()}"
    )


# -- stopping ---------------------------------------------------------------------------------


def _stop(record: Record, endpoint: Endpoint) -> None:
    connection = http.client.HTTPConnection(HOST, record.port, timeout=_STOP_SECONDS)
    try:
        connection.request("POST", "/dynaprov/shutdown", headers={"X-Dynaprov-Token": record.token})
        connection.getresponse().read()
        # The connection stays open until the process has ended: nothing else closes it.
        if connection.sock is not None:
            connection.sock.recv(1)
    except TimeoutError:
        # It proved a moment ago that it is ours, and it has not ended since.
        with contextlib.suppress(ProcessLookupError):
            os.kill(endpoint.pid, signal.SIGKILL)
    except (OSError, http.client.HTTPException):
        pass  # it ended before it could answer
    finally:
        connection.close()


# -- who answers there ------------------------------------------------------------------------


def _identify(record: Record) -> Endpoint | None:
    """Return the endpoint of a record if what listens there knows the record's token."""
    try:
        code, body = _ask(record.port, "GET", "/dynaprov/identity")
        identity: Any = json.loads(body) if code == 200 else {}
        if identity["fingerprint"] != sha256(record.token.encode()).hexdigest():
            return None
        return Endpoint(
            url=f"http://{HOST}:{record.port}",
            pid=int(identity["pid"]),
            port=record.port,
            started_at=datetime.fromtimestamp(identity["started_at"], UTC),
        )
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None  # nothing listens there, or something else does


def _ask(port: int, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read(1 << 20)
    finally:
        connection.close()
