"""The layer over moto in this process, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynaprov.local import in_process
from support.clock import VirtualClock
from support.rules import Layer, aws
from support.rules.clients import Aws, Orders, client


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def layer(clock: VirtualClock) -> Iterator[Layer]:
    with in_process(), aws(clock) as made:
        yield made


@pytest.fixture
def ddb(layer: Layer) -> Aws:
    return client("dynamodb")


@pytest.fixture
def orders(ddb: Aws, clock: VirtualClock) -> Orders:
    return Orders(ddb, clock)
