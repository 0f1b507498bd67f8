"""Whether policy documents allow a check (IAM user guide, "Policy evaluation logic")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One thing that AWS asks a policy: may this be done to that, under these circumstances?"""

    action: str
    resource: str = "*"
    context: Mapping[str, Any] = field(default_factory=dict)


def allowed(check: Check, documents: Iterable[Document]) -> bool:
    """Whether any statement allows it; nothing here denies."""
    return any(
        _applies(statement, check)
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
    )


def actions_of(documents: Iterable[Document]) -> set[str]:
    """Every action that the documents name."""
    return {
        action
        for document in documents
        for statement in document["Statement"]
        for action in statement["Action"]
    }


def covers(action: str, used: Iterable[str]) -> bool:
    """Whether an action of a policy, which may end in ``*``, is any of those."""
    return any(_like(action, each) for each in used)


def without(action: str, documents: Sequence[Document]) -> list[Document]:
    """The documents with one action taken away, wherever it stands."""
    left = deepcopy(list(documents))
    for document in left:
        for statement in document["Statement"]:
            statement["Action"] = [each for each in statement["Action"] if each != action]
        # A statement without actions is no statement.
        document["Statement"][:] = [each for each in document["Statement"] if each["Action"]]
    return left


def _applies(statement: Mapping[str, Any], check: Check) -> bool:
    return (
        # Actions have no case, resources have.
        any(_like(each.lower(), check.action.lower()) for each in statement["Action"])
        and any(_like(each, check.resource) for each in statement["Resource"])
        and all(
            _holds(operator, values, check.context.get(key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, values: str | list[str], actual: Any) -> bool:
    """A key that the request does not have fulfils no condition of those that we use."""
    if actual is None:
        return False
    wanted = [values] if isinstance(values, str) else values
    match operator:
        case "StringEquals":
            return actual in wanted
        case "StringLike" | "ArnLike":
            return any(_like(each, actual) for each in wanted)
        case "ForAnyValue:StringEquals":
            return bool(set(actual) & set(wanted))
    raise NotImplementedError(operator)


def _like(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
