"""Tags of tables: what may be one, the short lock of a write, and reads that lag behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.rules.dynamodb.life import in_use, limited, moto_table, name_in, own
from support.rules.request import AwsError, Request
from support.rules.rule import Rule
from support.rules.world import World

LOCK_SECONDS = 1.6  # 1.5-1.8 s
LAG_SECONDS = 2.0  # 1.3-3.0 s
MOST_TAGS = 50
_CHARACTERS = re.compile(r"[\w\s+\-=._:/@]*", re.UNICODE)


@dataclass
class TagWrites:
    """The last effective write to a table's tags; ``before`` is what reads still show."""

    at: float = float("-inf")
    written: dict[str, str] = field(default_factory=dict)
    before: list[dict[str, str]] = field(default_factory=list)


def check_tags(tags: Iterable[Mapping[str, str]]) -> None:
    """Refuse a set of tags of which one is bad, or of which there are too many."""
    keys = [tag["Key"] for tag in tags]
    for tag in tags:
        key, value = tag["Key"], tag.get("Value", "")
        if key.lower().startswith("aws:"):
            raise AwsError("ValidationException", "One or more tag keys begin with aws:")
        bad = not (1 <= len(key) <= 128 and len(value) <= 256)
        if bad or not (_CHARACTERS.fullmatch(key) and _CHARACTERS.fullmatch(value)):
            raise AwsError("ValidationException", f"One or more tags are not valid: {key}")
    if len(set(keys)) != len(keys):
        raise AwsError("ValidationException", "Duplicate tag keys are not allowed")
    if len(keys) > MOST_TAGS:
        raise AwsError("ValidationException", f"Too many tags: the limit is {MOST_TAGS}")


def _values(request: Request) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in moto_table(request).tags}


def _refuse(request: Request, world: World) -> None:
    if moto_table(request) is None:
        return
    live = _values(request)
    if request.action == "TagResource":
        asked = request.params.get("Tags") or []
        if not asked:
            raise AwsError("ValidationException", "At least one tag must be given")
        check_tags(asked)
        merged = {**live, **{tag["Key"]: tag["Value"] for tag in asked}}
        check_tags([{"Key": key, "Value": value} for key, value in merged.items()])
    else:
        merged = {k: v for k, v in live.items() if k not in request.params["TagKeys"]}
    request.notes["tags"] = list(moto_table(request).tags)
    request.notes["effective"] = merged != live
    writes = own(request, world, TagWrites)
    if world.now < writes.at + LOCK_SECONDS and not _repeats(request, writes):
        raise limited(f"Table tags are being updated: {name_in(request)}")


def _repeats(request: Request, writes: TagWrites) -> bool:
    if request.action != "TagResource":
        return False
    asked = {tag["Key"]: tag["Value"] for tag in request.params["Tags"]}
    return bool(writes.written) and writes.written.items() <= asked.items()


def _note(request: Request, answer: dict[str, Any], world: World) -> None:
    if not request.notes.get("effective"):
        return
    writes = own(request, world, TagWrites)
    if world.now >= writes.at + LAG_SECONDS:
        writes.before = request.notes["tags"]
    writes.at = world.now
    writes.written = {tag["Key"]: tag["Value"] for tag in request.params.get("Tags") or ()}


def _lag(request: Request, world: World) -> dict[str, Any] | None:
    if moto_table(request) is None:
        return None
    writes = own(request, world, TagWrites)
    if world.now < writes.at + LAG_SECONDS:
        return {"Tags": writes.before}
    return None


def _refuse_delete(request: Request, world: World) -> None:
    table = moto_table(request)
    if table is None or table.deletion_protection_enabled:
        return
    if world.now < own(request, world, TagWrites).at + LOCK_SECONDS:
        raise in_use(f"Table tags are being updated: {name_in(request)}")


RULES = (
    Rule(
        "tags-are-checked-and-locked",
        "guide tagging restrictions: 50, 128 and 256 characters, no aws:; measured: an effective "
        "write locks 1.5-1.8 s, in which only a repeat or a superset passes (DDB-TABLE-103, 440)",
        ("dynamodb:TagResource", "dynamodb:UntagResource"),
        before=_refuse,
        after=_note,
    ),
    Rule(
        "tags-are-read-late",
        "measured: ListTagsOfResource gives the previous set for 1.3-3.0 s (DDB-TABLE-406)",
        ("dynamodb:ListTagsOfResource",),
        before=_lag,
    ),
    Rule(
        "a-table-whose-tags-are-written-is-not-deleted",
        "measured: ResourceInUseException for as long as the lock (DDB-TABLE-103)",
        ("dynamodb:DeleteTable",),
        before=_refuse_delete,
    ),
)
