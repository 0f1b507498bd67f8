"""The layer itself: between moto's dispatch and its operations, as long as a context lasts.

Every operation of every service goes through ``BaseResponse.call_action``, in process and in a
server alike; that is where the layer stands.  One request at a time: rules, moto and memory change
together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from threading import local
from typing import Any

from moto.core.responses import BaseResponse

from dynaprov.local.corrections.patches import LOCK, Patches
from dynaprov.model.ports import Clock
from support.rules.faults import Fault, Killed, Lost, connection_closed
from support.rules.registry import RULES
from support.rules.request import (
    Answer,
    AwsError,
    Request,
    Wire,
    parsed_answer,
    parsed_request,
    wire_of,
)
from support.rules.rule import Rule
from support.rules.world import World

_layers: list[Layer] = []
_PATCHES = Patches()

#: Whether the answer that this thread is about to write must not be written (in a server).
HANGING_UP = local()


@dataclass(frozen=True, slots=True)
class Seen:
    """A request, and code and text of the error that it met, if any."""

    request: Request
    code: str = ""
    message: str = ""


class Layer:
    """The rules over moto; see the docstring of the package.

    Args:
        clock: the time on which life-cycles, budgets and locks run.
        rules: which ones; all by default.
    """

    def __init__(self, clock: Clock, rules: Sequence[Rule] = RULES) -> None:
        self.world = World(clock)
        self.rules = tuple(rules)
        self.seen: list[Seen] = []
        self._faults: list[Fault] = []
        self._dead = False

    def inject(self, *faults: Fault) -> None:
        """Let these faults strike from now on."""
        self._faults.extend(faults)

    def heal(self) -> None:
        """Take all faults away."""
        self._faults.clear()

    def revive(self) -> None:
        """Let calls through again after a kill."""
        self._dead = False

    def reset(self) -> None:
        """Forget what the rules remember and what was seen; moto forgets by itself."""
        self.world.reset()
        self.seen.clear()

    def codes(self, api: str) -> list[str]:
        """The error codes that an API answered, in order; empty texts are good answers."""
        return [each.code for each in self.seen if each.request.api == api]

    def answer(self, response: BaseResponse, ask_moto: Callable[[], Wire]) -> Wire:
        """Answer one request."""
        request = parsed_request(response, self.world.time)
        if request is None:
            return ask_moto()
        try:
            if self._dead:
                raise Killed("after the kill")
            wire, error = self._answer(request, response, ask_moto)
        except (Lost, Killed) as end:
            if not self._dead:
                self.seen.append(Seen(request, type(end).__name__))
            self._dead = self._dead or isinstance(end, Killed)
            if request.connection:
                HANGING_UP.now = True
                return 500, {}, ""
            if isinstance(end, Lost):
                raise connection_closed(request) from None
            raise
        self.seen.append(Seen(request, error.code, error.message) if error else Seen(request))
        return wire

    def _answer(
        self, request: Request, response: BaseResponse, ask_moto: Callable[[], Wire]
    ) -> tuple[Wire, AwsError | None]:
        faults = [each for each in self._faults if each.meets(request)]
        rules = [each for each in self.rules if each.watches(request)]
        try:
            for fault in faults:
                if fault.before:
                    fault.before(request, self.world)
            wire = self._ruled(request, response, ask_moto, rules)
            for fault in faults:
                if fault.after:
                    fault.after(request, self.world)
        except AwsError as error:
            return wire_of(response, Answer(error=error)), error
        return wire, parsed_answer(response, wire).error if int(wire[0]) >= 300 else None

    def _ruled(
        self,
        request: Request,
        response: BaseResponse,
        ask_moto: Callable[[], Wire],
        rules: Sequence[Rule],
    ) -> Wire:
        for rule in rules:
            given = rule.before(request, self.world) if rule.before else None
            if given is not None:
                return wire_of(response, Answer(dict(given)))
        wire = ask_moto()
        good = int(wire[0]) < 300
        speaking = [each for each in rules if (each.after if good else each.failed)]
        if not speaking:
            return wire
        answer = parsed_answer(response, wire)
        if answer.error:
            error = answer.error
            for rule in speaking:
                if rule.failed:
                    error = rule.failed(request, error, self.world)
            raise error
        before = deepcopy(answer.members)
        for rule in speaking:
            if rule.after:
                rule.after(request, answer.members, self.world)
        return wire if answer.members == before else wire_of(response, answer)


@_PATCHES.around(BaseResponse, "call_action")
def _call_action(original: Any, response: Any) -> Any:
    return _layers[-1].answer(response, lambda: original(response))


@contextmanager
def aws(clock: Clock, rules: Sequence[Rule] = RULES) -> Iterator[Layer]:
    """Put the layer over whatever moto this process runs, for as long as the context lasts."""
    layer = Layer(clock, rules)
    with LOCK:
        _layers.append(layer)
        _PATCHES.install()
    try:
        yield layer
    finally:
        with LOCK:
            _layers.remove(layer)
            if not _layers:
                _PATCHES.undo()
