"""Work beside the main thread, and what is told meanwhile."""

from __future__ import annotations

from threading import Event as Flag

import pytest

from dynaprov.cli.beside import Beside, Held
from dynaprov.model.events import Event, Stage, StageStarted
from support.clock import HANGS_SECONDS

FIRST, SECOND = StageStarted(Stage.EXECUTING), StageStarted(Stage.VERIFYING)


def test_work_goes_on_until_its_result_is_asked_for() -> None:
    go = Flag()

    def work() -> int:
        assert go.wait(HANGS_SECONDS)
        return 7

    beside = Beside(work)
    assert not beside.done
    go.set()
    assert beside.result() == 7
    assert beside.done


def test_what_the_work_raised_is_raised_to_the_one_who_asks() -> None:
    def work() -> None:
        raise BrokenPipeError

    beside = Beside(work)
    beside.wait()
    with pytest.raises(BrokenPipeError):
        beside.result()


def test_events_are_kept_back_and_told_in_their_order() -> None:
    heard: list[Event] = []
    done = False
    held = Held(heard.append, lambda: done)
    held(FIRST)
    assert heard == []
    done = True
    held(SECOND)
    assert heard == [FIRST, SECOND]


def test_what_was_kept_to_the_end_is_told_when_it_is_released() -> None:
    heard: list[Event] = []
    held = Held(heard.append, lambda: False)
    held(FIRST)
    held.release()
    held.release()
    assert heard == [FIRST]
