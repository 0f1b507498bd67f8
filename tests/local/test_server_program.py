"""The server's own code, run in a thread of the test."""

import hashlib
import http.client
import json
import os
import socket
import threading

import pytest
from moto.core.base_backend import BackendDict

from dynaprov.local import server
from dynaprov.local.corrections import install, uninstall
from support.clock import HANGS_SECONDS

LIST_TABLES = {
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=x",
}


@pytest.fixture
def connection():
    """A connection to a server that runs in a thread; stopped by its own request."""
    install()
    BackendDict.reset()
    listener = server.listen(0)
    thread = threading.Thread(target=server.serve, args=(listener, "token"))
    thread.start()
    made = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=HANGS_SECONDS)
    yield made
    stopped, _ = ask(made, "POST", "/dynaprov/shutdown", headers={"X-Dynaprov-Token": "token"})
    made.close()
    thread.join(HANGS_SECONDS)
    listener.close()
    uninstall()
    BackendDict.reset()
    assert stopped == 200
    assert not thread.is_alive()


def ask(connection, method, path, **more):
    connection.request(method, path, **more)
    response = connection.getresponse()
    return response.status, response.read()


def test_it_says_who_it_is_and_not_its_token(connection):
    code, body = ask(connection, "GET", "/dynaprov/identity")
    found = json.loads(body)
    assert code == 200
    assert found["pid"] == os.getpid()
    assert found["fingerprint"] == hashlib.sha256(b"token").hexdigest()
    assert b'"token"' not in body


@pytest.mark.parametrize("token", ["", "guess"])
def test_it_does_not_stop_for_others(connection, token):
    asked = {"headers": {"X-Dynaprov-Token": token}}
    assert ask(connection, "POST", "/dynaprov/shutdown", **asked)[0] == 403
    assert ask(connection, "GET", "/dynaprov/identity")[0] == 200


def test_one_connection_carries_every_form_of_request(connection):
    empty = (200, b'{"TableNames": []}')
    assert ask(connection, "POST", "/", body=b"{}", headers=LIST_TABLES) == empty
    first = connection.sock
    chunked = LIST_TABLES | {"Transfer-Encoding": "chunked"}
    parts = {"body": iter([b'{"Limit"', b": 1}"]), "encode_chunked": True}
    assert ask(connection, "POST", "/", headers=chunked, **parts) == empty
    waiting = LIST_TABLES | {"Expect": "100-continue"}
    assert ask(connection, "POST", "/", body=b"{}", headers=waiting) == empty
    assert ask(connection, "HEAD", "/dynaprov/identity") == (200, b"")
    assert connection.sock is first


def test_a_missing_operation_is_an_html_page(connection, capsys):
    headers = LIST_TABLES | {"X-Amz-Target": "DynamoDB_20120810.ListGlobalTables"}
    code, body = ask(connection, "POST", "/", body=b"{}", headers=headers)
    assert code == 500
    assert b"<h1>Internal Server Error</h1>" in body
    assert "NotImplementedError" in capsys.readouterr().err


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        server.listen(taken.getsockname()[1])
