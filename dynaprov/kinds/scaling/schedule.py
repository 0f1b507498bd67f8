"""Scheduled scaling: which bounds of a scalable target a scheduled action has set.

Pure.  dynaprov manages no scheduled actions; it only knows what they do, so that bounds which a
schedule has moved are not taken for somebody's doing.

What AWS does (Application Auto Scaling user guide, "How scheduled scaling works"): at its time an
action sets MinCapacity and MaxCapacity of the target to what it specifies; it may specify only one
of them, and the other then stays.  From then on the capacity is kept within the new bounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dynaprov.model.ports import Answer, ErrorCategory, Read

SCHEDULE = Read(
    "application-autoscaling",
    "describe_scheduled_actions",
    {"ServiceNamespace": "dynamodb"},
    pages="ScheduledActions",
)

#: Lower and upper bound.
Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Action:
    """One scheduled action; a bound that it does not set is ``None``."""

    name: str
    low: int | None
    high: int | None
    schedule: str

    def __str__(self) -> str:
        return f"`{self.name}` ({self.schedule})"


class Schedule:
    """The scheduled actions of all targets, by (resource id, AWS's dimension)."""

    def __init__(self, answer: Answer) -> None:
        lacking = answer.error and answer.error.category is ErrorCategory.UNSUPPORTED
        #: Why it is not known which bounds actions set; an endpoint that has no actions has none.
        self.unknown = None if lacking or answer.absent else answer.error
        self._actions: dict[tuple[str, str], list[Action]] = {}
        for each in answer.value.get("ScheduledActions", ()):
            bounds = each.get("ScalableTargetAction") or {}
            key = each["ResourceId"], each.get("ScalableDimension", "")
            self._actions.setdefault(key, []).append(
                Action(
                    each["ScheduledActionName"],
                    bounds.get("MinCapacity"),
                    bounds.get("MaxCapacity"),
                    each.get("Schedule", ""),
                )
            )

    def set_by(self, key: tuple[str, str], declared: Bounds, live: Bounds) -> str:
        """The action that has set exactly these live bounds, in words; empty when none has.

        The bound that an action leaves alone is the declared one, or one that another action of the
        target has set.
        """
        actions = self._actions.get(key, [])
        for action in sorted(actions, key=lambda each: each.name):
            if live in _reached(action, actions, declared):
                return str(action)
        return ""


def _reached(action: Action, actions: Sequence[Action], declared: Bounds) -> Iterator[Bounds]:
    """The bounds that a target may have once the action has run."""
    if action.low is None and action.high is None:
        return
    others = [each for each in actions if each is not action]
    for low in _sides(action.low, declared[0], [each.low for each in others]):
        for high in _sides(action.high, declared[1], [each.high for each in others]):
            yield low, high


def _sides(own: int | None, declared: int, others: Sequence[int | None]) -> list[int]:
    if own is not None:
        return [own]
    return [declared, *(each for each in others if each is not None)]


def bounds_of(target: Mapping[str, Any]) -> Bounds:
    """The bounds of a target as AWS describes it."""
    return target["MinCapacity"], target["MaxCapacity"]
