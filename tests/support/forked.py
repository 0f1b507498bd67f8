"""Work in a copy of this process: what it changes is gone when it ends.

A fork is the cheapest copy of an account in memory that there is, and an exact one: moto, the rule
layer, the clock, and every client as it stands.  Only threads are not copied, so whatever works in
threads of its own (a gateway) is closed before and made anew in the copy.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

_Answer = TypeVar("_Answer")


class FailedThere(AssertionError):
    """The work in the copy raised something; its traceback is the message."""


def in_a_copy(work: Callable[[], _Answer]) -> _Answer:
    """What the work returns, done in a copy of this process; it must be possible to pickle it.

    Raises:
        FailedThere: when the work raised anything, or its process died.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with warnings.catch_warnings():
        # Python 3.12 and later warn of a fork beside threads.  What is left of them here reads
        # what pytest-xdist sends, and holds nothing that the copy uses.
        warnings.simplefilter("ignore", DeprecationWarning)
        copy = multiprocessing.get_context("fork").Process(target=_there, args=(work, theirs))
        copy.start()
    theirs.close()
    with ours:
        try:
            good, answer = ours.recv()
        except EOFError:
            good, answer = False, "it ended without a word"
    copy.join()
    copy.close()
    if not good:
        raise FailedThere(answer)
    return answer  # type: ignore[no-any-return]  # it comes out of a pipe


def _there(work: Callable[[], object], out: Connection) -> None:
    # It ends long before there is much to collect, and looking for it copies every page.
    gc.disable()
    # Each thread of a run that is killed says so with a traceback; nobody reads them here.
    logging.disable()
    try:
        answer: tuple[bool, object] = (True, work())
    # Whatever it was, the test in the parent tells it.
    except BaseException:  # noqa: BLE001
        answer = (False, traceback.format_exc())
    with out:
        out.send(answer)
