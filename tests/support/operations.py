"""The smallest operations and plans; a test overrides what matters to it."""

from __future__ import annotations

from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.kind import Kind
from dynaprov.model.operation import Operation, Wait
from dynaprov.model.plan import Identity, Plan
from dynaprov.model.ports import Answer, Call, Read

IDENTITY = Identity("shop", "dev", "123456789012", "eu-central-1")


def an_operation(id: str = "a", *, method: str = "", **more: Any) -> Operation:
    """An operation whose method is its id, so that scripts can name it."""
    more.setdefault("address", Address(id))
    more.setdefault("call", Call("dynamodb", method or id, {}))
    return Operation(id=id, kind="table", title=id, **more)


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

    def settled(self, until: str, answer: Answer) -> bool:
        return answer.absent if until == "gone" else bool(answer.value.get("done"))


KINDS = {"looking": LookingKind()}
DONE = Answer({"done": True})
AT_WORK = Answer({"done": False})
