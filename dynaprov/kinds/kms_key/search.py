"""Which KMS key is the environment's: found without a state file, so that none is made twice.

CreateKey is not idempotent and takes no token, so an orphan of an interrupted run must be found
again.  In this order: the identity tag, what the tables of the spec are encrypted with, the alias,
and at last every key without an alias, by its own tags.  Of several the one in use wins, then one
that is not pending deletion, then the one with the alias, then the oldest.

Calls: GetResources, DescribeKey, DescribeTable, ListResourceTags, ListKeys, ListAliases.

- DescribeKey takes an alias and answers with the key behind it, so it also confirms where the alias
  points; ListAliases lags and is no proof (KMS developer guide, "Eventual consistency").
- GetResources lags, so a key that it names may be gone, and a new key may be missing from it.
- A key that another project or environment has tagged as its own is never taken.
- Keys of AWS (KeyManager ``AWS``) cannot be managed.
- The last step costs one call per key: only keys without an alias count (a key of ours lacks it
  only between CreateKey and CreateAlias), and no more than ``MOST_EXAMINED`` of them; the reading
  says so when there are more.  It is taken only when nothing else was found.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dynaprov.kinds.identity import ADDRESS, ENVIRONMENT, PROJECT, tagged_resources, tags_by_arn
from dynaprov.model.kind import Scope
from dynaprov.model.ports import Answer, ErrorCategory, Read, ServiceError, first_untold
from dynaprov.model.spec import Spec

MOST_EXAMINED = 200
WORD = "kms-key"
ALIASES = Read("kms", "list_aliases", {"Limit": 100}, pages="Aliases")
KEYS = Read("kms", "list_keys", {"Limit": 1000}, pages="Keys")

Metadata = Mapping[str, Any]
Search = Generator[Sequence[Read], Sequence[Answer], "Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """What the search came to.

    Attributes:
        key: the KeyMetadata of the environment's key, ``None`` where there is none.
        how: what it was found by, in words.
        aliased: ARN of the key that the alias points at, empty when there is no such alias.
        alias_problem: why the alias could not be read.
        others: further live keys that carry the identity of this one.
        users: physical names of the tables that each key (by ARN) encrypts.
        problem: why it cannot be told whether there is a key; then none may be made.
        notes: sentences for a reader.
    """

    key: Metadata | None = None
    how: str = ""
    aliased: str = ""
    alias_problem: ServiceError | None = None
    others: tuple[Metadata, ...] = ()
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: ServiceError | None = None
    notes: tuple[str, ...] = ()


def describe_key(key: str) -> Read:
    """DescribeKey by ARN, id or alias."""
    return Read("kms", "describe_key", {"KeyId": key})


def list_tags(key: str) -> Read:
    """All tags of one key, written as the tags kind does."""
    return Read("kms", "list_resource_tags", {"KeyId": key}, pages="Tags")


def pending(key: Metadata) -> bool:
    """Whether the key is on its way to deletion."""
    return key.get("KeyState") in ("PendingDeletion", "PendingReplicaDeletion")


def search(alias: str, spec: Spec, scope: Scope) -> Search:
    """Find the key behind the identity of this environment.

    A key that has no alias and is not in use may be one that another run makes just now, or takes
    back, having lost the alias: then the alias is read again, last of all.
    """
    found = yield from _first_search(alias, spec, scope)
    key = found.key
    if key is None or found.aliased or found.alias_problem or found.users.get(key["Arn"]):
        return found
    # By its ARN: the same question would get the answer of before.
    [answer] = yield [describe_key(scope.arn("kms", alias))]
    target: Metadata | None = answer.value.get("KeyMetadata")
    if target is None:
        return found
    aliased = target["Arn"]
    if aliased == key["Arn"]:
        return replace(found, key=target, aliased=aliased)
    ours, unknown = yield from _is_ours(target, scope)
    if not ours:
        return replace(found, aliased=aliased, alias_problem=unknown)
    keys = [target, *(each for each in (key, *found.others) if each["Arn"] != aliased)]
    others = tuple(each for each in keys[1:] if not pending(each))
    return replace(found, key=target, how="its alias", aliased=aliased, others=others)


def _first_search(alias: str, spec: Spec, scope: Scope) -> Search:
    """Find it by all that can be read of it.

    When the listing names one key and the alias points at it, one round trip is enough.
    """
    listing, by_alias = yield [tagged_resources(scope), describe_key(alias)]
    tagged = _tagged(listing, scope)
    target: Metadata | None = by_alias.value.get("KeyMetadata")
    alias_problem = None if by_alias.absent else by_alias.error
    aliased = target["Arn"] if target else ""
    if target and tagged == [aliased] and target.get("KeyState") == "Enabled":
        return Found(target, "its identity tag", aliased)

    tables = [scope.table_name(name) for name in spec.tables if _uses_key(spec, name)]
    unaliased = [] if tagged or target or alias_problem else [KEYS, ALIASES]
    reads = [describe_key(arn) for arn in tagged] + [
        Read("dynamodb", "describe_table", {"TableName": name}) for name in tables
    ]
    reads += unaliased
    answers = (yield reads) if reads else ()
    described = answers[: len(tagged)]
    of_tables = answers[len(tagged) : len(tagged) + len(tables)]
    users = _users(tables, of_tables, target, alias, scope)
    more: dict[str, Any] = {"aliased": aliased, "alias_problem": alias_problem, "users": users}

    problem = _first_problem(described)
    if problem:
        return Found(problem=problem, **more)
    keys = [answer.value["KeyMetadata"] for answer in described if not answer.error]
    if keys:
        if target and aliased not in tagged:
            ours, more["alias_problem"] = yield from _is_ours(target, scope)
            if ours:
                keys.append(target)  # the listing lags; the alias is what two runs agree by
        key = _chosen(keys, users, aliased)
        others = tuple(each for each in keys if each is not key and not pending(each))
        return Found(key, "its identity tag", others=others, **more)

    found = yield from _by_use_or_alias(users, target, scope, more)
    if found.key or found.problem:
        return found
    more["notes"] = found.notes
    problem = _first_problem(of_tables) or alias_problem
    if problem:
        return Found(problem=problem, **more)
    if not unaliased:
        answers = yield [KEYS, ALIASES]
    return (yield from _by_own_tags(answers[-2], answers[-1], scope, more))


def leftovers(spec: Spec, scope: Scope) -> Search:
    """Keys with this environment's identity where the spec wants none.

    ``problem`` is then why there may be more of them, or why it is not known what uses them.
    """
    [listing] = yield [tagged_resources(scope)]
    tagged = _tagged(listing, scope)
    if not tagged:
        return Found(problem=first_untold([listing]))
    tables = [scope.table_name(name) for name in spec.tables]
    answers = yield [
        *(describe_key(arn) for arn in tagged),
        *(Read("dynamodb", "describe_table", {"TableName": name}) for name in tables),
    ]
    users = _users(tables, answers[len(tagged) :], None, "", scope)
    keys = [a.value["KeyMetadata"] for a in answers[: len(tagged)] if not a.error]
    others = tuple(each for each in keys if not pending(each))
    return Found(others=others, users=users, problem=first_untold(answers))


def _by_use_or_alias(
    users: Mapping[str, tuple[str, ...]],
    target: Metadata | None,
    scope: Scope,
    more: Mapping[str, Any],
) -> Search:
    """The key that most tables use, else the one behind the alias, unless it is another's.

    One that carries the identity comes before all that carry none.
    """
    here = scope.arn("kms", "key/")
    arns = sorted(
        {arn for arn in users if arn.startswith(here)} | {target["Arn"] if target else ""}
    )
    arns = [arn for arn in arns if arn]
    if not arns:
        return Found(**more)
    answers = yield [*(describe_key(arn) for arn in arns), *(list_tags(arn) for arn in arns)]
    problem = _first_problem(answers[: len(arns)])
    if problem:
        return Found(problem=problem, **more)
    ours, free, notes = [], [], []
    for described, listed in zip(answers[: len(arns)], answers[len(arns) :], strict=True):
        key = described.value.get("KeyMetadata")
        if not key or key.get("KeyManager") == "AWS":
            continue
        owner = _owner(listed)
        if owner == (scope.project, scope.environment, WORD):
            ours.append(key)
        elif owner is None:
            free.append(key)
        else:
            notes.append(f"key {key['KeyId']} belongs to {'/'.join(owner)}: not taken")
    if not ours and not free:
        return Found(notes=tuple(notes), **more)
    # Where the listing over all services tells nothing, their own tags do.
    key = _chosen(ours or free, users)
    how = "the tables that it encrypts" if users.get(key["Arn"]) else "its alias"
    return Found(key, how, notes=tuple(notes), **more)


def _is_ours(
    key: Metadata, scope: Scope
) -> Generator[Sequence[Read], Sequence[Answer], tuple[bool, ServiceError | None]]:
    """Whether the key's own tags say that it is this environment's, or why that is not known."""
    [listed] = yield [list_tags(key["Arn"])]
    return _owner(listed) == (scope.project, scope.environment, WORD), first_untold([listed])


def _by_own_tags(listed: Answer, aliases: Answer, scope: Scope, more: dict[str, Any]) -> Search:
    """The oldest of the keys without an alias that carry the identity in their own tags."""
    problem = _first_problem((listed, aliases), but=ErrorCategory.UNSUPPORTED)
    if problem:
        return Found(problem=problem, **more)
    named = {each.get("TargetKeyId") for each in aliases.value.get("Aliases", ())}
    bare = [e["KeyArn"] for e in listed.value.get("Keys", ()) if e["KeyId"] not in named]
    if len(bare) > MOST_EXAMINED:
        note = (
            f"{len(bare) - MOST_EXAMINED} of {len(bare)} keys without an alias were not examined; "
            "a key of an interrupted run could be among them"
        )
        more = {**more, "notes": (*more["notes"], note)}
    examined = bare[:MOST_EXAMINED]
    if not examined:
        return Found(**more)
    answers = yield [list_tags(arn) for arn in examined]
    if all(answer.error for answer in answers):
        # One of them could be the key that an interrupted run made.
        return Found(problem=_first_problem(answers), **more)
    ours = [
        arn
        for arn, answer in zip(examined, answers, strict=True)
        if _owner(answer) == (scope.project, scope.environment, WORD)
    ]
    if not ours:
        return Found(**more)
    described = yield [describe_key(arn) for arn in ours]
    problem = _first_problem(described)
    keys = [answer.value["KeyMetadata"] for answer in described if not answer.error]
    if problem or not keys:
        return Found(problem=problem, **more)
    key = _chosen(keys, {})
    others = tuple(each for each in keys if each is not key and not pending(each))
    return Found(key, "its own tags", others=others, **more)


def _tagged(listing: Answer, scope: Scope) -> list[str]:
    here = scope.arn("kms", "key/")
    return sorted(
        arn
        for arn, tags in tags_by_arn(listing.value).items()
        if arn.startswith(here) and tags.get(ADDRESS) == WORD
    )


def _uses_key(spec: Spec, table: str) -> bool:
    return getattr(spec.tables[table].sections.get(""), "encryption", None) == WORD


def _users(
    names: Sequence[str],
    answers: Sequence[Answer],
    target: Metadata | None,
    alias: str,
    scope: Scope,
) -> dict[str, tuple[str, ...]]:
    """Tables by the ARN of the key that encrypts them.

    AWS reports the key's ARN; an emulator echoes the id or alias that it was given.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, answer in zip(names, answers, strict=True):
        sse = answer.value.get("Table", {}).get("SSEDescription") or {}
        key = sse.get("KMSMasterKeyArn", "")
        if key.endswith(alias) and alias:
            key = target["Arn"] if target else ""
        if key and not key.startswith("arn:"):
            key = scope.arn("kms", f"key/{key}")
        if key:
            found[key] = (*found.get(key, ()), name)
    return found


def _owner(answer: Answer) -> tuple[str, str, str] | None:
    """Project, environment and address in the key's own tags; ``None`` where it has no such."""
    tags = {each["TagKey"]: each["TagValue"] for each in answer.value.get("Tags", ())}
    if ADDRESS not in tags:
        return None
    return tags.get(PROJECT, ""), tags.get(ENVIRONMENT, ""), tags[ADDRESS]


def _chosen(
    keys: Sequence[Metadata], users: Mapping[str, tuple[str, ...]], aliased: str = ""
) -> Metadata:
    def rank(key: Metadata) -> tuple[int, bool, bool, str, str]:
        used, arn = len(users.get(key["Arn"], ())), key["Arn"]
        return -used, pending(key), arn != aliased, str(key.get("CreationDate", "")), arn

    return min(keys, key=rank)


def _first_problem(
    answers: Sequence[Answer], but: ErrorCategory | None = None
) -> ServiceError | None:
    """The first error that does not say that something is absent."""
    return next(
        (a.error for a in answers if a.error and not a.absent and a.error.category is not but),
        None,
    )
