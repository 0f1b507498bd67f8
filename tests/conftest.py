"""What holds for every test: a scrubbed environment, a home of its own, and no network."""

import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# How long an example takes says what else the machine does, and nothing of what is tested.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

pytest.register_assert_rewrite("support")
pytest_plugins = ["support.golden", "support.command_line", "support.counted"]

SCRUBBED_PREFIXES = ("AWS_", "DYNAPROV_")
SCRUBBED_NAMES = ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")


class NetworkBlocked(RuntimeError):
    """A test reached for an address that is not on this machine."""


@pytest.fixture(scope="session", autouse=True)
def scrubbed_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let nothing of the surroundings reach a test, nor a fixture of wider scope."""
    nowhere = tmp_path_factory.mktemp("nowhere")
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(SCRUBBED_PREFIXES) or name in SCRUBBED_NAMES:
                environment.delenv(name)
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        environment.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))
        _move_home(environment, nowhere)
        yield


@pytest.fixture(autouse=True)
def own_home(
    scrubbed_environment: None,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Give each test a home and a state directory that no other test has seen."""
    home = tmp_path_factory.mktemp("home")
    _move_home(monkeypatch, home)
    return home


@pytest.fixture(scope="session", autouse=True)
def blocked_network() -> Iterator[None]:
    """Refuse every connection, datagram and name look-up that would leave this machine."""
    with pytest.MonkeyPatch.context() as sockets:
        for name in ("connect", "connect_ex"):
            sockets.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        sockets.setattr(socket.socket, "sendto", _guarded(socket.socket.sendto))
        sockets.setattr(socket, "getaddrinfo", _guarded_look_up(socket.getaddrinfo))
        yield


def _move_home(environment: pytest.MonkeyPatch, home: Path) -> None:
    environment.setenv("HOME", str(home))
    environment.setenv("XDG_STATE_HOME", str(home / "state"))
    environment.setenv("XDG_CACHE_HOME", str(home / "cache"))


def _guarded(call: Any) -> Any:
    def guarded(sock: socket.socket, *args: Any) -> Any:
        # sendto takes optional flags in between; the address is always the last argument.
        address = args[-1]
        if sock.family != socket.AF_UNIX and not _is_local(address[0]):
            raise NetworkBlocked(f"a test reached for {address}")
        return call(sock, *args)

    return guarded


def _guarded_look_up(look_up: Any) -> Any:
    def guarded(host: Any, *args: Any, **options: Any) -> Any:
        if host is not None and not _is_local(host):
            raise NetworkBlocked(f"a test looked up {host!r}")
        return look_up(host, *args, **options)

    return guarded


def _is_local(host: str | bytes) -> bool:
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name in ("localhost", ""):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
