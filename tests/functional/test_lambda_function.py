"""The AWS Lambda function: one check in process, on a moto server, its result and its failures."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dynaprov.cli.lambda_function import CheckFailed, _arguments, handler
from support.program import PlainMoto, Program, plain_moto

TABLE = {"partition_key": "id", "billing_mode": "PAY_PER_REQUEST"}
EVENT = {"arguments": ["--env", "dev"]}


class Time:
    """The context of an invocation that may take so long."""

    def __init__(self, milliseconds: int = 600_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.fixture
def moto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainMoto]:
    for name, document in {
        "project.yaml": {"project_name": "shop", "region": "us-east-1"},
        "tables/orders.yaml": TABLE,
        "environments/dev.yaml": {},
    }.items():
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    with plain_moto() as served:
        settings = {**served.settings(), "DYNAPROV_SPECS": str(tmp_path / "specs")}
        settings["DYNAPROV_STATE_DIR"] = str(tmp_path / "state")
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield served


def test_it_returns_what_a_check_found(moto: PlainMoto, capsys: pytest.CaptureFixture[str]) -> None:
    before = handler(EVENT, Time())
    Program()("apply", "--env", "dev", "--yes", "--quiet")
    after = handler(EVENT, Time())

    assert before["exit_code"] == 2
    [check] = before["checks"]
    assert (check["project"], check["environment"]) == ("shop", "dev")
    assert check["verdicts"]["missing"] == 1
    assert after["exit_code"] == 0
    assert sum(after["checks"][0]["severities"].values()) == 0
    assert capsys.readouterr().out == ""
    json.dumps(after)  # what a function returns has to be JSON


def test_a_fleet_returns_every_member(moto: PlainMoto) -> None:
    found = handler({"arguments": ["--env", "all"]}, Time())

    assert [each["environment"] for each in found["checks"]] == ["dev"]


def test_it_raises_when_something_could_not_be_compared(moto: PlainMoto) -> None:
    moto.denied.add("DescribeTable")

    with pytest.raises(CheckFailed, match=r"exit code 4: dev: \d+ not compared"):
        handler(EVENT, Time())


def test_it_raises_when_nobody_could_be_told(moto: PlainMoto) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:nowhere"

    with pytest.raises(CheckFailed, match="exit code 4: not delivered: "):
        handler({"arguments": [*EVENT["arguments"], "--sns", topic]}, Time())


def test_it_raises_when_the_check_did_not_work(moto: PlainMoto) -> None:
    with pytest.raises(CheckFailed, match="exit code 65: DP"):
        handler({"arguments": ["--env", "nowhere"]}, Time())


def test_it_raises_for_an_option_that_is_none(moto: PlainMoto) -> None:
    with pytest.raises(CheckFailed, match="exit code 64"):
        handler({"arguments": ["--env", "dev", "--none"]}, Time())


@pytest.mark.parametrize("arguments", ["--env dev", [1], {"env": "dev"}])
def test_arguments_that_are_no_words_are_refused(arguments: Any) -> None:
    with pytest.raises(ValueError, match="list of words"):
        handler({"arguments": arguments}, Time())


@pytest.mark.parametrize(("milliseconds", "deadline"), [(600_000, "590s"), (4_000, "1s")])
def test_the_check_gives_up_before_the_function_has_to(milliseconds: int, deadline: str) -> None:
    words = _arguments({}, Time(milliseconds))

    assert words == ["drift", "--json", "--deadline", deadline]


def test_an_event_of_another_service_adds_nothing() -> None:
    event = {"version": "0", "source": "aws.events", "detail": {}}

    assert _arguments(event, Time())[0:2] == ["drift", "--json"]


def test_it_leaves_no_alarm_clock_behind(moto: PlainMoto) -> None:
    before = signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGTERM)

    handler(EVENT, Time())

    assert (signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGTERM)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
