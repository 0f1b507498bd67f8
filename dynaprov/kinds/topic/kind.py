"""The kind itself: what is declared, how it is read, and what is left over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dynaprov.kinds import policies
from dynaprov.kinds.topic import changing, state
from dynaprov.kinds.topic.state import SECTION, Subscription, TopicSection, TopicState
from dynaprov.model.address import Address
from dynaprov.model.change import Change, Unmanaged
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import (
    Desired,
    Kind,
    Observation,
    Presence,
    Reading,
    Scope,
    Situation,
    Tagging,
)
from dynaprov.model.operation import Operation
from dynaprov.model.permission import ANY, CHANGE, DESTROY, HEAL, LOOK, PRUNE, Permission
from dynaprov.model.ports import Answer, Read, ServiceError
from dynaprov.model.setting import Ref, Severity
from dynaprov.model.spec import Spec

TOPIC = Address("", "topic")
KEY = Address("", "kms-key")
ALIASES = Read("kms", "list_aliases", {"Limit": 100}, pages="Aliases")
PENDING = "PendingConfirmation"

Attributes = Mapping[str, str]


class TopicKind(Kind):
    """See the package docstring."""

    name = "topic"
    title = "SNS topic"
    missing = Severity.CRITICAL
    state = TopicState
    section = TopicSection
    section_name = SECTION
    per_table = False
    reads = (
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sns:GetSubscriptionAttributes",
        "kms:ListAliases",
    )
    writes = (
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:SetSubscriptionAttributes",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:Unsubscribe",
    )
    services = ("sns",)
    tagging = Tagging(
        service="sns",
        tag="tag_resource",
        untag="untag_resource",
        resource="ResourceArn",
        tags="Tags",
        keys="TagKeys",
        key_field="Key",
        value_field="Value",
        listing="list_tags_for_resource",
        listed="Tags",
        bulk="sns",
    )
    created_whole = False
    stamp_code = "o"

    def check(self, spec: Spec) -> Iterable[Diagnostic]:
        """Encryption, statements and subscriptions."""
        return state.check(spec)

    def declare(self, spec: Spec, scope: Scope) -> Iterable[Desired]:
        """One topic, when the environment has a ``topic`` section."""
        section = spec.section(SECTION, TopicSection)
        if section is None:
            return
        wanted = state.declared_state(section, scope)
        origins = spec.origins_below(SECTION)
        if "statements" in origins:
            origins.setdefault("policy", origins["statements"])
        for key in section.subscriptions:
            if f"subscriptions.{key}" in origins:
                name = state.subscription_name(key)
                origins[f"subscriptions.{name}"] = origins[f"subscriptions.{key}"]
        yield Desired(
            address=TOPIC,
            kind=self.name,
            name=state.topic_name(scope),
            state=wanted,
            arn=scope.arn("sns", state.topic_name(scope)),
            tags=dict(spec.tags),
            requires=(KEY,) if isinstance(wanted.encryption, Ref) else (),
            origins=origins,
            creation={"endpoints": state.hidden_endpoints(section)},
        )

    def permissions(self, spec: Spec, scope: Scope) -> Iterable[Permission]:
        """The one topic by its name.

        A single subscription is no resource to IAM: reading its attributes, setting them and
        ending it name none (service authorization reference of Amazon SNS).
        """
        for each in self.declare(spec, scope):
            wanted, arn = each.state, (each.arn,)
            assert isinstance(wanted, TopicState)
            looks = ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic")
            yield Permission(looks, arn, LOOK)
            if wanted.declared("encryption"):
                yield Permission(("kms:ListAliases",), ANY, LOOK)
            yield Permission(("sns:CreateTopic", "sns:TagResource"), arn, HEAL)
            if any(wanted.declared(name) for name in changing.ATTRIBUTES):
                yield Permission(("sns:SetTopicAttributes",), arn, CHANGE)
            entries = wanted.subscriptions.values()
            if any(entry is not None for entry in entries):
                yield Permission(("sns:Subscribe",), arn, HEAL)
            if any(entry is not None and entry.model_fields_set for entry in entries):
                yield Permission(("sns:GetSubscriptionAttributes",), ANY, LOOK)
                yield Permission(("sns:SetSubscriptionAttributes",), ANY, CHANGE)
            ending = CHANGE if any(entry is None for entry in entries) else PRUNE
            yield Permission(("sns:Unsubscribe",), ANY, ending | PRUNE)
            yield Permission(("sns:DeleteTopic",), arn, DESTROY)

    def observe(self, desired: Sequence[Desired], spec: Spec, scope: Scope) -> Observation:
        """Attributes and subscriptions; in a second round trip what only some topics need."""
        if not desired:
            return []
        [each] = desired
        wanted = each.state
        assert isinstance(wanted, TopicState)
        by_topic = {"TopicArn": each.arn}
        described, listed = yield [
            Read("sns", "get_topic_attributes", by_topic),
            Read("sns", "list_subscriptions_by_topic", by_topic, pages="Subscriptions"),
        ]
        if described.error:
            return [Reading.of_error(TOPIC, described.error)]
        attributes: Attributes = described.value["Attributes"]
        arns = _listed(listed)
        details = [key for key, arn in arns.items() if arn and _has_details(wanted, key)]
        reads = [
            Read("sns", "get_subscription_attributes", {"SubscriptionArn": arns[key]})
            for key in details
        ]
        if _needs_aliases(wanted, attributes):
            reads.append(ALIASES)
        answers = (yield reads) if reads else ()
        read = dict(zip(details, answers, strict=False))
        aliases = answers[-1] if len(answers) > len(details) else None
        return [_reading(each, attributes, (listed, arns), read, aliases, scope)]

    def operations(
        self, changes: Sequence[Change], desired: Desired, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Creation, attributes, subscriptions."""
        return changing.operations(changes, desired, reading, situation, self.tagging)

    def prune(
        self, unmanaged: Unmanaged, reading: Reading, situation: Situation
    ) -> list[Operation]:
        """Unsubscribe; nothing while the confirmation is pending, which SNS does not allow."""
        arn = str(dict(unmanaged.facts)["arn"])
        return [changing.unsubscribe(unmanaged.address, unmanaged.resource, arn)] if arn else []

    def destroy(self, desired: Desired, reading: Reading, situation: Situation) -> list[Operation]:
        """DeleteTopic, which takes the subscriptions along."""
        if reading.presence is not Presence.PRESENT:
            return []
        return [changing.delete(desired)]


