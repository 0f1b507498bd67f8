"""The embedded endpoint as a background process: up, status, reset, down, and many clients."""

import contextlib
import http.client
import http.server
import importlib.util
import json
import os
import socket
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dynaprov.local import (
    LocalEndpointError,
    LocalEndpointUnavailable,
    down,
    process,
    reset,
    status,
    up,
)
from dynaprov.local.state import state_directory


@contextmanager
def sdk(endpoint, service="dynamodb", **config):
    made = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local").client(
        service,
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32, **config),
    )
    try:
        yield made
    finally:
        made.close()


def create(dynamodb, name):
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "name", "Value": name}],
    )


def in_threads(function, items):
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(function, items))


@contextmanager
def foreign_server(body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def write_record(state, **document):
    state.mkdir(parents=True, exist_ok=True)
    (state / "local.json").write_text(json.dumps(document))


class TestLife:
    def test_up_status_reset_down(self, state):
        assert (status(), down(), reset()) == (None, False, False)
        before = datetime.now(UTC).replace(microsecond=0)
        endpoint = up(0)
        assert endpoint.url == f"http://127.0.0.1:{endpoint.port}"
        assert before <= endpoint.started_at <= datetime.now(UTC)
        assert up() == status() == endpoint
        assert up(endpoint.port) == endpoint
        assert (state / "local.json").stat().st_mode & 0o777 == 0o600

        with sdk(endpoint) as dynamodb:
            create(dynamodb, "events")
            with sdk(endpoint) as another:  # as another command would
                found = another.describe_table(TableName="events")["Table"]
            assert "TableId" in found  # the corrections are in it
            assert reset() is True
            assert dynamodb.list_tables()["TableNames"] == []
        assert status() == endpoint

        assert down() is True
        assert (status(), down()) == (None, False)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", endpoint.port))

    def test_another_port_than_the_running_one(self, state):
        endpoint = up(0)
        with pytest.raises(LocalEndpointError, match=f"already runs on port {endpoint.port}"):
            up(endpoint.port + 1)

    def test_two_ups_at_once_give_one_server(self, state):
        endpoints = in_threads(lambda _: up(), range(4))
        assert len(set(endpoints)) == 1

    def test_it_lives_in_a_session_of_its_own(self, state):
        endpoint = up(0)
        assert os.getsid(endpoint.pid) != os.getsid(0)

    def test_it_stops_only_for_who_knows_the_token(self, state):
        endpoint = up(0)
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.port)
        connection.request("POST", "/dynaprov/shutdown", headers={"X-Dynaprov-Token": "guess"})
        response = connection.getresponse()
        response.read()
        connection.close()
        assert response.status == 403
        assert status() == endpoint


