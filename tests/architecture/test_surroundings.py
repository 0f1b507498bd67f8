"""The promises of conftest.py: no network, and nothing of the outer environment."""

import os
import socket
from pathlib import Path

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "dynamodb.us-east-1.amazonaws.com"])
def test_a_connection_off_this_machine_is_refused(host: str) -> None:
    with pytest.raises(RuntimeError, match=r"a test (reached for|looked up)"):
        socket.create_connection((host, 443), timeout=0.1)


def test_a_datagram_off_this_machine_is_refused() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        pytest.raises(RuntimeError, match="a test reached for"),
    ):
        sock.sendto(b"x", ("192.0.2.1", 53))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_connection_on_this_machine_is_let_through(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_a_unix_socket_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a unix socket's path has room for about 100 characters
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("here")
        server.listen()

        client.connect("here")

        assert client.getpeername() == "here"


def test_of_aws_settings_only_those_that_lead_nowhere_are_left() -> None:
    left = {name for name in os.environ if name.startswith(("AWS_", "DYNAPROV_"))}

    assert left == {
        "AWS_EC2_METADATA_DISABLED",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    }
    assert not Path(os.environ["AWS_CONFIG_FILE"]).exists()
    assert not Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).exists()


def test_home_and_state_are_the_test_s_own(own_home: Path) -> None:
    assert Path.home() == own_home
    assert Path(os.environ["XDG_STATE_HOME"]).is_relative_to(own_home)
