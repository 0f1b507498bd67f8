"""Fixtures of the embedded endpoint's tests: in process, and as a server of the test's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dynaprov.local import down, in_process


@pytest.fixture
def client() -> Iterator[Callable[..., Any]]:
    """Return what makes clients of the endpoint in this process, which starts empty."""
    with in_process():
        yield boto3.client


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