class TestRecord:
    """The file is a hint: what listens there has to prove itself."""

    def test_a_server_that_is_gone(self, state):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        write_record(state, port=port, token="old", pid=os.getpid())
        assert status() is None
        assert down() is False
        assert up(0).port != 0

    @pytest.mark.parametrize(
        "body", [b"<html>hello</html>", b'{"pid": 1, "started_at": 0, "fingerprint": "x"}', b"[]"]
    )
    def test_another_program_on_the_port(self, state, body):
        with foreign_server(body) as port:
            write_record(state, port=port, token="old")
            assert status() is None
            assert down() is False
            with socket.create_connection(("127.0.0.1", port)):
                pass  # it was left alone

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": "x", "token": ""}'])
    def test_a_file_that_is_not_ours(self, state, text):
        state.mkdir(parents=True)
        (state / "local.json").write_text(text)
        assert status() is None

    def test_where_it_is(self, monkeypatch, tmp_path):
        for name in ("DYNAPROV_STATE_DIR", "XDG_STATE_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert state_directory() == tmp_path / ".local" / "state" / "dynaprov"
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
        assert state_directory() == tmp_path / "xdg" / "dynaprov"


class TestFailures:
    def test_a_port_in_use(self, state):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(LocalEndpointError, match=f"port {port} cannot be used"):
                up(port)

    def test_the_default_port_in_use(self, state):
        with contextlib.ExitStack() as taken:
            with contextlib.suppress(OSError):  # then something else has taken it
                taken.enter_context(socket.create_server(("127.0.0.1", process.DEFAULT_PORT)))
            assert up().port != process.DEFAULT_PORT

    def test_moto_is_not_installed(self, state, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(LocalEndpointUnavailable) as caught:
            up(0)
        assert caught.value.hint == "pip install 'dynaprov[local]'"

    def test_a_server_that_does_not_start_shows_its_log(self, state, monkeypatch):
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(LocalEndpointError, match="ended with status 1") as caught:
            up(0)
        assert str(state / "local.log") in caught.value.hint
        assert status() is None
        assert not (state / "local.json").exists()

    def test_a_directory_that_cannot_be_made(self, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("DYNAPROV_STATE_DIR", str(tmp_path / "file" / "below"))
        with pytest.raises(LocalEndpointError, match="cannot be written"):
            up(0)

    def test_search_path_of_the_server(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        entries = process._search_path(f"lib{os.pathsep}").split(os.pathsep)
        assert entries[0] == str(tmp_path / "lib")
        monkeypatch.setattr(sysconfig, "get_path", lambda _: entries[1])
        assert process._search_path("") == ""


class TestRequests:
    def test_thirty_two_threads(self, state):
        names = [f"t{number:03}" for number in range(160)]
        with sdk(up(0)) as dynamodb:
            dynamodb.list_tables()  # the client is complete before threads share it
            in_threads(lambda name: create(dynamodb, name), names)
            pages = dynamodb.get_paginator("list_tables").paginate()
            assert [name for page in pages for name in page["TableNames"]] == names

            def own_tag(name):
                arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}"
                return dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"][0]["Value"]

            assert in_threads(own_tag, names) == names

    def test_one_name_at_once_is_made_once(self, state):
        def attempt(_):
            try:
                create(dynamodb, "events")
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "made"

        with sdk(up(0)) as dynamodb:
            dynamodb.list_tables()
            outcomes = in_threads(attempt, range(64))
        assert sorted(set(outcomes)) == ["ResourceInUseException", "made"]
        assert outcomes.count("made") == 1

    def test_every_service(self, state):
        endpoint = up(0)
        for service, operation, parameters in (
            ("dynamodb", "list_contributor_insights", {}),
            ("kms", "list_aliases", {}),
            ("cloudwatch", "describe_alarms", {}),
            ("sns", "list_topics", {}),
            (
                "application-autoscaling",
                "describe_scalable_targets",
                {"ServiceNamespace": "dynamodb"},
            ),
            ("ec2", "describe_vpc_endpoints", {}),
            ("iam", "list_policies", {"Scope": "Local"}),
            ("resourcegroupstaggingapi", "get_resources", {}),
            ("sts", "get_caller_identity", {}),
        ):
            with sdk(endpoint, service) as client:
                answer = getattr(client, operation)(**parameters)
                assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_a_connection_stays_open(self, state):
        connection = http.client.HTTPConnection("127.0.0.1", up(0).port)
        try:
            connection.request("GET", "/dynaprov/identity")
            connection.getresponse().read()
            first = connection.sock
            connection.request("GET", "/moto-api/data.json")
            response = connection.getresponse()
            response.read()
            assert (response.status, connection.sock) == (200, first)
            connection.request("HEAD", "/dynaprov/identity")
            assert connection.getresponse().read() == b""
            connection.request(
                "POST",
                "/",
                body=iter([b'{"Limit"', b": 1}"]),
                encode_chunked=True,
                headers={
                    "Transfer-Encoding": "chunked",
                    "X-Amz-Target": "DynamoDB_20120810.ListTables",
                    "Content-Type": "application/x-amz-json-1.0",
                    "Expect": "100-continue",
                    "Authorization": "AWS4-HMAC-SHA256 "
                    "Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
                    "SignedHeaders=host, Signature=x",
                },
            )
            assert json.loads(connection.getresponse().read()) == {"TableNames": []}
        finally:
            connection.close()

    def test_an_operation_that_is_missing_is_an_html_page(self, state):
        # As an unpatched moto server does, so that both are met in the same way.
        with sdk(up(0)) as dynamodb:
            with pytest.raises(ClientError) as caught:
                dynamodb.list_global_tables()
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
            assert dynamodb.list_tables()["TableNames"] == []
        assert "NotImplementedError" in (state / "local.log").read_text()
