"""The gateway keeps to budgets: with clients that answer as a test says, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dynaprov.aws.gateway import Gateway
from dynaprov.aws.rates import Rate
from dynaprov.model.ports import Call, ErrorCategory, Read
from support.clock import VirtualClock

TTL = Read("dynamodb", "describe_time_to_live", {"TableName": "t"})
DELETE = Call("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]})
ALARMS = Read("cloudwatch", "describe_alarms")


class FakeSession:
    """Clients whose every method is one function of the connection."""

    def __init__(self, answer: Callable[[int], Any]) -> None:
        self._answer = answer

    def client(self, service: str, connection: int = 0) -> Any:
        def send(**params: Any) -> Any:
            return self._answer(connection)

        methods = dict.fromkeys((TTL.method, DELETE.method, ALARMS.method), send)
        meta = SimpleNamespace(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com")
        return SimpleNamespace(meta=meta, **methods)


def a_gateway(answer: Callable[[int], Any], clock: VirtualClock, **more: Any) -> Gateway:
    session: Any = FakeSession(answer)
    return Gateway(session, writing=True, clock=clock, jitter=lambda: 1.0, **more)


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "X")


def test_reads_of_ttl_take_another_connection_when_one_has_had_its_share() -> None:
    used: list[int] = []

    def answer(connection: int) -> dict[str, Any]:
        used.append(connection)
        return {"TimeToLiveDescription": {}}

    clock = VirtualClock()
    gateway = a_gateway(answer, clock, parallelism=3)

    for _ in range(12):
        assert gateway.read(TTL).error is None

    assert used == [0] * 4 + [1] * 4 + [2] * 4
    assert clock.slept == []


def test_a_throttled_answer_holds_up_the_other_calls_of_that_api() -> None:
    clock = VirtualClock()
    answers: list[Any] = [throttled(), {}, {}]
    times: list[float] = []

    def answer(connection: int) -> Any:
        times.append(clock.monotonic())
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    gateway = a_gateway(answer, clock)

    assert gateway.call(DELETE).error is not None
    assert gateway.call(DELETE).error is None
    assert times == [0, pytest.approx(1.05)]


def test_a_read_is_repeated_however_long_it_waited_for_its_budget() -> None:
    clock = VirtualClock()
    answers: list[Any] = [{}, throttled(), {"MetricAlarms": []}]

    def answer(connection: int) -> Any:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    rates = {(ALARMS.service, ALARMS.method): Rate(1, 1000.0)}
    gateway = a_gateway(answer, clock, rates=rates)
    gateway.read(ALARMS)

    assert gateway.read(ALARMS).error is None
    assert clock.monotonic() > 2000


def test_an_interrupted_run_sends_nothing_that_still_waited_for_its_budget() -> None:
    class Interrupted(VirtualClock):
        def sleep(self, seconds: float) -> None:
            """Over at once."""

    gateway = a_gateway(lambda connection: {}, Interrupted())

    errors = [gateway.call(DELETE).error for _ in range(5)]

    assert errors[:3] == [None] * 3
    assert [e and (e.category, e.code) for e in errors[3:]] == [
        (ErrorCategory.UNREACHABLE, "NotSent")
    ] * 2
    assert len(gateway.sent) == 3
