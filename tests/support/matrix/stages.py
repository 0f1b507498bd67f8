"""The account of each scenario, prepared once; every cell has it as it then was.

Preparing takes longer than most cells: it applies the whole environment.  So a process per scenario
prepares it, and for each cell divides itself: the child runs the cell on its copy of the account
and of the clock, says what became of it, and ends.  No thread lives in the process that divides
itself: the gateway of the preparation is closed, each child opens one of its own.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import traceback
import warnings
from collections.abc import Callable, Iterable
from functools import cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread
from threading import enumerate as enumerate_threads
from typing import TypeVar

from dynaprov.local import in_process
from support.clock import VirtualClock
from support.converging import LASTING, connected, world
from support.matrix.cells import Cell, Undisturbed, met, undisturbed
from support.matrix.scenarios import BY_NAME, Stage
from support.rules import aws

#: How often a process that is asked nothing looks whether there is anybody to ask.
_LOOK_SECONDS = 5.0
_Found = TypeVar("_Found")
#: What a cell's process does with the stage.
Act = Callable[[Stage], _Found]


@cache
def usual(scenario: str) -> Undisturbed:
    """What the scenario does without a fault."""
    return _asked(scenario, undisturbed)


def cells(scenario: str, api: str, faults: Iterable[str]) -> dict[str, Cell]:
    """What becomes of a scenario whose first call of an API meets a fault, for some faults."""
    expected = usual(scenario)
    return {
        fault: _asked(scenario, partial(met, api=api, fault=fault, usual=expected))
        for fault in faults
    }


def _asked(scenario: str, act: Act[_Found]) -> _Found:
    connection = _stage(scenario)
    connection.send(act)
    found, problem = connection.recv()
    if problem:
        raise AssertionError(problem)
    answer: _Found = found
    return answer


@cache
def _stage(scenario: str) -> Connection:
    """Start the process of a scenario; it ends with this one."""
    _warmed()
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe()
    process = fork.Process(target=_prepare, args=(scenario, there, here), daemon=True)
    with warnings.catch_warnings():
        # The threads of pytest-xdist are not needed in the child.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    there.close()
    return here


@cache
def _warmed() -> None:
    """Make clients and models once, for all the processes to come."""
    with TemporaryDirectory() as scratch, world(Path(scratch), rules=True) as live:
        Stage(BY_NAME["diff"], live, Path(scratch)).look()


def _prepare(scenario: str, connection: Connection, other_end: Connection) -> None:
    other_end.close()
    clock = VirtualClock()
    with TemporaryDirectory() as scratch, in_process(), aws(clock, LASTING) as layer:
        with connected(Path(scratch), clock, layer) as live:
            stage = Stage(BY_NAME[scenario], live, Path(scratch))
        _wait_for_threads()
        # A cell ends long before there is much to collect, and looking for it copies every page.
        gc.freeze()
        gc.disable()
        while (act := _next_act(connection)) is not None:
            child = os.fork()
            if not child:
                _act(act, stage, Path(scratch), connection)
            _, status = os.waitpid(child, 0)
            if status:
                connection.send((None, f"the process of a cell ended with status {status}"))


def _next_act(connection: Connection) -> Act[object] | None:
    """What the next cell does; ``None`` when whoever asks has ended, in whatever way."""
    asking = os.getppid()
    while not connection.poll(_LOOK_SECONDS):
        if os.getppid() != asking:
            return None
    try:
        act: Act[object] = connection.recv()
    except EOFError:
        return None
    return act


def _wait_for_threads() -> None:
    """Let the threads of a closed gateway and of ended runs come to their end."""
    for each in enumerate_threads():
        if each is not current_thread():
            each.join()


def _act(act: Act[object], stage: Stage, scratch: Path, connection: Connection) -> None:
    """Act on the stage in this process, say what came of it, and end the process."""
    status = 1
    try:
        with connected(scratch, stage.live.clock, stage.layer) as live:
            live.journal = scratch / f"{os.getpid()}.jsonl"
            stage.live = live
            found = act(stage)
        connection.send((found, ""))
        status = 0
    except BaseException:  # noqa: BLE001 - told to whoever asked
        connection.send((None, traceback.format_exc()))
        status = 0
    finally:
        os._exit(status)
