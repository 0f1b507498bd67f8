"""The server, and an account of its own for each test.

Where ministack cannot be had, one line says why and the tests on it are skipped.  This folder is
run by itself: `tox -e iam`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.iam.ministack_ground import Ground, ground
from support.ministack import Server, Unavailable, installed, server


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests."""
    try:
        python = installed()
        with server(python, tmp_path_factory.mktemp("ministack")) as started:
            yield started
    except Unavailable as missing:
        pytest.skip(f"ministack cannot be had: {missing}")


@pytest.fixture
def user(ministack: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """An empty account, and a user in it who has no rights yet."""
    with ground(ministack, tmp_path, monkeypatch) as made:
        yield made
