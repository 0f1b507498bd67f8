"""The smallest operations and plans; a test overrides what matters to it."""

from __future__ import annotations

from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.kind import Kind, Looking, Sighting
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.plan import Identity, Plan
from dynaprov.model.ports import Answer, Call, Read

IDENTITY = Identity("shop", "dev", "123456789012", "eu-central-1")


def an_operation(id: str = "a", *, method: str = "", **more: Any) -> Operation:
    """An operation whose method is its id, so that scripts can name it."""
    more.setdefault("address", Address(id))
    more.setdefault("call", Call("dynamodb", method or id, {}))
    more.setdefault("kind", "table")
    return Operation(id=id, title=id, **more)


def a_plan(*operations: Operation) -> Plan:
    """A plan of these operations alone."""
    return Plan(IDENTITY, operations=operations)


def a_wait(**more: Any) -> Wait:
    """A wait that the ``looking`` kind judges."""
    read = Read("dynamodb", "describe_table", {"TableName": "t"})
    return Wait("looking", "active", read, **more)


class LookingKind(Kind):
    """A kind whose waits have settled when the answer says ``done``, or that it is absent."""

    name = "looking"

    def declare(self, spec: Any, scope: Any) -> Any:
        return ()

    def observe(self, desired: Any, spec: Any, scope: Any) -> Any:
        return []

    def operations(self, changes: Any, desired: Any, reading: Any, situation: Any) -> Any:
        return []

    def look(self, operation: Operation, call: Call, now: Any) -> Looking:
        """Found when the second of two reads says ``done``."""
        [first] = yield [Read("dynamodb", "list_things")]
        if first.error:
            return Sighting(problem=first.error)
        [second] = yield [Read("dynamodb", "describe_thing")]
        if not second.value.get("done"):
            return Sighting()
        return Sighting(True, (("id", "thing-1"),), "thing-1")

    def settled(self, until: str, answer: Answer) -> bool:
        return answer.absent if until == "gone" else bool(answer.value.get("done"))


KINDS = {"looking": LookingKind()}
DONE = Answer({"done": True})
AT_WORK = Answer({"done": False})
