"""The file of reviewed exceptions: YAML to rules and back.

It stands beside the spec files and is no part of the spec: only drift checks read it, so a mistake
in it stops no ``apply``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import SpecInvalid
from dynaprov.model.finding import ExceptionRule
from dynaprov.model.setting import UNDECLARED, State
from dynaprov.model.source import Layer
from dynaprov.spec.contents import contents
from dynaprov.spec.nodes import Node, Source
from dynaprov.spec.parsing import decoded, parse
from dynaprov.spec.problems import at_line, at_value, problem
from dynaprov.spec.validation import check

_HEADER = """\
# What `dynaprov drift` does not fail for.  Each needs a reason, an owner and a last day; one whose
# day is over fails the check.  `dynaprov apply` does not read this file.
"""

Pattern = Annotated[str, Field(min_length=1, max_length=1000)]
Sentence = Annotated[str, Field(min_length=1, max_length=1000)]


class Entry(State):
    """One exception as it is written."""

    address: Annotated[
        Pattern,
        Field(description="Shell pattern of addresses, such as `log-metadata` or `*/alarm/*`."),
    ]
    path: Annotated[
        str,
        Field(description="Shell pattern of setting paths, such as `tags.Team`; any without it."),
    ] = UNDECLARED
    reason: Annotated[Sentence, Field(description="Why this may be so, for the one who asks.")]
    owner: Annotated[Sentence, Field(description="Who answers for it: a person or a team.")]
    expires: Annotated[
        str, Field(description="The last day (UTC) on which it holds, such as 2027-01-31.")
    ]
    environments: Annotated[
        list[Pattern],
        Field(min_length=1, description="Patterns of environments; every one without it."),
    ] = UNDECLARED
    digest: Annotated[
        str,
        Field(
            pattern="^[0-9a-f]{12}$",
            description="Only while the finding says exactly what it said when this was written; "
            "`--baseline` writes it.",
        ),
    ] = UNDECLARED

    @field_validator("expires")
    @classmethod
    def _a_day(cls, text: str) -> str:
        try:
            if len(text) == 10:
                date.fromisoformat(text)
                return text
        except ValueError:
            pass
        raise ValueError("it must be a day, such as 2027-01-31")


class Document(State):
    """The whole file."""

    exceptions: Annotated[list[Entry], Field(description="The exceptions; the first that fits.")]


def load_exceptions(file: str | Path) -> tuple[ExceptionRule, ...]:
    """The rules of a file; none where there is no such file.

    Raises:
        SpecInvalid: with every problem of the file, each at its line.
    """
    path = Path(file)
    source = Source(str(file), Layer.PROJECT)
    try:
        data = contents(path)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        detail = f"`{file}`: {getattr(error, 'strerror', None) or error}"
        raise SpecInvalid(problem("DP123", detail, "check its permissions")) from error
    source.text, problems = decoded(source, data)
    node: Node | None = None
    if not problems:
        node, problems = parse(source)
    if problems or node is None:
        raise SpecInvalid(problems or at_line("DP101", source, 1, 1, "the file cannot be read"))
    if node.mapping == {}:
        return ()
    checked = check(Document, node, ())
    if checked.problems or not isinstance(checked.state, Document):
        raise SpecInvalid(checked.problems)
    entries = node.get("exceptions")
    places: Any = entries.value if entries is not None else []
    rules: list[ExceptionRule] = []
    twice: list[Diagnostic] = []
    for entry, place in zip(checked.state.exceptions, places, strict=True):
        rule = _rule(entry, place)
        if any(_same(rule, other) for other in rules):
            twice.append(_twice(place))
        rules.append(rule)
    if twice:
        raise SpecInvalid(twice)
    return tuple(rules)


def _rule(entry: Entry, place: Node) -> ExceptionRule:
    return ExceptionRule(
        address=entry.address,
        path=entry.path if entry.declared("path") else "*",
        reason=entry.reason,
        owner=entry.owner,
        expires=date.fromisoformat(entry.expires),
        environments=tuple(entry.environments) if entry.declared("environments") else (),
        digest=entry.digest if entry.declared("digest") else "",
        position=place.position,
    )


def _same(rule: ExceptionRule, other: ExceptionRule) -> bool:
    def meant(each: ExceptionRule) -> tuple[object, ...]:
        return (each.address, each.path, each.environments, each.digest)

    return meant(rule) == meant(other)


def _twice(place: Node) -> Diagnostic:
    address = place.get("address") or place
    detail = "an exception above means the same findings; only the first one counts"
    return at_value("DP103", address, detail, "keep one of them")


def written_exceptions(rules: Iterable[ExceptionRule]) -> str:
    """The text of a file with these rules; reading it gives them back."""
    lines = [line for each in rules for line in _lines(each)]
    return _HEADER + ("\n".join(["exceptions:", *lines]) if lines else "exceptions: []") + "\n"


def _lines(rule: ExceptionRule) -> list[str]:
    """A rule; every text in quotes, so that none can be taken for a number."""
    words: dict[str, Any] = {"address": rule.address}
    if rule.path != "*":
        words["path"] = rule.path
    if rule.environments:
        words["environments"] = list(rule.environments)
    words |= {"reason": rule.reason, "owner": rule.owner, "expires": rule.expires.isoformat()}
    if rule.digest:
        words["digest"] = rule.digest
    # JSON's strings and lists are YAML's, too.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in words.items()]
    return [f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]
