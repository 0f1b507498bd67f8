"""Credentials that end while the account is read, while a run is under way, or right after it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynaprov import reconciler
from dynaprov.model.errors import Stopped
from dynaprov.model.outcome import Status
from dynaprov.model.plan import Plan
from support.command_line import Runner
from support.converging import SHIPPED, differences, shipped, world
from support.losing import things
from support.refusing import Expiring, Refusing, RefusingStages


def journal_of(path: Path) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """What the journal says was sent, and what was answered."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]

    def of(event: str) -> list[tuple[str, int]]:
        return sorted((x["operation"], x["attempt"]) for x in lines if x["event"] == event)

    return of("sent"), of("answered")


@pytest.mark.parametrize("number", [1, 2, 3, 6, 12, 25, 49])
def test_a_run_stops_cleanly_and_the_next_one_goes_on(number: int, tmp_path: Path) -> None:
    spec = shipped("dev")
    with world(tmp_path) as live:
        way = Refusing(live.gateway, Expiring(number))

        def look() -> Plan:
            return reconciler.diff(spec, way)

        run = live.carry_out(look(), look, caller=way, reader=way)

        assert run.stopped is not None
        assert run.stopped.code == "DP402"
        assert "ExpiredTokenException" in run.stopped.detail
        assert "aws sso login" in run.stopped.hint
        assert run.residual is None
        assert not run.converged
        assert len([each for each in run.outcomes if each.error]) == 1
        sent, answered = journal_of(live.journal)
        assert sent == answered
        assert len(sent) == len(way.calls)
        # The calls that were under way at that moment, and nothing after them.
        assert len(way.calls) < number + 40
        done = [each for each in run.outcomes if each.status is Status.SUCCEEDED]
        assert len(done) <= number - 1

        again = live.apply(spec)

        assert not differences(again.residual) if again.residual else False
        assert again.converged
        assert [name for name, times in things().items() if times > 1] == []


def test_no_more_than_one_read_is_needed_to_stop_a_comparison(tmp_path: Path) -> None:
    with world(tmp_path) as live:
        way = Refusing(live.gateway, Expiring(reads=4))

        with pytest.raises(Stopped, match="ExpiredTokenException") as stopped:
            reconciler.diff(shipped("dev"), way)

    [problem] = stopped.value.diagnostics
    assert problem.code == "DP202"
    assert "aws sso login" in problem.hint


def test_what_was_done_is_told_though_nobody_could_check_it(tmp_path: Path) -> None:
    spec = shipped("dev")
    with world(tmp_path) as live:

        def nobody() -> Plan:
            return reconciler.diff(spec, Refusing(live.gateway, Expiring(reads=1)))

        run = live.carry_out(live.plan(spec), nobody)

        assert all(each.status.good for each in run.outcomes)
        assert run.stopped is not None
        assert run.stopped.code == "DP201"
        assert "aws sso login" in run.stopped.hint
        assert live.plan(spec).in_sync


def test_the_command_says_once_how_to_go_on(tmp_path: Path, dynaprov: Runner) -> None:
    words = ("apply", "--env", "dev", "--specs", str(SHIPPED), "--yes")
    with world(tmp_path) as live:
        way = RefusingStages(Refusing(live.gateway, Expiring(20)))
        stopped = dynaprov(*words, stages=way)
        machine = dynaprov(
            *words, "--json", stages=RefusingStages(Refusing(live.gateway, Expiring(5)))
        )
        early = dynaprov(
            "diff", *words[1:-1], stages=RefusingStages(Refusing(live.gateway, Expiring(reads=9)))
        )
        on = dynaprov(*words, stages=RefusingStages(Refusing(live.gateway, lambda _: None)))

    assert stopped.code == machine.code == early.code == 1
    assert stopped.out.count("ExpiredTokenException") == 2
    assert "Stopped: the credentials are no longer accepted" in stopped.out
    assert "aws sso login" in stopped.out
    assert json.loads(machine.out)["stopped"]["code"] == "DP402"
    assert json.loads(machine.out)["exit_code"] == 1
    assert "DP202" in early.err
    assert on.code == 0, on.out + on.err