def _listed(listed: Answer) -> dict[str, str]:
    """ARNs of the live subscriptions by name; empty while pending."""
    found = {}
    for each in listed.value.get("Subscriptions", ()):
        arn = each["SubscriptionArn"]
        if arn != "Deleted":
            name = state.subscription_name(f"{each['Protocol']}:{each['Endpoint']}")
            found[name] = "" if arn == PENDING else arn
    return dict(sorted(found.items()))


def _has_details(wanted: TopicState, key: str) -> bool:
    entry = wanted.subscriptions.get(key)
    return entry is not None and bool(entry.model_fields_set)


def _is_alias(key: str) -> bool:
    return key.startswith("alias/") or ":alias/" in key


def _needs_aliases(wanted: TopicState, attributes: Attributes) -> bool:
    live = attributes.get("KmsMasterKeyId", "")
    if not wanted.declared("encryption") or live == wanted.encryption:
        return False
    declared = wanted.encryption if isinstance(wanted.encryption, str) else ""
    return bool(live) and (_is_alias(live) or _is_alias(declared))


def _key_arn(key: str, aliases: Answer | None, scope: Scope) -> str:
    """The ARN of the key that an id, an ARN or an alias means; an unknown alias stays."""
    if not _is_alias(key):
        return key if key.startswith("arn:") else scope.arn("kms", f"key/{key}")
    name = key[key.index("alias/") :]
    for each in aliases.value.get("Aliases", ()) if aliases else ():
        if each["AliasName"] == name and each.get("TargetKeyId"):
            return scope.arn("kms", f"key/{each['TargetKeyId']}")
    return key


def _encryption(
    wanted: TopicState, attributes: Attributes, aliases: Answer | None, scope: Scope
) -> str | None:
    """The live key, in the words of the spec where both mean the same key."""
    live = attributes.get("KmsMasterKeyId", "")
    if not live:
        return None
    declared = wanted.encryption
    if live == declared:
        return live
    arn = _key_arn(live, aliases, scope)
    if isinstance(declared, str) and _key_arn(declared, aliases, scope) == arn:
        return declared
    return arn


def _reading(
    desired: Desired,
    attributes: Attributes,
    subscriptions: tuple[Answer, Mapping[str, str]],
    details: Mapping[str, Answer],
    aliases: Answer | None,
    scope: Scope,
) -> Reading:
    wanted = desired.state
    assert isinstance(wanted, TopicState)
    listed, arns = subscriptions
    unreadable: dict[str, ServiceError] = {}
    if aliases and aliases.error:
        unreadable["encryption"] = aliases.error
    for answer in (listed, *details.values()):
        if answer.error and not answer.absent:
            unreadable["subscriptions"] = answer.error
    live: dict[str, Subscription | None] = {}
    notes = []
    for key, arn in arns.items():
        if key not in wanted.subscriptions:
            continue
        if arn:
            found = _subscription(details.get(key))
            if found:
                live[key] = found
        else:
            # Nothing can be read of it, and nothing done but to wait for its owner.
            live[key] = wanted.subscriptions[key]
            notes.append(f"subscription {key} is pending confirmation by its receiver")
    state = TopicState(
        display_name=attributes.get("DisplayName", ""),
        encryption=_encryption(wanted, attributes, aliases, scope),
        policy=policies.canonical(attributes.get("Policy", ""), scope.partition),
        subscriptions=live,
    )
    return Reading(
        TOPIC,
        Presence.PRESENT,
        state,
        arn=desired.arn,
        outputs={"arn": desired.arn},
        facts={"subscriptions": {key: arn for key, arn in arns.items() if arn}},
        unreadable=unreadable,
        unmanaged=tuple(_unmanaged(desired.name, wanted, arns)),
        notes=tuple(notes),
    )


def _subscription(details: Answer | None) -> Subscription | None:
    """A live subscription; ``None`` when it went away since it was listed."""
    if details is None:
        return Subscription()
    if details.error:
        return None
    attributes = details.value["Attributes"]
    policy = json.loads(attributes.get("FilterPolicy") or "{}")
    return Subscription(
        raw_message_delivery=attributes.get("RawMessageDelivery", "false").lower() == "true",
        filter_policy=state.canonical_filter(policy),
    )


def _unmanaged(name: str, wanted: TopicState, arns: Mapping[str, str]) -> Iterable[Unmanaged]:
    for key, arn in arns.items():
        if key in wanted.subscriptions:
            continue
        detail = f"subscription `{key}` is in no spec"
        if not arn:
            detail += "; it is pending confirmation and goes by itself after two days"
        facts: tuple[tuple[str, Any], ...] = (("arn", arn),)
        yield Unmanaged(
            Address("", "topic", f"subscription/{key}"),
            "topic",
            name,
            detail,
            part_of=TOPIC,
            facts=facts,
        )


KIND = TopicKind()
