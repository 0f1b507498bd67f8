"""What is told while something is still shown."""

from __future__ import annotations

from dynaprov.cli.holding import Held
from dynaprov.model.events import Event, Stage, StageStarted

FIRST, SECOND = StageStarted(Stage.EXECUTING), StageStarted(Stage.VERIFYING)


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
