"""The account in which applies race each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.converging import World, world


@pytest.fixture
def account(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made
