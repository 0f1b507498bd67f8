"""Fixtures of the embedded endpoint's tests: in process, and as a server of the test's own."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dynaprov.local import down, in_process


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="local", aws_secret_access_key="local")


@functools.cache
def _client(service: str, region_name: str = "us-east-1", endpoint_url: str | None = None) -> Any:
    # Making a client takes a hundred times as long as a call: each is made once.
    return _session().client(service, region_name=region_name, endpoint_url=endpoint_url)


@pytest.fixture
def client() -> Iterator[Callable[..., Any]]:
    """Return what gives clients of the endpoint in this process, which starts empty."""
    with in_process():
        yield _client


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test a state directory, and stop whatever server it leaves running."""
    directory = tmp_path / "state"
    monkeypatch.setenv("DYNAPROV_STATE_DIR", str(directory))
    yield directory
    down()


@pytest.fixture
def refused() -> Callable[..., str]:
    """Return what makes a call and gives the code of the error it is refused with."""

    def code(call: Callable[..., Any], **parameters: Any) -> str:
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        return str(caught.value.response["Error"]["Code"])

    return code


@pytest.fixture
def dynamodb(client: Callable[..., Any]) -> Any:
    return client("dynamodb")


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    return client("kms")
