"""The table of recorded calls: every compared setting of every kind can be explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session

from dynaprov.kinds import KINDS, TAGS
from dynaprov.model.address import Address
from dynaprov.model.kind import Kind, Scope
from dynaprov.model.setting import nested_state, path_names, settings_of
from dynaprov.watch.explanations import MAKERS, ROWS
from dynaprov.watch.questions import ask

SCOPE = Scope("shop", "dev", "111122223333", "us-east-1")

#: Which recorded service an API belongs to, for botocore.
_CLIENTS = {"monitoring": "cloudwatch", "autoscaling": "application-autoscaling"}
_CLIENTS |= {"tagging": "resourcegroupstaggingapi"}
#: Recorded, though nobody calls it: AWS deletes a key when its waiting period is over.
_NO_API = {("kms", "DeleteKey")}


def paths(kind: Kind) -> Iterator[tuple[str, str, str]]:
    """Every compared setting: part, path, effect."""
    words = path_names(kind.state)
    for name, setting in settings_of(kind.state).items():
        inner = nested_state(kind.state, name)
        if not setting.compared:
            continue
        if inner is None:
            path = f"{words[name]}.Key" if setting.keyed else words[name]
            yield "", path, setting.effect
            continue
        for path, effect in _inner(inner, setting.effect):
            whole = f"{words[name]}.{path}" if not setting.part else path
            yield setting.part, whole, effect


def _inner(state: Any, effect: str) -> Iterator[tuple[str, str]]:
    for name, setting in settings_of(state).items():
        deeper = nested_state(state, name)
        word = path_names(state)[name]
        if deeper is None or str(deeper.__name__).endswith("Key"):
            yield word, "fixed" if effect == "fixed" else setting.effect
        else:
            for path, inner in _inner(deeper, effect):
                yield f"{word}.{path}", inner


SETTINGS = [
    pytest.param(kind, *each, id=f"{kind.name}-{'-'.join(filter(None, each[:2]))}")
    for kind in (*KINDS, TAGS)
    for each in paths(kind)
]


def address_of(kind: str, part: str) -> Address:
    name = f"{part}/x" if part == "subscription" else "read" if kind == "scaling" else "x"
    table = "" if kind == "topic" else "orders"
    return Address(
        table, part if part and table else kind, name if part or kind == "scaling" else ""
    )


@pytest.mark.parametrize(("kind", "part", "path", "effect"), SETTINGS)
def test_every_setting_that_is_compared_can_be_explained(
    kind: Kind, part: str, path: str, effect: str
) -> None:
    question = ask(address_of(kind.name, part), kind.name, path, "r", SCOPE)

    assert question.makers or kind.name == "tags"
    if effect != "fixed":
        assert question.rows, f"no recorded call sets {kind.name} {path}"


@pytest.mark.parametrize("kind", [each.name for each in KINDS])
def test_every_thing_that_is_missing_can_be_explained(kind: str) -> None:
    assert ask(address_of(kind, ""), kind, "", "r", SCOPE, missing=True).rows


def test_every_call_is_one_of_its_service() -> None:
    session = get_session()
    unknown = set()
    rows = [row for of in ROWS.values() for some in of.values() for row in some]
    rows += [row for some in MAKERS.values() for row in some]
    for service, name in {(row.service, row.name) for row in rows} - _NO_API:
        model = session.get_service_model(_CLIENTS.get(service, service))
        if name not in model.operation_names:
            unknown.add((service, name))

    assert unknown == set()


def test_every_parameter_is_one_of_its_call() -> None:
    session = get_session()
    wrong = []
    for of in ROWS.values():
        for row in (row for rows in of.values() for row in rows):
            if (row.service, row.name) in _NO_API:
                continue
            model = session.get_service_model(_CLIENTS.get(row.service, row.service))
            shape = model.operation_model(row.name).input_shape
            for path in (row.at, *(key.rstrip("?") for key, _ in row.where)):
                if path and not _leads(shape, path.split(".")):
                    wrong.append((row.name, path))

    assert set(wrong) == _RECORDED_OTHERWISE


#: EC2 records lists under names of its own (requestParameters of CreateTags in the EC2 User
#: Guide: ``tagSet.items``); the query protocol leaves the plural out.
_RECORDED_OTHERWISE = {
    ("CreateTags", "tagSet.items[tag].value"),
    ("DeleteTags", "tagSet.items[tag]"),
    ("ModifyVpcEndpoint", "addRouteTableId"),
    ("ModifyVpcEndpoint", "removeRouteTableId"),
}


def _leads(shape: Any, path: list[str]) -> bool:
    """Whether a request has a parameter at this path."""
    if not path:
        return True
    if shape.type_name == "map":
        return _leads(shape.value, path[1:])
    head, _, entries = path[0].partition("[")
    found = {name.lower(): each for name, each in shape.members.items()}.get(head.lower())
    if found is None:
        return False
    return (
        _leads(found.member if entries else found, path[1:]) if entries else _leads(found, path[1:])
    )
