"""Policy documents of grants, none longer than IAM takes.  Pure.

IAM counts no white space: a managed policy has at most 6,144 other characters (IAM user guide, "IAM
and STS character limits").  What is longer is given as several documents, to be attached together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dynaprov.access.derivation import Grant
from dynaprov.model.permission import Permission

#: The most that a managed policy may hold, white space not counted.
LONGEST = 6144

Statement = dict[str, Any]
Document = dict[str, Any]


def documents(grants: Sequence[Grant], longest: int = LONGEST) -> tuple[Document, ...]:
    """The grants as policy documents, in their order.

    Statements of one group are numbered; one that is too long for a document of its own is divided
    by its resources.
    """
    made: list[list[Statement]] = [[]]
    for statement in _statements(grants, longest):
        if made[-1] and size(_document([*made[-1], statement])) > longest:
            made.append([])
        made[-1].append(statement)
    return tuple(_document(each) for each in made if each)


def size(document: Document) -> int:
    """The characters that IAM counts."""
    return len("".join(json.dumps(document, separators=(",", ":")).split()))


def _document(statements: Sequence[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statements(grants: Iterable[Grant], longest: int) -> Iterator[Statement]:
    for grant in grants:
        parts = [part for each in grant.permissions for part in _parts(each, longest)]
        for number, part in enumerate(parts, 1):
            yield _statement(f"{grant.group}{number}", part)


def _parts(permission: Permission, longest: int) -> Iterator[Permission]:
    """The permission, or halves of it that fit."""
    sample = _document([_statement("Attribute9999", permission)])
    if size(sample) <= longest or len(permission.resources) == 1:
        yield permission
        return
    middle = len(permission.resources) // 2
    for named in (permission.resources[:middle], permission.resources[middle:]):
        part = Permission(permission.actions, named, permission.uses, permission.conditions)
        yield from _parts(part, longest)


def _statement(sid: str, permission: Permission) -> Statement:
    made: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(permission.actions),
        "Resource": list(permission.resources),
    }
    if permission.conditions:
        made["Condition"] = {
            operator: {key: _value(values) for key, values in sorted(keys.items())}
            for operator, keys in sorted(permission.conditions.items())
        }
    return made


def _value(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
