"""Identity tags and the stamp: how a resource says whose it is and what was last applied to it.

Every taggable resource carries ``dynaprov:project``, ``dynaprov:environment``,
``dynaprov:address`` and the stamp, ``dynaprov:applied`` (continued in ``dynaprov:applied-2``).

The stamp is ``1`` (its format) and then one word per entry: a code followed by six characters of
the digest of the value that was applied.  With spec S, live L and stamp entry T of a setting:
S = L in sync; no stamp ``unknown``; no entry ``pending``; T = S ``drift``; T = L ``pending``;
otherwise ``conflict``.  The stamp only explains a difference; it never decides whether there is
one.

Only the form of tags lives here.  Which entries a resource has is ``planning/stamp.py``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from sys import intern
from typing import Any

from pydantic import BaseModel

from dynaprov.model.address import Address
from dynaprov.model.kind import Scope
from dynaprov.model.permission import Condition
from dynaprov.model.ports import Read
from dynaprov.model.setting import Band, Ref, has_own_text

PREFIX = "dynaprov:"
PROJECT = "dynaprov:project"
ENVIRONMENT = "dynaprov:environment"
ADDRESS = "dynaprov:address"
STAMP = "dynaprov:applied"
STAMP_MORE = "dynaprov:applied-2"

#: A tag that a person sets on a live resource: no check puts anything right there.
HOLD = "dynaprov:hold"

FORMAT = "1"
DIGEST_LENGTH = 6
#: AWS's limit for the value of one tag (Tag, DynamoDB API reference; the same in all services).
VALUE_LENGTH = 256
#: Last word of a stamp whose entries did not all fit; a missing entry then says nothing.
CUT = "+"


def identity_tags(scope: Scope, address: Address) -> dict[str, str]:
    """The tags that say whose a resource is."""
    return {PROJECT: scope.project, ENVIRONMENT: scope.environment, ADDRESS: str(address)}


def holds(tags: Mapping[str, str]) -> bool:
    """Whether live tags say that no check may put anything right here."""
    return tags.get(HOLD, "false").lower() not in ("false", "no", "0")


def carrying(scope: Scope) -> Condition:
    """That a resource carries this environment's identity: for policies, where AWS chooses ids.

    KMS takes up to five minutes until changed tags and aliases count for that (KMS developer guide,
    "ABAC for AWS KMS").
    """
    return {"StringEquals": _identity_under("aws:ResourceTag", scope)}


def requesting(scope: Scope) -> Condition:
    """That the request gives this environment's identity to what it makes."""
    return {"StringEquals": _identity_under("aws:RequestTag", scope)}


def _identity_under(key: str, scope: Scope) -> dict[str, tuple[str, ...]]:
    return {
        f"{key}/{PROJECT}": (scope.project,),
        f"{key}/{ENVIRONMENT}": (scope.environment,),
    }


def tagged_resources(scope: Scope) -> Read:
    """The bulk listing of everything that carries this environment's identity tags.

    It lags by seconds to hours (GetResources, Resource Groups Tagging API): it may prove that all
    is well, never alone that something differs or is absent.
    """
    return Read(
        "resourcegroupstaggingapi",
        "get_resources",
        {
            "TagFilters": [
                {"Key": ENVIRONMENT, "Values": [scope.environment]},
                {"Key": PROJECT, "Values": [scope.project]},
            ],
            "ResourcesPerPage": 100,
        },
        pages="ResourceTagMappingList",
    )


def tags_by_arn(listing: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The answer of ``tagged_resources`` as tags by ARN."""
    return {
        item["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}
        for item in listing.get("ResourceTagMappingList", ())
    }


def _text(value: object) -> str:
    # The encoder sets itself up for every value; many are one of these.
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if type(value) is int else _ENCODER.encode(value)


def json_value(value: object) -> Any:
    """A setting's value as JSON, in the form that its digest is made of."""
    return json.loads(_text(value))


def digest(value: object) -> str:
    """Six characters that stand for a setting's value."""
    return _digest_of(_text(value))


# Many resources share their values (every alarm of a suite), so most digests were made before.
@lru_cache(maxsize=8192)
def _digest_of(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest())[:DIGEST_LENGTH].decode().lower()


def plain(value: object) -> object:
    """A setting's value as JSON: models with their declared fields only, sets sorted.

    A model with a text of its own (a key) goes by that, so that a default that was written down and
    one that was not give the same digest.
    """
    if has_own_text(value):
        return str(value)
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in sorted(value.model_fields_set)}
    if isinstance(value, Ref):
        return {"$ref": value.address, "output": value.output}
    if isinstance(value, Band):
        return {"$band": [value.low, value.high]}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=plain)


def stamp_tags(entries: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The stamp tags for these entries (code, digest), in the order of their codes."""
    values = [FORMAT, ""]
    part = 0
    for code, value in sorted(entries):
        word = code + value
        # One word stays free for the mark of a cut in the second part.
        room = VALUE_LENGTH if part == 0 else VALUE_LENGTH - len(CUT) - 1
        if len(values[part]) + 1 + len(word) > room:
            if part == 1:
                values[1] += f" {CUT}"
                break
            part, values[1] = 1, word
            continue
        values[part] += f" {word}"
    return {STAMP: values[0], **({STAMP_MORE: values[1]} if values[1] else {})}


def read_stamp(tags: Mapping[str, str]) -> Mapping[str, str] | None:
    """The entries of a resource's stamp by code; ``None`` without a readable stamp.

    A stamp that was cut holds the entry ``CUT``.
    """
    words = f"{tags.get(STAMP, '')} {tags.get(STAMP_MORE, '')}".split()
    if not words or words[0] != FORMAT:
        return None
    cut = -DIGEST_LENGTH
    return {intern(word[:cut] or CUT): intern(word[cut:]) for word in words[1:]}
