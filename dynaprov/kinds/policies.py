"""Policy documents: one canonical form, so that equal policies compare equal.

Used by every kind that owns a policy (key, topic, access policy, endpoint).  Nothing here reads AWS
or knows what a policy is for.  The whole API:

- ``canonical(document, partition)`` turns a document (mapping or JSON text) into a JSON structure;
  two policies of equal meaning give equal structures, to be compared with ``==``.
- ``text(document)`` writes a document as the compact JSON text that calls take.
- ``PolicyStatement`` is the model of one further statement in a spec, in AWS's own member names;
  ``as_statement(section, resource)`` gives its plain mapping, and ``check`` what is wrong with it.

What vanishes in the canonical form (IAM user guide, "JSON policy element reference", and how
DynamoDB, SNS, KMS and IAM echo documents):

- one string against a list of it, the order of lists and of statements, and doubles;
- a missing ``Version``, which means 2008-10-17;
- an account id as a principal, which AWS expands to the ARN of the account's root;
- ``"Principal": "*"``, which means ``{"AWS": "*"}``;
- ``SNS:Publish`` against ``sns:Publish`` and ``AWS:SourceOwner`` against ``aws:SourceOwner``: the
  service's name in an action or condition key has no case;
- booleans and numbers as condition values, which are strings to AWS; an empty ``Sid``.

``Id`` and ``Sid`` stay: a policy is compared whole.  A principal that was deleted comes back as its
unique id (``AROA...``) and differs, as it should.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.setting import State
from dynaprov.model.spec import Spec

#: What a document without a version means.
OLDEST_VERSION = "2008-10-17"

Strings = str | list[str]


class PolicyStatement(State):
    """One further statement of a policy, with AWS's member names, so that it can be pasted."""

    Sid: Annotated[
        str,
        Field(
            description="Name of the statement, unique within the policy: letters and digits.",
            pattern=r"^[A-Za-z0-9]+$",
        ),
    ]
    Effect: Annotated[
        Literal["Allow", "Deny"], Field(description="Whether the statement allows or denies.")
    ]
    Principal: Annotated[
        Literal["*"] | dict[Literal["AWS", "Service", "Federated", "CanonicalUser"], Strings],
        Field(description="Who is meant: `*`, or `AWS`, `Service` or `Federated` with names."),
    ]
    Action: Annotated[
        Strings, Field(description="The actions that are meant, as `service:Action`; `*` allowed.")
    ]
    Resource: Annotated[
        Strings,
        Field(
            description="The resources that are meant.  Left out, it is the resource that the "
            "policy belongs to."
        ),
    ] = "*"
    Condition: Annotated[
        dict[str, dict[str, str | bool | int | list[str | bool | int]]],
        Field(description="Conditions as AWS writes them: operator, then key, then values."),
    ] = {}


def as_statement(section: PolicyStatement, resource: str) -> dict[str, Any]:
    """The statement as a plain mapping; an undeclared ``Resource`` becomes ``resource``."""
    statement = section.model_dump(exclude_unset=True)
    statement.setdefault("Resource", resource)
    return statement


def check(
    statements: Sequence[PolicyStatement],
    standard: Mapping[str, Any],
    longest: int,
    spec: Spec,
    path: str,
    address: str,
) -> Iterator[Diagnostic]:
    """What is wrong with further statements: names used twice, and a policy that gets too long.

    Args:
        statements: the further statements, written at ``path`` of ``spec``.
        standard: the policy that they are added to.
        longest: AWS's limit of the whole in characters.
        spec: the resolved spec, for positions.
        path: dotted path of the statements in it.
        address: what the policy belongs to.
    """
    origin = spec.origins.get(path) or spec.origins.get(path.partition(".")[0])
    position = origin.position if origin else None
    names = [each.get("Sid") for each in standard["Statement"]] + [e.Sid for e in statements]
    doubles = sorted({str(name) for name in names if name and names.count(name) > 1})
    if doubles:
        yield Diagnostic(
            "DP174",
            "statement name used twice",
            f"{', '.join(f'`{name}`' for name in doubles)}: a `Sid` is unique within a policy",
            "rename the statement",
            position=position,
            address=address,
        )
    more = [each.model_dump(exclude_unset=True) for each in statements]
    length = len(text({**standard, "Statement": [*standard["Statement"], *more]}))
    if length > longest:
        yield Diagnostic(
            "DP175",
            "policy too long",
            f"the policy has {length} characters; AWS takes {longest}",
            "shorten the statements",
            position=position,
            address=address,
        )


def text(document: Mapping[str, Any]) -> str:
    """The document as compact JSON text; equal documents give equal texts."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def canonical(document: str | Mapping[str, Any], partition: str = "aws") -> dict[str, Any]:
    """The canonical form of a policy document.

    Text that is no JSON object (an emulator stores anything) is given back under ``Unparsed``; it
    equals no policy.
    """
    if isinstance(document, str):
        parsed = _parsed(document)
        if parsed is None:
            return {"Unparsed": document}
        document = parsed
    found: dict[str, Any] = {
        name: value for name, value in document.items() if name not in ("Version", "Statement")
    }
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    found["Version"] = document.get("Version") or OLDEST_VERSION
    found["Statement"] = _distinct(_statement(each, partition) for each in statements)
    return dict(sorted(found.items()))


def _parsed(document: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(document)
    except ValueError:
        return None
    return value if isinstance(value, Mapping) else None


def _statement(statement: Mapping[str, Any], partition: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in sorted(statement.items()):
        match name:
            case "Action" | "NotAction":
                found[name] = _distinct(_lower_service(each) for each in _listed(value))
            case "Resource" | "NotResource":
                found[name] = _distinct(_listed(value))
            case "Principal" | "NotPrincipal":
                found[name] = _principals(value, partition)
            case "Condition":
                found[name] = _conditions(value)
            case _:
                found[name] = value
    return {name: value for name, value in found.items() if value not in ("", {})}


def _principals(value: Any, partition: str) -> dict[str, list[str]]:
    groups = value if isinstance(value, Mapping) else {"AWS": value}
    return {
        group: _distinct(
            f"arn:{partition}:iam::{name}:root" if group == "AWS" and _is_account(name) else name
            for name in map(str, _listed(names))
        )
        for group, names in sorted(groups.items())
    }


def _is_account(name: str) -> bool:
    return len(name) == 12 and name.isdigit()


def _conditions(value: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    return {
        operator: {
            _lower_service(key): _distinct(_condition_value(each) for each in _listed(values))
            for key, values in sorted(keys.items())
        }
        for operator, keys in sorted(value.items())
    }


def _condition_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lower_service(name: str) -> str:
    service, colon, rest = name.partition(":")
    return service.lower() + colon + rest


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _distinct(values: Iterable[Any]) -> list[Any]:
    """The values without doubles, in an order that depends on nothing but them."""
    by_text = {json.dumps(value, sort_keys=True): value for value in values}
    return [by_text[key] for key in sorted(by_text)]
