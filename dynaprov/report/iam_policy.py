"""A policy in a form to read: what each group is there for, and on what.

Works on the documents alone, as they are printed and written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

#: What the statements of each group are there for, by the beginning of their ``Sid``.
TITLES: Mapping[str, str] = {
    "Observe": "To look",
    "Attribute": "To find out who did it",
    "Deliver": "To deliver reports",
    "Lease": "To take turns",
    "Change": "To change",
    "Prune": "To delete what no spec names",
    "Heal": "To put protections back",
    "Destroy": "To remove the environment",
}

#: Whatever a policy says, AWS lets everybody call it.
FREE = "sts:GetCallerIdentity needs no permission."


def print_policies(documents: Sequence[Mapping[str, Any]], console: Console) -> None:
    """The documents for a person, group by group."""
    for number, document in enumerate(documents, 1):
        if len(documents) > 1:
            console.print(Text(f"Document {number} of {len(documents)}", style="bold"))
        for line in _lines(document):
            console.print(line, soft_wrap=True)
    console.print(Text(FREE, style="dim"))


def group_of(sid: str) -> str:
    """The group of a statement: its ``Sid`` without the number."""
    return re.sub(r"\d+$", "", sid)


def _lines(document: Mapping[str, Any]) -> Iterator[Text]:
    group = ""
    for statement in document["Statement"]:
        if group_of(statement["Sid"]) != group:
            group = group_of(statement["Sid"])
            yield Text(TITLES[group], style="bold")
        yield Text(f"  {', '.join(statement['Action'])}")
        for resource in statement["Resource"]:
            where = "everything: AWS knows no narrower" if resource == "*" else resource
            yield Text(f"    on {where}")
        for operator, keys in statement.get("Condition", {}).items():
            for key, value in keys.items():
                values = value if isinstance(value, str) else ", ".join(value)
                yield Text(f"    if {key} {operator} {values}")
