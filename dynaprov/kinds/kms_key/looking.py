"""Whether a CreateKey or CreateAlias whose answer was lost made something.

A new key has no alias yet and may be missing from the tagging API for minutes, so the key is looked
for by the identity tags that the call itself carried, among the keys that no alias names.  A key
that another run made meanwhile carries the same tags; going on with that one is right, too: one
environment has one key.

Calls: ListKeys, ListAliases, ListResourceTags, DescribeKey.
"""

from __future__ import annotations

from collections.abc import Mapping

from dynaprov.kinds.identity import ADDRESS, ENVIRONMENT, PROJECT
from dynaprov.kinds.kms_key.search import ALIASES, KEYS, MOST_EXAMINED, describe_key, list_tags
from dynaprov.model.kind import Looking, Sighting
from dynaprov.model.ports import Answer, Call

IDENTITY = (PROJECT, ENVIRONMENT, ADDRESS)


def look(call: Call) -> Looking:
    """See the module docstring."""
    if call.method == "create_alias":
        return (yield from _alias(call))
    return (yield from _key(call))


def _alias(call: Call) -> Looking:
    """DescribeKey takes an alias and answers with the key behind it."""
    alias, key = call.params["AliasName"], call.params["TargetKeyId"]
    [answer] = yield [describe_key(alias)]
    if answer.error:
        return Sighting(problem=None if answer.absent else answer.error)
    found = answer.value["KeyMetadata"]["KeyId"] == key.rpartition("/")[2]
    return Sighting(found, detail=f"{alias} points at key {key}" if found else "")


def _key(call: Call) -> Looking:
    ours = _identity({tag["TagKey"]: tag["TagValue"] for tag in call.params["Tags"]})
    listed, aliases = yield [KEYS, ALIASES]
    if listed.error:
        return Sighting(problem=listed.error)
    named = {each.get("TargetKeyId") for each in aliases.value.get("Aliases", ())}
    bare = [e["KeyArn"] for e in listed.value.get("Keys", ()) if e["KeyId"] not in named]
    bare = bare[:MOST_EXAMINED]
    if not bare:
        return Sighting()
    answers = yield [list_tags(arn) for arn in bare]
    if all(answer.error for answer in answers):
        return Sighting(problem=answers[0].error)
    tagged = [arn for arn, answer in zip(bare, answers, strict=True) if _tags(answer) == ours]
    if not tagged:
        return Sighting()
    described = yield [describe_key(arn) for arn in tagged]
    keys = [answer.value["KeyMetadata"] for answer in described if not answer.error]
    live = [key for key in keys if key.get("KeyState") in ("Enabled", "Creating")]
    if not live:
        return Sighting()
    key = min(live, key=lambda key: (str(key.get("CreationDate", "")), key["Arn"]))
    outputs = (("arn", key["Arn"]), ("id", key["KeyId"]))
    return Sighting(True, outputs, f"key {key['KeyId']} carries this environment's tags")


def _tags(answer: Answer) -> tuple[str | None, ...]:
    return _identity({tag["TagKey"]: tag["TagValue"] for tag in answer.value.get("Tags", ())})


def _identity(tags: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(tags.get(name) for name in IDENTITY)
